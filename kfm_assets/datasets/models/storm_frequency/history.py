"""What is known of each year: storms and drought by month and division, as arrays of shape (12, 9).

Counted are tornadoes, hail and thunderstorm wind, which Storm Data has recorded since 1955; other types came in 1996,
and would look like a change of the weather. An event counts in the month, in its own local time, and in the division of
its county. A month and a division without one counts zero.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.datasets.models.storm_frequency.divisions import COUNT, division_of
from kfm_assets.datasets.models.storm_frequency.specification import (
    CLIMATE,
    CLIMATE_FILE,
    EVENT_TYPES,
    STORM_FILE,
    STORMS,
)
from kfm_assets.datasets.program import Material
from kfm_assets.errors import BadInput

Grid = NDArray[np.float64]
"""By month and division: shape (12, 9)."""

MONTHS = 12


@dataclass(frozen=True, slots=True)
class History:
    """Years in order; of each the storm counts and, where it is known, the Palmer Drought Severity Index (NaN if not).

    `unplaced` counts the events of the types in question that have no county.
    """

    storms: Mapping[int, Grid]
    pdsi: Mapping[int, Grid]
    unplaced: int

    def until(self, year: int) -> History:
        """Return what was known at the end of a year."""
        kept = [{at: grid for at, grid in part.items() if at <= year} for part in (self.storms, self.pdsi)]
        return History(kept[0], kept[1], self.unplaced)


def read(materials: Mapping[str, Sequence[Material]]) -> History:
    """Read the published storms and climate. Raises BadInput for a county that is in no division."""
    storms: dict[int, Grid] = {}
    unplaced = 0
    for material in materials[STORMS]:
        storms[int(material.partition)], without = _counts(material.partition, material.files[STORM_FILE])
        unplaced += without
    pdsi = {int(material.partition): _pdsi(material.files[CLIMATE_FILE]) for material in materials.get(CLIMATE, ())}
    return History(dict(sorted(storms.items())), dict(sorted(pdsi.items())), unplaced)


# Kept: a run trains a model for each year, and each reads all years before it.
@lru_cache(maxsize=128)
def _counts(year: str, content: bytes) -> tuple[Grid, int]:
    columns = ["county_fips", "event_type", "begin_utc", "utc_offset_hours"]
    events = pl.read_parquet(io.BytesIO(content), columns=columns).filter(pl.col("event_type").is_in(EVENT_TYPES))
    placed = events.drop_nulls("county_fips")
    local = pl.col("begin_utc") + pl.duration(hours=pl.col("utc_offset_hours"))
    counts = placed.select(local.dt.month().alias("month"), "county_fips").group_by("month", "county_fips").len()
    grid = np.zeros((MONTHS, COUNT))
    for month, county, events_there in counts.iter_rows():
        if county not in division_of():
            raise BadInput(
                f"storms of {year}: county {county} is in no climate division of Kansas",
                advice="see that hazards/storm_events is of Kansas alone",
            )
        grid[month - 1, division_of()[county] - 1] += events_there
    return grid, events.height - placed.height


@lru_cache(maxsize=128)
def _pdsi(content: bytes) -> Grid:
    grid = np.full((MONTHS, COUNT), np.nan)
    months = pl.read_parquet(io.BytesIO(content), columns=["month", "division", "pdsi"]).drop_nulls()
    for month, division, value in months.iter_rows():
        if 1 <= division <= COUNT:
            grid[month.month - 1, division - 1] = value
    return grid
