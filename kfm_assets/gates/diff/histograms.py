"""How a column's values are distributed before and after: counts in bins that both share."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kfm_assets.domain.canonical import Json
from kfm_assets.gates.diff.quantities import Floats, at, decimal

_BINS = 20
_LOG_SPAN = 30
"""Values that are positive, and span more than so many times their median, are shown on a logarithmic scale."""

_MOST_DECADES = 12


def histogram(before: Floats, after: Floats) -> Mapping[str, Json] | None:
    """Count ascending values in bins of equal width, or of half a decade where they span many; None without values.

    A bin holds its lower edge, the last one its upper edge too. On a logarithmic scale zeros are counted apart, and
    what is below the first edge is in the first bin.
    """
    values = np.concatenate([before, after])
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    positive = np.sort(values[values > 0])
    logarithmic = values.min() >= 0 and positive.size and positive[-1] > _LOG_SPAN * at(positive, (0.5,))[0]
    edges = _half_decades(positive) if logarithmic else _even(float(values.min()), float(values.max()))
    told: dict[str, Json] = {"scale": "log" if logarithmic else "linear", "edges": [decimal(edge) for edge in edges]}
    if logarithmic:
        told["zeros"] = {
            "before": int(np.count_nonzero(before == 0)),
            "after": int(np.count_nonzero(after == 0)),
        }
        before, after = before[before > 0], after[after > 0]
    return told | {"before": _counts(before, edges), "after": _counts(after, edges)}


def _counts(values: Floats, edges: list[float]) -> list[Json]:
    counts, _ = np.histogram(np.clip(values[np.isfinite(values)], edges[0], edges[-1]), edges)
    return [int(count) for count in counts]


def _half_decades(positive: Floats) -> list[float]:
    last = math.floor(math.log10(positive[-1]) * 2) + 1
    first = max(math.floor(math.log10(positive[0]) * 2), last - 2 * _MOST_DECADES)
    # A power of ten, or the rounded middle between two: edges that can be read, and that are the same on any machine.
    return [float(f"{10 ** (place / 2):.2g}") for place in range(first, last + 1)]


def _even(least: float, most: float) -> list[float]:
    """Return edges at multiples of 1, 2 or 5 times a power of ten, around all values."""
    width = (most - least) / _BINS or max(abs(least), 1.0) / _BINS
    power = 10.0 ** math.floor(math.log10(width))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= width * 0.999)
    first = math.floor(least / step)
    last = max(math.floor(most / step) + 1, first + 1)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]
