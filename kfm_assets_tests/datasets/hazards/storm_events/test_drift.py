"""The gate `drift` on the recorded storm years: honest ones close nothing, tampered ones do; and the docs' table.

A year is judged on top of its earlier years, by bins that these were cut by: as when it is published after them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import polars as pl
import pytest

from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift import bins, counting, values
from kfm_assets.gates.drift.judging import FEW, NO_BASELINE, History, Judged, outcomes
from kfm_assets_tests.datasets.geography.made import REPOSITORY, real_counties
from kfm_assets_tests.datasets.hazards.storm_events.rows import PROGRAM, made_of
from kfm_assets_tests.datasets.hazards.storm_events.test_recorded import YEARS, files, product
from kfm_assets_tests.gates.drift.made import ROOT, build_of, history

SPEC: Dataset = PROGRAM.specification
TAMPERED = ("1965", "1980", "1992")


@cache
def rows(year: str) -> pl.DataFrame:
    return product(year).tables["details"].select(values.needed(SPEC))


@cache
def recorded_years() -> History:
    """Return all recorded years, by bins that were cut by all of them: as when they are published at once."""
    return history(SPEC, {year: rows(year) for year in YEARS})


@cache
def upon(year: str) -> tuple[bins.Bins, tuple[counting.Counts, ...]]:
    """Return the bins and the counts of the years before one."""
    earlier = {name: rows(name) for name in YEARS if name < year}
    cut = bins.freeze(SPEC, ROOT, earlier)
    return cut, tuple(counting.count(SPEC, cut, name, build_of(name), frame) for name, frame in earlier.items())


def judged(year: str, frame: pl.DataFrame) -> Judged:
    cut, earlier = upon(year)
    new = counting.count(SPEC, cut, year, build_of(year), frame.select(values.needed(SPEC)))
    every = recorded_years()
    return History(SPEC, cut, (*earlier, new), every.limits, every.now).judge(year)


def failed(found: Judged) -> set[str]:
    return {name for name, column in found.columns.items() if column.outcome is Outcome.FAIL}


@pytest.mark.parametrize("year", YEARS)
def test_an_honest_year_closes_nothing(year: str) -> None:
    assert set(outcomes(recorded_years().judge(year))) == {Outcome.PASS}


@pytest.mark.parametrize("year", YEARS[5:])
def test_an_honest_year_closes_nothing_by_the_bins_of_the_years_before_it(year: str) -> None:
    assert set(outcomes(judged(year, rows(year)))) == {Outcome.PASS}


def _sent(year: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Return the details that come of a year's wire file with some fields changed."""
    sent = {
        name: pl.read_csv(content, infer_schema=False, truncate_ragged_lines=True).pipe(change).write_csv().encode()
        for name, content in files("details", year).items()
    }
    return made_of(sent, year, real_counties()).tables["details"]


def test_coordinates_that_are_swapped_on_the_wire_leave_nothing_to_compare() -> None:
    """No latitude is 97 degrees: gate E holds the rows back, and this gate does not pass what is left."""
    swapped = _sent("1975", lambda sent: sent.with_columns(BEGIN_LAT="BEGIN_LON", BEGIN_LON="BEGIN_LAT"))
    assert swapped.is_empty()
    found = judged("1975", swapped)
    assert Outcome.PASS not in {column.outcome for name, column in found.columns.items() if name == "event_type"}


@pytest.mark.parametrize("year", TAMPERED)
def test_coordinates_that_are_swapped_close_it(year: str) -> None:
    east, north = pl.col("begin_lon"), pl.col("begin_lat")
    found = judged(year, rows(year).with_columns(begin_lon=north, begin_lat=east))
    assert failed(found) == {"begin_lon", "begin_lat"}


@pytest.mark.parametrize("hours", [-6, 6])
@pytest.mark.parametrize("year", TAMPERED)
def test_a_time_zone_that_is_off_by_six_hours_closes_it(year: str, hours: int) -> None:
    found = judged(year, rows(year).with_columns(pl.col("begin_utc").dt.offset_by(f"{hours}h")))
    assert failed(found) == {"begin_hour"}


def test_a_time_zone_that_is_read_wrongly_on_the_wire_closes_it() -> None:
    """Times that are sent as UTC and labelled CST: read six hours too late."""
    later = _sent(
        "1975",
        lambda sent: sent.with_columns(
            (pl.col("BEGIN_TIME").cast(pl.Int64) + 600).mod(2400).cast(pl.String).alias("BEGIN_TIME"),
            pl.lit("").alias("END_TIME"),
            pl.lit("").alias("END_DAY"),
            pl.lit("").alias("END_YEARMONTH"),
        ),
    )
    assert later.height > 200
    assert failed(judged("1975", later)) >= {"begin_hour"}


@pytest.mark.parametrize("year", TAMPERED)
def test_a_new_event_type_at_a_fifth_of_the_rows_closes_it(year: str) -> None:
    frame = rows(year).with_row_index()
    fifth = pl.when(pl.col("index") % 5 == 0).then(pl.lit("Dust Devil")).otherwise("event_type")
    assert failed(judged(year, frame.with_columns(event_type=fifth))) >= {"event_type"}


@pytest.mark.parametrize("year", TAMPERED)
def test_damage_that_is_no_longer_known_closes_it(year: str) -> None:
    damage = pl.col("damage_property_usd")
    blank = rows(year).with_columns(damage_property_usd=pl.when(damage > 0).then(damage))
    assert failed(judged(year, blank)) == {"damage_property_usd"}


@pytest.mark.parametrize("year", TAMPERED)
def test_hail_in_centimetres_closes_it(year: str) -> None:
    assert failed(judged(year, rows(year).with_columns(pl.col("hail_size_mm") / 10))) == {"hail_size_mm"}


@pytest.mark.parametrize("year", ["1965", "1990"])
def test_damage_in_thousands_closes_it(year: str) -> None:
    found = judged(year, rows(year).with_columns(pl.col("damage_property_usd") * 1000))
    assert failed(found) >= {"damage_done_usd"}


@pytest.mark.parametrize("year", TAMPERED)
def test_damage_in_thousands_in_one_county_is_not_for_a_distribution_to_see(year: str) -> None:
    """One row in a hundred has another amount; that is what the comparison of two releases is for."""
    county = rows(year).filter(pl.col("damage_property_usd") > 0)["county_fips"].mode().sort()[0]
    there = pl.when(pl.col("county_fips") == county).then(1000).otherwise(1)
    found = judged(year, rows(year).with_columns(pl.col("damage_property_usd") * there))
    assert failed(found) <= {"damage_done_usd"}


@pytest.mark.parametrize(
    ("since", "column"),
    [("1955", "event_type"), ("1972", "hail_size_mm"), ("1990", "wind_speed_m_s")],
)
def test_without_its_declaration_a_change_of_practice_closes_it(since: str, column: str) -> None:
    """What the specification announces is there: untold, the same years fail."""
    assert SPEC.drift
    untold = replace(SPEC, drift=replace(SPEC.drift, practices=()))
    every = recorded_years()
    found = History(untold, every.bins, every.counts, every.limits, every.now)
    after = [year for year in YEARS if since <= year < str(int(since) + 3)]
    assert any(found.judge(year).columns[column].outcome is Outcome.FAIL for year in after)


def table() -> str:
    """Return what the gate says of each recorded year, as the documentation has it."""
    every = recorded_years()
    lines = ["| year | rows | compared | nearest to its limit | taken as it is |", "|---|---|---|---|---|"]
    for year in YEARS:
        found = every.judge(year)
        compared = {name: column for name, column in found.columns.items() if column.near}
        nearest = max(compared, key=lambda name: compared[name].near.psi / compared[name].near.limit, default="")
        near = compared[nearest].near if nearest else None
        told = f"{nearest} {near.psi:.2f} of {near.limit:.2f}" if near else "–"  # noqa: RUF001 - nothing to say
        stood = [name for name, column in found.columns.items() if column.reason in {NO_BASELINE, FEW}]
        taken = "all" if len(stood) == len(found.columns) else ", ".join(stood) or "–"  # noqa: RUF001 - as above
        lines.append(f"| {year} | {rows(year).height} | {len(compared)} | {told} | {taken} |")
    return "\n".join(lines)


def test_the_docs_show_what_it_says_of_each_year() -> None:
    assert table() in (REPOSITORY / "docs" / "gates" / "drift.md").read_text(encoding="utf-8")
