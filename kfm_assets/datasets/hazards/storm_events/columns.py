"""The tables of hazards/storm_events: columns with their units and sources, and keys. Their rules stand in `rules`.

Upstream field names in capitals are those of NCEI's format description,
https://www.ncei.noaa.gov/pub/data/swdi/stormevents/csvfiles/Storm-Data-Bulk-csv-Format.pdf
"""

from __future__ import annotations

from kfm_assets.datasets.hazards.storm_events.rules import DETAILS_RULES, FATALITIES_RULES
from kfm_assets.domain.dataset import Column, Table

_COUNTY, _OUTLINES = "geography/counties.county_fips", "geography/counties.geometry"


def _sent(*fields: str, wire: str = "details") -> tuple[str, ...]:
    """Name fields of a wire as sources."""
    return tuple(f"{wire}.{field}" for field in fields)


def _died(*fields: str) -> tuple[str, ...]:
    return _sent(*fields, wire="fatalities")


def _text(name: str, description: str, *fields: str, nullable: bool = True) -> Column:
    return Column(name, "string", description, nullable=nullable, sources=_sent(*fields))


def _number(name: str, description: str, unit: str, *fields: str) -> Column:
    return Column(name, "float64", description, nullable=True, unit=unit, sources=_sent(*fields))


def _people(name: str, description: str, field: str) -> Column:
    return Column(name, "int32", description, nullable=True, unit="people", sources=_sent(field))


_BEGIN_POINT = (*_sent("BEGIN_LON", "BEGIN_LAT"), _OUTLINES)
"""What a begin point is made from: where it lies decides whether its coordinates stay."""

_WHEN_AND_WHERE = (
    Column(
        "event_id",
        "int64",
        "EVENT_ID, given by NWS; one number for one event in one county or zone",
        sources=_sent("EVENT_ID"),
    ),
    Column(
        "episode_id",
        "int64",
        "EPISODE_ID: the storm that the event was a part of",
        nullable=True,
        sources=_sent("EPISODE_ID"),
    ),
    _text("event_type", "EVENT_TYPE as sent", "EVENT_TYPE", nullable=False),
    Column(
        "begin_utc",
        "timestamp",
        "When the event began: BEGIN_YEARMONTH, BEGIN_DAY and BEGIN_TIME, less the offset",
        sources=_sent("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME", "CZ_TIMEZONE"),
    ),
    Column(
        "end_utc",
        "timestamp",
        "When it ended; null where no end is given",
        nullable=True,
        sources=_sent("END_YEARMONTH", "END_DAY", "END_TIME", "CZ_TIMEZONE"),
    ),
    _text("time_zone", "CZ_TIMEZONE as sent", "CZ_TIMEZONE", nullable=False),
    Column(
        "utc_offset_hours",
        "int32",
        "The offset from UTC that the times were read with",
        unit="h",
        sources=_sent("CZ_TIMEZONE"),
    ),
    _text(
        "time_zone_reading",
        "standard: Central or Mountain Standard Time; as_labelled: another zone or daylight time, read as it is "
        "labelled; corrected: a Pacific label, which Kansas has no part in, read as Central Standard Time",
        "CZ_TIMEZONE",
        nullable=False,
    ),
    _text("area_type", "CZ_TYPE: C a county, Z a forecast zone, M a marine zone", "CZ_TYPE", nullable=False),
    Column(
        "area_code",
        "int32",
        "CZ_FIPS as sent: the county's or the zone's number, 0 where there is none",
        sources=_sent("CZ_FIPS"),
    ),
    _text("area_name", "CZ_NAME as sent", "CZ_NAME"),
    Column(
        "county_fips",
        "int32",
        "The county (CZ_FIPS of a C row); null for zones and for code 0",
        nullable=True,
        sources=_sent("CZ_TYPE", "CZ_FIPS"),
    ),
    _text("forecast_office", "WFO: the NWS office that reported", "WFO"),
)

_CONSEQUENCES = (
    _people("injuries_direct", "INJURIES_DIRECT; null where blank", "INJURIES_DIRECT"),
    _people("injuries_indirect", "INJURIES_INDIRECT; null where blank", "INJURIES_INDIRECT"),
    _people("deaths_direct", "DEATHS_DIRECT; null where blank", "DEATHS_DIRECT"),
    _people("deaths_indirect", "DEATHS_INDIRECT; null where blank", "DEATHS_INDIRECT"),
    _number(
        "damage_property_usd", "DAMAGE_PROPERTY in dollars of that time; null where blank", "USD", "DAMAGE_PROPERTY"
    ),
    _number("damage_crops_usd", "DAMAGE_CROPS in dollars of that time; null where blank", "USD", "DAMAGE_CROPS"),
    _text("source", "SOURCE: who reported", "SOURCE"),
)

_MEASURES = (
    _number(
        "wind_speed_m_s",
        "MAGNITUDE of a wind event, sent in knots; null where blank or 0 (not known)",
        "m s-1",
        *("MAGNITUDE", "EVENT_TYPE"),
    ),
    _text(
        "wind_speed_type",
        "MAGNITUDE_TYPE: EG, ES an estimated gust or sustained wind, MG, MS a measured one",
        *("MAGNITUDE_TYPE", "EVENT_TYPE"),
    ),
    _number(
        "hail_size_mm",
        "MAGNITUDE of a hail event, sent in inches; null where blank or 0 (not known)",
        "mm",
        *("MAGNITUDE", "EVENT_TYPE"),
    ),
    _text("flood_cause", "FLOOD_CAUSE as sent", "FLOOD_CAUSE"),
    _text(
        "tornado_f_scale",
        "TOR_F_SCALE as sent: F until January 2007, EF since; null where not rated",
        *("TOR_F_SCALE", "EVENT_TYPE"),
    ),
    _number(
        "tornado_length_m",
        "TOR_LENGTH of a tornado, sent in miles; null where blank or 0 (not known)",
        "m",
        *("TOR_LENGTH", "EVENT_TYPE"),
    ),
    _number(
        "tornado_width_m",
        "TOR_WIDTH of a tornado, sent in yards; null where blank or 0 (not known)",
        "m",
        *("TOR_WIDTH", "EVENT_TYPE"),
    ),
    _text("tornado_other_office", "TOR_OTHER_WFO: the office into whose area the tornado went on", "TOR_OTHER_WFO"),
    _text("tornado_other_state", "TOR_OTHER_CZ_STATE: the state in which it went on", "TOR_OTHER_CZ_STATE"),
    _text("tornado_other_code", "TOR_OTHER_CZ_FIPS: the code of the county in which it went on", "TOR_OTHER_CZ_FIPS"),
    _text("tornado_other_name", "TOR_OTHER_CZ_NAME: the name of the county in which it went on", "TOR_OTHER_CZ_NAME"),
)

_PLACES = (
    _number("begin_range_m", "BEGIN_RANGE: distance from begin_location, sent in miles", "m", "BEGIN_RANGE"),
    _text("begin_azimuth", "BEGIN_AZIMUTH: direction from begin_location, 16 points", "BEGIN_AZIMUTH"),
    _text("begin_location", "BEGIN_LOCATION: the named place near which it began", "BEGIN_LOCATION"),
    _number("end_range_m", "END_RANGE: distance from end_location, sent in miles", "m", "END_RANGE"),
    _text("end_azimuth", "END_AZIMUTH: direction from end_location, 16 points", "END_AZIMUTH"),
    _text("end_location", "END_LOCATION: the named place near which it ended", "END_LOCATION"),
    Column(
        "begin_lon",
        "float64",
        "BEGIN_LON; null where begin_point is none or outside",
        nullable=True,
        unit="degree",
        sources=_BEGIN_POINT,
    ),
    Column(
        "begin_lat",
        "float64",
        "BEGIN_LAT; null where begin_point is none or outside",
        nullable=True,
        unit="degree",
        sources=_BEGIN_POINT,
    ),
    Column(
        "begin_point",
        "string",
        "Where the point sent lies: inside the county (or, without a county, inside Kansas); in an other_county; near: "
        "outside Kansas by at most 5 km; outside by more, and therefore cleared; none was sent",
        sources=(*_BEGIN_POINT, *_sent("CZ_TYPE", "CZ_FIPS"), _COUNTY),
    ),
    Column(
        "begin_outside_km",
        "float64",
        "How far outside Kansas the point sent lies; 0 inside; null where none was sent",
        nullable=True,
        unit="km",
        sources=_BEGIN_POINT,
    ),
    _number("end_lon", "END_LON as sent", "degree", "END_LON"),
    _number("end_lat", "END_LAT as sent", "degree", "END_LAT"),
)

_WORDS = (
    _text("episode_narrative", "EPISODE_NARRATIVE as sent", "EPISODE_NARRATIVE"),
    _text("event_narrative", "EVENT_NARRATIVE as sent", "EVENT_NARRATIVE"),
    _text("data_source", "DATA_SOURCE: how the record came into the database", "DATA_SOURCE"),
    Column(
        "geometry",
        "geometry",
        "begin_lon and begin_lat as a WKB point in OGC:CRS84",
        nullable=True,
        sources=_BEGIN_POINT,
    ),
)

DETAILS = Table(
    name="details",
    description="One row for each event in a county or forecast zone of Kansas",
    columns=(*_WHEN_AND_WHERE, *_CONSEQUENCES, *_MEASURES, *_PLACES, *_WORDS),
    key=("event_id",),
    time_column="begin_utc",
    end_column="end_utc",
    geometry_column="geometry",
    rules=DETAILS_RULES,
)

FATALITIES = Table(
    name="fatalities",
    description="One row for each person killed by an event of the table details",
    columns=(
        Column("fatality_id", "int64", "FATALITY_ID, given by NWS", sources=_died("FATALITY_ID")),
        Column("event_id", "int64", "The event, in the table details", sources=_died("EVENT_ID")),
        Column("fatality_type", "string", "FATALITY_TYPE: D direct, I indirect", True, sources=_died("FATALITY_TYPE")),
        Column(
            "died_utc",
            "timestamp",
            "FAT_YEARMONTH, FAT_DAY and FAT_TIME, less the event's offset",
            nullable=True,
            sources=(
                *_died("FAT_YEARMONTH", "FAT_DAY", "FAT_TIME", "EVENT_ID"),
                # The event's clock is found by its number.
                *_sent("EVENT_ID", "CZ_TIMEZONE"),
            ),
        ),
        Column("age_years", "int32", "FATALITY_AGE; null where blank", True, "a", _died("FATALITY_AGE")),
        Column("sex", "string", "FATALITY_SEX as sent: M, F", True, sources=_died("FATALITY_SEX")),
        Column(
            "location", "string", "FATALITY_LOCATION: where the person was", True, sources=_died("FATALITY_LOCATION")
        ),
    ),
    key=("fatality_id",),
    time_column="died_utc",
    rules=FATALITIES_RULES,
)
