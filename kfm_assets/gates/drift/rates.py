"""How many rows a partition has, and each of its months, against what earlier partitions had.

Counts of rows are compared by their ratio: how far the logarithm of rows + 1 lies from that of earlier partitions. They
vary by far more than counts of independent events do, so what is borne is taken from the partitions themselves: a
prediction interval of one more of them, and never less than the factor that the policy names.
"""

from __future__ import annotations

from calendar import month_name
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift.comparing import student
from kfm_assets.gates.drift.limits import Limits

_MONTH_NAMES = ("undated", *month_name[1:])


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows of a partition, or of one of its months: how many, what earlier ones had (the middle), what is borne."""

    outcome: Outcome
    of: str
    rows: int
    usual: float
    low: float
    high: float
    partitions: tuple[int, ...]


def rate(
    rows: NDArray[np.int64],
    candidate: int,
    first: int,
    limits: Limits,
    *,
    monthly: bool = False,
    each: bool = False,
    begun: int = 12,
) -> tuple[Rate, ...]:
    """Judge a partition's rows. `rows` are those of all partitions by month, shape (partitions, STRATA).

    Of a partition that is not over, the first `begun` months alone are looked at, in all partitions. `each` looks at
    each month too. In a `monthly` dataset a partition is held against those of the same month. Nothing comes of it
    where there are fewer than the policy's least of comparable partitions.
    """
    months = _months(rows[candidate], begun, monthly=monthly)
    earlier = np.arange(first, candidate)
    if monthly:
        earlier = earlier[rows[earlier][:, months].sum(axis=1) > 0] if months.any() else earlier[:0]
    earlier = earlier[-limits.drift_window_most :]
    if earlier.size < max(limits.drift_window_least, 2):
        return ()
    looks = [("the partition", months)]
    if each:
        looks += [(_MONTH_NAMES[month], np.arange(rows.shape[1]) == month) for month in np.flatnonzero(months) if month]
    chance = (100 - limits.drift_variation_percent) / 100 / len(looks)
    return tuple(_judged(rows, (candidate, earlier), look, chance, limits) for look in looks)


def _months(mine: NDArray[np.int64], begun: int, *, monthly: bool) -> NDArray[np.bool_]:
    months = np.arange(mine.size)
    return (mine > 0) if monthly else (months <= begun)


def _judged(
    rows: NDArray[np.int64],
    places: tuple[int, NDArray[np.int64]],
    look: tuple[str, NDArray[np.bool_]],
    chance: float,
    limits: Limits,
) -> Rate:
    (candidate, earlier), (name, months) = places, look
    before = np.log1p(rows[earlier][:, months].sum(axis=1))
    now = int(rows[candidate][months].sum())
    spread = student(before.size - 1, 1 - chance) * before.std(ddof=1) * np.sqrt(1 + 1 / before.size)
    borne = max(float(np.log(limits.drift_rate_factor)), float(spread))
    middle = float(before.mean())
    outcome = Outcome.FAIL if abs(np.log1p(now) - middle) > borne else Outcome.PASS
    low, high = np.expm1(middle - borne), np.expm1(middle + borne)
    return Rate(outcome, name, now, float(np.expm1(middle)), max(0.0, float(low)), float(high), tuple(earlier.tolist()))
