"""Strict CSV: Python's csv module is the oracle for what stands in a file; everything else is refused in one line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfm_assets.datasets import delimited
from kfm_assets.datasets.program import LINE, Payload
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import BadInput

HEADER = ("a", "b", "c")
HEADERS = [HEADER, ("a", "b")]


def payload(content: bytes | str) -> Payload:
    encoded = content.encode() if isinstance(content, str) else content
    return Payload("wire", "file.csv", encoded, digest_bytes(encoded))


def read(content: bytes | str):
    return delimited.read(payload(content), HEADERS)


def test_fields_are_verbatim_and_lines_are_physical():
    content = 'a,b,c\r\n1,"two\r\nlines", x \r\n"say ""so""",,""\r\n'
    assert read(content).rows() == [(2, "1", "two\r\nlines", " x "), (4, 'say "so"', "", "")]
    assert delimited.verbatim(payload(content), [4, 2]) == {
        4: '"say ""so""",,""',
        2: '1,"two\r\nlines", x ',
    }


def test_a_header_alone_is_no_rows():
    for content in ("a,b,c\n", "a,b,c", "\ufeffa,b,c\r\n"):
        frame = read(content)
        assert frame.is_empty()
        assert frame.columns == [LINE, *HEADER]


def test_the_last_line_break_may_be_missing_and_empty_lines_may_follow():
    assert read("a,b\n1,2").rows() == read("a,b\n1,2\n\n\n").rows() == [(2, "1", "2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "file.csv is empty"),
        (" \n\n", "file.csv is empty"),
        ("<!DOCTYPE html>\n<p>Not found</p>", "file.csv is a web page, not CSV"),
        ("a,b\n1,2\n".encode("utf-16"), "file.csv, line 1: not UTF-8 text"),
        (b"a,b,c\n1,2,3\n1,caf\xe9,3\n", "file.csv, line 3: not UTF-8 text"),
        ("a,b,c\r1,2,3\r", "file.csv: its lines end in a carriage return alone, not in a line feed"),
        ("a,b,c\r1,2,3\r\n", "file.csv: its lines end in a carriage return alone, not in a line feed"),
        (f"a,b,{'c' * 200_000}\n", "file.csv cannot be read as CSV: line 1: field larger than field limit (131072)"),
        ("a,c\n1,2\n", "file.csv: the header lacks the column b"),
        ("a,b,c,d\n", "file.csv: the header has an unknown column 'd'"),
        ("a,B,c\n", "file.csv: the header lacks the column b and has an unknown column 'B'"),
        ("b,a,c\n", "file.csv: the header has its columns in another order, or one of them twice"),
        ("a,b,c,c\n", "file.csv: the header has its columns in another order, or one of them twice"),
        ("agency_cd\tsite_no\n", "file.csv: its first line is not the header of such a file but 'agency_cd\\tsite_no'"),
        ("a,b,c\n1,2,3\n1,2\n", "file.csv, line 3: 3 fields expected, 2 found"),
        ('a,b,c\n1,"2\n2",3\n1,2,3,4\n', "file.csv, line 4: 3 fields expected, 4 found"),
        ("a,b,c\n1,2,3\n\n1,2,3\n", "file.csv, line 3: 3 fields expected, 1 found"),
        ("a,b,c\n1,2,3\n1,2", "file.csv is cut off in its last record, line 3"),
        ("a,b,c\n1,2,3\n1,2,", "file.csv is cut off in its last record, line 3"),
        ('a,b,c\n1,2,3\n1,2,"th', "file.csv is cut off in its last record, line 3"),
        ('a,b,c\n1,"2,3\n1,2,3\n', "file.csv, line 2: a quoted field that begins here or later is never closed"),
    ],
)
def test_what_is_not_such_a_file_is_refused_in_one_line(content, message):
    with pytest.raises(BadInput) as caught:
        read(content)
    assert str(caught.value) == message
    assert caught.value.advice
    assert "\n" not in caught.value.advice


def test_quotes_that_do_not_enclose_a_field_are_refused():
    for content in ('a,b\n"1"x,2\n', 'a,b,c\n1,5" hail,3\n3,4" hail,5\n'):
        with pytest.raises(BadInput, match=r"^file\.csv"):
            read(content)


def test_no_record_begins_there():
    with pytest.raises(BadInput, match="no record begins on line 3"):
        delimited.verbatim(payload('a,b\n1,"2\n3"\n'), [3])


FIELD = st.text(
    st.one_of(st.sampled_from('",\n \té漢'), st.characters(codec="utf-8", exclude_characters="\r\0")), max_size=6
)


@st.composite
def files(draw) -> tuple[list[list[str]], str]:
    width = draw(st.sampled_from([2, 3]))
    rows = draw(st.lists(st.lists(FIELD, min_size=width, max_size=width), max_size=6))
    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    writer = csv.writer(out, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows([HEADER[:width], *rows])
    return rows, out.getvalue()


@settings(max_examples=300, deadline=None)
@given(files(), st.integers(1, 9))
def test_every_sound_file_is_read_as_pythons_csv_module_reads_it(file, chunk):
    rows, content = file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_CHUNK", chunk)
        delimited._index.cache_clear()
        frame = read(content)
        reader = csv.reader(io.StringIO(content, newline=""))
        ends = [reader.line_num for _ in reader]
        assert frame.drop(LINE).rows() == [tuple(row) for row in rows]
        assert frame[LINE].to_list() == [end + 1 for end in ends[:-1]]
        texts = delimited.verbatim(payload(content), frame[LINE].to_list())
        delimited._index.cache_clear()
    ending = "\r\n" if content.split("\n", 1)[0].endswith("\r") else "\n"
    assert ending.join([content.split(ending, 1)[0], *texts.values(), ""]) == content


@settings(max_examples=300, deadline=None)
@given(files(), st.data())
def test_a_file_that_was_cut_off_is_refused_or_holds_whole_records_only(file, data):
    rows, content = file
    whole = content.encode()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = read(cut).drop(LINE).rows()
    except BadInput:
        return
    wanted = [tuple(row) for row in rows[: len(found)]]
    # What no reader can see is a cut inside the last field of the last record, where it is not quoted.
    assert found[:-1] == wanted[:-1]
    if found != wanted:
        assert not cut.endswith(b"\n")
        assert found[-1][:-1] == wanted[-1][:-1]
        assert wanted[-1][-1].startswith(found[-1][-1])
