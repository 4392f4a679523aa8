"""What is compared with what: the same season first, wider where that is too little, and one practice alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from kfm_assets.gates.drift import limits
from kfm_assets.gates.drift.limits import Level
from kfm_assets.gates.drift.reference import choose, merged, standardised
from kfm_assets_tests.gates.drift.made import policy
from kfm_assets_tests.gates.rounds import rounds

LIMITS = limits.read(policy())


def years(count: int, each: int, months: list[int]) -> np.ndarray:
    """Return rows by year and month: `each` in every one of some months."""
    table = np.zeros((count, 13), dtype=np.int64)
    table[:, months] = each
    return table


def test_months_are_told_apart_where_each_has_enough_before() -> None:
    found = choose(years(12, 20, [5, 6]), 11, 0, LIMITS)
    assert found
    assert (found.level, found.near.tolist(), found.long.tolist()) == (Level.MONTH, list(range(1, 11)), list(range(11)))


def test_a_month_that_nothing_like_it_came_before_widens_to_its_season_and_then_to_the_year() -> None:
    rows = years(8, 40, [6])
    rows[7] = years(1, 40, [7])
    found = choose(rows, 7, 0, LIMITS)
    assert found
    assert found.level is Level.SEASON
    rows[7] = years(1, 40, [1])
    found = choose(rows, 7, 0, LIMITS)
    assert found
    assert found.level is Level.YEAR


def test_a_policy_says_how_far_it_may_widen() -> None:
    rows = years(8, 40, [6])
    rows[7] = years(1, 40, [1])
    assert choose(rows, 7, 0, limits.read(policy(drift_widen_most="season"))) is None


def test_a_month_is_held_against_the_same_months() -> None:
    rows = np.concatenate([years(1, 50, [month]) for _ in range(4) for month in (1, 7)])
    found = choose(rows, 6, 0, LIMITS, monthly=True)
    assert found
    assert found.near.tolist() == [0, 2, 4]


@pytest.mark.parametrize(("first", "enough"), [(0, True), (8, True), (9, False)])
def test_too_few_partitions_since_the_practice_are_no_reference(first: int, *, enough: bool) -> None:
    assert (choose(years(12, 50, [6]), 11, first, LIMITS) is not None) is enough


def test_too_few_rows_are_no_reference() -> None:
    assert choose(years(12, 1, [6]), 11, 0, LIMITS) is None


def test_a_shift_of_seasons_alone_is_no_difference() -> None:
    """Hail comes in May and wind in July; a year of which May alone is there has hail alone."""
    before, half = np.zeros((13, 2), dtype=np.int64), np.zeros((13, 2), dtype=np.int64)
    before[5], before[7], half[5] = (900, 100), (100, 900), (90, 10)
    assert standardised(half, before, Level.MONTH).tolist() == [900, 100]
    assert standardised(half, before, Level.YEAR).tolist() == [1000, 1000]


COUNTED = npst.arrays(np.int64, (13, 3), elements=st.integers(0, 50)).filter(lambda table: table.sum() > 0)


@rounds(40)
@given(COUNTED, COUNTED, st.sampled_from(list(Level)))
def test_what_is_standardised_is_worth_no_more_rows_than_there_are(
    candidate: np.ndarray, before: np.ndarray, level: Level
) -> None:
    found = standardised(candidate, before, level)
    assert (found >= 0).all()
    groups = before.sum() * 13
    assert found.sum() <= groups
    if level is Level.YEAR:
        assert found.tolist() == before.sum(axis=0).tolist()


@rounds(40)
@given(
    npst.arrays(np.int64, 9, elements=st.integers(0, 40)).filter(lambda row: row.sum() > 0),
    npst.arrays(np.int64, 9, elements=st.integers(0, 40)).filter(lambda row: row.sum() > 0),
)
def test_groups_have_enough_and_lose_no_row(candidate: np.ndarray, before: np.ndarray) -> None:
    starts = merged(candidate, before, 5)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    expected = (candidate / candidate.sum() + before / before.sum()) / 2 * min(candidate.sum(), before.sum())
    if starts.size > 1:
        assert (np.add.reduceat(expected, starts) >= 5 - 1e-9).all()


def test_a_bin_that_only_the_candidate_fills_stays_visible() -> None:
    assert merged(np.array([80, 0, 20]), np.array([900, 100, 0]), 5).tolist() == [0, 1, 2]
