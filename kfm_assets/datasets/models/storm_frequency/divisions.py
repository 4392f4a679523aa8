"""Which climate division each county of Kansas is in: a table that comes with the package.

Source: NOAA National Centers for Environmental Information, "county-to-climdivs.txt" beside nClimDiv, of which the
lines of Kansas (state 20 in FIPS, 14 in nClimDiv) are kept: https://www.ncei.noaa.gov/pub/data/cirs/climdiv/. The
publisher matched counties to divisions by their centroids; a work of the United States Government, in the public
domain.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

COUNT = 9
"""The climate divisions of Kansas, numbered from 1."""


@cache
def division_of() -> Mapping[int, int]:
    """Return county_fips (1, 3, … 209) -> number of the division, 1 to 9."""
    table = resources.files(__package__).joinpath("county_divisions.csv").read_text(encoding="ascii")
    return {int(row["county_fips"]): int(row["division"]) for row in csv.DictReader(table.splitlines())}
