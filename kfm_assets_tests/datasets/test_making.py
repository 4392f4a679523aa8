"""From parsed files to a partition: which rows are its own, and what its account says of tables without any."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import making, registry, tables
from kfm_assets.datasets.extent import extent
from kfm_assets.domain.dataset import Column, Table

MONTHS = st.lists(st.sampled_from(["2024-10", "2024-11", "2024-12", None]), max_size=30)
SEEN = Table(
    "seen",
    "what was seen where, and on which day",
    (Column("day", "date", "when", nullable=True), Column("at", "geometry", "where", nullable=True)),
    ("day",),
    time_column="day",
    geometry_column="at",
)
SPEC = replace(registry.specification("hazards/earthquakes"), tables=(SEEN,))


@given(st.one_of(MONTHS, MONTHS.map(lambda months: sorted(months, key=str))))
def test_a_partition_has_its_rows_in_their_order_wherever_they_stand(months):
    rows = list(enumerate(months))
    frame = pl.DataFrame(rows, schema={"source_line": pl.Int64, "partition": pl.String}, orient="row")
    for month in ("2024-11", "2024-12", "1999-01"):
        assert making.rows_of(frame, month).rows() == [row for row in rows if row[1] == month]


@pytest.mark.parametrize("places", [[], [None]])
def test_a_table_without_geometries_has_no_bounds(places):
    rows = pl.DataFrame({"day": [None] * len(places), "at": places}, schema=tables.polars_schema(SEEN))
    assert extent({"seen": rows}, SPEC) == {}


def test_an_extent_is_that_of_all_rows():
    places = [shapely.to_wkb(shapely.Point(*at)) for at in ((-98, 38.5), (-97.25, 38))]
    rows = pl.DataFrame({"day": ["2024-11-05", "2024-11-03"], "at": places}).with_columns(pl.col("day").str.to_date())
    assert extent({"seen": rows}, SPEC) == {
        "start": "2024-11-03T00:00:00Z",
        "end": "2024-11-05T23:59:59.999999Z",
        "bbox": ["-98.0", "38.0", "-97.25", "38.5"],
    }
