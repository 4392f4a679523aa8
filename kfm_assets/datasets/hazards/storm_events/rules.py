"""The quality rules of hazards/storm_events, each with its reason, and the words that columns may hold. Plain data."""

from __future__ import annotations

from kfm_assets.domain.dataset import Rule

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

_KANSAS = {"lon": {"min_value": "-102.12", "max_value": "-94.52"}, "lat": {"min_value": "36.94", "max_value": "40.06"}}
"""The state's bounding box (102.05° W to 94.59° W, 37° N to 40° N) and the 5 km that a point may lie outside."""

DETAILS_RULES = (
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
)

FATALITIES_RULES = (
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
)
