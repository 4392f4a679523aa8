"""An order of places in which neighbours stand side by side, so that bins that are too small can be put together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray


def neighbours(names: Sequence[str], texts: pl.Series, rows: pl.DataFrame, at: tuple[str, str]) -> tuple[str, ...]:
    """Return names in the order of a walk over the middles of their rows: halves of halves, as a k-d tree has them.

    `at` are the columns of longitude and latitude. Names of which no row has a position come last, by name.
    """
    east, north = (rows.get_column(name).cast(pl.Float64) for name in at)
    frame = pl.DataFrame({"name": texts, "east": east, "north": north}).drop_nulls()
    middles = frame.group_by("name").mean().filter(pl.col("name").is_in(list(names))).sort("name")
    found = middles["name"].to_list()
    walk = _walk(middles.select("east", "north").to_numpy(), np.arange(len(found)))
    placed = [found[place] for place in walk]
    return (*placed, *sorted(set(names) - set(placed)))


def _walk(points: NDArray[np.float64], chosen: NDArray[np.int64]) -> list[int]:
    if chosen.size <= 1:
        return [int(place) for place in chosen]
    here = points[chosen]
    axis = int(np.argmax(here.max(axis=0) - here.min(axis=0)))
    order = chosen[np.argsort(here[:, axis], kind="stable")]
    half = order.size // 2
    return _walk(points, order[:half]) + _walk(points, order[half:])
