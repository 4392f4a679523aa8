"""Values counted into bins whose edges are given, quickly and exactly as a binary search would.

Which edges, and what the bins are for, is decided where bins are frozen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kfm_assets.gates.drift.smoothing import Counts


def count(values: NDArray[Any], edges: NDArray[np.float64]) -> Counts:
    """Return how many values lie in each bin, and last how many are NaN: shape (edges + 2,).

    `edges` ascend strictly and are no NaN. Bin 0 holds what lies below the first edge, bin i edge i - 1 and what lies
    between it and the next, the last bin but one the last edge and above: `numpy.searchsorted(edges, values, "right")`.
    A bin for one value alone, as for an exact zero, has the next double as its upper edge (`numpy.nextafter`).
    ValueError for edges that do not ascend.
    """
    edges = np.asarray(edges, dtype=np.float64)
    if edges.ndim != 1 or np.isnan(edges).any() or (np.diff(edges) <= 0).any():
        raise ValueError("edges must be numbers that ascend")
    values = np.asarray(values, dtype=np.float64)
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, "right"), minlength=edges.size + 1)
    return np.append(counts, values.size - known.size).astype(np.int64)


def count_codes(codes: NDArray[Any], categories: int) -> Counts:
    """Return how many codes there are of each category, then of others, and last of none: shape (categories + 2,).

    A code is a category's place in the frozen list; from `categories` on it is an unseen one, below 0 a missing one.
    """
    codes = np.asarray(codes)
    place = np.where(codes < 0, categories + 1, np.minimum(codes, categories))
    return np.bincount(place, minlength=categories + 2).astype(np.int64)
