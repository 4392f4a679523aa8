"""The details wire: which rows are in Kansas, which are held back and why, and what the others become."""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.hazards.storm_events import fields
from kfm_assets.datasets.hazards.storm_events.parser import DETAILS_HEADER

RULE = "rule"
OUTSIDE = "outside_kansas"

_KANSAS, _KANSAS_FIPS = "KANSAS", 20
_IDS = ("EVENT_ID", "EPISODE_ID")
_SAME = ("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME", "EVENT_TYPE", "CZ_FIPS", "BEGIN_LAT", "BEGIN_LON", "MAGNITUDE")
"""Fields that tell most events apart: only rows that share them all are compared in full."""

_WINDS = tuple(where + wind for where in ("", "marine ") for wind in ("thunderstorm wind", "high wind", "strong wind"))
_HAIL = ("hail", "marine hail")

_NUMBERS = {
    "episode_id": ("EPISODE_ID", fields.whole("EPISODE_ID", pl.Int64)),
    "area_code": ("CZ_FIPS", fields.whole("CZ_FIPS")),
    "injuries_direct": ("INJURIES_DIRECT", fields.whole("INJURIES_DIRECT")),
    "injuries_indirect": ("INJURIES_INDIRECT", fields.whole("INJURIES_INDIRECT")),
    "deaths_direct": ("DEATHS_DIRECT", fields.whole("DEATHS_DIRECT")),
    "deaths_indirect": ("DEATHS_INDIRECT", fields.whole("DEATHS_INDIRECT")),
    "magnitude": ("MAGNITUDE", fields.real("MAGNITUDE")),
    "length_miles": ("TOR_LENGTH", fields.real("TOR_LENGTH")),
    "width_yards": ("TOR_WIDTH", fields.real("TOR_WIDTH")),
    "begin_range_miles": ("BEGIN_RANGE", fields.real("BEGIN_RANGE")),
    "end_range_miles": ("END_RANGE", fields.real("END_RANGE")),
    "begin_lon": ("BEGIN_LON", fields.real("BEGIN_LON", -180, 180)),
    "begin_lat": ("BEGIN_LAT", fields.real("BEGIN_LAT", -90, 90)),
    "end_lon": ("END_LON", fields.real("END_LON", -180, 180)),
    "end_lat": ("END_LAT", fields.real("END_LAT", -90, 90)),
}
"""Column -> the field it is read from, and how."""

_TEXTS = {
    "area_name": "CZ_NAME",
    "forecast_office": "WFO",
    "source": "SOURCE",
    "flood_cause": "FLOOD_CAUSE",
    "begin_azimuth": "BEGIN_AZIMUTH",
    "begin_location": "BEGIN_LOCATION",
    "end_azimuth": "END_AZIMUTH",
    "end_location": "END_LOCATION",
    "tornado_other_office": "TOR_OTHER_WFO",
    "tornado_other_state": "TOR_OTHER_CZ_STATE",
    "tornado_other_code": "TOR_OTHER_CZ_FIPS",
    "tornado_other_name": "TOR_OTHER_CZ_NAME",
    "episode_narrative": "EPISODE_NARRATIVE",
    "event_narrative": "EVENT_NARRATIVE",
    "data_source": "DATA_SOURCE",
}
"""Column -> the field whose text it is."""


def judged(partition: str, rows: pl.DataFrame, counties: pl.Series) -> pl.DataFrame:
    """Add to each wire row what its fields mean, and under `rule` what keeps it out of the table, null where nothing.

    A row has one rule: the first that applies, in the order in which the specification lists them. `counties` are the
    codes of the counties of Kansas.
    """
    read = rows.with_columns(
        fields.whole("EVENT_ID", pl.Int64).alias("event_id"),
        *(value.alias(name) for name, (_, value) in _NUMBERS.items()),
        fields.dollars("DAMAGE_PROPERTY").alias("damage_property_usd"),
        fields.dollars("DAMAGE_CROPS").alias("damage_crops_usd"),
        fields.clock("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME").alias("begin_local"),
        fields.clock("END_YEARMONTH", "END_DAY", "END_TIME").alias("end_local"),
        fields.offset_hours("CZ_TIMEZONE").alias("utc_offset_hours"),
    )
    return _repeats_held(read.with_columns(_rule(partition, counties).alias(RULE)))


def table(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the table's columns, but for those that depend on where the begin point lies, of rows under no rule."""
    kind = pl.col("EVENT_TYPE").str.to_lowercase()
    wind, tornado = kind.is_in(_WINDS), kind == "tornado"
    offset = pl.duration(hours=pl.col("utc_offset_hours"))
    kept = judged.lazy().filter(pl.col(RULE).is_null())
    return kept.select(
        "event_id",
        "episode_id",
        *(name for name in _NUMBERS if name.startswith(("injuries", "deaths", "area", "begin_l", "end_l"))),
        *(fields.text(field).alias(name) for name, field in _TEXTS.items()),
        "damage_property_usd",
        "damage_crops_usd",
        "utc_offset_hours",
        pl.col("EVENT_TYPE").alias("event_type"),
        (pl.col("begin_local") - offset).dt.replace_time_zone("UTC").alias("begin_utc"),
        (pl.col("end_local") - offset).dt.replace_time_zone("UTC").alias("end_utc"),
        pl.col("CZ_TIMEZONE").alias("time_zone"),
        fields.time_zone_reading("CZ_TIMEZONE").alias("time_zone_reading"),
        pl.col("CZ_TYPE").alias("area_type"),
        pl.when((pl.col("CZ_TYPE") == "C") & (pl.col("area_code") > 0)).then("area_code").alias("county_fips"),
        fields.positive(_only(wind, "magnitude"), fields.M_S_PER_KNOT).alias("wind_speed_m_s"),
        pl.when(wind).then(fields.text("MAGNITUDE_TYPE")).alias("wind_speed_type"),
        fields.positive(_only(kind.is_in(_HAIL), "magnitude"), fields.MM_PER_INCH).alias("hail_size_mm"),
        pl.when(tornado).then(fields.text("TOR_F_SCALE")).alias("tornado_f_scale"),
        fields.positive(_only(tornado, "length_miles"), fields.METRES_PER_MILE).alias("tornado_length_m"),
        fields.positive(_only(tornado, "width_yards"), fields.METRES_PER_YARD).alias("tornado_width_m"),
        *((pl.col(f"{end}_range_miles") * fields.METRES_PER_MILE).alias(f"{end}_range_m") for end in ("begin", "end")),
    ).collect()


def _only(where: pl.Expr, name: str) -> pl.Expr:
    return pl.when(where).then(pl.col(name))


def _rule(partition: str, counties: pl.Series) -> pl.Expr:
    numbers = [fields.unreadable(field, pl.col(name)) for name, (field, _) in _NUMBERS.items()]
    amounts = [~fields.is_amount(name) for name in ("DAMAGE_PROPERTY", "DAMAGE_CROPS")]
    end_given = pl.any_horizontal(pl.col(name) != "" for name in ("END_YEARMONTH", "END_DAY", "END_TIME"))
    county = (pl.col("CZ_TYPE") == "C") & (pl.col("area_code") != 0)
    code = fields.whole("STATE_FIPS")
    named, coded = pl.col("STATE").str.to_uppercase() == _KANSAS, (code == _KANSAS_FIPS).fill_null(value=False)
    return (
        pl.when(code.is_not_null() & (pl.col("STATE") != "") & ~named & ~coded)
        .then(pl.lit(OUTSIDE))
        .when(~(named & coded))
        .then(pl.lit("state_unclear"))
        .when(pl.col("BEGIN_YEARMONTH").str.slice(0, 4) != partition)
        .then(pl.lit("other_year"))
        .when(pl.col("event_id").is_null())
        .then(pl.lit("id_unreadable"))
        .when(~pl.col("event_id").is_first_distinct())
        .then(pl.lit("id_repeated"))
        .when(pl.col("EVENT_TYPE").str.strip_chars() == "")
        .then(pl.lit("type_missing"))
        .when(pl.any_horizontal(*numbers, *amounts))
        .then(pl.lit("number_unreadable"))
        .when(pl.col("begin_local").is_null() | (end_given & pl.col("end_local").is_null()))
        .then(pl.lit("time_unreadable"))
        .when(pl.col("utc_offset_hours").is_null())
        .then(pl.lit("time_zone_unknown"))
        .when(
            pl.col("area_code").is_null()
            | ~pl.col("CZ_TYPE").is_in(["C", "Z", "M"])
            | (county & ~pl.col("area_code").is_in(counties.implode()))
        )
        .then(pl.lit("county_unknown"))
        .when(pl.col("end_local") < pl.col("begin_local"))
        .then(pl.lit("ends_before_it_begins"))
    )


def _repeats_held(rows: pl.DataFrame) -> pl.DataFrame:
    """Hold back each row that says what one of a lower EVENT_ID says in every field but the ids."""
    everything = [name for name in DETAILS_HEADER if name not in _IDS]
    narrow = (
        rows.lazy().with_row_index("_row").filter(pl.col(RULE).is_null()).select("_row", "event_id", *_SAME).collect()
    )
    suspects = narrow.filter(pl.struct(_SAME).is_duplicated()).sort("event_id")["_row"]
    later = suspects.filter(~rows[suspects].select(pl.struct(everything).is_first_distinct()).to_series())
    return rows.with_columns(rows[RULE].scatter(later, "repeated"))
