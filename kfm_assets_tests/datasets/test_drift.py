"""What is watched for drift, dataset by dataset: sound declarations, and recorded partitions that all pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import polars as pl
import pytest

from kfm_assets.adapters.policies import load
from kfm_assets.datasets import registry
from kfm_assets.domain.drift import ROWS, Scale
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift import bins, counting, limits, values
from kfm_assets.gates.drift.judging import History, outcomes
from kfm_assets_tests.datasets.climate.divisional import test_recorded as climate
from kfm_assets_tests.datasets.climate.drought import test_recorded as drought
from kfm_assets_tests.datasets.hydrology.streamflow import test_recorded as river
from kfm_assets_tests.gates.drift.made import ROOT, build_of

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("key", registry.ACQUIRED)
def test_a_declaration_names_columns_that_there_are(key: str) -> None:
    spec = registry.specification(key)
    assert spec.drift
    known = {column.name for column in spec.main.columns}
    watched = [column.name for column in spec.drift.columns]
    assert len(set(watched)) == len(watched)
    for column in spec.drift.columns:
        assert {column.source, *(column.at or ()), *(column.only[:1] if column.only else ())} <= known
        assert (column.scale is Scale.CIRCULAR) == (column.period > 0)
        assert column.why
    for practice in spec.drift.practices:
        assert set(practice.columns) <= {*watched, ROWS}
        assert practice.why
        assert practice.source.startswith("https://")


def history(key: str, frames: Mapping[str, pl.DataFrame]) -> History:
    spec = registry.specification(key)
    looked_at = {name: frame.select(values.needed(spec)) for name, frame in frames.items()}
    cut = bins.freeze(spec, ROOT, looked_at)
    counts = [counting.count(spec, cut, name, build_of(name), frame) for name, frame in looked_at.items()]
    return History(spec, cut, counts, limits.read(load(registry.DATASETS)[key]), NOW)


def failed(known: History, partition: str) -> set[str]:
    found = known.judge(partition)
    columns = {name for name, column in found.columns.items() if column.outcome is Outcome.FAIL}
    return columns | {rate.of for rate in found.rates if rate.outcome is Outcome.FAIL}


def climate_years() -> dict[str, pl.DataFrame]:
    return {year: product.tables["months"] for year, product in climate.products().items()}


def drought_years() -> dict[str, pl.DataFrame]:
    return {year: drought.product(year).tables["weeks"] for year in drought.YEARS}


def river_months() -> dict[str, pl.DataFrame]:
    return {month: product.tables["instantaneous"] for month, product in river.river_year().items()}


RECORDED: dict[str, Callable[[], Mapping[str, pl.DataFrame]]] = {
    "climate/divisional": climate_years,
    "climate/drought": drought_years,
    "hydrology/streamflow": river_months,
}


@pytest.mark.parametrize("key", RECORDED)
def test_recorded_partitions_close_nothing(key: str) -> None:
    known = history(key, RECORDED[key]())
    assert {name: one for name in known.names if (one := set(outcomes(known.judge(name)))) != {Outcome.PASS}} == {}


def test_divisions_that_are_numbered_otherwise_close_a_year_of_climate() -> None:
    years = climate_years()
    years["1990"] = years["1990"].with_columns(division=1400 + pl.col("division"))
    assert failed(history("climate/divisional", years), "1990") == {"division"}


def test_a_third_of_a_month_that_is_missing_closes_a_year_of_climate() -> None:
    years = climate_years()
    gone = (pl.col("month").dt.month() == 7) & pl.col("division").is_in([1, 2, 3, 4])
    years["1990"] = years["1990"].filter(~gone)
    assert failed(history("climate/divisional", years), "1990") == {"July"}


def test_another_index_closes_a_year_of_drought() -> None:
    years = drought_years()
    years["2010"] = years["2010"].with_columns(dsci=500 - pl.col("dsci"))
    assert failed(history("climate/drought", years), "2010") == {"dsci"}
