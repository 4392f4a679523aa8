"""How good the model is on years that it has not seen, beside what anybody could say without it.

Rolling origin: each of the last years is predicted by trees that were fitted to the years before it alone. Baselines
are climatology (the mean of all years before, by month and division), the year before, the exposure that the trees
start from, and a Poisson regression with month, division, level and drought. The measure is the mean Poisson deviance,
2 (y log(y / mu) - y + mu): McCullagh and Nelder, "Generalized Linear Models", 2nd edition, 1989, section 2.3.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.datasets.models.storm_frequency.divisions import COUNT
from kfm_assets.datasets.models.storm_frequency.features import EXPOSURE, FEATURES
from kfm_assets.datasets.models.storm_frequency.history import MONTHS
from kfm_assets.datasets.models.storm_frequency.training import SEED, fit, matrix

Vector = NDArray[np.float64]

LOOKED_BACK = 6
"""Years that are predicted in retrospect."""
LEAST_TRAINED = 2
"""Years that the trees are fitted to before the first of them."""

PREDICTIONS = ("model_events", "climatology_events", "last_year_events", "exposure_events", "regression_events")

_FLOOR = 0.02
"""The least that a baseline may expect of a month in a division: zero would make one storm impossible."""
_ROUNDS = 999
_INTERVAL = (0.05, 0.95)


def backtest(features: pl.DataFrame) -> pl.DataFrame:
    """Return what each method expected of the last years, a row for each year, month and division."""
    known = features.filter(pl.col("observed_events").is_not_null())
    years = known["target_year"].unique().sort().to_list()
    asked = years[LEAST_TRAINED:][-LOOKED_BACK:]
    parts = [_year(known, year) for year in asked]
    if not parts:
        return _year(known.clear(), 0).clear()
    return pl.concat(parts)


def _year(known: pl.DataFrame, year: int) -> pl.DataFrame:
    before, rows = known.filter(pl.col("target_year") < year), known.filter(pl.col("target_year") == year)
    model = rows[EXPOSURE].to_numpy() * _ratios(before, rows) if rows.height else np.zeros(0)
    regression = _regression(before, rows) if rows.height else np.zeros(0)
    return rows.select(
        pl.col("target_year").alias("year"),
        "month",
        "division",
        "observed_events",
        pl.Series("model_events", model),
        *(pl.col(name).cast(pl.Float64).clip(lower_bound=_FLOOR) for name in PREDICTIONS[1:4]),
        pl.Series("regression_events", regression),
    ).with_columns(pl.col(pl.Float64).round_sig_figs(12))


def _ratios(before: pl.DataFrame, rows: pl.DataFrame) -> Vector:
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - only a step that predicts pays for it

    trees = fit(before)
    with threadpool_limits(limits=1):
        found: Vector = trees.predict(matrix(rows, FEATURES))
    return found


def _regression(before: pl.DataFrame, rows: pl.DataFrame) -> Vector:
    """Return what a Poisson regression with a logarithmic link expects."""
    from sklearn.linear_model import PoissonRegressor  # noqa: PLC0415 - only a step that trains pays for it
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - the same

    with threadpool_limits(limits=1):
        line = PoissonRegressor(alpha=1e-3, solver="newton-cholesky", max_iter=100)
        line.fit(_design(before), before["observed_events"].to_numpy())
        found: Vector = line.predict(_design(rows))
    return found


def _design(rows: pl.DataFrame) -> Vector:
    """Return month and division as indicators, the logarithm of the year's level, and the drought; 0 where unknown."""
    month, division = rows["month"].to_numpy() - 1, rows["division"].to_numpy() - 1
    level = rows.select(pl.col(EXPOSURE).sum().over("target_year").log()).to_series().to_numpy()
    drought = rows["pdsi_december"].fill_null(0.0).to_numpy()
    return np.column_stack([np.eye(MONTHS)[month], np.eye(COUNT)[division], level - np.log(100), drought / 4])


def deviance(observed: Vector, expected: Vector) -> Vector:
    """Return the Poisson deviance of each cell; `expected` is above zero."""
    ratio = np.where(observed > 0, observed, 1.0) / expected
    found: Vector = 2 * (np.where(observed > 0, observed * np.log(ratio), 0.0) - observed + expected)
    return found


def evaluate(looked_back: pl.DataFrame) -> pl.DataFrame:
    """Return the mean deviance of each method, for the state (division 0) and each division, with an honest answer.

    `difference_percent` is the model's deviance over climatology's, less one; `low` and `high` bound 90 % of 999 draws
    of the years, with replacement, the same years for both. The model beats climatology where all of it lies below
    zero.
    """
    rows = [_group(looked_back, division) for division in range(COUNT + 1)]
    return pl.DataFrame(rows)


def _group(looked_back: pl.DataFrame, division: int) -> dict[str, object]:
    rows = looked_back.filter(pl.col("division") == division) if division else looked_back
    years = rows["year"].n_unique()
    entry: dict[str, object] = {"division": division, "years": years, "cells": rows.height}
    if not years:
        blank = dict.fromkeys([*_NAMES.values(), "difference_percent", "low_percent", "high_percent"])
        return {**entry, **blank, "beats_climatology": "unknown"}
    observed = rows["observed_events"].to_numpy().astype(np.float64)
    by_year = {
        name: deviance(observed, rows[column].to_numpy()).reshape(years, -1).mean(axis=1)
        for column, name in _NAMES.items()
    }
    model, climatology = by_year["model_deviance"], by_year["climatology_deviance"]
    low, high = interval(model, climatology)
    answer = "yes" if high < 0 else "no" if low > 0 else "unclear"
    return {
        **entry,
        **{name: round(float(values.mean()), 6) for name, values in by_year.items()},
        "difference_percent": round(100 * float(model.mean() / climatology.mean() - 1), 4),
        "low_percent": round(100 * low, 4),
        "high_percent": round(100 * high, 4),
        "beats_climatology": answer,
    }


_NAMES = {column: column.replace("_events", "_deviance") for column in PREDICTIONS}


def interval(model: Vector, other: Vector) -> tuple[float, float]:
    """Return between which values 90 % of the draws of years have the ratio of two mean deviances, less one."""
    draws = np.random.default_rng(SEED).integers(0, len(model), (_ROUNDS, len(model)))
    ratios = model[draws].mean(axis=1) / other[draws].mean(axis=1) - 1
    low, high = np.quantile(ratios, _INTERVAL)
    return float(low), float(high)
