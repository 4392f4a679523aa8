"""The tables of hazards/storm_events: columns with their units, keys, quality rules. Plain data, no code.

Upstream field names in capitals are those of NCEI's format description,
https://www.ncei.noaa.gov/pub/data/swdi/stormevents/csvfiles/Storm-Data-Bulk-csv-Format.pdf
"""

from __future__ import annotations

from kfm_assets.domain.dataset import Column, Rule, Table

EVENT_TYPES = (
    *("Astronomical Low Tide", "Avalanche", "Blizzard", "Coastal Flood", "Cold/Wind Chill", "Debris Flow", "Dense Fog"),
    *("Dense Smoke", "Drought", "Dust Devil", "Dust Storm", "Excessive Heat", "Extreme Cold/Wind Chill", "Flash Flood"),
    *("Flood", "Freezing Fog", "Frost/Freeze", "Funnel Cloud", "Hail", "Heat", "Heavy Rain", "Heavy Snow", "High Surf"),
    *("High Wind", "Hurricane", "Hurricane (Typhoon)", "Ice Storm", "Lake-Effect Snow", "Lakeshore Flood", "Lightning"),
    *("Rip Current", "Seiche", "Sleet", "Sneakerwave", "Storm Surge/Tide", "Strong Wind", "Thunderstorm Wind"),
    *("Tornado", "Tropical Depression", "Tropical Storm", "Tsunami", "Volcanic Ash", "Volcanic Ashfall", "Waterspout"),
    *("Wildfire", "Winter Storm", "Winter Weather"),
)
"""Table 1 of NWS Instruction 10-1605 (https://www.weather.gov/directives/), without the marine types."""

F_SCALES = ("F0", "F1", "F2", "F3", "F4", "F5", "FU", "EF0", "EF1", "EF2", "EF3", "EF4", "EF5", "EFU")

BEGIN_POINTS = ("inside", "other_county", "near", "outside", "none")
TIME_ZONE_READINGS = ("standard", "as_labelled", "corrected")


def _text(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "string", description, nullable=nullable)


def _number(name: str, description: str, unit: str) -> Column:
    return Column(name, "float64", description, nullable=True, unit=unit)


def _people(name: str, description: str) -> Column:
    return Column(name, "int32", description, nullable=True, unit="people")


_WHEN_AND_WHERE = (
    Column("event_id", "int64", "EVENT_ID, given by NWS; one number for one event in one county or zone"),
    Column("episode_id", "int64", "EPISODE_ID: the storm that the event was a part of", nullable=True),
    _text("event_type", "EVENT_TYPE as sent", nullable=False),
    Column(
        "begin_utc", "timestamp", "When the event began: BEGIN_YEARMONTH, BEGIN_DAY and BEGIN_TIME, less the offset"
    ),
    Column("end_utc", "timestamp", "When it ended; null where no end is given", nullable=True),
    _text("time_zone", "CZ_TIMEZONE as sent", nullable=False),
    Column("utc_offset_hours", "int32", "The offset from UTC that the times were read with", unit="h"),
    _text(
        "time_zone_reading",
        "standard: Central or Mountain Standard Time; as_labelled: another zone or daylight time, read as it is "
        "labelled; corrected: a Pacific label, which Kansas has no part in, read as Central Standard Time",
        nullable=False,
    ),
    _text("area_type", "CZ_TYPE: C a county, Z a forecast zone, M a marine zone", nullable=False),
    Column("area_code", "int32", "CZ_FIPS as sent: the county's or the zone's number, 0 where there is none"),
    _text("area_name", "CZ_NAME as sent"),
    Column("county_fips", "int32", "The county (CZ_FIPS of a C row); null for zones and for code 0", nullable=True),
    _text("forecast_office", "WFO: the NWS office that reported"),
)

_CONSEQUENCES = (
    _people("injuries_direct", "INJURIES_DIRECT; null where blank"),
    _people("injuries_indirect", "INJURIES_INDIRECT; null where blank"),
    _people("deaths_direct", "DEATHS_DIRECT; null where blank"),
    _people("deaths_indirect", "DEATHS_INDIRECT; null where blank"),
    _number("damage_property_usd", "DAMAGE_PROPERTY in dollars of that time; null where blank", "USD"),
    _number("damage_crops_usd", "DAMAGE_CROPS in dollars of that time; null where blank", "USD"),
    _text("source", "SOURCE: who reported"),
)

_MEASURES = (
    _number("wind_speed_m_s", "MAGNITUDE of a wind event, sent in knots; null where blank or 0 (not known)", "m s-1"),
    _text("wind_speed_type", "MAGNITUDE_TYPE: EG, ES an estimated gust or sustained wind, MG, MS a measured one"),
    _number("hail_size_mm", "MAGNITUDE of a hail event, sent in inches; null where blank or 0 (not known)", "mm"),
    _text("flood_cause", "FLOOD_CAUSE as sent"),
    _text("tornado_f_scale", "TOR_F_SCALE as sent: F until January 2007, EF since; null where not rated"),
    _number("tornado_length_m", "TOR_LENGTH of a tornado, sent in miles; null where blank or 0 (not known)", "m"),
    _number("tornado_width_m", "TOR_WIDTH of a tornado, sent in yards; null where blank or 0 (not known)", "m"),
    _text("tornado_other_office", "TOR_OTHER_WFO: the office into whose area the tornado went on"),
    _text("tornado_other_state", "TOR_OTHER_CZ_STATE: the state in which it went on"),
    _text("tornado_other_code", "TOR_OTHER_CZ_FIPS: the code of the county in which it went on"),
    _text("tornado_other_name", "TOR_OTHER_CZ_NAME: the name of the county in which it went on"),
)

_PLACES = (
    _number("begin_range_m", "BEGIN_RANGE: distance from begin_location, sent in miles", "m"),
    _text("begin_azimuth", "BEGIN_AZIMUTH: direction from begin_location, 16 points"),
    _text("begin_location", "BEGIN_LOCATION: the named place near which it began"),
    _number("end_range_m", "END_RANGE: distance from end_location, sent in miles", "m"),
    _text("end_azimuth", "END_AZIMUTH: direction from end_location, 16 points"),
    _text("end_location", "END_LOCATION: the named place near which it ended"),
    _number("begin_lon", "BEGIN_LON; null where begin_point is none or outside", "degree"),
    _number("begin_lat", "BEGIN_LAT; null where begin_point is none or outside", "degree"),
    _text(
        "begin_point",
        "Where the point sent lies: inside the county (or, without a county, inside Kansas); in an other_county; near: "
        "outside Kansas by at most 5 km; outside by more, and therefore cleared; none was sent",
        nullable=False,
    ),
    _number("begin_outside_km", "How far outside Kansas the point sent lies; 0 inside; null where none was sent", "km"),
    _number("end_lon", "END_LON as sent", "degree"),
    _number("end_lat", "END_LAT as sent", "degree"),
)

_WORDS = (
    _text("episode_narrative", "EPISODE_NARRATIVE as sent"),
    _text("event_narrative", "EVENT_NARRATIVE as sent"),
    _text("data_source", "DATA_SOURCE: how the record came into the database"),
    Column("geometry", "geometry", "begin_lon and begin_lat as a WKB point in OGC:CRS84", nullable=True),
)

_KANSAS = {"lon": {"min_value": "-102.12", "max_value": "-94.52"}, "lat": {"min_value": "36.94", "max_value": "40.06"}}
"""The state's bounding box (102.05° W to 94.59° W, 37° N to 40° N) and the 5 km that a point may lie outside."""

DETAILS = Table(
    name="details",
    description="One row for each event in a county or forecast zone of Kansas",
    columns=(*_WHEN_AND_WHERE, *_CONSEQUENCES, *_MEASURES, *_PLACES, *_WORDS),
    key=("event_id",),
    time_column="begin_utc",
    geometry_column="geometry",
    rules=(
        Rule("event_id_is_unique", "unique", ("event_id",), "an event is recorded once"),
        Rule("ends_after_begin", "not_after", ("begin_utc", "end_utc"), "nothing ends before it begins"),
        Rule(
            "event_type_is_known",
            "isin",
            ("event_type",),
            "NWS Instruction 10-1605 lists the types; some years hold free text",
            {"allowed_values": EVENT_TYPES},
            most="2",
        ),
        Rule(
            "time_zone_reading_is_known",
            "isin",
            ("time_zone_reading",),
            "a reading that is not documented cannot be relied on",
            {"allowed_values": TIME_ZONE_READINGS},
        ),
        Rule(
            "utc_offset_is_american",
            "in_range",
            ("utc_offset_hours",),
            "Kansas keeps Central and Mountain time; labels reach from Mountain Standard Time to UTC",
            {"min_value": -7, "max_value": 0},
        ),
        Rule(
            "people_are_counted",
            "greater_than_or_equal_to",
            ("injuries_direct", "injuries_indirect", "deaths_direct", "deaths_indirect"),
            "people are counted from 0",
            {"min_value": 0},
        ),
        Rule(
            "damage_is_plausible",
            "in_range",
            ("damage_property_usd", "damage_crops_usd"),
            "the costliest single events on record stay below 100 billion dollars",
            {"min_value": 0, "max_value": 100_000_000_000},
        ),
        Rule(
            "wind_speed_is_plausible",
            "in_range",
            ("wind_speed_m_s",),
            "the strongest gust measured at a surface station is 113 m/s (Barrow Island, 1996, WMO archive)",
            {"min_value": 0, "max_value": 113},
            most="0.1",
        ),
        Rule(
            "hail_size_is_plausible",
            "in_range",
            ("hail_size_mm",),
            "the largest hailstone measured in the United States had 203 mm (Vivian, South Dakota, 2010)",
            {"min_value": 0, "max_value": 204},
            most="0.1",
        ),
        Rule(
            "f_scale_is_known",
            "isin",
            ("tornado_f_scale",),
            "Fujita's scale, then the Enhanced one, from 0 to 5; U where no rating was possible",
            {"allowed_values": F_SCALES},
            most="0.1",
        ),
        Rule(
            "tornado_length_is_plausible",
            "in_range",
            ("tornado_length_m",),
            "the longest path on record has 352 km (Tri-State Tornado, 1925)",
            {"min_value": 0, "max_value": 353_000},
            most="0.1",
        ),
        Rule(
            "tornado_width_is_plausible",
            "in_range",
            ("tornado_width_m",),
            "the widest tornado on record had 4.2 km (El Reno, 2013)",
            {"min_value": 0, "max_value": 4_200},
            most="0.1",
        ),
        Rule("begin_lon_is_in_kansas", "in_range", ("begin_lon",), "others are cleared", _KANSAS["lon"]),
        Rule("begin_lat_is_in_kansas", "in_range", ("begin_lat",), "others are cleared", _KANSAS["lat"]),
        Rule(
            "begin_point_is_known",
            "isin",
            ("begin_point",),
            "a finding that is not documented cannot be relied on",
            {"allowed_values": BEGIN_POINTS},
        ),
        Rule(
            "begin_point_is_in_kansas",
            "isin",
            ("begin_point",),
            "the recorded years 1950 to 1992 have one point in a thousand further out",
            {"allowed_values": tuple(place for place in BEGIN_POINTS if place != "outside")},
            most="5",
        ),
    ),
)

FATALITIES = Table(
    name="fatalities",
    description="One row for each person killed by an event of the table details",
    columns=(
        Column("fatality_id", "int64", "FATALITY_ID, given by NWS"),
        Column("event_id", "int64", "The event, in the table details"),
        _text("fatality_type", "FATALITY_TYPE: D direct, I indirect"),
        Column("died_utc", "timestamp", "FAT_YEARMONTH, FAT_DAY and FAT_TIME, less the event's offset", nullable=True),
        Column("age_years", "int32", "FATALITY_AGE; null where blank", nullable=True, unit="a"),
        _text("sex", "FATALITY_SEX as sent: M, F"),
        _text("location", "FATALITY_LOCATION: where the person was"),
    ),
    key=("fatality_id",),
    time_column="died_utc",
    rules=(
        Rule("fatality_id_is_unique", "unique", ("fatality_id",), "nobody dies twice"),
        Rule("event_exists", "references", ("event_id",), "a death belongs to an event", {"to": ("event_id",)}),
        Rule("type_is_known", "isin", ("fatality_type",), "direct or indirect", {"allowed_values": ("D", "I")}),
        Rule(
            "age_is_plausible",
            "in_range",
            ("age_years",),
            "the oldest person on record reached 122",
            {"min_value": 0, "max_value": 122},
        ),
        Rule("sex_is_known", "isin", ("sex",), "as the format description has it", {"allowed_values": ("M", "F")}, "5"),
    ),
)
