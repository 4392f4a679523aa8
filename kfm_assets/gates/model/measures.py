"""What is measured of two models, each with the interval that 90 % of the draws lie in. Percentages, all of them.

The draws are of blocks, with replacement, the same for both models (a paired block bootstrap: Künsch, "The jackknife
and the bootstrap for general stationary observations", Annals of Statistics 17, 1989).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from kfm_assets.gates.model.evidence import Vector
from kfm_assets.gates.model.panel import ROUNDS, SEED, Panel

_INTERVAL = (0.05, 0.95)
_LEAST = 1e-12


class Measured(NamedTuple):
    """A figure with its interval."""

    value: float
    low: float
    high: float

    def said(self) -> str:
        """Return it as a person reads it."""
        return f"{self.value:.1f} % ({self.low:.1f} to {self.high:.1f})"


def measured(value: float, draws: Vector) -> Measured:
    """Return a figure with the interval of its draws."""
    low, high = np.quantile(draws, _INTERVAL)
    return Measured(float(value), float(low), float(high))


def deviance(observed: Vector, expected: Vector) -> Vector:
    """Return the Poisson deviance of each cell, 2 (y log(y / mu) - y + mu)."""
    mu = np.maximum(expected, _LEAST)
    ratio = np.where(observed > 0, observed, 1.0) / mu
    found: Vector = 2 * (np.where(observed > 0, observed * np.log(ratio), 0.0) - observed + mu)
    return found


def excess(panel: Panel, candidate: Vector, production: Vector) -> Measured:
    """Return the candidate's deviance on the panel over the production model's, less one."""
    one, other = (panel.by_block(deviance(panel.observed, rates)) for rates in (candidate, production))
    return measured(100 * (one.sum() / other.sum() - 1), 100 * ((panel.draws @ one) / (panel.draws @ other) - 1))


def excess_in_retrospect(candidate: pl.DataFrame, other: pl.DataFrame, column: str = "model_events") -> Measured | None:
    """Return the same for what each expected of years not seen, over those that both looked back on, by year.

    `column` is what of the other one is compared. None where they have no year in common.
    """
    keys = ["year", "month", "division"]
    both = candidate.join(other.select(*keys, pl.col(column).alias("other")), on=keys, how="inner").sort(keys)
    if both.is_empty():
        return None
    years = both["year"].n_unique()
    observed = both["observed_events"].to_numpy().astype(np.float64)
    sums = [
        deviance(observed, both[name].to_numpy()).reshape(years, -1).sum(axis=1) for name in ("model_events", "other")
    ]
    drawn = np.random.default_rng(SEED).integers(0, years, (ROUNDS, years))
    ratios = sums[0][drawn].sum(axis=1) / sums[1][drawn].sum(axis=1)
    return measured(100 * (sums[0].sum() / sums[1].sum() - 1), 100 * (ratios - 1))


def miscalibration(panel: Panel, candidate: Vector, production: Vector) -> Measured:
    """Return by how much more of the observed events the candidate is off than production, over divisions and months.

    Off is |expected - observed|, summed over the nine divisions and, apart, over the twelve months; the mean of the
    two.
    """
    marks = [panel.rows[name].to_numpy().astype(np.int64) for name in ("division", "month")]

    def off(rates: Vector) -> Vector:
        gaps = []
        for mark in marks:
            groups = np.eye(mark.max() + 1)[mark]
            blocks = panel.by_block(groups * (rates - panel.observed)[:, None])
            both = np.vstack([blocks.sum(axis=0), panel.draws @ blocks])
            gaps.append(np.abs(both).sum(axis=1))
        found: Vector = (gaps[0] + gaps[1]) / 2
        return found

    events = panel.by_block(panel.observed)
    total = np.concatenate([[events.sum()], panel.draws @ events])
    difference = 100 * (off(candidate) - off(production)) / np.maximum(total, 1)
    return measured(difference[0], difference[1:])


def shift(panel: Panel, candidate: Vector, production: Vector) -> Measured:
    """Return how far the candidate's expectations lie from production's: |difference|, as a share of all expected."""
    gap, whole = (panel.by_block(values) for values in (np.abs(candidate - production), production))
    return measured(100 * gap.sum() / whole.sum(), 100 * (panel.draws @ gap) / (panel.draws @ whole))
