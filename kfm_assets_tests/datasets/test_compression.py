"""Gzip on the wire: what is unzipped, and what is refused."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.compression import inflate, plain_name
from kfm_assets.errors import BadInput

TEXT = b"EVENT_ID,STATE\n1,KANSAS\n" * 500
ZIPPED = gzip.compress(TEXT)


@given(st.binary(max_size=2000), st.binary(max_size=50), st.integers(0, 9))
def test_what_gzip_wrote_is_read_back(first, second, padding):
    content = gzip.compress(first) + gzip.compress(second) + b"\0" * padding
    assert inflate("a/b.csv.gz", content) == ("a/b.csv", first + second)


def test_other_files_are_left_as_they_are():
    assert inflate("b.csv", TEXT) == ("b.csv", TEXT)
    assert inflate("b.zip", b"PK\x03\x04") == ("b.zip", b"PK\x03\x04")
    assert inflate("b.csv", b"") == ("b.csv", b"")


@given(st.integers(0, len(ZIPPED) - 1))
def test_a_stream_cut_off_anywhere_is_bad_input(kept):
    with pytest.raises(BadInput, match=r"b\.csv\.gz") as caught:
        inflate("b.csv.gz", ZIPPED[:kept])
    assert "\n" not in str(caught.value)
    assert caught.value.advice


def test_a_flipped_bit_is_bad_input():
    broken = bytearray(ZIPPED)
    broken[-6] ^= 1  # in the checksum
    with pytest.raises(BadInput, match="incorrect data check"):
        inflate("b.csv.gz", bytes(broken))


@pytest.mark.parametrize("content", [TEXT, b"<!DOCTYPE html><html></html>", b"PK\x03\x04" + b"\0" * 30])
def test_what_is_no_gzip_is_bad_input(content):
    with pytest.raises(BadInput, match="not a sound gzip file: incorrect header check"):
        inflate("b.csv.gz", content)


def test_what_follows_the_stream_is_bad_input():
    with pytest.raises(BadInput, match="goes on after its gzip stream"):
        inflate("b.csv.gz", ZIPPED + b"trailing rubbish")


def test_a_gzip_file_under_a_plain_name_is_told_its_name():
    with pytest.raises(BadInput, match="does not say so") as caught:
        inflate("b.csv", ZIPPED)
    assert caught.value.advice == "name it b.csv.gz"


def test_the_size_is_bounded_exactly_over_all_members():
    assert inflate("b.gz", ZIPPED, most=len(TEXT))[1] == TEXT
    with pytest.raises(BadInput, match="larger than"):
        inflate("b.gz", ZIPPED, most=len(TEXT) - 1)
    assert inflate("b.gz", ZIPPED * 2, most=2 * len(TEXT))[1] == TEXT * 2
    with pytest.raises(BadInput, match="larger than"):
        inflate("b.gz", ZIPPED * 2, most=2 * len(TEXT) - 1)


def test_a_bomb_stops_at_the_bound():
    with pytest.raises(BadInput, match="larger than 1000 bytes"):
        inflate("b.gz", gzip.compress(b"\0" * 50_000_000), most=1000)


def test_plain_names():
    assert [plain_name(name) for name in ("a.csv.gz", "a.csv.GZ", "a.csv", "a.gz/b.csv")] == [
        "a.csv",
        "a.csv",
        "a.csv",
        "a.gz/b.csv",
    ]
