"""No text in any field makes an error, and every wire row ends in exactly one place."""

from __future__ import annotations

import os

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.datasets.hazards.storm_events.columns import DETAILS, FATALITIES
from kfm_assets.datasets.program import FILE, LINE, PARTITION
from kfm_assets_tests.datasets.geography.made import synthetic_counties
from kfm_assets_tests.datasets.hazards.storm_events.rows import (
    COUNTIES,
    HEADERS,
    PROGRAM,
    YEAR,
    assert_conserved,
    death,
    event,
)

ROUNDS = 2_000 if os.environ.get("KFM_TEST_LONG") == "1" else 100

TEXT = st.one_of(
    st.sampled_from(["", "0", "1", "3", "20", "29", "197504", "197502", "2359", "-1", "1e300", "NaN", "inf", " ", "K"]),
    st.sampled_from([".5K", "2.5M", "CST-6", "PST", "C", "Z", "KANSAS", "TEXAS", "Tornado", "Hail", "39.8", "-101.8"]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.text(max_size=8),
)


def changed(wire: str):
    plain, most = (event, 6) if wire == "details" else (death, 2)
    return st.dictionaries(st.sampled_from(HEADERS[wire]), TEXT, max_size=most).map(lambda changes: plain(**changes))


def frame(wire: str, rows: list[dict[str, str]]) -> pl.DataFrame:
    columns = {name: [row[name] for row in rows] for name in HEADERS[wire]}
    return pl.DataFrame(columns, schema=dict.fromkeys(HEADERS[wire], pl.String())).with_columns(
        pl.int_range(2, len(rows) + 2, dtype=pl.Int64).alias(LINE),
        pl.lit(YEAR).alias(PARTITION),
        pl.lit(f"{wire}.csv").alias(FILE),
    )


@settings(max_examples=ROUNDS, deadline=None)
@given(st.lists(changed("details"), max_size=5), st.lists(changed("fatalities"), max_size=3), st.booleans())
def test_rows_in_are_rows_out_held_back_or_out_of_scope(events, deaths, with_deaths):
    wires = {"details": frame("details", events)}
    if with_deaths:
        wires["fatalities"] = frame("fatalities", deaths)
    product = PROGRAM.transform(YEAR, wires, {COUNTIES: synthetic_counties()}, lambda name, line: f"{name}:{line}")
    assert product.rows_in == {"details": len(events), "fatalities": len(deaths) if with_deaths else 0}
    assert_conserved(product)
    details, fatalities = product.tables["details"], product.tables["fatalities"]
    assert details["event_id"].is_unique().all()
    assert set(fatalities["event_id"]) <= set(details["event_id"])
    for name, table in (("details", DETAILS), ("fatalities", FATALITIES)):
        found = product.tables[name]
        assert dict(found.schema) == tables.polars_schema(table)
        required = [column.name for column in table.columns if not column.nullable]
        assert sum(found.select(required).null_count().row(0)) == 0
        assert tables.decode(tables.encode(found, table)).equals(found)
