"""What a measured drift may owe to chance: confidence intervals, and the least drift that so many rows can tell.

What is measured is `measures`'s, and whether it is too much the gate's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, chndtrinc

from kfm_assets.gates.drift.measures import Floats, Measure, checked, measured, positions
from kfm_assets.gates.drift.smoothing import DEFAULT, Counts, Smoothing

SEED = 20_260_401
DRAWS = 400
HALVINGS = 9


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
    """Return a confidence interval of what the measure would be with unlimited rows of both kinds."""
    first, second = checked(reference, candidate)
    places = None if at is None else positions(at, first.size, period)
    taken = partial(measured, measure, smoothing=smoothing, at=places, period=period, scaled=scaled)
    rng = np.random.default_rng(SEED)
    p, q = first / first.sum(), second / second.sum()
    n, m = (max(1, round(int(side.sum()) / design_effect)) for side in (first, second))
    drawn = taken(rng.multinomial(n, p, 2000), rng.multinomial(m, q, 2000))
    pool = (first + second) / (first + second).sum()
    bias = float(taken(rng.multinomial(n, pool, 2000), rng.multinomial(m, pool, 2000)).mean())
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail)) - 2 * bias
    return Interval(max(0.0, float(low)), max(0.0, float(high)))


def least_detectable(
    n_reference: int,
    n_candidate: int,
    bins: int,
    *,
    power: float = 0.8,
    significance: float = 0.05,
    design_effect: float = 1.0,
) -> float:
    """Return the least PSI that these numbers of rows tell from sampling noise."""
    if n_reference < 1 or n_candidate < 1 or bins < 1:
        raise ValueError("rows and bins must be at least 1")
    if bins == 1:
        return 0.0
    critical = chdtri(bins - 1, significance)
    noncentrality = float(chndtrinc(critical, bins - 1, 1 - power))
    return noncentrality * design_effect * (1 / n_reference + 1 / n_candidate)
