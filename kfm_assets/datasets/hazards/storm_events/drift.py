"""What is watched for drift in hazards/storm_events, and the changes of practice that are known: plain data, no code.

How NCEI describes its own record is at https://www.ncei.noaa.gov/stormevents/details.jsp.
"""

from __future__ import annotations

from kfm_assets.domain.drift import ROWS, Drift, DriftColumn, Part, Practice, Scale

_DETAILS = "https://www.ncei.noaa.gov/stormevents/details.jsp"

_SPC_DATABASE = "https://www.spc.noaa.gov/publications/schaefer/database.htm"

_TORNADO, _WIND, _HAIL = (("event_type", name) for name in ("Tornado", "Thunderstorm Wind", "Hail"))

_COLUMNS = (
    DriftColumn(
        "event_type",
        Scale.CATEGORICAL,
        "a type that was never reported, or one that falls away, is another way of reporting, or of reading it",
    ),
    DriftColumn(
        "damage_property_usd",
        Scale.CONTINUOUS,
        "whether there was any, and whether that is known: blanks that were zeros",
        zero=True,
    ),
    DriftColumn(
        "damage_done_usd",
        Scale.CONTINUOUS,
        "the amounts where there are any: another unit, or another way of estimating, moves them all",
        column="damage_property_usd",
        positive=True,
    ),
    DriftColumn(
        "wind_speed_m_s",
        Scale.CONTINUOUS,
        "knots that are read as metres per second, and speeds that are no longer given",
        only=_WIND,
    ),
    DriftColumn(
        "hail_size_mm", Scale.CONTINUOUS, "inches or hundredths of them that are read as something else", only=_HAIL
    ),
    DriftColumn("tornado_f_scale", Scale.CATEGORICAL, "another scale, or another way of rating", only=_TORNADO),
    DriftColumn(
        "county_fips",
        Scale.SPATIAL,
        "counties whose reports are missing, or that were matched by another list",
        at=("begin_lon", "begin_lat"),
    ),
    DriftColumn("begin_lon", Scale.CONTINUOUS, "coordinates that are swapped, or of the other sign"),
    DriftColumn("begin_lat", Scale.CONTINUOUS, "the same"),
    DriftColumn(
        "begin_hour",
        Scale.CIRCULAR,
        "a clock that is off: storms of Kansas begin in the late afternoon",
        column="begin_utc",
        part=Part.HOUR,
        period=24,
    ),
    DriftColumn(
        "begin_month",
        Scale.CIRCULAR,
        "months that are missing, or days and months that changed places",
        column="begin_utc",
        part=Part.MONTH,
        period=12,
        bins=12,
        seasonal=False,
    ),
)

_TORNADOES_ALONE = Practice(
    since="1955",
    columns=(
        "event_type",
        "damage_property_usd",
        "damage_done_usd",
        "county_fips",
        "begin_lon",
        "begin_lat",
        "begin_hour",
        "begin_month",
        ROWS,
    ),
    why=(
        "NCEI has tornadoes alone from 1950 to 1954; thunderstorm wind and hail were keyed from the publication from "
        "1955 on"
    ),
    source=_DETAILS,
)

_FROM_STORM_DATA = Practice(
    since="1972",
    columns=("hail_size_mm", "wind_speed_m_s"),
    why=(
        "until 1971 wind and hail are what the Air Force collected in real time, from 1972 on what Storm Data has "
        "(Schaefer and Edwards, 1999)"
    ),
    source=_SPC_DATABASE,
)

_RATED_AT_ONCE = Practice(
    since="1975",
    columns=("tornado_f_scale",),
    why=(
        "the National Weather Service adopted the Fujita scale in 1975; earlier tornadoes were rated years later, from "
        "newspapers, and more strongly (Brooks, 2003)"
    ),
    source="https://ams.confex.com/ams/annual2003/webprogram/Paper53119.html",
)

_SPEEDS_ESTIMATED = Practice(
    since="1990",
    columns=("wind_speed_m_s",),
    why=(
        "until 1989 one report of wind in two has no speed, and from 1990 on nearly all have one: most speeds in the "
        "record are estimates, which came to be given where damage alone had been reported (Edwards and Carbin, 2016)"
    ),
    source="https://ams.confex.com/ams/28SLS/webprogram/Paper300279.html",
)

WATCHED = Drift(
    columns=_COLUMNS,
    practices=(_TORNADOES_ALONE, _FROM_STORM_DATA, _RATED_AT_ONCE, _SPEEDS_ESTIMATED),
    utc_offset_hours=-6,
)
