"""A pointer's text is the pointer: one text for each, read back exactly; each move is a generation of its own."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.pointer import Pointer, Step

digests = st.none() | st.binary(max_size=2).map(digest_bytes)
pointers = st.builds(
    Pointer,
    dataset=st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    stable=digests,
    candidate=digests,
    step=st.none() | st.sampled_from(Step),
    generation=st.integers(0, 2**53 - 1),
)


@given(pointers)
def test_encode_and_decode(pointer):
    assert Pointer.decode(pointer.encode()) == pointer
    step = Pointer.decode(pointer.encode()).step
    assert step is None or isinstance(step, Step)
    assert list(json.loads(pointer.encode())) == sorted(json.loads(pointer.encode()))


@given(pointers, pointers)
def test_two_pointers_have_one_text_only_if_they_are_one(one, other):
    assert (one.encode() == other.encode()) == (one == other)


@given(pointers.filter(lambda pointer: pointer.generation < 2**53 - 2), digests)
def test_every_move_is_a_new_text_even_to_where_it_was(pointer, stable):
    moved = pointer.moved_to(stable)
    assert (moved.stable, moved.candidate, moved.step) == (stable, None, None)
    assert moved.generation == pointer.generation + 1
    assert moved.encode() != pointer.encode()
    assert moved.moved_to(pointer.stable).encode() != pointer.encode()
