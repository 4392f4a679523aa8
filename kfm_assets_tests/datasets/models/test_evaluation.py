"""The look back: only the years before are used, the measure is scikit-learn's own, and the answer is honest."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mean_poisson_deviance

from kfm_assets.datasets.models.storm_frequency import evaluation, features
from kfm_assets_tests.datasets.models.test_features import made

ROWS = features.table(made(range(1960, 1970)))


def test_the_deviance_is_that_of_scikit_learn() -> None:
    chance = np.random.default_rng(3)
    observed, expected = chance.poisson(2, 500).astype(float), chance.gamma(2, 1, 500) + 0.01
    assert evaluation.deviance(observed, expected).mean() == pytest.approx(mean_poisson_deviance(observed, expected))


def test_a_year_is_predicted_by_what_was_known_before_it() -> None:
    whole = evaluation.backtest(ROWS)
    assert whole["year"].unique().to_list() == [1965, 1966, 1967, 1968, 1969]
    until = evaluation.backtest(ROWS.filter(pl.col("target_year") <= 1967))
    assert whole.filter(pl.col("year") <= 1967).equals(until)


def test_where_there_is_nothing_to_learn_the_trees_gain_nothing() -> None:
    long = features.table(made(range(1930, 1970)))
    state = evaluation.evaluate(evaluation.backtest(long)).row(0, named=True)
    # Alike everywhere and always: what pools cells is a little nearer than 108 means of their own, and no more.
    assert abs(state["difference_percent"]) < 2
    assert state["model_deviance"] > 0.99 * state["exposure_deviance"]


def test_where_the_level_rises_the_model_beats_it_with_certainty() -> None:
    known = made(range(1960, 1972))
    for year in known.storms:
        known.storms[year] *= 1 + (year - 1960) // 2
    state = evaluation.evaluate(evaluation.backtest(features.table(known))).row(0, named=True)
    assert state["beats_climatology"] == "yes"
    assert state["high_percent"] < 0


def test_without_years_to_look_back_on_nothing_is_claimed() -> None:
    few = evaluation.evaluate(evaluation.backtest(features.table(made(range(1960, 1964)))))
    assert few["beats_climatology"].to_list() == ["unknown"] * 10
    assert few["model_deviance"].null_count() == 10


def test_an_interval_of_equal_methods_is_nothing() -> None:
    same = np.array([1.0, 2.0, 3.0])
    assert evaluation.interval(same, same) == (0, 0)
    low, high = evaluation.interval(np.array([1.0, 4.0, 1.0]), np.array([2.0, 2.0, 2.0]))
    assert low < 0 < high
