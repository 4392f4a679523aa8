"""The figures of gate `model`: worked examples, and the libraries that define them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_poisson_deviance

from kfm_assets.domain.canonical import digest_of
from kfm_assets.gates.model import Comparison, Trained, measures, stability
from kfm_assets.gates.model.panel import ROUNDS, Panel, panel
from kfm_assets_tests.gates.model.cases import Stub

CHANCE = np.random.default_rng(5)


def made(years: int = 3) -> Panel:
    rows = [(1980 + y, m, d) for y in range(years) for m in range(1, 13) for d in range(1, 10)]
    frame = pl.DataFrame(rows, schema=["target_year", "month", "division"], orient="row").with_columns(
        pl.Series("observed_events", CHANCE.poisson(2, len(rows)), dtype=pl.Int32),
        pl.lit(2.0).alias("exposure_events"),
    )
    model = Stub(lambda asked: asked["exposure_events"])
    of = Trained(digest_of("x"), "1990", model, frame, frame)
    return panel(Comparison(of, None, frame, model))


def test_the_panel_is_of_the_last_three_years_that_are_known_in_blocks_of_a_month() -> None:
    found = made(5)
    assert found.rows["target_year"].unique().to_list() == [1982, 1983, 1984]
    assert (found.years, found.draws.shape) == (3, (ROUNDS, 36))
    assert (found.draws.sum(axis=1) == 36).all()
    assert found.by_block(np.ones(324)).tolist() == [9] * 36


def test_it_is_production_s_own_wherever_there_is_a_production_model() -> None:
    rows = made().rows
    one, other = (
        Trained(
            digest_of("x"), "1990", Stub(lambda asked: asked["month"]), rows.with_columns(pl.lit(v).alias("of")), rows
        )
        for v in (1, 2)
    )
    assert panel(Comparison(one, other, rows, one.model)).rows["of"].unique().to_list() == [2]
    assert panel(Comparison(one, None, rows, one.model)).rows["of"].unique().to_list() == [1]


def test_the_excess_is_of_scikit_learn_s_deviance_and_of_the_same_model_nothing() -> None:
    found = made()
    one, other = CHANCE.gamma(4, 0.5, 324) + 0.1, CHANCE.gamma(4, 0.5, 324) + 0.1
    due = 100 * (mean_poisson_deviance(found.observed, one) / mean_poisson_deviance(found.observed, other) - 1)
    figure = measures.excess(found, one, other)
    assert figure.value == pytest.approx(due)
    assert figure.low < due < figure.high
    assert measures.excess(found, one, one) == (0, 0, 0)


def test_miscalibration_counts_what_is_off_by_division_and_by_month() -> None:
    found = made()
    right = found.observed.copy()
    tenth = right + (found.rows["division"] == 1).to_numpy() * 0.5
    due = 100 * (12 * 3 * 0.5) / found.observed.sum()
    assert measures.miscalibration(found, tenth, right).value == pytest.approx(due)
    assert measures.miscalibration(found, right, tenth).value == pytest.approx(-due)


def test_a_shift_of_a_tenth_is_a_tenth() -> None:
    found = made()
    assert measures.shift(found, np.full(324, 2.2), np.full(324, 2.0)) == pytest.approx((10, 10, 10))


def test_in_retrospect_only_shared_years_count() -> None:
    rows = made().rows.rename({"target_year": "year"}).with_columns(pl.lit(2.0).alias("model_events"))
    worse = rows.with_columns(pl.lit(4.0).alias("model_events"))
    figure = measures.excess_in_retrospect(worse.filter(pl.col("year") > 1980), rows.filter(pl.col("year") < 1982))
    assert figure is not None
    assert figure.value > 20
    assert measures.excess_in_retrospect(rows.filter(pl.col("year") > 1981), rows.filter(pl.col("year") < 1982)) is None


def test_stability_is_what_scipy_says_of_ranks_and_cells() -> None:
    found = made()
    scale = np.array([5.0, 3.0, 1.0, 0.5])
    one = CHANCE.normal(0, 1, (324, 4)) * scale
    other = one * 0.5 + CHANCE.normal(0, 1, (324, 4)) * scale[::-1]
    same = stability.compare(found, ("a", "b", "c", "d"), one, other)
    shares = [np.abs(values).mean(axis=0) / np.abs(values).mean(axis=0).sum() for values in (one, other)]
    assert same.candidate == pytest.approx(100 * shares[0])
    assert same.moved.value == pytest.approx(50 * np.abs(shares[0] - shares[1]).sum())
    assert same.ranks.value == pytest.approx(100 * spearmanr(*shares).statistic)
    assert same.cells.value == pytest.approx(100 * pearsonr(one.ravel(), other.ravel()).statistic)
    assert same.cells.low < same.cells.value < same.cells.high


def test_a_model_is_as_stable_as_can_be_to_itself() -> None:
    values = CHANCE.normal(0, 1, (324, 3)) * [3, 2, 1]
    same = stability.compare(made(), ("a", "b", "c"), values, values)
    assert same.moved == (0, 0, 0)
    assert same.ranks.value == pytest.approx(100)
    assert same.cells == pytest.approx((100, 100, 100))


def test_a_feature_that_one_model_lacks_counts_as_nothing_in_it() -> None:
    found = made()
    one, other = Stub(lambda asked: asked["month"], ("b", "a")), Stub(lambda asked: asked["month"], ("a",))
    one.attributions = lambda rows: np.tile([1.0, 3.0], (rows.height, 1))
    same = stability.stability(found, one, other)
    assert same.features == ("a", "b")
    assert same.candidate.tolist() == [75, 25]
    assert same.production.tolist() == [100, 0]
