"""Fixtures of the source tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kfm_assets_tests.adapters.sources.upstream import Upstream, serving


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as service:
        yield service
