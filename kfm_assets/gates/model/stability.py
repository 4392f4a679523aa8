"""Whether two models have the same reasons: their attributions on the panel, by SHAP, set side by side.

A feature's share is its mean absolute attribution over that of all. Three figures, each with its interval:

- shares moved: half of the sum of |share of candidate - share of production| (total variation), in percent;
- ranks: Spearman's correlation of the features by their shares, in percent;
- cells: Pearson's correlation of the two models' attributions over all rows and features, in percent. A model that has
  learnt noise may give each feature its share, but not to the same rows.

Attributions are one pass of TreeExplainer for each model, and the draws are sums over blocks, so that the interval
costs next to nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kfm_assets.gates.model.evidence import Answering, Vector
from kfm_assets.gates.model.measures import Measured, measured
from kfm_assets.gates.model.panel import Panel

_LEAST = 1e-12


class Stability(NamedTuple):
    """How stable the explanations are; the shares are those of candidate and production, by feature, in percent."""

    features: tuple[str, ...]
    candidate: Vector
    production: Vector
    strength: tuple[float, float]
    moved: Measured
    ranks: Measured
    cells: Measured


def stability(panel: Panel, candidate: Answering, production: Answering) -> Stability:
    """Explain the panel by both models and compare. A feature that only one of them has counts as zero in the other."""
    names = tuple(dict.fromkeys([*production.features, *candidate.features]))
    one, other = (_spread(model.attributions(panel.rows), model.features, names) for model in (candidate, production))
    return compare(panel, names, one, other)


def compare(panel: Panel, names: tuple[str, ...], one: Vector, other: Vector) -> Stability:
    """Compare two models' attributions, both of shape (rows of the panel, features)."""
    sizes = [_drawn(panel, np.abs(values)) for values in (one, other)]
    shares = [size / np.maximum(size.sum(axis=1, keepdims=True), _LEAST) for size in sizes]
    moved = 50 * np.abs(shares[0] - shares[1]).sum(axis=1)
    ranks = 100 * _correlation(_ranked(shares[0]), _ranked(shares[1]))
    cells = 100 * _pooled(panel, one, other)
    rows = panel.rows.height
    return Stability(
        features=names,
        candidate=100 * shares[0][0],
        production=100 * shares[1][0],
        strength=(float(sizes[0][0].sum() / rows), float(sizes[1][0].sum() / rows)),
        moved=measured(moved[0], moved[1:]),
        ranks=measured(ranks[0], ranks[1:]),
        cells=measured(cells[0], cells[1:]),
    )


def _spread(values: Vector, has: tuple[str, ...], names: tuple[str, ...]) -> Vector:
    found = np.zeros((len(values), len(names)))
    found[:, [names.index(name) for name in has]] = values
    return found


def _drawn(panel: Panel, values: Vector) -> Vector:
    """Return the sum over all rows, and below it that of each draw."""
    blocks = panel.by_block(values)
    found: Vector = np.vstack([blocks.sum(axis=0), panel.draws @ blocks])
    return found


def _ranked(shares: Vector) -> Vector:
    found: Vector = shares.argsort(axis=1).argsort(axis=1).astype(np.float64)
    return found


def _correlation(one: Vector, other: Vector) -> Vector:
    """Return Pearson's correlation of each row of two arrays."""
    left, right = (values - values.mean(axis=1, keepdims=True) for values in (one, other))
    size = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    found: Vector = (left * right).sum(axis=1) / np.maximum(size, _LEAST)
    return found


def _pooled(panel: Panel, one: Vector, other: Vector) -> Vector:
    """Return Pearson's correlation over all rows and features, and that of each draw, from sums over blocks."""
    parts = np.column_stack([part.sum(axis=1) for part in (one, other, one * other, one**2, other**2)])
    counts = np.full((len(one), 1), float(one.shape[1]))
    x, y, xy, xx, yy, n = _drawn(panel, np.hstack([parts, counts])).T
    size = np.sqrt(np.maximum(xx - x * x / n, 0) * np.maximum(yy - y * y / n, 0))
    found: Vector = (xy - x * y / n) / np.maximum(size, _LEAST)
    return found
