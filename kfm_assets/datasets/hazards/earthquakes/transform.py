"""From ComCat's rows to Kansas' events: which version counts, what is held back, where an event lies. Pure over frames.

Each row ends in one place, by the first of these that applies:

1. a rule of the specification's `quarantine` holds it back;
2. another readable row of the event is newer (`superseded`), or as new and at least as full (`repeated`);
3. the version that is left deletes the event (`deleted`), or lies outside Kansas (`outside_kansas`);
4. it is published.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import shapely

from kfm_assets.datasets import tables
from kfm_assets.datasets.geometry import county_polygons, locate
from kfm_assets.datasets.hazards.earthquakes import fields
from kfm_assets.datasets.hazards.earthquakes.specification import SPECIFICATION, WIRE
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim

_RULE, _OUT = "rule", "left_out"
_FIXED_DEPTH_KM = 5.0
_MOST = 1e9

_MEASURES = {
    "gap": ("gap_deg", fields.number("gap", 0, 360)),
    "dmin": ("dmin_deg", fields.number("dmin", 0, 180)),
    "rms": ("rms_s", fields.number("rms", 0, _MOST)),
    "nst": ("station_count", fields.count("nst")),
    "horizontalError": ("horizontal_error_km", fields.number("horizontalError", 0, _MOST)),
    "depthError": ("depth_error_km", fields.number("depthError", 0, _MOST)),
    "magError": ("magnitude_error", fields.number("magError", 0, _MOST)),
    "magNst": ("magnitude_station_count", fields.count("magNst")),
}
"""Fields that may be empty but not unreadable: the column that each becomes, and its value."""


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the table `events` of one month. `upstream` has the main table of geography/counties."""
    del partition
    table = SPECIFICATION.main
    rows = wires.get(WIRE)
    if rows is None or rows.is_empty():
        return Product({table.name: tables.empty(table)}, _quarantine([]), {WIRE: {}}, {WIRE: 0}, {WIRE: table.name})
    judged = _judged(_typed(rows.sort(FILE, LINE)))
    bad = judged.filter(pl.col(_RULE).is_not_null())
    sorted_out = _located(_versions(judged.filter(pl.col(_RULE).is_null())), upstream["geography/counties"])
    left_out = sorted_out.drop_nulls(_OUT).group_by(_OUT).len().sort(_OUT)
    kept = tables.conform(_columns(sorted_out.filter(pl.col(_OUT).is_null())), table)
    return Product(
        tables={table.name: kept},
        quarantine=_quarantine(
            [(WIRE, file, line, rule, held(file, line)) for file, line, rule in bad[FILE, LINE, _RULE].iter_rows()]
        ),
        out_of_scope={WIRE: dict(left_out.iter_rows())},
        rows_in={WIRE: rows.height},
        yields={WIRE: table.name},
        facts=_facts(kept, sorted_out.filter(pl.col(_OUT) == "outside_kansas")),
    )


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the values that rules look at, beside the text that they were read from."""
    return rows.with_columns(
        fields.words("id").alias("event_id"),
        fields.instant("time").alias("time_utc"),
        fields.instant("updated").alias("updated_utc"),
        fields.number("latitude", -90, 90).alias("latitude_deg"),
        fields.number("longitude", -180, 180).alias("longitude_deg"),
        fields.number("depth", -100, 1000).alias("depth_km"),
        fields.number("mag", -5, 10).alias("magnitude"),
        *(value.alias(name) for name, value in _MEASURES.values()),
    )


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the first rule that holds a row back, or none."""
    unreadable = [fields.filled(text) & pl.col(name).is_null() for text, (name, _) in _MEASURES.items()]
    return rows.with_columns(
        pl.when(pl.col("time_utc").is_null())
        .then(pl.lit("undated"))
        .when(pl.col("event_id").is_null() | pl.col("event_id").str.contains(r"\s"))
        .then(pl.lit("no_id"))
        .when(pl.col("latitude_deg").is_null() | pl.col("longitude_deg").is_null())
        .then(pl.lit("coordinates_invalid"))
        .when(pl.col("updated_utc").is_null())
        .then(pl.lit("updated_unreadable"))
        .when(pl.col("updated_utc") < pl.col("time_utc"))
        .then(pl.lit("updated_before_time"))
        .when(fields.filled("mag") & pl.col("magnitude").is_null())
        .then(pl.lit("magnitude_invalid"))
        .when(fields.filled("depth") & pl.col("depth_km").is_null())
        .then(pl.lit("depth_invalid"))
        .when(pl.any_horizontal(unreadable))
        .then(pl.lit("measure_invalid"))
        .alias(_RULE)
    )


def _versions(rows: pl.DataFrame) -> pl.DataFrame:
    """Say of each row whether another version counts. Of rows that tie, the first by file and line does."""
    full = pl.sum_horizontal(fields.filled(name).cast(pl.Int32) for name in fields.CSV_22)
    ranked = rows.with_columns(full.alias("full")).sort(
        "event_id", "updated_utc", "full", FILE, LINE, descending=[False, True, True, False, False]
    )
    newest = pl.col("updated_utc").first().over("event_id")
    return ranked.with_columns(
        pl.when(pl.col("updated_utc") < newest)
        .then(pl.lit("superseded"))
        .when(~pl.col("event_id").is_first_distinct())
        .then(pl.lit("repeated"))
        .when(fields.words("status").str.to_lowercase().is_in(["deleted", "delete"]))
        .then(pl.lit("deleted"))
        .alias(_OUT)
    )


def _located(rows: pl.DataFrame, counties: pl.DataFrame) -> pl.DataFrame:
    fips = locate(county_polygons(counties), rows["longitude_deg"].to_numpy(), rows["latitude_deg"].to_numpy())
    outside = pl.when(pl.col("county_fips") == 0).then(pl.lit("outside_kansas"))
    return rows.with_columns(pl.Series("county_fips", fips, dtype=pl.Int32())).with_columns(
        pl.coalesce(pl.col(_OUT), outside).alias(_OUT)
    )


def _columns(rows: pl.DataFrame) -> pl.DataFrame:
    points = shapely.to_wkb(shapely.points(rows["longitude_deg"].to_numpy(), rows["latitude_deg"].to_numpy()))
    return rows.with_columns(
        pl.col("time_utc").dt.date().alias("day_utc"),
        fields.magnitude_type("magType").alias("magnitude_type"),
        fields.words("magType").alias("magnitude_type_reported"),
        fields.event_type("type").alias("event_type"),
        fields.words("place"),
        fields.words("net").alias("network"),
        fields.words("status").str.to_lowercase(),
        fields.words("locationSource").alias("location_source"),
        fields.words("magSource").alias("magnitude_source"),
        pl.Series("geometry", list(points), dtype=pl.Binary()),
    )


def _facts(events: pl.DataFrame, outside: pl.DataFrame) -> dict[str, int | str]:
    largest = events["magnitude"].drop_nulls().sort(descending=True)

    def rows(condition: pl.Expr) -> int:
        return events.filter(condition).height

    return {
        "not_earthquakes": rows(pl.col("event_type") != "earthquake"),
        "negative_magnitudes": rows(pl.col("magnitude") < 0),
        "without_magnitude": rows(pl.col("magnitude").is_null()),
        "without_station_count": rows(pl.col("station_count").is_null()),
        "depth_fixed_at_5_km": rows(pl.col("depth_km") == _FIXED_DEPTH_KM),
        "depth_above_reference": rows(pl.col("depth_km") < 0),
        "magnitude_types_respelled": rows(pl.col("magnitude_type") != pl.col("magnitude_type_reported")),
        # The place names the nearest town, which may be in another state than the epicentre.
        "outside_but_named_kansas": outside.filter(pl.col("place").str.contains(r"\bKansas$")).height,
        "largest_magnitude": str(largest[0]) if len(largest) else "",
    }


def _quarantine(rows: list[tuple[str, str, int, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=tables.QUARANTINE_SCHEMA, orient="row")
