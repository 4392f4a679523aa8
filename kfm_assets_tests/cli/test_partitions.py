"""Partition syntax: what a text means for each grain, and what it says of a text that means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.cli.partitions import fits, parse
from kfm_assets.datasets.registry import specification
from kfm_assets.errors import NotFound, UsageError

STORMS, QUAKES, COUNTIES = (
    specification(key) for key in ("hazards/storm_events", "hazards/earthquakes", "geography/counties")
)


@pytest.mark.parametrize(
    ("text", "dataset", "names"),
    [
        ("1975", STORMS, ("1975",)),
        ("1975..1978", STORMS, ("1975", "1976", "1977", "1978")),
        (" 1980 , 1975 .. 1976 ,1975", STORMS, ("1975", "1976", "1980")),
        ("2015-08..2016-02", QUAKES, ("2015-08", "2015-09", "2015-10", "2015-11", "2015-12", "2016-01", "2016-02")),
        ("2015-12,2015-12", QUAKES, ("2015-12",)),
        ("static", COUNTIES, ("static",)),
    ],
)
def test_texts_name_partitions(text, dataset, names):
    assert parse(text, dataset) == names
    assert fits(text, dataset)


def test_nothing_is_all_of_them():
    assert parse(None, STORMS) is None


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("", STORMS),
        ("75", STORMS),
        ("1975-01", STORMS),
        ("1975..", STORMS),
        ("1975...1980", STORMS),
        ("1975,,1976", STORMS),
        ("١٩٧٥", STORMS),
        ("static", STORMS),
        ("2015", QUAKES),
        ("2015-13", QUAKES),
        ("2015-08..2016", QUAKES),
        ("1975", COUNTIES),
    ],
)
def test_other_texts_are_a_wrong_call(text, dataset):
    with pytest.raises(UsageError) as raised:
        parse(text, dataset)
    assert raised.value.advice
    assert "\n" not in str(raised.value)


def test_a_range_that_ends_before_it_begins_is_a_wrong_call():
    with pytest.raises(UsageError, match="ends before") as raised:
        parse("1980..1975", STORMS)
    assert "1975..1980" in raised.value.advice


@pytest.mark.parametrize(("text", "dataset"), [("1949", STORMS), ("1949..1951", STORMS), ("9999-01", QUAKES)])
def test_a_period_that_cannot_be_is_not_found(text, dataset):
    with pytest.raises(NotFound) as raised:
        parse(text, dataset)
    assert " to " in raised.value.advice


@given(st.integers(1867 * 12, 2020 * 12), st.integers(0, 40))
def test_a_range_of_months_has_each_month_once(first, more):
    names = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, first + more + 1)]
    assert parse(f"{names[0]}..{names[-1]}", QUAKES) == tuple(names)
