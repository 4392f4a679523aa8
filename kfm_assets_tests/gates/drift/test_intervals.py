"""Do intervals hold what they promise? Coverage by simulation at few rows and many, and the power that is claimed."""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2

from kfm_assets.gates.drift.intervals import Interval, interval, least_detectable
from kfm_assets.gates.drift.measures import Measure, js, measured, psi
from kfm_assets.gates.drift.smoothing import EVIDENTLY, UNSMOOTHED

TRIES = 600 if os.environ.get("KFM_TEST_LONG") == "1" else 60
EVEN = np.full(10, 0.1)
SKEWED = np.array([600, 200, 100, 50, 20, 10, 8, 6, 4, 2]) / 1000
PLACES = np.arange(10.0)


def tilted(shares, strength):
    weights = shares * np.exp(strength * np.linspace(-1.5, 1.5, shares.size))
    return weights / weights.sum()


def covered(measure, shares, rows, seed=5, **setting):
    """Return the share of tries in which the interval holds the truth, and in which it lies above it."""
    chance = np.random.default_rng(seed)
    truth = measured(measure, *shares, smoothing=UNSMOOTHED, **setting)
    truth = np.sqrt(truth / np.log(2)) if measure is Measure.JS else truth
    got = [
        interval(measure, *(chance.multinomial(n, side) for n, side in zip(rows, shares, strict=True)), **setting)
        for _ in range(TRIES)
    ]
    above = np.mean([one.low > truth + 1e-9 for one in got])
    return 1 - above - np.mean([one.high < truth - 1e-9 for one in got]), above


@pytest.mark.parametrize("rows", [(30, 30), (1000, 100), (100_000, 100_000)])
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shares", [EVEN, SKEWED], ids=["even", "skewed"])
def test_an_interval_of_psi_holds_the_truth_as_often_as_it_says(shares, strength, rows):
    inside, above = covered(Measure.PSI, (shares, tilted(shares, strength)), rows)
    assert inside >= 0.88
    assert above <= 0.09


@pytest.mark.parametrize("measure", [Measure.KL, Measure.JS, Measure.KS, Measure.KUIPER, Measure.WASSERSTEIN])
@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_an_interval_of_each_measure_holds_the_truth(measure, strength):
    setting = {"at": PLACES} if measure is Measure.WASSERSTEIN else {}
    inside, above = covered(measure, (EVEN, tilted(EVEN, strength)), (400, 150), **setting)
    assert inside >= 0.88
    assert above <= 0.09


def test_an_interval_around_the_circle_holds_the_truth():
    inside, _ = covered(Measure.WASSERSTEIN, (EVEN, tilted(EVEN, 0.5)), (400, 150), at=PLACES * 36, period=360.0)
    assert inside >= 0.88


def test_what_noise_makes_of_few_rows_is_not_called_drift():
    chance = np.random.default_rng(1)
    tables = [(chance.multinomial(40, EVEN), chance.multinomial(25, EVEN)) for _ in range(TRIES)]
    assert np.mean([psi(*table) for table in tables]) > 0.25
    assert np.mean([interval(Measure.PSI, *table).low > 0 for table in tables]) <= 0.09


def test_few_rows_that_look_alike_leave_room_for_drift():
    likely = interval(Measure.PSI, [2, 2, 2], [2, 2, 2])
    assert likely.low == 0
    assert likely.high > 0.5


def test_an_interval_narrows_with_rows_and_widens_with_clusters_and_confidence():
    counts = np.array([100, 120, 150, 130]), np.array([150, 120, 110, 120])
    plain = interval(Measure.PSI, *counts)
    assert plain == interval(Measure.PSI, *counts)
    assert plain.low < psi(*counts) < plain.high
    for wider in (
        interval(Measure.PSI, *counts, design_effect=4),
        interval(Measure.PSI, *counts, confidence=0.99),
        interval(Measure.PSI, *(side // 4 for side in counts)),
    ):
        assert wider.low < plain.low
        assert wider.high > plain.high
    many = interval(Measure.PSI, *(side * 100 for side in counts))
    assert many.high - many.low < 0.2 * (plain.high - plain.low)


def test_clusters_weigh_as_so_many_rows_fewer():
    counts = np.array([100, 120, 150, 130]), np.array([150, 120, 110, 120])
    clustered = interval(Measure.PSI, *(side * 5 for side in counts), design_effect=5)
    plain = interval(Measure.PSI, *counts)
    assert clustered.low == pytest.approx(plain.low, abs=0.003)
    assert clustered.high == pytest.approx(plain.high, rel=0.1)


def test_the_interval_is_in_the_unit_of_the_measure_and_its_smoothing():
    counts = np.array([1000, 800, 300]), np.array([600, 900, 500])
    likely = interval(Measure.JS, *counts)
    assert likely.low < js(*counts) < likely.high
    scaled = interval(Measure.WASSERSTEIN, *counts, at=[0, 10, 20])
    assert scaled.high == pytest.approx(10 * interval(Measure.WASSERSTEIN, *counts, at=[0, 1, 2]).high)
    lacking = np.array([1000, 800, 0]), np.array([600, 900, 500])
    theirs = interval(Measure.PSI, *lacking, smoothing=EVIDENTLY)
    assert theirs.low < psi(*lacking, EVIDENTLY) < theirs.high


def test_one_bin_has_nowhere_to_drift():
    assert interval(Measure.PSI, [0, 5], [0, 9]) == Interval(0.0, 0.0)
    assert least_detectable(10, 10, 1) == 0


def test_the_least_detectable_drift_is_detected_as_often_as_the_power_says():
    n, m = 2000, 500
    least = least_detectable(n, m, 10)
    strength = brentq(lambda one: measured(Measure.PSI, EVEN, tilted(EVEN, one), smoothing=UNSMOOTHED) - least, 0, 3)
    chance = np.random.default_rng(9)
    drawn = chance.multinomial(n, EVEN, 4000), chance.multinomial(m, tilted(EVEN, strength), 4000)
    values = [psi(*table) for table in zip(*drawn, strict=True)]
    critical = chi2.isf(0.05, 9) * (1 / n + 1 / m)
    assert np.mean(np.array(values) > critical) == pytest.approx(0.8, abs=0.06)


def test_fewer_rows_more_bins_and_clusters_need_more_drift():
    plain = least_detectable(1000, 1000, 10)
    assert plain == pytest.approx(15.65 * 2 / 1000, rel=1e-3)  # the noncentrality that tables give for 9 and 0.8
    assert least_detectable(100, 1000, 10) > plain
    assert least_detectable(1000, 1000, 20) > plain
    assert least_detectable(1000, 1000, 10, design_effect=3) == pytest.approx(3 * plain)
    assert least_detectable(1000, 1000, 10, power=0.9) > plain


@pytest.mark.parametrize(
    "wrong", [{"n_reference": 0}, {"bins": 0}, {"power": 1.0}, {"power": 0.01}, {"design_effect": 0.5}]
)
def test_a_power_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"at least 1|no power"):
        least_detectable(**{"n_reference": 10, "n_candidate": 10, "bins": 3, **wrong})


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"confidence": 0.0}, {"design_effect": 0.0}])
def test_an_interval_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="no interval"):
        interval(Measure.PSI, [1, 2], [2, 1], **wrong)
