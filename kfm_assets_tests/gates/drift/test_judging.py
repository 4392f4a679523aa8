"""A partition against those before it: what is caught, what is borne, what cannot be told, and what was announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from kfm_assets.domain.dataset import Grain
from kfm_assets.domain.drift import Drift, DriftColumn, Part, Practice, Scale
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift import bins
from kfm_assets.gates.drift.judging import FEW, NO_BASELINE, Judged, outcomes
from kfm_assets.gates.drift.limits import Level
from kfm_assets_tests.gates.drift.made import ROOT, history, rows, specification

SPEC = specification()
KIND = DriftColumn("kind", Scale.CATEGORICAL, "kinds")


def decade(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the years 1990 to 2000; `y2000=frame` puts another one in a year's place."""
    return {str(year): changed.get(f"y{year}", rows(year)) for year in range(1990, 2001)}


def failed(judged: Judged) -> set[str]:
    return {name for name, column in judged.columns.items() if column.outcome is Outcome.FAIL}


def test_years_of_one_sort_pass() -> None:
    honest = history(SPEC, decade())
    for year in honest.names:
        assert set(outcomes(honest.judge(year))) == {Outcome.PASS}


def test_another_mix_fails_and_says_which_bins_it_is() -> None:
    judged = history(SPEC, decade(y2000=rows(2000, kinds=(0.1, 0.3, 0.6)))).judge("2000")
    assert failed(judged) == {"kind"}
    kind = judged.columns["kind"]
    assert kind.near
    assert kind.near.low
    assert kind.near.high
    assert kind.near.limit < kind.near.low <= kind.near.psi <= kind.near.high
    assert {bins for bins, _, _ in kind.most} == {"hail", "tornado or unseen or missing"}
    assert kind.near.measures.keys() >= {"psi", "kl", "js"}


def test_years_that_differ_among_themselves_bear_more() -> None:
    """The tenth year is as far from the others as they are from one another: that is weather, not drift."""
    shares = [0.2, 0.6, 0.3, 0.7, 0.25, 0.65, 0.2, 0.6, 0.3, 0.7, 0.2]
    restless = {
        str(1990 + number): rows(1990 + number, kinds=(share, 0.8 - share, 0.2)) for number, share in enumerate(shares)
    }
    judged = history(SPEC, restless).judge("2000")
    assert judged.columns["kind"].variation > 0.5
    assert failed(judged) == set()
    calm = decade(y2000=restless["2000"])
    assert failed(history(SPEC, calm).judge("2000")) == {"kind"}


def test_what_drifts_in_small_steps_is_seen_against_all_years() -> None:
    steps = {str(1970 + n): rows(1970 + n, 400, kinds=(0.85 - 0.02 * n, 0.05 + 0.02 * n, 0.1)) for n in range(36)}
    found = history(specification(KIND), steps)
    reasons = {year: found.judge(year).columns["kind"].reason for year in found.names}
    assert "near" not in reasons.values()
    assert "long" in reasons.values()


def test_a_clock_that_is_off_by_six_hours_fails() -> None:
    shifted = rows(2000).with_columns(pl.col("begin").dt.offset_by("-6h"))
    assert failed(history(SPEC, decade(y2000=shifted)).judge("2000")) == {"hour"}


def test_a_year_of_which_half_is_there_is_another_year_and_not_another_sort() -> None:
    """Hail in spring and wind in summer: a spring alone is held against springs."""

    def seasonal(year: int) -> pl.DataFrame:
        frame = rows(year, 400)
        spring = pl.col("begin").dt.month() < 6
        return frame.with_columns(kind=pl.when(spring).then(pl.lit("hail")).otherwise(pl.lit("wind")))

    years = {str(year): seasonal(year) for year in range(1990, 2001)}
    years["2000"] = years["2000"].filter(pl.col("begin").dt.month() < 6)
    spec = specification(KIND)
    judged = history(spec, years).judge("2000")
    assert judged.columns["kind"].level is Level.MONTH
    assert failed(judged) == set()
    assert failed(history(specification(replace(KIND, seasonal=False)), years).judge("2000")) == {"kind"}


@pytest.mark.parametrize(("stand", "outcome"), [("pass", Outcome.PASS), ("hold", Outcome.INCONCLUSIVE)])
def test_the_first_partitions_stand_by_the_policys_bootstrap(stand: str, outcome: Outcome) -> None:
    first = history(SPEC, decade(), drift_bootstrap=stand)
    for year in ("1990", "1991", "1992"):
        assert {one.outcome for one in first.judge(year).columns.values()} == {outcome}
        assert {one.reason for one in first.judge(year).columns.values()} == {NO_BASELINE}
    later = first.judge("1993").columns
    # Of hail that was paid for there are thirty rows a year, and the policy asks for a hundred.
    assert {name for name, one in later.items() if one.reason == NO_BASELINE} == {"paid"}


@pytest.mark.parametrize(("stand", "outcome"), [("pass", Outcome.PASS), ("hold", Outcome.INCONCLUSIVE)])
def test_a_dozen_rows_tell_nothing_and_stand_by_the_policy(stand: str, outcome: Outcome) -> None:
    few = history(SPEC, decade(y2000=rows(2000, 12)), drift_few_rows=stand, drift_rate_factor="100").judge("2000")
    assert (few.columns["kind"].outcome, few.columns["kind"].reason) == (outcome, FEW)
    # Of what looks at some of the rows alone there may be few in any year.
    assert (few.columns["paid"].outcome, few.columns["paid"].reason) == (Outcome.PASS, FEW)


def test_what_could_not_show_the_drift_that_the_policy_asks_for_is_not_passed() -> None:
    small = history(SPEC, decade(y2000=rows(2000, 30)), drift_detectable_most="0.1", drift_rate_factor="100")
    kind = small.judge("2000").columns["kind"]
    assert kind.detectable > 0.1
    assert (kind.outcome, kind.reason) == (Outcome.INCONCLUSIVE, FEW)


def test_a_change_of_practice_that_was_declared_begins_anew_and_one_that_was_not_fails() -> None:
    later = {f"y{year}": rows(year, kinds=(0.1, 0.3, 0.6)) for year in range(1995, 2001)}
    practice = Practice("1995", ("kind", "rows"), "tornadoes are counted since", "https://example.org")
    told, untold = history(specification(practices=[practice]), decade(**later)), history(SPEC, decade(**later))
    assert failed(untold.judge("1995")) == {"kind"}
    assert [told.judge(year).columns["kind"].reason for year in ("1994", "1995", "1996", "1997", "1998")] == [
        "",
        *[NO_BASELINE] * 3,
        "",
    ]
    assert told.judge("1998").practices["kind"] is practice
    assert "kind" not in told.judge("1994").practices
    assert failed(told.judge("1998")) == set()


def test_bins_that_were_frozen_before_a_new_kind_came_still_show_it() -> None:
    sleet = rows(2000).with_columns(kind=pl.when(pl.col("number") % 5 == 0).then(pl.lit("sleet")).otherwise("kind"))
    before = {str(year): rows(year) for year in range(1990, 2000)}
    judged = history(SPEC, before | {"2000": sleet}, bins.freeze(SPEC, ROOT, before)).judge("2000")
    assert failed(judged) == {"kind"}
    assert "unseen" in judged.columns["kind"].most[0][0]


def test_an_outlier_moves_nothing() -> None:
    far = rows(2000).with_columns(amount=pl.when(pl.col("number") == 0).then(1e15).otherwise("amount"))
    cut = bins.freeze(SPEC, ROOT, decade())
    usual, outlying = (history(SPEC, decade(y2000=frame), cut).judge("2000") for frame in (rows(2000), far))
    one, other = usual.columns["amount"].near, outlying.columns["amount"].near
    assert one
    assert other
    assert abs(one.psi - other.psi) < 0.01


def test_half_of_the_rows_missing_is_told_by_their_number() -> None:
    found = history(SPEC, decade(y1999=rows(1999, 60))).judge("1999")
    assert [rate.outcome for rate in found.rates] == [Outcome.FAIL]
    assert (found.rates[0].rows, round(found.rates[0].usual)) == (60, 200)


def test_rows_that_come_at_set_intervals_are_counted_month_by_month() -> None:
    assert SPEC.drift
    regular = replace(SPEC, drift=Drift((KIND,), regular=True))

    def daily(year: int) -> pl.DataFrame:
        days = pl.datetime_range(datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 28, tzinfo=UTC), "1d", eager=True)
        return rows(year, len(days)).with_columns(begin=days.dt.cast_time_unit("us"))

    years = {str(year): daily(year) for year in range(1990, 2002)}
    july = (pl.col("begin").dt.month() == 7) & (pl.col("begin").dt.day() > 20)
    years["2000"] = years["2000"].filter(~july)
    found = history(regular, years, drift_rate_factor="1.25").judge("2000")
    assert [(rate.of, rate.rows) for rate in found.rates if rate.outcome is Outcome.FAIL] == [("July", 20)]


def test_the_last_year_may_stop_where_its_upstream_stopped() -> None:
    month = DriftColumn(
        "month", Scale.CIRCULAR, "months", column="begin", part=Part.MONTH, period=12, bins=12, seasonal=False
    )
    spec = specification(month)
    cut = {year: frame.filter(pl.col("begin").dt.month() < 6) for year, frame in decade().items()}
    last, middle = decade(y2000=cut["2000"]), decade(y1999=cut["1999"])
    assert set(outcomes(history(spec, last).judge("2000"))) == {Outcome.PASS}
    assert failed(history(spec, middle).judge("1999")) == {"month"}


def test_a_month_is_held_against_its_own_season() -> None:
    spec = specification(KIND, grain=Grain.MONTH)

    def monthly(year: int, month: int) -> pl.DataFrame:
        share = 0.8 if month in {1, 2} else 0.1
        begin = pl.Series([datetime(year, month, 15, tzinfo=UTC)] * 100, dtype=pl.Datetime("us", "UTC"))
        return rows(year, 100, month, kinds=(share, 0.9 - share, 0.1)).with_columns(begin=begin)

    frames = {f"{year}-{month:02}": monthly(year, month) for year in range(1990, 1996) for month in (1, 2, 6, 7)}
    honest = history(spec, frames)
    assert all(set(outcomes(honest.judge(name))) == {Outcome.PASS} for name in frames)
    frames["1995-07"] = monthly(1995, 1).with_columns(begin=frames["1995-07"]["begin"])
    assert failed(history(spec, frames).judge("1995-07")) == {"kind"}


def test_what_chance_can_explain_does_not_fail() -> None:
    small = rows(2000, 30).with_columns(kind=pl.Series(["hail"] * 6 + ["wind"] * 12 + ["tornado"] * 12))
    kind = history(SPEC, decade(y2000=small), drift_rate_factor="100").judge("2000").columns["kind"]
    assert kind.near
    assert kind.near.low is not None
    assert kind.near.low < kind.near.limit < kind.near.psi
    assert kind.outcome is Outcome.PASS


def test_the_noise_of_equal_distributions_is_taken_off() -> None:
    kind = history(SPEC, decade(y2000=rows(2000, kinds=(0.1, 0.3, 0.6)))).judge("2000").columns["kind"]
    assert kind.near
    noise = (kind.groups - 1) * (1 / kind.rows + 1 / kind.near.rows)
    assert kind.near.measures["psi"] - kind.near.psi == pytest.approx(noise)
