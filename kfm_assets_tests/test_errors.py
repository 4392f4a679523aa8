"""Errors: whatever text they are given, they are one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.errors import BadInput, KfmError


@given(st.text())
def test_a_message_is_one_line_whatever_a_file_put_into_it(text: str) -> None:
    assert len(str(KfmError(f"the column {text}.")).splitlines()) == 1


@pytest.mark.parametrize("text", ["two  spaces", "naïve ≥ 3 °", "C:\\new\\table"])
def test_what_is_one_line_already_stays_as_it_is(text: str) -> None:
    assert str(BadInput(text)) == text
