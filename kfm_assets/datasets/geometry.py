"""Where points lie among Kansas' counties, and how large polygons are. No reading of files, no rules about rows.

Coordinates are longitude and latitude in degrees, OGC:CRS84. NAD83 differs from it by less than the polygons'
own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

Floats = NDArray[np.float64]

_STEP_DEGREES = 0.02
_DEGREES_IN = "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step "
_ALBERS = _DEGREES_IN + "+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +ellps=GRS80"
_CONFORMAL = _DEGREES_IN + "+proj=lcc +lat_0=38.5 +lon_0=-98.3 +lat_1=37.3 +lat_2=39.7 +ellps=GRS80"
# The cone has no finite image of the far pole. Kansas' nearest point is the same from anywhere that close to it.
_POLE = 89.9
_MOST_LONGITUDE, _MOST_LATITUDE = 180, 90


@dataclass(frozen=True, slots=True, eq=False)
class Polygons:
    """Counties made ready for many questions: `county_fips` (int32, ascending), `areas` beside it, and their union.

    `outline` is the union's boundary in the plane of `_CONFORMAL`, in metres, with vertices every 0.02° so that its
    edges follow the straight lines of longitude and latitude to within 1 m. It is None where there are no counties.
    """

    county_fips: NDArray[np.int32]
    areas: NDArray[np.object_]
    outline: shapely.Geometry | None


def county_polygons(counties: pl.DataFrame) -> Polygons:
    """Prepare the main table of geography/counties (`county_fips` int32, `geometry` WKB in OGC:CRS84).

    Raises:
        shapely.errors.GEOSException: where a geometry is not WKB.
    """
    ordered = counties.sort("county_fips")
    areas = shapely.from_wkb(np.array(ordered["geometry"].to_list(), dtype=object))
    shapely.prepare(areas)
    outline = None
    if len(areas):
        outline = _in_plane(shapely.segmentize(shapely.union_all(areas).boundary, _STEP_DEGREES), _CONFORMAL)
        shapely.prepare(outline)
    return Polygons(ordered["county_fips"].to_numpy().astype(np.int32), areas, outline)


def locate(polygons: Polygons, lon: Floats, lat: Floats) -> NDArray[np.int32]:
    """Return the `county_fips` in which each point lies, 0 where it lies in none or a coordinate is missing (NaN).

    A boundary belongs to the county; on one that several share the least `county_fips` wins, so the answer does not
    depend on the counties' order.
    """
    found = np.zeros(len(lon), dtype=np.int32)
    # A county's points are found by slicing west to east, not by asking each of a hundred counties about every point.
    order = np.argsort(lon, kind="stable")
    x, y = np.asarray(lon, dtype=np.float64)[order], np.asarray(lat, dtype=np.float64)[order]
    # From the greatest code to the least, so that the least writes last.
    for fips, area in zip(polygons.county_fips[::-1], polygons.areas[::-1], strict=True):
        west, south, east, north = area.bounds
        first, last = np.searchsorted(x, west, side="left"), np.searchsorted(x, east, side="right")
        band = first + np.flatnonzero((y[first:last] >= south) & (y[first:last] <= north))
        found[order[band[shapely.intersects_xy(area, x[band], y[band])]]] = fips
    return found


def distance_outside_km(polygons: Polygons, lon: Floats, lat: Floats) -> Floats:
    """Return how far each point lies outside the counties' union, in km: 0 inside or on its boundary.

    NaN where a coordinate is missing or is no place on Earth (a latitude beyond 90°, a longitude beyond 180°), or where
    there are no counties.

    Method: the nearest point of the boundary is found on a Lambert conformal conic fitted to Kansas (standard parallels
    37.3° and 39.7° N); the distance to it is the geodesic's on GRS 80 (Karney 2013, doi:10.1007/s00190-012-0578-z).
    Error: within 100 km of Kansas the distance is at most 2 m too long (the plane's scale varies by under 0.1 % there,
    so the point found may not be quite the nearest) beside the polygons' own generalisation, which at 1:20,000,000
    changes a county's area by up to 6 %. Far away the plane's choice of the nearest point is coarser; the distance is
    never too short by more than 1 m.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    distance = np.where((np.abs(x) <= _MOST_LONGITUDE) & (np.abs(y) <= _MOST_LATITUDE), 0.0, np.nan)
    if polygons.outline is None:
        return np.full(len(x), np.nan)
    outside = np.flatnonzero(~np.isnan(distance) & (locate(polygons, x, y) == 0))
    if len(outside):
        flat = Transformer.from_pipeline(_CONFORMAL)
        points = shapely.points(*flat.transform(x[outside], np.clip(y[outside], -_POLE, _POLE)))
        nearest = shapely.get_point(shapely.shortest_line(polygons.outline, points), 0)
        near_x, near_y = flat.transform(shapely.get_x(nearest), shapely.get_y(nearest), direction="INVERSE")
        _, _, metres = Geod(ellps="GRS80").inv(x[outside], y[outside], near_x, near_y)
        distance[outside] = np.asarray(metres) / 1000.0
    return distance


def area_km2(geometries: Sequence[shapely.Geometry] | NDArray[np.object_]) -> Floats:
    """Return the area of each geometry in km², on NAD83 / Conus Albers (EPSG:5070: https://epsg.io/5070).

    That projection keeps areas exactly (Snyder 1987, USGS Professional Paper 1395, pp. 98-103); edges are cut every
    0.02° first, so that they stay straight in longitude and latitude.
    """
    areas: Floats = shapely.area(_in_plane(shapely.segmentize(np.asarray(geometries), _STEP_DEGREES), _ALBERS)) / 1e6
    return areas


def _in_plane(geometries: shapely.Geometry | NDArray[np.object_], pipeline: str) -> shapely.Geometry:
    # Pipelines are written out, not looked up, so that grids installed on a machine never change a result.
    plane = Transformer.from_pipeline(pipeline)
    return shapely.transform(geometries, plane.transform, interleaved=False)
