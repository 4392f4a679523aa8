"""Canonical JSON is what the reference implementation of RFC 8785 writes, and refuses what has no exact form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import canonical_json, digest_bytes, digest_of, hexadecimal, plain

SAFE = 2**53 - 1
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_it_writes_what_the_reference_writes(value):
    assert canonical_json(value) == rfc8785.dumps(value)
    assert digest_of(value) == "sha256:" + hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def test_the_examples_of_the_standard():
    """Section 3.2.3: keys in the order of their UTF-16 code units, which is not that of code points."""
    keys = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert canonical_json(keys).decode() == (
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",'
        '"\u20ac":"Euro Sign","\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )
    assert canonical_json('\u20ac$\u000f\nA\'B"\\\\"/') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@given(st.dictionaries(text, st.integers(0, 9), max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value, random):
    shuffled = dict(random.sample(list(value.items()), len(value)))
    assert canonical_json(shuffled) == canonical_json(value)


@pytest.mark.parametrize("value", [0.5, {"a": [1.0]}, b"bytes", object(), {"a": {1, 2.5}}])
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", [SAFE + 1, -SAFE - 1, {"a": [2**64]}, "\ud800"])
def test_what_a_reader_could_misread_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        canonical_json(value)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    name: str
    colours: tuple[Colour, ...]
    sizes: frozenset[int]


def test_dataclasses_enums_and_sets_have_a_form():
    thing = Thing("x", (Colour.RED,), frozenset({3, 1, 2}))
    assert plain(thing) == {"name": "x", "colours": ["red"], "sizes": [1, 2, 3]}
    assert canonical_json({Colour.RED: thing}) == b'{"red":{"colours":["red"],"name":"x","sizes":[1,2,3]}}'


def test_a_digest_names_bytes():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_bytes(b"") == f"sha256:{empty}"
    assert hexadecimal(digest_bytes(b"")) == empty
