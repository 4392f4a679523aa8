"""What is not there: gaps between a site's values, and the hour that clocks show twice in autumn. Nothing is filled.

The usual step of a series is the one that is most frequent in the month, the shortest of several. A gap is a longer
step. What is missing before a month's first value and after its last one is not counted: the facts `first_value_utc`
and `last_value_utc` tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from kfm_assets.datasets.hydrology.streamflow.codes import zone_minutes


@dataclass(frozen=True, slots=True)
class Gaps:
    """How many gaps, the longest step among them (0 where there is none), how many of the usual steps are missing."""

    count: int = 0
    longest: int = 0
    missing: int = 0


def between(table: pl.DataFrame, series: Sequence[str], time: str) -> Gaps:
    """Count the gaps of each series, of rows sorted by series and time; `longest` is in the time column's own unit."""
    if table.height < 2:  # noqa: PLR2004 - a step has two ends
        return Gaps()
    steps = np.diff(table[time].to_physical().to_numpy())
    changes = np.zeros(len(steps), dtype=np.bool_)
    for name in series:
        changes |= (table[name] != table[name].shift(1)).slice(1).to_numpy()
    parts = np.split(steps, np.flatnonzero(changes)) if changes.any() else [steps]
    # Every part but the first begins with the step from one series to the next, which is none.
    found = [_of(part[1:] if place else part) for place, part in enumerate(parts)]
    return Gaps(sum(one.count for one in found), max(one.longest for one in found), sum(one.missing for one in found))


def autumn(table: pl.DataFrame) -> tuple[int, int]:
    """Count the sites whose clocks went back in the month, and those of them that lack the hour's first run.

    The hour from 1 to 2 is shown twice, first in daylight time and then in standard time.
    """
    zones = {zone: zone_minutes(zone) for zone in table["time_zone_reported"].unique()}
    if len(set(zones.values())) == 1 or table.is_empty():
        return 0, 0
    ahead = pl.col("time_zone_reported").replace_strict(zones, return_dtype=pl.Int64)
    local = pl.col("time_utc").dt.replace_time_zone(None) + pl.duration(minutes=ahead)
    clocks = table.select("site_no", ahead.alias("ahead"), local.dt.hour().alias("hour"))
    same_site = pl.col("site_no") == pl.col("site_no").shift(1)
    back = clocks.select(
        went_back=same_site & (pl.col("ahead").shift(1) - pl.col("ahead") == 60),  # noqa: PLR2004 - minutes
        present=pl.col("hour").shift(1) == 1,
    ).filter("went_back")
    return back.height, back.height - int(back["present"].sum())


def _of(steps: np.ndarray) -> Gaps:
    if not len(steps):
        return Gaps()
    lengths, counts = np.unique(steps, return_counts=True)
    usual = lengths[counts.argmax()]
    longer = lengths > usual
    if not longer.any():
        return Gaps()
    missing = -(-lengths // usual) - 1
    return Gaps(int(counts[longer].sum()), int(lengths[-1]), int((counts * missing)[longer].sum()))
