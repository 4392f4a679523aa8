"""What hazards/storm_events is: plain data, no code."""

from __future__ import annotations

from kfm_assets.datasets.hazards.storm_events.columns import DETAILS, FATALITIES
from kfm_assets.datasets.hazards.storm_events.drift import WATCHED
from kfm_assets.domain.dataset import Dataset, Endpoint, Feed, Grain, Kind, Partitions, Upstream, Witness

DETAILS_WIRE, FATALITIES_WIRE = "details", "fatalities"

COUNTIES = "geography/counties"

_FILES = "https://www.ncei.noaa.gov/pub/data/swdi/stormevents/csvfiles/"

_TERMS = """\
Storm Data is an official publication of the National Oceanic and Atmospheric Administration. Works of the United States
Government are in the public domain within the United States (17 U.S.C. 105), and NOAA asks to be credited. Storm Data
comes from many sources, among them the public; the National Weather Service gives its best effort and does not
guarantee accuracy or validity. Changes to what the upstream published must be made known: here the table of defects in
the dataset's documentation and the flag columns do that."""


def _feed(wire: str, *, required: bool) -> Feed:
    name = (
        rf"StormEvents_{wire}-ftp_v(?P<version>\d+\.\d+)_d(?P<partition>(?:19|20)\d{{2}})_c(?P<vintage>\d{{8}})\.csv$"
    )
    return Feed(wire=wire, file_name=name, endpoint=Endpoint("listing", _FILES), required=required)


_WITNESS = Witness(
    name="spc",
    upstream=Upstream(
        publisher="NOAA Storm Prediction Center",
        title="Tornadoes since 1950, initial points (SVRGIS)",
        homepage="https://www.spc.noaa.gov/gis/svrgis/",
        terms="A work of the United States Government, in the public domain within the United States (17 U.S.C. 105).",
        terms_url="https://www.weather.gov/disclaimer",
        feeds=(
            Feed(
                wire="torn-initpoint",
                file_name=r"(?:^|/)(?:[^/]+_)?\d{4}-(?P<vintage>\d{4})-torn-initpoint\.(?:shp|shx|dbf|zip)$",
                endpoint=Endpoint("file", "https://www.spc.noaa.gov/gis/svrgis/zipped/1950-2024-torn-initpoint.zip"),
                required=False,
            ),
        ),
        credit="NOAA Storm Prediction Center",
    ),
    agreement="80",
)
"""It keeps the same reports in a file of its own, one row for each tornado and not for each county."""

SPECIFICATION = Dataset(
    key="hazards/storm_events",
    title="Storm events in Kansas",
    description=(
        "Tornadoes, hail, wind, floods and other weather in Kansas that killed, injured or damaged, or was rare enough "
        "to be recorded: when and where, how strong, with what consequences. From 1950 (tornadoes) and 1955 (hail and "
        "thunderstorm wind); all types since 1996."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, first="1950", timezone="America/Chicago"),
    unit="county",
    unit_column="county_fips",
    tables=(DETAILS, FATALITIES),
    licence="LicenseRef-US-Public-Domain",
    policy_label="public",
    upstream=Upstream(
        publisher="NOAA National Centers for Environmental Information",
        title="Storm Events Database, bulk CSV",
        homepage="https://www.ncei.noaa.gov/stormevents/",
        terms=_TERMS,
        terms_url="https://www.ncei.noaa.gov/stormevents/faq.jsp",
        feeds=(_feed(DETAILS_WIRE, required=True), _feed(FATALITIES_WIRE, required=False)),
        credit="NOAA National Centers for Environmental Information and National Weather Service",
    ),
    quarantine={
        "undated": "BEGIN_YEARMONTH (EVENT_YEARMONTH of a fatality) is not a year and a month",
        "state_unclear": "one of STATE and STATE_FIPS says Kansas and the other does not, or neither can be read",
        "other_year": "the row's year is not that of its file",
        "id_unreadable": "EVENT_ID or FATALITY_ID is not a number",
        "id_repeated": "an earlier row has this EVENT_ID or FATALITY_ID",
        "type_missing": "EVENT_TYPE is blank",
        "number_unreadable": "a field that holds a number holds something else, or one that cannot be (below zero, "
        "a latitude beyond 90 degrees)",
        "time_unreadable": "a day or a time does not exist, or only a part of the end is given",
        "time_zone_unknown": "CZ_TIMEZONE is blank, or no zone that is known",
        "county_unknown": "CZ_TYPE is none of C, Z and M, or the row names a county that Kansas does not have",
        "ends_before_it_begins": "the end comes before the beginning",
        "repeated": "another row, of a lower EVENT_ID, says the same in every field but the ids",
        "event_unknown": "no row of the year's details has the fatality's EVENT_ID",
        "event_held_back": "the fatality's event is itself in quarantine",
    },
    scope={"outside_kansas": "the event (or the fatality's event) is in another state"},
    requires=(COUNTIES,),
    witness=_WITNESS,
    drift=WATCHED,
    owners=("team:hazards",),
    tags=("hazards", "storms", "tornado", "hail", "wind", "kansas", "ncei"),
)
