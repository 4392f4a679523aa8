"""From Shapefile records to Kansas' counties: which are kept, areas, and the change of datum. Pure over frames."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from kfm_assets.datasets import tables
from kfm_assets.datasets.geography.counties.parser import GEOMETRY
from kfm_assets.datasets.geography.counties.specification import SPECIFICATION, WIRE
from kfm_assets.datasets.geometry import area_km2
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim

KANSAS = "20"
NAD83_TO_WGS84 = "urn:ogc:def:coordinateOperation:EPSG::1188"
"""NAD83 to WGS 84 (1): no shift at all, accurate to 4 m (2 m in each axis, EPSG's remark); latitude first.

It is named, not looked up, because PROJ would choose a finer one on machines that happen to have NGS' grids. Four
metres are little against what generalising the outlines for 1:20,000,000 moved.
"""

_SQUARE_METRES = 1e6
_RULE = "rule"
_WEST, _SOUTH, _EAST, _NORTH = -180, -90, 180, 90


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the table `counties`; of records with one GEOID the first is kept. Needs no other dataset."""
    del partition, upstream
    table = SPECIFICATION.main
    rows = wires.get(WIRE)
    if rows is None or rows.is_empty():
        return Product({table.name: tables.empty(table)}, _quarantine([]), {WIRE: {}}, {WIRE: 0}, {WIRE: table.name})
    judged = _judged(rows)
    outside = judged.filter(pl.col(_RULE) == "outside_kansas").height
    bad = judged.filter(pl.col(_RULE).is_not_null() & (pl.col(_RULE) != "outside_kansas"))
    kept = _columns(judged.filter(pl.col(_RULE).is_null()))
    quarantine = [(WIRE, file, line, rule, held(file, line)) for file, line, rule in bad[FILE, LINE, _RULE].iter_rows()]
    return Product(
        tables={table.name: tables.conform(kept, table)},
        quarantine=_quarantine(quarantine),
        out_of_scope={WIRE: {"outside_kansas": outside} if outside else {}},
        rows_in={WIRE: rows.height},
        yields={WIRE: table.name},
        facts={
            "counties": kept.height,
            "area_km2": round(kept["area_km2"].sum()),
            "census_area_km2": round((kept["land_area_km2"] + kept["water_area_km2"]).sum()),
            "datum_change": "NAD83 to WGS 84 (1), EPSG:1188, accurate to 4 m",
        },
    )


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the first rule that leaves each row out, or none, in the order in which the docs list them."""
    state, county, geoid = (pl.col(name).str.strip_chars() for name in ("STATEFP", "COUNTYFP", "GEOID"))
    readable = state.str.contains(r"^[0-9]{2}$") & county.str.contains(r"^[0-9]{3}$") & (geoid == state + county)
    return (
        rows.sort(FILE, LINE)
        .with_columns(_area("ALAND"), _area("AWATER"), _usable(rows.sort(FILE, LINE)[GEOMETRY]))
        .with_columns(
            pl.when(state.str.contains(r"^[0-9]{2}$") & (state != KANSAS))
            .then(pl.lit("outside_kansas"))
            .when(~readable)
            .then(pl.lit("geoid_unreadable"))
            .when(~pl.when(readable).then(geoid).is_first_distinct())
            .then(pl.lit("repeated"))
            .when(pl.col("land_m2").is_null() | pl.col("water_m2").is_null())
            .then(pl.lit("area_unreadable"))
            .when(~pl.col("usable"))
            .then(pl.lit("geometry_unusable"))
            .alias(_RULE)
        )
    )


def _area(column: str) -> pl.Expr:
    name = {"ALAND": "land_m2", "AWATER": "water_m2"}[column]
    digits = pl.col(column).str.strip_chars().str.extract(r"^([0-9]{1,15})$")
    return digits.cast(pl.Float64, strict=False).alias(name)


def _usable(outlines: pl.Series) -> pl.Series:
    shapes = shapely.from_wkb(np.array(outlines.to_list(), dtype=object))
    west, south, east, north = shapely.bounds(shapes).T
    inside = (west >= _WEST) & (south >= _SOUTH) & (east <= _EAST) & (north <= _NORTH)
    is_area = np.isin(shapely.get_type_id(shapes), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    return pl.Series(
        "usable", inside & is_area & shapely.is_valid(shapes) & (shapely.area(shapes) > 0), dtype=pl.Boolean
    )


def _columns(rows: pl.DataFrame) -> pl.DataFrame:
    shapes = _in_crs84(shapely.from_wkb(np.array(rows[GEOMETRY].to_list(), dtype=object)))
    return rows.select(
        pl.col("GEOID").str.strip_chars().alias("geoid"),
        pl.col("STATEFP").str.strip_chars().alias("state_fips"),
        pl.col("COUNTYFP").str.strip_chars().cast(pl.Int32).alias("county_fips"),
        pl.col("NAME").str.strip_chars().alias("name"),
        (pl.col("land_m2") / _SQUARE_METRES).alias("land_area_km2"),
        (pl.col("water_m2") / _SQUARE_METRES).alias("water_area_km2"),
        pl.Series("area_km2", area_km2(shapes)),
        pl.Series("geometry", list(shapely.to_wkb(shapes)), dtype=pl.Binary()),
    )


def _in_crs84(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    change = Transformer.from_pipeline(NAD83_TO_WGS84)

    def moved(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        new_lat, new_lon = change.transform(lat, lon)
        return np.asarray(new_lon), np.asarray(new_lat)

    wound: NDArray[np.object_] = shapely.orient_polygons(shapely.transform(shapes, moved, interleaved=False))
    return wound


def _quarantine(rows: list[tuple[str, str, int, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=tables.QUARANTINE_SCHEMA, orient="row")
