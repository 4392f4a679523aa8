"""What columns declare as their sources is true: altering a source changes the column, altering anything else does not.

It holds for every dataset of the registry, on its sample. A sample shows what is in it: a dependence on a value that no
row of the sample has stays unseen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest

from kfm_assets.datasets.program import Product, Verbatim
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.domain.dataset import Dataset
from kfm_assets_tests.datasets.perturbation import Bench, Seen, bench, is_seen, seen

ROUNDS = 12 if os.environ.get("KFM_TEST_LONG") == "1" else 2
PERSISTENT = 80
"""How often a declared source is exchanged before it counts as one that changes nothing."""

_PARTS = "a record whose GEOID is not STATEFP and COUNTYFP is held back, so none of the three can differ by itself"

_AGREES = "a row's three dates must agree, or it is held back, so none of them can be altered alone"

UNSEEN: Mapping[str, Mapping[tuple[str, str], str]] = {
    "geography/counties": {
        ("counties.geoid", "counties.GEOID"): _PARTS,
        ("counties.state_fips", "counties.STATEFP"): _PARTS,
        ("counties.county_fips", "counties.COUNTYFP"): _PARTS,
    },
    "climate/drought": {
        ("categories.week_start", "categories.MapDate"): _AGREES,
        ("categories.week_end", "categories.MapDate"): _AGREES,
    },
}
"""Dataset -> (table.column, source) that is declared and that no alteration of one field can show, with the reason."""

SOURCELESS: Mapping[str, Mapping[str, str]] = {}
"""Dataset -> column that is made from nothing that the upstream sends, with the reason."""


def declared(spec: Dataset) -> dict[tuple[str, str], set[str]]:
    return {(table.name, column.name): set(column.sources) for table in spec.tables for column in table.columns}


def shown(ready: Bench) -> Seen:
    """Return what changes each column. Declared sources get more chances, those that are known as unseen excepted."""
    spec = ready.program.specification
    unseen = UNSEEN.get(spec.key, {})
    found = seen(ready, ROUNDS)
    for at, sources in declared(spec).items():
        for source in sources - found[at]:
            if (".".join(at), source) not in unseen and is_seen(ready, at, source, PERSISTENT):
                found[at].add(source)
    return found


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_names_its_sources_and_each_of_them_exists(dataset: str) -> None:
    there = {f"{name}.{field}" for name, field in bench(dataset).sources()}
    for (table, column), sources in declared(specification(dataset)).items():
        assert bool(sources) != (column in SOURCELESS.get(dataset, {})), f"{table}.{column}"
        assert sources <= there, f"{table}.{column}"
    for table in specification(dataset).tables:
        assert all(len(set(column.sources)) == len(column.sources) for column in table.columns)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_column_declares_exactly_what_changes_it(dataset: str) -> None:
    found = shown(bench(dataset))
    unseen = set(UNSEEN.get(dataset, {}))
    for at, sources in declared(specification(dataset)).items():
        cannot = {source for column, source in unseen if column == ".".join(at)}
        assert found[at] == sources - cannot, ".".join(at)
        assert cannot <= sources, f"{'.'.join(at)}: an exception for what is not declared"


def test_what_is_not_declared_is_seen() -> None:
    """The counties' names, if they were made from two fields more, one of them in half of the rows."""
    ready = bench("geography/counties")
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
