"""What a measured drift may owe to chance: confidence intervals, and the least drift that so many rows can tell.

What is measured is `measures`'s, and whether it is too much the gate's.

Every measure of two samples is above zero even if nothing drifted: PSI by about (bins - 1) (1/n + 1/m) in the mean.
An interval around the measured number, as a plain bootstrap gives it, therefore lies too high where rows are few, and
says "drift" of noise. Here an interval is what tests do not reject: each drift is assumed in turn, samples of these
sizes are drawn under it and measured in the same way, smoothing and bias included, and the drifts under which a number
such as the measured one is not rare form the interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, chndtrinc, gammaln, ndtr

from kfm_assets.gates.drift.measures import Floats, Measure, checked, measured, positions
from kfm_assets.gates.drift.smoothing import DEFAULT, HALF_ROW, Counts, Smoothing, shares

SEED = 20_260_401
DRAWS = 600
FARTHEST = 64.0
STEPS = 12
CLOSE = 0.03
LEAST = 1e-12
FEW = 20.0
UNLIMITED = 1e15


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends of a confidence interval, in the measure's unit."""

    low: float
    high: float


def interval(
    measure: Measure,
    reference: ArrayLike,
    candidate: ArrayLike,
    confidence: float = 0.95,
    *,
    smoothing: Smoothing = DEFAULT,
    at: ArrayLike | None = None,
    period: float | None = None,
    scaled: bool = False,
    design_effect: float = 1.0,
) -> Interval:
    """Return an equal-tailed confidence interval of what the measure would be with unlimited rows of both kinds.

    The arguments are those of the measure (`at`, `period` and `scaled` of `wasserstein`); JS is the distance of base 2.
    `design_effect` is how many rows weigh as much as one that was drawn by itself (Kish, 1965, "Survey Sampling"):
    storms come in outbreaks, and of rows in clusters of b that correlate by r it is 1 + (b - 1) r.

    Test inversion (Neyman, 1937; Carpenter, 1999, "Test inversion bootstrap confidence intervals") along the
    exponential path from the pooled shares through the two sides': at t = 0 nothing drifted, at t = 1 the sides are as
    seen. The low end is the drift under which the measured number is the upper quantile, the high end that of which it
    is the lower one; the measure grows along the path. A number no greater than chance alone gives in the mean says
    nothing of where a drift may hide, so the high end is then looked for along a shift from the first bins to the last.
    Draws are Poisson for each bin by common random numbers of a fixed seed: the same counts give the same interval.

    Coverage at 95 % by simulation, ten bins, rows from 30 to 100,000: see the test of this module. ValueError as the
    measure, and for a confidence outside (0, 1) or a design effect below 1.
    """
    if not 0 < confidence < 1 or not 1 <= design_effect < np.inf:
        raise ValueError(f"no interval of confidence {confidence} with design effect {design_effect}")
    first, second = checked(reference, candidate)
    places = None if at is None else positions(at, first.size, period)
    seen = (first + second) > 0
    if seen.sum() == 1:
        return Interval(0.0, 0.0)

    def taken(drawn_first: Floats, drawn_second: Floats) -> Floats:
        whole = (_among(drawn, seen) for drawn in (drawn_first, drawn_second))
        return measured(measure, *whole, smoothing=smoothing, at=places, period=period, scaled=scaled)

    tests = _Tests(taken, first[seen], second[seen], design_effect)
    tail = (1 - confidence) / 2
    ends = np.array([tests.low(1 - tail), tests.high(tail)])
    if measure is Measure.JS:
        ends = np.sqrt(ends / np.log(2))
    return Interval(float(ends[0]), float(ends[1]))


def least_detectable(
    n_reference: int,
    n_candidate: int,
    bins: int,
    *,
    power: float = 0.8,
    significance: float = 0.05,
    design_effect: float = 1.0,
) -> float:
    """Return the least PSI that these numbers of rows tell from sampling noise with this power.

    PSI / (1/n + 1/m) of samples is about chi-square with bins - 1 degrees of freedom where nothing drifted (Yurdakul,
    2018), and noncentral by the true PSI / (1/n + 1/m) where it did; this is the PSI at which the chance of exceeding
    the former's critical value is `power`. `design_effect` as for `interval`. 0 for one bin, in which nothing can move.
    ValueError for numbers below 1, or a power not above the significance.
    """
    if min(n_reference, n_candidate, bins, design_effect) < 1:
        raise ValueError("rows, bins and design effect are at least 1")
    if not 0 < significance < power < 1:
        raise ValueError(f"no power of {power} at a significance of {significance}")
    if bins == 1:
        return 0.0
    critical = chdtri(bins - 1, significance)
    return float(chndtrinc(critical, bins - 1, 1 - power)) * design_effect * (1 / n_reference + 1 / n_candidate)


def _among(drawn: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return counts of the bins that were seen among all bins, without rows in the others."""
    whole = np.zeros((*drawn.shape[:-1], seen.size))
    whole[..., seen] = drawn
    return whole


class _Tests:
    """Samples under drifts along a path, measured as the observed counts were."""

    def __init__(
        self, taken: Callable[[Floats, Floats], Floats], first: Counts, second: Counts, design_effect: float
    ) -> None:
        self._taken = taken
        self._rows = float(first.sum()), float(second.sum())
        self._weight = design_effect
        pool = (first + second + 0.5) / (first + second + 0.5).sum()
        self._origin = np.log(pool)
        self._seen = tuple(np.log(side) - self._origin for side in shares(first, second, HALF_ROW))
        self._shift = _shift(pool, self._rows, design_effect)
        self._measured = float(taken(first.astype(float), second.astype(float)))
        self._chance = self._draw(self._seen, 0.0)

    def low(self, level: float) -> float:
        """Return the drift of whose samples the measured number is that quantile."""
        return self._limit(self._seen, level, self._measured)

    def high(self, level: float) -> float:
        """Return the same for the other end, at the least for a number as chance alone gives it."""
        chance = float(self._chance.mean())
        way = self._seen if self._measured > chance else self._shift
        return self._limit(way, level, max(self._measured, chance))

    def _limit(self, way: tuple[Floats, ...], level: float, target: float) -> float:
        """Return the drift at which that quantile of what is drawn is the target.

        Roots are compared, which vary alike under all drifts, in standard deviations of theirs.
        """

        def excess(t: float) -> float:
            roots = np.sqrt(self._draw(way, t) if t else self._chance)
            return float((np.quantile(roots, level) - np.sqrt(target)) / max(roots.std(), LEAST))

        t = _root(excess)
        return float(self._taken(*(side * UNLIMITED for side in self._drifted(way, t))))

    def _drifted(self, way: tuple[Floats, ...], t: float) -> tuple[Floats, ...]:
        logs = [self._origin + t * side for side in way]
        sides = [np.exp(side - side.max()) for side in logs]
        return tuple(side / side.sum() for side in sides)

    def _draw(self, way: tuple[Floats, ...], t: float) -> Floats:
        sides = zip(self._drifted(way, t), self._rows, range(2), strict=True)
        drawn = [_poisson(share * rows / self._weight, side) * self._weight for share, rows, side in sides]
        return self._taken(drawn[0], drawn[1])


def _shift(pool: Floats, rows: tuple[float, float], design_effect: float) -> tuple[Floats, ...]:
    """Return a way from the pool by which rows move from the first bins to the last, as far at 1 as noise may reach."""
    rank = np.cumsum(pool) - pool / 2
    rank = (rank - rank @ pool) / np.sqrt(pool @ (rank - rank @ pool) ** 2)
    noise = np.sqrt((pool.size - 1) * design_effect * (1 / rows[0] + 1 / rows[1]))
    return tuple(sign * noise * other / sum(rows) * rank for sign, other in ((-1, rows[1]), (1, rows[0])))


def _root(excess: Callable[[float], float]) -> float:
    """Return where an excess that grows from 0 on crosses zero; 0 if it starts above, FARTHEST if it stays below."""
    low, high = 0.0, 1.0
    below = excess(low)
    if below >= 0:
        return 0.0
    while (above := excess(high)) < 0:
        if high >= FARTHEST:
            return FARTHEST
        low, below, high = high, above, high * 2
    middle = (low + high) / 2
    for step in range(STEPS):  # by turns, as few rows make a staircase on which the quicker rule stalls
        middle = (low + high) / 2 if step % 2 else high - above * (high - low) / (above - below)
        value = excess(middle)
        if abs(value) <= CLOSE:
            break
        if value < 0:
            low, below = middle, value
        else:
            high, above = middle, value
    return middle


@lru_cache(maxsize=64)
def _chances(bins: int) -> tuple[Floats, Floats]:
    """Return normal numbers for both sides, shape (2, DRAWS, bins), each with its opposite, and their probabilities."""
    half = np.random.default_rng(SEED).standard_normal((2, DRAWS // 2, bins))
    normals = np.concatenate([half, -half], axis=1)
    return normals, ndtr(normals)


def _poisson(mean: Floats, side: int) -> Floats:
    """Return Poisson draws, shape (DRAWS, bins), by common random numbers; above FEW by Anscombe's root (1948).

    A draw without any row is given back as the means, as it has no shares.
    """
    normals, chances = (numbers[side] for numbers in _chances(mean.size))
    drawn = np.maximum(np.rint(np.square(np.maximum(np.sqrt(mean + 0.375) + normals / 2, 0)) - 0.375), 0)
    for place in np.flatnonzero(mean < FEW):
        drawn[:, place] = np.searchsorted(_cumulated(float(mean[place])), chances[:, place])
    empty = ~drawn.any(axis=1)
    drawn[empty] = mean
    return np.asarray(drawn)


def _cumulated(mean: float) -> Floats:
    numbers = np.arange(int(mean + 8 * np.sqrt(mean) + 12))
    return np.asarray(np.cumsum(np.exp(numbers * np.log(max(mean, 1e-300)) - mean - gammaln(numbers + 1.0))))
