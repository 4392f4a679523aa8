"""The measures' laws: what holds for all counts, what is refused, and optimal transport against a linear program."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import ks_2samp

from kfm_assets.gates.drift.measures import Measure, cramers_v, js, kl, ks, kuiper, measured, psi, wasserstein
from kfm_assets.gates.drift.smoothing import HALF_ROW, UNSMOOTHED, Rule, Smoothing, shares
from kfm_assets_tests.gates.rounds import rounds

RULES = (
    UNSMOOTHED,
    HALF_ROW,
    Smoothing(Rule.ADD, 1),
    Smoothing(Rule.REPLACE_ZEROS, 1e-4, renormalised=True),
    Smoothing(Rule.FLOOR, 0.01, renormalised=True),
)


@st.composite
def tables(draw, most=8):
    bins = draw(st.integers(1, most))
    side = st.lists(st.integers(0, 50), min_size=bins, max_size=bins).filter(any)
    return draw(side), draw(side)


@given(tables())
@rounds(100)
def test_equal_shares_are_no_drift_and_others_are_some(table):
    reference, candidate = table
    for measure in (psi, kl, js, ks, kuiper):
        assert measure(reference, np.multiply(reference, 3)) == pytest.approx(0, abs=1e-7)
        assert measure(reference, candidate) >= -1e-12
    same = np.allclose(*(np.divide(side, sum(side)) for side in table))
    assert (psi(reference, candidate) > 1e-9) is not same


@given(tables())
@rounds(100)
def test_the_symmetric_ones_are_symmetric_and_the_bounded_ones_bounded(table):
    reference, candidate = table
    for measure in (psi, js, ks, kuiper, cramers_v):
        assert measure(reference, candidate) == pytest.approx(measure(candidate, reference), abs=1e-12)
    assert psi(reference, candidate) == pytest.approx(kl(reference, candidate) + kl(candidate, reference))
    assert ks(reference, candidate) <= kuiper(reference, candidate) + 1e-12 <= 1 + 1e-9
    assert js(reference, candidate) <= 1 + 1e-9


@given(tables())
@rounds(100)
def test_a_bin_that_neither_has_counts_for_nothing(table):
    wider = [[*side, 0, 0] for side in table]
    for measure in (psi, kl, js, ks, kuiper, cramers_v):
        assert measure(*wider) == pytest.approx(measure(*table), abs=1e-12)


@given(tables(), st.integers(0, 7))
@rounds(100)
def test_a_circle_may_be_cut_open_anywhere(table, turn):
    bins = len(table[0])
    at = np.arange(bins) * 45.0
    rolled = [np.roll(side, turn) for side in table]
    if bins == 8:
        assert wasserstein(*rolled, at, period=360) == pytest.approx(wasserstein(*table, at, period=360), abs=1e-9)
    assert kuiper(*rolled) == pytest.approx(kuiper(*table), abs=1e-12)


@given(tables(6), st.booleans(), st.integers(0, 1000))
@rounds(60)
def test_wasserstein_is_the_least_cost_of_moving_the_rows(table, circle, seed):
    bins = len(table[0])
    at = np.sort(np.random.default_rng(seed).choice(360, bins, replace=False)).astype(float)
    cost = np.abs(at[:, None] - at)
    if circle:
        cost = np.minimum(cost, 360 - cost)
    leaves = np.kron(np.eye(bins), np.ones(bins))
    arrives = np.kron(np.ones(bins), np.eye(bins))
    sides = np.concatenate([np.divide(side, sum(side)) for side in table])
    least = linprog(cost.ravel(), A_eq=np.vstack([leaves, arrives]), b_eq=sides).fun
    assert wasserstein(*table, at, period=360 if circle else None) == pytest.approx(least, abs=1e-7)


def test_binned_ks_is_a_lower_bound_and_exact_on_the_values():
    chance = np.random.default_rng(3)
    first, second = np.round(chance.normal(0, 1, 400), 1), np.round(chance.normal(0.4, 1.2, 300), 1)
    values = np.unique(np.concatenate([first, second]))
    fine = [np.array([(side == value).sum() for value in values]) for side in (first, second)]
    coarse = [np.add.reduceat(side, np.arange(0, values.size, 9)) for side in fine]
    exact = ks_2samp(first, second).statistic
    assert ks(*fine) == pytest.approx(exact)
    assert 0.5 * exact < ks(*coarse) < exact


def test_a_bin_that_one_side_lacks_is_infinite_only_without_smoothing():
    assert psi([5, 0], [4, 1], UNSMOOTHED) == inf
    assert kl([5, 0], [4, 1], UNSMOOTHED) == inf
    assert kl([4, 1], [5, 0], UNSMOOTHED) < inf
    for smoothing in RULES[1:]:
        assert 0 < psi([5, 0], [4, 1], smoothing) < 3


@given(tables())
@rounds(50)
def test_shares_sum_to_one_and_many_tables_at_once_are_the_same_as_one_by_one(table):
    reference, candidate = (np.array(side) for side in table)
    many = np.stack([reference, candidate, reference]), np.stack([candidate, reference, reference])
    for smoothing in RULES:
        for side in shares(reference, candidate, smoothing):
            assert side.sum() == pytest.approx(1)
        together = measured(Measure.PSI, *many, smoothing=smoothing)
        assert together[0] == pytest.approx(psi(reference, candidate, smoothing))
        assert together[2] == pytest.approx(0)


def test_sides_of_unequal_size_are_no_drift_of_themselves():
    rare = [9_989, 10, 1, 0]
    assert psi(rare, [10, 0, 0, 0]) < 0.001
    assert psi(rare, [10, 0, 0, 0], Smoothing(Rule.ADD, 0.5)) > 0.2


@pytest.mark.parametrize(
    ("reference", "candidate", "problem"),
    [
        ([], [], "two rows of the same bins"),
        ([1, 2], [1, 2, 3], "two rows of the same bins"),
        ([[1, 2]], [[1, 2]], "two rows of the same bins"),
        ([0, 0], [1, 2], "the reference has no rows"),
        ([1, 2], [0, 0], "the candidate has no rows"),
        ([1, -2], [1, 2], "reference are negative"),
        ([1, 2], [0.5, 0.5], "candidate are not whole numbers"),
    ],
)
def test_what_is_no_table_is_refused(reference, candidate, problem):
    for measure in (psi, kl, js, ks, kuiper, cramers_v, lambda *sides: wasserstein(*sides, [0.0, 1.0])):
        with pytest.raises(ValueError, match=problem):
            measure(reference, candidate)


@pytest.mark.parametrize("at", [[0.0], [1.0, 0.0], [0.0, 0.0], [0.0, inf], [0.0, 360.0]])
def test_positions_that_make_no_sense_are_refused(at):
    with pytest.raises(ValueError, match="positions"):
        wasserstein([1, 2], [2, 1], at, period=360)


@pytest.mark.parametrize("amount", [0.0, -1.0, inf])
def test_a_smoothing_without_an_amount_is_refused(amount):
    with pytest.raises(ValueError, match="needs an amount"):
        Smoothing(Rule.FLOOR, amount)
