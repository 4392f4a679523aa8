"""The files: what is read, what is refused with a line that says what to do, and what their names tell."""

from __future__ import annotations

import re

import pytest

from kfm_assets.datasets import making
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.climate.drought.weeks import PROGRAM, csv, index, shares, wire_of
from kfm_assets_tests.datasets.geography.made import payload


def parse(wire: str, content: bytes):
    return PROGRAM.parse(payload(wire, f"{wire}.csv", content))


def test_fields_are_verbatim_and_the_year_is_that_of_the_tuesday():
    frame = parse("dsci", csv("dsci", index("20191231", "097"), index("2020-01-07"), index("19991228"), index("soon")))
    assert frame["DSCI"].to_list() == ["097", "150", "150", "150"]
    assert frame["source_line"].to_list() == [2, 3, 4, 5]
    assert frame["partition"].to_list() == ["2019", "2020", None, None]


def test_a_row_that_cannot_be_dated_is_kept_with_its_file():
    file = payload("dsci", "dsci.csv", csv("dsci", index(), index("20190231", "7")))
    assert b'"row":"Kansas,20190231,7"' in making.undated(PROGRAM, (file, PROGRAM.parse(file)))


@pytest.mark.parametrize("header", [0, 1])
def test_either_header_of_the_categories_is_read(header):
    frame = parse("categories", csv("categories", shares(), header=header))
    assert frame["partition"].to_list() == ["2019"]
    assert frame["D1"].to_list() == ["45.50"]


GOOD = csv("dsci", index(), index("20190108"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>maintenance</html>", "web page"),
        (GOOD[:-6], "cut off|fields expected"),
        (GOOD.replace(b",DSCI", b""), "lacks the column DSCI"),
        (GOOD.replace(b"DSCI", b"Index"), "lacks the column DSCI and has an unknown column 'Index'"),
        (GOOD.replace(b"DSCI", b"DSCI,FIPS"), "unknown column 'FIPS'"),
        (GOOD.replace(b"MapDate,DSCI", b"DSCI,MapDate"), "another order"),
        (GOOD.replace(b"150\r\n", b"150,1\r\n"), "3 fields expected, 4 found"),
        (GOOD.replace(b"Kansas", b"Kans\xe4s"), "not UTF-8"),
        (GOOD.decode().encode("utf-16"), "."),
        (csv("categories", shares()), "header"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_with_advice(content, message):
    with pytest.raises(BadInput, match=message) as caught:
        parse("dsci", content)
    assert "\n" not in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("state_dsci.KS.csv", "dsci"),
        ("dsci_2024.csv", "dsci"),
        ("usdm/dsci_2024", "dsci"),
        ("DSCI.csv", "dsci"),
        ("dm_export_20000101_20241231.csv", "categories"),
        ("categories_2024", "categories"),
    ],
)
def test_files_are_found_by_the_names_that_they_have(name, wire):
    assert wire_of(name) == wire


@pytest.mark.parametrize(
    "name", ["comcat_2015-08.csv", "dsci.xlsx", "dsci_notes.txt", "subcategories.csv", "state_dsci.csv.bak"]
)
def test_other_files_are_left_alone(name):
    assert not any(re.search(feed.file_name, name) for feed in PROGRAM.specification.upstream.feeds)
