"""A stored model, and what it was made from, made anew: what gate `model` is given. The gate itself stands in `gates`.

It uses the code of the model, so it finds what was done to a build, and what the code lets through: a feature that
looks beyond its origin has nothing to look at here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets.models.storm_frequency import features, forecaster, history, training
from kfm_assets.datasets.models.storm_frequency.features import EXPOSURE, FEATURES
from kfm_assets.datasets.models.storm_frequency.specification import BACKTEST, CARD, FEATURE_TABLE, MODEL, STORMS
from kfm_assets.datasets.program import Material

FILES = (MODEL, CARD, f"{FEATURE_TABLE}.parquet", f"{BACKTEST.name}.parquet")
"""The files of a build that are read."""


def stored(files: Mapping[str, bytes]) -> tuple[forecaster.Forecaster, pl.DataFrame, pl.DataFrame]:
    """Return a model, its features and its look back. Raises IntegrityError where it is not what it should be."""
    looked_back = pl.read_parquet(io.BytesIO(files[f"{BACKTEST.name}.parquet"]))
    return forecaster.opened(files), forecaster.rows_of(files), looked_back


def as_known(materials: Mapping[str, Sequence[Material]]) -> pl.DataFrame:
    """Return the features of each year that can be predicted, made from inputs that end with the year before it."""
    years = sorted(int(material.partition) for material in materials[STORMS])
    targets = [*years[features.LEAST_YEARS :], years[-1] + 1]
    return pl.concat([features.of_year(_until(materials, year - 1), year, None) for year in targets])


def _until(materials: Mapping[str, Sequence[Material]], year: int) -> history.History:
    return history.read({key: [one for one in some if int(one.partition) <= year] for key, some in materials.items()})


def retrained(rows: pl.DataFrame) -> forecaster.Forecaster:
    """Return the model that a feature table gives."""
    return forecaster.Forecaster(training.fit(rows), FEATURES, EXPOSURE, {})
