"""Figures, histograms and contributors: against plain arithmetic, and the same for any order of the rows."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.gates.diff.contributors import Stack, stack
from kfm_assets.gates.diff.histograms import histogram
from kfm_assets.gates.diff.pairs import pair
from kfm_assets.gates.diff.quantities import LEVELS, decimal, quantities, share, summarise
from kfm_assets_tests.gates.diff.storms import DAMAGE, SPEC, TABLE, storms
from kfm_assets_tests.gates.rounds import rounds

numbers = st.floats(-1e12, 1e12) | st.sampled_from([math.nan, 0.0, 0.1, 1e-9])


@rounds(200)
@given(st.lists(numbers | st.none(), max_size=40), st.randoms())
def test_figures_are_those_of_exact_arithmetic_in_any_order(values, chance):
    kept = sorted(value for value in values if value is not None and not math.isnan(value))
    found = summarise(pl.Series(values, dtype=pl.Float64))
    chance.shuffle(values)
    assert summarise(pl.Series(values, dtype=pl.Float64)) == found
    assert (found.count, found.nulls) == (len(kept), len(values) - len(kept))
    assert found.total == float(sum(map(Fraction, kept)))
    if kept:
        for level, quantile in zip(LEVELS.values(), found.quantiles, strict=True):
            assert sum(value <= quantile for value in kept) >= level * len(kept)
            assert sum(value < quantile for value in kept) <= level * len(kept)
    else:
        assert found.quantiles == ()
    assert all(not isinstance(told, float) for told in found.document().values())


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_exactly_the_number(value):
    assert float(decimal(value)) == value
    assert not value.is_integer() or abs(value) >= 2**53 or "." not in decimal(value)


def test_shares_are_rounded_and_never_minus_nothing():
    assert [share(1, 3), share(2, 2), share(-0.0001, 1), share(1, 0)] == ["33.3", "100", "0", "0"]


def test_what_names_something_is_no_quantity():
    assert [column.name for column in quantities(SPEC, TABLE)] == ["begin_lat", DAMAGE]


@rounds(100)
@given(st.lists(st.floats(-1e6, 1e9), max_size=40), st.lists(st.floats(-1e6, 1e9), max_size=40))
def test_a_histogram_counts_every_value_once(before, after):
    left, right = (np.sort(np.array(values, dtype=float)) for values in (before, after))
    found = histogram(left, right)
    if found is None:
        assert not before + after
        return
    edges = [float(edge) for edge in found["edges"]]
    assert edges == sorted(set(edges))
    assert len(edges) <= 40
    zeros = found.get("zeros", {"before": 0, "after": 0})
    assert sum(found["before"]) + zeros["before"] == len(before)
    assert sum(found["after"]) + zeros["after"] == len(after)


def test_what_spans_decades_is_shown_by_decades_and_what_does_not_is_not():
    damage = np.array([0.0, 250.0, 2500.0, 25e3, 25e4, 25e7])
    found = histogram(damage, damage)
    assert (found["scale"], found["zeros"]) == ("log", {"before": 1, "after": 1})
    assert histogram(np.array([1.0, 2.0, 3.0]), np.array([2.0]))["scale"] == "linear"
    assert histogram(np.array([5.0]), np.array([5.0]))["before"].count(1) == 1


def explained(weights: list[float], **columns: list[str]) -> list[tuple[str, str]]:
    rows = Stack(pl.DataFrame(columns), 0, tuple(columns))
    return [(group.column, group.value) for group in rows.explain(np.array(weights)).groups]


def test_a_change_comes_from_the_group_that_has_more_of_it_than_of_the_rows():
    kind = ["Tornado"] + ["Hail"] * 9
    assert explained([100, *[1] * 9], kind=kind) == [("kind", "Tornado")]
    assert explained([1.0] * 10, kind=kind) == [], "Hail has nine tenths of the change, and of the rows"
    assert explained([0.0] * 10, kind=kind) == []
    assert explained([100, *[1] * 9], kind=[None, *["Hail"] * 9]) == [], "that a word is missing explains nothing"
    assert explained([100, -90, *[1.0] * 8], kind=["Tornado", *["Hail"] * 9]) == [], (
        "shares beyond all of it say nothing"
    )


def test_groups_are_named_together_where_they_hold_the_same_change():
    kind, place = ["T", "T", *["H"] * 8], ["a", "b", "a", "a", *["c"] * 6]
    assert explained([100, 1, *[1] * 8], kind=kind, place=place) == [("kind", "T"), ("place", "a")]
    assert explained([50, 50, *[1] * 8], kind=kind, place=place) == [("kind", "T")]


def test_prose_sorts_no_rows():
    year = storms("1991", 30)
    rows = stack(SPEC, TABLE, [pair("1991", year, year, TABLE.key)])
    assert set(rows.grouped) == {"county_fips", "event_type", "month"}


@pytest.mark.parametrize("seed", range(3))
def test_an_explanation_does_not_depend_on_the_order_of_rows(seed):
    year = storms("1991")
    weights = year[DAMAGE].to_numpy()
    order = np.random.default_rng(seed).permutation(year.height)
    one, other = (
        Stack(frame, 0, ("event_type", "county_fips")).explain(found)
        for frame, found in ((year, weights), (year[order], weights[order]))
    )
    assert one == other
