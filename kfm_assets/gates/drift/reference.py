"""What a partition is compared with: which earlier partitions, and what their rows say of the candidate's own seasons.

Seasons are compared with seasons. A month is held against the same month of earlier years. A year is held against
earlier years month by month: their rows are weighted so that each month has the share that it has in the candidate
(direct standardisation), so a year of which half is there, or whose storms came late, does not look like another sort
of year. Where a month has too little to compare with, seasons are taken instead of months, and then the whole year, as
far as the policy lets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kfm_assets.gates.drift.counting import Table
from kfm_assets.gates.drift.limits import LEVELS, Level, Limits
from kfm_assets.gates.drift.values import STRATA

LIGHT = 0.05
"""A month or season with less of the candidate's rows than this share need not have rows to compare with."""

_SEASONS = (0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 1)
"""By month: none, then winter (December to February), spring, summer, autumn."""


def _matrix(groups: Sequence[int]) -> NDArray[np.float64]:
    matrix = np.zeros((max(groups) + 1, STRATA))
    matrix[list(groups), np.arange(STRATA)] = 1
    return matrix


GROUPS = {
    Level.MONTH: _matrix(range(STRATA)),
    Level.SEASON: _matrix(_SEASONS),
    Level.YEAR: _matrix([0] * STRATA),
}
"""For each level, what adds months up: shape (groups, STRATA)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The partitions that a candidate is compared with, by their place in the stack, and at which level.

    `near` are the nearest before it, `long` all that are comparable.
    """

    level: Level
    near: NDArray[np.int64]
    long: NDArray[np.int64]


def choose(
    rows: Table, candidate: int, first: int, limits: Limits, *, seasonal: bool = True, monthly: bool = False
) -> Reference | None:
    """Return what a partition can be compared with; None where the policy's least is not reached at any level.

    `rows` are those of all partitions in their order, shape (partitions, STRATA); none before `first` is comparable. In
    a `monthly` dataset each partition is of one month, and a level's other months do not count.
    """
    rows, mine = rows[first:candidate], rows[candidate]
    if rows.shape[0] < limits.drift_window_least or rows.sum() < limits.drift_reference_rows_least:
        return None
    levels = LEVELS[: LEVELS.index(limits.drift_widen_most) + 1] if seasonal else (Level.YEAR,)
    for level in levels:
        groups = GROUPS[level]
        weights = groups @ mine
        each = rows @ groups.T
        like = each[:, weights > 0].sum(axis=1) if monthly else rows.sum(axis=1)
        long = np.flatnonzero(like > 0) + first
        near = np.flatnonzero(like >= limits.drift_rows_least)[-limits.drift_window_most :] + first
        there = each[near - first].sum(axis=0)
        heavy = weights >= LIGHT * weights.sum()
        if (
            near.size >= limits.drift_window_least
            and there.sum() >= limits.drift_reference_rows_least
            and (level is Level.YEAR or there[heavy].min() >= limits.drift_reference_rows_least)
        ):
            return Reference(level, near, long)
    return None


def standardised(candidates: Table, references: Table, level: Level) -> Table:
    """Return the references' rows as they would be if they had the candidates' mix of seasons.

    Shapes (..., STRATA, bins) to (..., bins). A group's shares are those of its own rows, or of all rows where it has
    none. The result is whole rows that add up to the rows that it is worth: with weights w and rows r of the groups,
    1 / sum(w^2 / r), the rows of a plain sample of the same precision (Kish, 1965, "Survey Sampling", section 11.7).
    """
    groups = GROUPS[level]
    weights = candidates.sum(axis=-1) @ groups.T
    weights /= weights.sum(axis=-1, keepdims=True)
    found = groups @ references
    rows = found.sum(axis=-1)
    whole = references.sum(axis=-2)
    everything = whole.sum(axis=-1, keepdims=True)
    lacking = rows == 0
    shares = np.where(lacking[..., None], (whole / everything)[..., None, :], found / np.maximum(rows, 1)[..., None])
    mixed = (weights[..., None] * shares).sum(axis=-2)
    worth = 1 / (weights**2 / np.where(lacking, everything, rows)).sum(axis=-1)
    sums = np.rint(np.cumsum(mixed, axis=-1) * np.rint(worth)[..., None]).astype(np.int64)
    whole_rows: Table = np.diff(sums, axis=-1, prepend=0)
    return whole_rows


def merged(candidate: Table, reference: Table, least: int) -> NDArray[np.int64]:
    """Return where groups of bins begin that have at least `least` expected rows on the smaller side each.

    Neighbours are put together from the first bin on; what remains at the end joins the group before it. What is
    expected follows from both sides' shares together, so that a bin which only one of them fills stays visible.
    """
    n, m = int(candidate.sum()), int(reference.sum())
    expected = (candidate / n + reference / m) / 2 * min(n, m)
    starts, filled, begin = [], 0.0, 0
    for place, rows in enumerate(expected.tolist()):
        filled += rows
        if filled >= least:
            starts.append(begin)
            begin, filled = place + 1, 0.0
    return np.asarray(starts or [0], dtype=np.int64)
