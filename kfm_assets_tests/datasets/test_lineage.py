"""What columns declare as their sources is true: altering a source changes the column, altering anything else does not.

It holds for every dataset that an upstream sends, on its sample. A sample shows what is in it: a dependence on a value
that no row of the sample has stays unseen.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import polars as pl
import pytest

from kfm_assets.datasets.climate.divisional.specification import MONTH_FIELDS
from kfm_assets.datasets.program import Product, Verbatim
from kfm_assets.datasets.registry import ACQUIRED, specification
from kfm_assets.domain.dataset import Dataset
from kfm_assets_tests.datasets.perturbation import Seen, benches, seen, sought

ROUNDS = 12 if os.environ.get("KFM_TEST_LONG") == "1" else 1
PERSISTENT = (10, 80)
"""How often a declared source is exchanged on each bench, and then once more, until it counts as changing nothing."""

_PARTS = "a record whose GEOID is not STATEFP and COUNTYFP is held back, so none of the three can differ by itself"

_AGREES = "a row's three dates must agree, or it is held back, so none of them can be altered alone"

_COUNTED = "with two retrievals, which of them is the later one decides which row counts"

_REPEATED = "an earlier row that gets the code of the later one repeats it, and no other code means the same"

_NO_DATA = "a file of the sample declares -999999 as no value, which is none anyway"

_RETRIEVED_ONCE = "the sample has one retrieval of daily values"

_NOT_SENT = "the sample has no record of the element"

_UNDER_WAY = (
    "the sample's unfinished year was written in September: a month before is over, and a value of a month after that "
    "holds the record back"
)

_ANOTHERS = "as one of another element, a missing value is impossible, or one of a month that has not begun"

UNSEEN: Mapping[str, Mapping[tuple[str, str], str]] = {
    "climate/divisional": {
        ("months.month", "records.YEAR"): "a record of another year is one of another partition",
        **{
            (f"months.spi_{months}", f"records.{field}"): _NOT_SENT
            for months in ("02", "06", "09")
            for field in ("STATE-CODE", "edition", *MONTH_FIELDS)
        },
        ("months.spi_09", "records.ELEMENT CODE"): _NOT_SENT,
        **{
            ("series.months_to_come", f"records.{field}"): _UNDER_WAY for field in MONTH_FIELDS if field != "SEPT-VALUE"
        },
        **{(f"series.months_{state}", "records.ELEMENT CODE"): _ANOTHERS for state in ("given", "to_come", "missing")},
    },
    "geography/counties": {
        ("counties.geoid", "counties.GEOID"): _PARTS,
        ("counties.state_fips", "counties.STATEFP"): _PARTS,
        ("counties.county_fips", "counties.COUNTYFP"): _PARTS,
    },
    "climate/drought": {
        ("categories.week_start", "categories.MapDate"): _AGREES,
        ("categories.week_end", "categories.MapDate"): _AGREES,
    },
    "hydrology/streamflow": {
        **{
            (f"{table}.{column}", f"{wire}.no_data"): _NO_DATA
            for table, wire in (("instantaneous", "iv"), ("daily", "dv"))
            for column in ("discharge_m3s", "missing_reason", "value_before")
        },
        ("instantaneous.value_before", "iv.value_cd"): _REPEATED,
        ("instantaneous.value_before", "iv.retrieved"): _COUNTED,
        **{("daily.value_before", f"dv.{field}"): _RETRIEVED_ONCE for field in ("value", "value_cd", "retrieved")},
    },
}
"""Dataset -> (table.column, source) that is declared and that no alteration of one field can show, with the reason."""

SOURCELESS: Mapping[str, Mapping[str, str]] = {
    "climate/divisional": {"source_line": "it is counted"},
}
"""Dataset -> column that is made from nothing that the upstream sends, with the reason."""


def declared(spec: Dataset) -> dict[tuple[str, str], set[str]]:
    return {(table.name, column.name): set(column.sources) for table in spec.tables for column in table.columns}


def cannot(dataset: str, at: tuple[str, str]) -> set[str]:
    """Return the sources of a column that cannot be seen."""
    return {source for column, source in UNSEEN.get(dataset, {}) if column == ".".join(at)}


def shown(dataset: str) -> Seen:
    """Return what changes each column. Declared sources get more chances, those that are known as unseen excepted."""
    found: Seen = defaultdict(set)
    for bench in benches(dataset):
        for at, sources in seen(bench, ROUNDS).items():
            found[at] |= sources
    left: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for at, sources in declared(specification(dataset)).items():
        for source in sources - found[at] - cannot(dataset, at):
            left[source].add(at)
    for (source, columns), rounds, bench in product(left.items(), PERSISTENT, benches(dataset)):
        for at in sought(bench, source, [at for at in columns if source not in found[at]], rounds):
            found[at].add(source)
    return found


@pytest.mark.parametrize("dataset", ACQUIRED)
def test_every_column_names_its_sources_and_each_of_them_exists(dataset: str) -> None:
    there = {f"{name}.{field}" for name, field in benches(dataset)[0].sources()}
    for (table, column), sources in declared(specification(dataset)).items():
        assert bool(sources) != (column in SOURCELESS.get(dataset, {})), f"{table}.{column}"
        assert sources <= there, f"{table}.{column}"
    for table in specification(dataset).tables:
        assert all(len(set(column.sources)) == len(column.sources) for column in table.columns)


@pytest.mark.parametrize("dataset", ACQUIRED)
def test_a_column_declares_exactly_what_changes_it(dataset: str) -> None:
    found = shown(dataset)
    for at, sources in declared(specification(dataset)).items():
        assert found[at] == sources - cannot(dataset, at), ".".join(at)
        assert cannot(dataset, at) <= sources, f"{'.'.join(at)}: an exception for what is not declared"


def test_what_is_not_declared_is_seen() -> None:
    """The counties' names, if they were made from two fields more, one of them in half of the rows."""
    (ready,) = benches("geography/counties")
    program = ready.program

    def hiding(
        partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
    ) -> Product:
        rows = wires["counties"]
        odd = pl.when(pl.col("source_line") % 2 == 1).then("LSAD").otherwise(pl.lit(""))
        named = rows.with_columns(pl.concat_str("NAME", "AFFGEOID", odd).alias("NAME"))
        return program.transform(partition, {"counties": named}, upstream, held)

    found = seen(replace(ready, program=replace(program, transform=hiding)), ROUNDS)
    assert found["counties", "name"] == {"counties.NAME", "counties.AFFGEOID", "counties.LSAD"}
    assert found["counties", "area_km2"] == {"counties.geometry"}
