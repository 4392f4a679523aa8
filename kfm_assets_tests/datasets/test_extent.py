"""The extent of a table: what its rows cover in time and space, in texts that give back the stored numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import registry
from kfm_assets.datasets.extent import extent
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.dataset import Column, Grain, Partitions, Table
from kfm_assets_tests.catalogs.made import made

COLUMNS = (Column("at", "timestamp", "when", True), Column("where", "geometry", "where", True))
TABLE = Table("seen", "seen", COLUMNS, ("at",), time_column="at", geometry_column="where")

SCHEMA = {"at": pl.Datetime("us", "UTC"), "where": pl.Binary()}
times = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
degrees = st.floats(-90, 90)


SPEC = registry.specification("hazards/earthquakes")


def covered(rows: pl.DataFrame, table: Table, zone: str = "UTC") -> dict:
    """Return the extent of a dataset that has just this table."""
    return extent({table.name: rows}, replace(SPEC, tables=(table,), partitions=Partitions(Grain.YEAR, "1950", zone)))


def frame(rows: list[tuple[datetime | None, bytes | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(st.lists(st.tuples(st.none() | times, st.none() | st.tuples(degrees, degrees)), max_size=8))
def test_it_holds_every_row_and_no_more(rows):
    stored = frame([(at, shapely.to_wkb(shapely.Point(xy)) if xy else None) for at, xy in rows])
    found = covered(stored, TABLE)
    canonical_json(found)
    instants, places = [at for at, _ in rows if at], [xy for _, xy in rows if xy]
    assert ("start" in found, "end" in found, "bbox" in found) == (bool(instants), bool(instants), bool(places))
    if instants:
        assert [datetime.fromisoformat(found[name]) for name in ("start", "end")] == [min(instants), max(instants)]
    if places:
        xs, ys = zip(*places, strict=True)
        assert list(map(float, found["bbox"])) == [min(xs), min(ys), max(xs), max(ys)]
        assert not any("e" in number.lower() for number in found["bbox"]), "decimals, without an exponent"


def test_areas_count_to_their_edges_and_empty_ones_not_at_all():
    shapes = [shapely.box(-100, 37, -99, 38), shapely.Polygon(), shapely.Point(-98.5, 39.25)]
    found = covered(frame([(None, shapely.to_wkb(shape)) for shape in shapes]), TABLE)
    assert found == {"bbox": ["-100.0", "37.0", "-98.5", "39.25"]}


def test_a_table_without_rows_or_without_such_columns_says_nothing():
    assert covered(frame([]), TABLE) == {}
    assert covered(frame([]), Table("plain", "plain", COLUMNS, ("at",))) == {}
    assert covered(frame([(None, shapely.to_wkb(shapely.Polygon()))]), TABLE) == {}


@pytest.mark.parametrize("days", [[date(2020, 2, 29)], [date(2020, 3, 1), date(2020, 2, 29)]])
def test_a_date_stands_for_its_whole_day(days):
    table = Table("days", "days", (Column("at", "date", "when"),), ("at",), time_column="at")
    found = covered(pl.DataFrame({"at": days}), table)
    assert found == {"start": "2020-02-29T00:00:00Z", "end": f"{max(days)}T23:59:59.999999Z"}


def test_a_time_stands_for_what_the_specification_says():
    at, until = Column("at", "date", "when"), Column("until", "date", "until when", True)
    days = pl.DataFrame({"at": [date(2024, 2, 1), date(2024, 1, 1)], "until": [date(2024, 2, 6), None]})
    week = Table("weeks", "weeks", (at, until), ("at",), time_column="at", end_column="until")
    assert covered(days, week) == {"start": "2024-01-01T00:00:00Z", "end": "2024-02-06T23:59:59.999999Z"}
    month = Table("months", "months", (at,), ("at",), time_column="at", time_grain=Grain.MONTH)
    assert covered(days, month)["end"] == "2024-02-29T23:59:59.999999Z"
    assert covered(days, month, "America/Chicago") == {
        "start": "2024-01-01T06:00:00Z",
        "end": "2024-03-01T05:59:59.999999Z",
    }
    year = replace(month, time_grain=Grain.YEAR)
    assert covered(days, year) == {"start": "2024-01-01T00:00:00Z", "end": "2024-12-31T23:59:59.999999Z"}


def test_all_tables_with_times_count():
    spec = registry.specification("hydrology/streamflow")
    at = pl.Series("time_utc", [datetime(2024, 5, 10, 12, tzinfo=UTC)], pl.Datetime("us", "UTC"))
    frames = {"instantaneous": pl.DataFrame({"time_utc": at}), "daily": pl.DataFrame({"date": [date(2024, 5, 30)]})}
    assert extent(frames, spec) == {"start": "2024-05-10T12:00:00Z", "end": "2024-05-31T05:59:59.999999Z"}


WHOLE = {
    "climate/divisional": ("2023", "2023-01-01T06:00:00Z", "2024-01-01T05:59:59.999999Z"),
    "climate/drought": ("2023", "2023-01-03T00:00:00Z", "2024-01-01T23:59:59.999999Z"),
}


@pytest.mark.parametrize("dataset", WHOLE)
def test_a_sample_of_a_year_covers_its_last_month_or_week_to_the_end(dataset):
    partition, start, end = WHOLE[dataset]
    found = made(dataset, partition).account["extent"]
    assert (found["start"], found["end"]) == (start, end)
