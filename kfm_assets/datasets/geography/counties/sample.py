"""A synthetic Shapefile of counties: the real codes and names of Kansas on a regular grid. Other samples place by it.

The grid has 15 columns and 7 rows over Kansas' bounding box; county n of 105, by code, lies in column n mod 15 from the
west and row n div 15 from the north. Neighbours share their edges exactly, so the cells' union has no holes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import shapefile

from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.domain.dataset import STATIC

PARTITIONS = (STATIC,)
"""What the sample offers when nobody asks for particular partitions."""

WEST, SOUTH, EAST, NORTH = -102.05, 37.0, -94.6, 40.0
"""The grid's edges in degrees, NAD83: Kansas' bounding box to about 1 km."""

_COLUMNS, _ROWS = 15, 7
_NAME = "cb_2014_us_county_20m"
_PRJ = (
    'GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]]'
)
_FIELDS = (("STATEFP", 2), ("COUNTYFP", 3), ("COUNTYNS", 8), ("AFFGEOID", 14), ("GEOID", 5), ("NAME", 100), ("LSAD", 2))
_ELSEWHERE = (
    ("29", "095", "Jackson", (-94.6, 38.8, -94.1, 39.2)),
    ("31", "067", "Gage", (-96.9, 40.0, -96.4, 40.4)),
    ("35", "013", "Doña Ana", (-107.3, 31.8, -106.4, 33.0)),
    ("40", "053", "Grant", (-98.1, 36.6, -97.5, 37.0)),
    ("72", "021", "Bayamón", (-66.2, 18.3, -66.1, 18.5)),
)
"""Counties of other states, as the real file has them: out of scope, and two names that are not ASCII."""

_SQUARE_METRES_PER_DEGREE = 111_320 * 110_990 * 0.785
"""About, at 38.5° N: areas need only be plausible."""


def cell_bounds(county_fips: int) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a county's cell, in degrees. KeyError for a code that Kansas lacks."""
    place = _PLACES[county_fips]
    row, column = divmod(place, _COLUMNS)
    return _meridian(column), _parallel(row + 1), _meridian(column + 1), _parallel(row)


def cell_center(county_fips: int) -> tuple[float, float]:
    """Return longitude and latitude of the middle of a county's cell, in degrees. KeyError as `cell_bounds`."""
    west, south, east, north = cell_bounds(county_fips)
    return round((west + east) / 2, 6), round((south + north) / 2, 6)


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write the zip: always these 105 counties and 5 of other states, whatever the partition, size or seed."""
    del partition, size, seed
    parts = {suffix: io.BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=shapefile.POLYGON, encoding="iso8859-1") as writer:
        for name, width in _FIELDS:
            writer.field(name, "C", width)
        writer.field("ALAND", "N", 14)
        writer.field("AWATER", "N", 14)
        for fips, name in COUNTY_NAMES.items():
            _write(writer, "20", f"{fips:03}", name, cell_bounds(fips))
        for county in _ELSEWHERE:
            _write(writer, *county)
    dbf = bytearray(parts["dbf"].getvalue())
    # Bytes 1 to 3 are the day of writing (dBASE III): the day that the real file has.
    dbf[1:4] = bytes((115, 4, 3))
    contents = {
        "shp": parts["shp"].getvalue(),
        "shx": parts["shx"].getvalue(),
        "dbf": bytes(dbf),
        "prj": _PRJ.encode(),
        "cpg": b"ISO 88591",
    }
    return {f"{_NAME}.zip": _zipped(contents)}


def _write(
    writer: shapefile.Writer, state: str, county: str, name: str, bounds: tuple[float, float, float, float]
) -> None:
    west, south, east, north = bounds
    # Outer rings run clockwise in a Shapefile.
    writer.poly([[(west, south), (west, north), (east, north), (east, south), (west, south)]])
    area = round((east - west) * (north - south) * _SQUARE_METRES_PER_DEGREE)
    water = area // 100
    geoid = state + county
    writer.record(state, county, f"00{geoid}9", f"0500000US{geoid}", geoid, name, "06", area - water, water)


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, content in contents.items():
            archive.writestr(zipfile.ZipInfo(f"{_NAME}.{suffix}", (2015, 4, 3, 20, 1, 0)), content)
    return out.getvalue()


def _meridian(column: int) -> float:
    return round(WEST + (EAST - WEST) * column / _COLUMNS, 6)


def _parallel(row: int) -> float:
    return round(NORTH - (NORTH - SOUTH) * row / _ROWS, 6)


_PLACES = {fips: place for place, fips in enumerate(COUNTY_NAMES)}
