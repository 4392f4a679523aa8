"""Values counted into bins whose edges are given, quickly and exactly as a binary search would.

Which edges, and what the bins are for, is decided where bins are frozen.

A column's edges are few, so each is compared with all values, a block that fits the processor's cache at a time: that
vectorises and predicts nothing, where a binary search misses a branch for each value. Comparing is exact by itself,
whatever lies on an edge, among the subnormal numbers or far out, so there is no arithmetic on positions to be proved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kfm_assets.gates.drift.smoothing import Counts

BLOCK = 1 << 15
MANY = 128  # edges from which a binary search is the quicker way


def count(values: NDArray[Any], edges: NDArray[np.float64]) -> Counts:
    """Return how many values lie in each bin, and last how many are NaN: shape (edges + 2,).

    `values` are numbers of shape (n,), read as doubles; `edges` are doubles, shape (edges,), that ascend strictly. Bin
    0 holds what lies below the first edge, bin i edge i - 1 and what lies between it and edge i, the last bin but one
    the last edge and what lies above: the bins of `numpy.searchsorted(edges, values, "right")`. The ends are open, and
    infinite values lie in them. A bin for one value alone, as for an exact zero, has the next double for its upper edge
    (`numpy.nextafter`). ValueError for edges that do not ascend, are NaN, or not of one dimension as the values are.
    """
    edges = np.asarray(edges, dtype=np.float64)
    if edges.ndim != 1 or np.isnan(edges).any() or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must be numbers that ascend")
    if values.ndim != 1:
        raise ValueError(f"values must be of one dimension, not of shape {values.shape}")
    taken = _at_least if edges.size < MANY else _searched
    return sum(
        (taken(values[begin : begin + BLOCK], edges) for begin in range(0, values.size, BLOCK)),
        np.zeros(edges.size + 2, dtype=np.int64),
    )


def count_codes(codes: NDArray[Any], categories: int) -> Counts:
    """Return how many codes there are of each category, then of others, and last of none: shape (categories + 2,).

    `codes` are integers of shape (n,): a category's place in the frozen list, from `categories` on an unseen one, below
    0 a missing one. ValueError for codes that are no integers, or not of one dimension.
    """
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        raise ValueError(f"codes must be integers of one dimension, not {codes.dtype} of shape {codes.shape}")
    counts = np.zeros(categories + 2, dtype=np.int64)
    for begin in range(0, codes.size, BLOCK):
        places = np.clip(codes[begin : begin + BLOCK].astype(np.int64), -1, categories) + 1
        counts += np.bincount(places, minlength=categories + 2)
    return np.roll(counts, -1)


def _at_least(values: NDArray[Any], edges: NDArray[np.float64]) -> Counts:
    block = values.astype(np.float64, copy=False)
    known = values.size - int(np.count_nonzero(np.isnan(block)))
    reached = [int(np.count_nonzero(block >= edge)) for edge in edges]
    return np.array([*np.subtract([known, *reached], [*reached, 0]), values.size - known], dtype=np.int64)


def _searched(values: NDArray[Any], edges: NDArray[np.float64]) -> Counts:
    block = values.astype(np.float64, copy=False)
    known = block[~np.isnan(block)]
    counts = np.bincount(np.searchsorted(edges, known, "right"), minlength=edges.size + 1)
    return np.append(counts, block.size - known.size).astype(np.int64)
