"""Where the begin points of events lie, judged against the counties' polygons, and points as WKB."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from kfm_assets.datasets import geometry
from kfm_assets.datasets.geometry import Floats, Polygons

TOLERANCE_KM = 5.0
"""How far outside the polygons a point may lie and still count as on the border.

The polygons are generalised to 1:20,000,000, where a drawn line of 0.5 mm covers 10 km of ground, 5 km on either side.
(The National Map Accuracy Standards of 1947 ask for 1/50 inch, about 0.5 mm:
https://www.usgs.gov/publications/map-accuracy-standards.) Coordinates sent with two decimals add at most 1 km.
"""

_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
"""A WKB point (OGC 06-103r4, 8.2): byte order 1 is little-endian, type 1 is a point."""


def judged(rows: pl.DataFrame, polygons: Polygons) -> pl.DataFrame:
    """Add `begin_point`, `begin_outside_km` and `geometry` to rows with `county_fips`, `begin_lon` and `begin_lat`.

    The coordinates of a point that lies outside Kansas by more than TOLERANCE_KM are cleared.
    """
    lon, lat = (rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("begin_lon", "begin_lat"))
    found = geometry.locate(polygons, lon, lat)
    distance = np.zeros(rows.height)
    outside = np.flatnonzero(found == 0)
    distance[outside] = geometry.distance_outside_km(polygons, lon[outside], lat[outside])
    placed = rows.with_columns(
        pl.Series("begin_outside_km", distance).fill_nan(None), pl.Series("_found", found, dtype=pl.Int32)
    ).with_columns(_finding().alias("begin_point"))
    keep = pl.col("begin_point").is_in(["none", "outside"]).not_()
    cleared = placed.with_columns(pl.when(keep).then(pl.col(name)).alias(name) for name in ("begin_lon", "begin_lat"))
    mask = cleared["begin_lon"].is_not_null().to_numpy()
    return cleared.drop("_found").with_columns(wkb_points(lon, lat, mask).alias("geometry"))


def wkb_points(lon: Floats, lat: Floats, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.Series:
    """Return points as WKB, null where the mask is False."""
    points = np.empty(len(lon), dtype=_POINT)
    points["order"], points["type"], points["lon"], points["lat"] = 1, 1, lon, lat
    validity = pa.py_buffer(np.packbits(mask, bitorder="little"))
    fixed = pa.Array.from_buffers(pa.binary(_POINT.itemsize), len(lon), [validity, pa.py_buffer(points)])
    return pl.Series("geometry", fixed, dtype=pl.Binary())


def _finding() -> pl.Expr:
    found, county, outside = pl.col("_found"), pl.col("county_fips"), pl.col("begin_outside_km")
    return (
        pl.when(outside.is_null())
        .then(pl.lit("none"))
        .when(outside > TOLERANCE_KM)
        .then(pl.lit("outside"))
        .when(found == 0)
        .then(pl.lit("near"))
        .when(found != county)  # null, where there is no county, is not another county
        .then(pl.lit("other_county"))
        .otherwise(pl.lit("inside"))
    )
