"""What is not there: gaps between a site's values, and the hour that clocks show twice in autumn. Nothing is filled.

The usual step of a series is the one that is most frequent in the month, the shortest of several. A gap is a longer
step. What is missing before a month's first value and after its last one is not counted: the facts `first_value_utc`
and `last_value_utc` tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from kfm_assets.datasets.hydrology.streamflow.codes import zone_minutes

_HOUR = 60
"""Minutes, by which clocks go back."""


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
    steps = np.diff(table[time].cast(pl.Int64).to_numpy())
    changes = np.zeros(len(steps), dtype=np.bool_)
    for column in (table[name] for name in series):
        changes |= (column.slice(1) != column.slice(0, len(steps))).to_numpy()
    parts = np.split(steps, np.flatnonzero(changes)) if changes.any() else [steps]
    # Every part but the first begins with the step from one series to the next, which is none.
    found = [_of(part[1:] if place else part) for place, part in enumerate(parts)]
    return Gaps(sum(one.count for one in found), max(one.longest for one in found), sum(one.missing for one in found))


def autumn(table: pl.DataFrame) -> tuple[int, int]:
    """Count the sites whose clocks went back in the month, and those of them that lack the hour's first run.

    The hour from 1 to 2 is shown twice, first in daylight time and then in standard time. Rows are sorted by site.
    """
    zones, sites = table["time_zone_reported"], table["site_no"]
    if table.is_empty():
        return 0, 0
    turns = np.flatnonzero((zones.slice(1) != zones.slice(0, table.height - 1)).to_numpy()).tolist()
    went_back = absent = 0
    for before, after in ((turn, turn + 1) for turn in turns):
        daylight, standard = zone_minutes(zones[before]), zone_minutes(zones[after])
        if sites[before] != sites[after] or daylight is None or standard is None or daylight - standard != _HOUR:
            continue
        went_back += 1
        absent += (table["time_utc"][before] + timedelta(minutes=daylight)).hour != 1
    return went_back, absent


def _of(steps: np.ndarray) -> Gaps:
    if not len(steps) or (steps == steps[0]).all():
        return Gaps()
    lengths, counts = np.unique(steps, return_counts=True)
    usual = lengths[counts.argmax()]
    longer = lengths > usual
    if not longer.any():
        return Gaps()
    missing = -(-lengths // usual) - 1
    return Gaps(int(counts[longer].sum()), int(lengths[-1]), int((counts * missing)[longer].sum()))
