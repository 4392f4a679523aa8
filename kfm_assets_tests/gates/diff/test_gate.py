"""The gate `diff`: each limit, from both sides; what it lets through; and whom it names."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.diff.gate import DiffEvidence, diff
from kfm_assets_tests.gates.diff.storms import DAMAGE, POLICY, SPEC, YEARS, failed, judge, storms

YEAR = storms("1991")
ROW = pl.int_range(pl.len())


def changed(column: str, value: pl.Expr, where: pl.Expr) -> pl.DataFrame:
    return YEAR.with_columns(pl.when(where).then(value).otherwise(pl.col(column)).alias(column))


DAMAGED = pl.col(DAMAGE) > 0
LARGEST = YEAR["county_fips"].mode().sort()[0]
CLOSED = {
    "rows_removed": YEAR.filter(ROW % 20 > 0),
    "rows_added": storms("1991", 250).with_columns(pl.Series(DAMAGE, [*YEAR[DAMAGE], *[0.0] * 50])),
    "key_churn": YEAR.with_columns(pl.col("event_id") + 100),
    "group_removed": YEAR.filter((pl.col("county_fips") != LARGEST) | (pl.int_range(pl.len()).over("county_fips") > 3)),
    "cells_changed": YEAR.with_columns(event_narrative=pl.lit("-"), begin_lat=pl.col("begin_lat") + 0.01),
    "column_changed": changed("event_type", pl.lit("Flood"), ROW % 5 == 0),
    "columns_lost": YEAR.drop("event_narrative"),
    "total_shift": changed(DAMAGE, pl.lit(2.5e6), ROW < 9),
    "distribution_shift": YEAR.with_columns(pl.col("begin_lat") + 1),
    "magnitude": changed(DAMAGE, pl.col(DAMAGE) * 1000, DAMAGED & (pl.col("county_fips") == 3)),
}


@pytest.mark.parametrize("check", CLOSED)
def test_each_limit_closes_the_gate_and_names_the_year(check):
    found = judge({"1991": (YEAR, CLOSED[check])})
    assert check in failed(found)
    assert found.judgement.outcome is Outcome.FAIL
    assert found.closing == {"1991"}
    assert all("1991" in one.message for one in found.judgement.findings if one.outcome is Outcome.FAIL)


HONEST = {
    "the same": YEAR,
    "in another order": YEAR.reverse(),
    "read again": YEAR.with_columns(pl.col("source_line") + 7),
    "two withdrawn": YEAR.filter(ROW > 1),
    "some late reports": pl.concat([YEAR, storms("1991", 210).tail(10)]),
    "five corrected": changed(DAMAGE, pl.col(DAMAGE) * 10, DAMAGED & (ROW < 8)),
    "words mended": changed("event_narrative", pl.lit("mended"), ROW % 10 == 0),
    "a column more": YEAR.with_columns(pl.lit(1).alias("new")),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_revision_closes_nothing(name):
    found = judge({"1991": (YEAR, HONEST[name])})
    assert (failed(found), found.closing) == (set(), frozenset())
    assert found.judgement.outcome is Outcome.PASS


def test_two_rows_of_a_small_year_may_be_withdrawn_and_three_may_not():
    small = YEAR.head(20)
    assert judge({"1991": (small, small.tail(18))}).closing == frozenset()
    assert failed(judge({"1991": (small, small.tail(17))})) >= {"rows_removed"}


def test_a_finding_names_the_largest_contributor_by_its_name():
    counties = {"3": "Anderson"}
    found = judge(
        {"1991": (YEAR, CLOSED["magnitude"])}, name=lambda column, value: counties.get(value, "") * (column != "month")
    )
    (finding,) = [one for one in found.judgement.findings if one.check == "magnitude"]
    assert "county_fips 3 (Anderson)" in finding.message
    assert "at most 100 times" in finding.message


def test_only_the_bad_year_closes():
    other = storms("1990")
    found = judge({"1990": (other, other.filter(ROW > 1)), "1991": (YEAR, CLOSED["rows_removed"])})
    assert found.closing == {"1991"}


def test_an_unfinished_year_may_grow_and_not_shrink():
    grown = storms("1991", 400)
    grown = pl.concat([YEAR, grown.tail(200)])
    assert judge({"1991": (YEAR, grown)}).closing == {"1991"}
    assert judge({"1991": (YEAR, grown)}, unfinished=frozenset({"1991"})).closing == frozenset()
    assert judge({"1991": (YEAR, CLOSED["rows_removed"])}, unfinished=frozenset({"1991"})).closing == {"1991"}
    assert judge({"1991": (YEAR, CLOSED["magnitude"])}, unfinished=frozenset({"1991"})).closing == {"1991"}


def test_a_new_year_is_held_against_those_around_it():
    honest = judge({"1991": (None, YEAR)})
    assert honest.closing == frozenset()
    assert "new_total" in {one.check for one in honest.judgement.findings}
    worse = YEAR.with_columns(pl.col(DAMAGE) * 1000)
    found = judge({"1991": (None, worse)})
    assert (failed(found), found.closing) == ({"new_total"}, {"1991"})
    first = judge({"1980": (None, storms("1980").with_columns(pl.col(DAMAGE) * 1000))})
    assert first.closing == {"1980"}, "the first is held against those after it"


def test_where_there_are_too_few_years_a_new_one_passes_and_the_verdict_says_so():
    found = judge({"1991": (None, YEAR.with_columns(pl.col(DAMAGE) * 1000))}, years=YEARS[-8:])
    assert found.judgement.outcome is Outcome.PASS
    assert [one.check for one in found.judgement.findings] == ["window"]
    assert "fewer than 8 partitions" in found.judgement.findings[0].message


def test_what_readers_had_before_comes_back_unasked():
    found = judge({"1991": (YEAR, CLOSED["rows_removed"])}, returned=frozenset({"1991"}))
    assert (found.judgement.outcome, found.closing) == (Outcome.PASS, frozenset())
    gone = judge({"1991": (YEAR, None)}, years=YEARS[:-1])
    assert (failed(gone), gone.closing) == ({"partition_removed"}, {"1991"})
    back = judge({"1991": (YEAR, None)}, years=YEARS[:-1], returned=frozenset({"1991"}))
    assert (back.judgement.outcome, back.closing) == (Outcome.PASS, frozenset())


def test_synthetic_data_are_measured_and_let_through_where_the_policy_says_so():
    worse = {"1991": (YEAR, CLOSED["magnitude"])}
    found = judge(worse, origin=Origin.SYNTHETIC)
    assert (found.judgement.outcome, found.closing) == (Outcome.PASS, frozenset())
    assert any("synthetic" in one.message and one.check == "magnitude" for one in found.judgement.findings)
    strict = replace(POLICY, thresholds={**POLICY.thresholds, "diff_synthetic": "hold"})
    assert judge(worse, policy=strict, origin=Origin.SYNTHETIC).closing == {"1991"}
    silent = replace(
        POLICY, thresholds={name: one for name, one in POLICY.thresholds.items() if name != "diff_synthetic"}
    )
    assert judge(worse, policy=silent, origin=Origin.SYNTHETIC).closing == {"1991"}


def test_without_a_limit_nothing_passes():
    thresholds = {name: value for name, value in POLICY.thresholds.items() if name != "diff_magnitude_most_times"}
    evidence = DiffEvidence(SPEC, "sha256:" + "1" * 64, {}, {}, [], lambda _: None)
    found = diff(evidence, replace(POLICY, thresholds=thresholds))
    assert found.judgement.outcome is Outcome.INCONCLUSIVE
    assert "magnitude_most_times" in found.judgement.findings[0].message
    assert diff(evidence, POLICY).judgement.outcome is Outcome.INCONCLUSIVE, "no change is nothing to judge"


def test_what_a_terminal_would_obey_is_not_in_a_finding():
    hostile = changed("event_type", pl.lit("\x1b[31mred\x07"), ROW % 5 == 0)
    found = judge({"1991": (YEAR, hostile)})
    assert "red" in "".join(one.message for one in found.judgement.findings)
    assert all(one.message.isprintable() for one in found.judgement.findings)
