"""A worked example for each defect that the docs list: what is repaired, what is held back, what is accepted."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
import shapely

from kfm_assets.datasets import tables
from kfm_assets.datasets.hazards.storm_events.columns import DETAILS
from kfm_assets_tests.datasets.geography.made import synthetic_counties
from kfm_assets_tests.datasets.hazards.storm_events.rows import death, event, held, made, made_of, written


def row(**changes: str) -> dict[str, object]:
    """Return the one row that a changed event becomes."""
    (only,) = made(event(**changes)).tables["details"].to_dicts()
    return only


def rule(**changes: str) -> str:
    """Return the one rule that holds a changed event back."""
    product = made(event(**changes))
    assert product.tables["details"].is_empty()
    (only,) = held(product)
    return only


def test_a_plain_row():
    found = row(EPISODE_ID="7", EVENT_NARRATIVE='He said "hail", then left.\nIt rained.')
    assert found["event_id"] == 10023472
    assert found["begin_utc"] == datetime(1975, 4, 24, 5, 23, tzinfo=UTC)
    assert found["end_utc"] == datetime(1975, 4, 24, 5, 30, tzinfo=UTC)
    assert (found["time_zone"], found["utc_offset_hours"], found["time_zone_reading"]) == ("CST", -6, "standard")
    assert (found["area_type"], found["area_code"], found["county_fips"], found["area_name"]) == ("C", 1, 1, "ALLEN")
    assert found["wind_speed_m_s"] == pytest.approx(40.641, abs=0.001), "79 knots"
    assert found["event_narrative"] == 'He said "hail", then left.\nIt rained.'
    assert (found["hail_size_mm"], found["tornado_width_m"], found["episode_narrative"]) == (None, None, None)
    assert (found["begin_point"], found["begin_outside_km"]) == ("inside", 0)
    assert shapely.from_wkb(found["geometry"]) == shapely.Point(-101.8, 39.8)


@pytest.mark.parametrize("year", ["1950", "1968", "1969", "2049"])
def test_the_century_comes_from_the_four_digit_year(year):
    changes = dict.fromkeys(("BEGIN_YEARMONTH", "END_YEARMONTH"), f"{year}04")
    name = f"StormEvents_details-ftp_v1.0_d{year}_c20170120.csv"

    product = made_of({name: written("details", [event(**changes)])}, year, synthetic_counties())
    assert product.tables["details"]["begin_utc"].dt.year().to_list() == [int(year)]


@pytest.mark.parametrize(
    ("label", "hours", "reading"),
    [
        ("CST", -6, "standard"),
        ("CST-6", -6, "standard"),
        ("MST", -7, "standard"),
        ("MST-7", -7, "standard"),
        ("CDT", -5, "as_labelled"),
        ("EDT", -4, "as_labelled"),
        ("EST-5", -5, "as_labelled"),
        ("PST", -6, "corrected"),
        ("PST-8", -6, "corrected"),
        ("cst", -6, "standard"),
    ],
)
def test_time_zone_labels(label, hours, reading):
    found = row(CZ_TIMEZONE=label, BEGIN_TIME="1230")
    assert (found["time_zone"], found["utc_offset_hours"], found["time_zone_reading"]) == (label, hours, reading)
    assert found["begin_utc"] == datetime(1975, 4, 23, 12 - hours, 30, tzinfo=UTC)


@pytest.mark.parametrize("label", ["", "UNK", "CST-5", "AKST-9"])
def test_a_time_zone_that_is_not_known_holds_the_row_back(label):
    assert rule(CZ_TIMEZONE=label) == "time_zone_unknown"


@pytest.mark.parametrize(
    ("text", "dollars"),
    [
        ("0", 0),
        ("0K", 0),
        ("0.00K", 0),
        (".5K", 500),
        (".03K", 30),
        ("25K", 25_000),
        ("2.5M", 2_500_000),
        ("1B", 1_000_000_000),
        ("1.1M", 1_100_000),
        ("5H", 500),
        ("3k", 3_000),
        ("", None),
        ("K", None),
    ],
)
def test_damage_in_dollars_and_unknown_is_not_zero(text, dollars):
    assert row(DAMAGE_PROPERTY=text)["damage_property_usd"] == dollars
    assert row(DAMAGE_CROPS=text)["damage_crops_usd"] == dollars


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *[("DAMAGE_PROPERTY", text) for text in ("-5K", "5T", "1,000", "5 K", "$5", "1e3", ".", "\u0665K")],
        *[("INJURIES_DIRECT", text) for text in ("-1", "1.5", "many", "99999999999")],
        *[("BEGIN_LAT", text) for text in ("91", "north", "nan", "inf")],
        ("BEGIN_LON", "-181"),
        ("MAGNITUDE", "-1"),
        ("TOR_WIDTH", "wide"),
        ("EPISODE_ID", "x"),
    ],
)
def test_what_is_no_number_where_one_belongs_holds_the_row_back(field, text):
    assert rule(**{field: text}) == "number_unreadable"


def test_magnitude_is_what_the_type_makes_of_it():
    wind, hail = (
        row(EVENT_TYPE="High Wind", MAGNITUDE="50", MAGNITUDE_TYPE="MG"),
        row(EVENT_TYPE="Hail", MAGNITUDE="1.75"),
    )
    assert (wind["wind_speed_m_s"], wind["wind_speed_type"]) == (pytest.approx(25.722, abs=0.001), "MG")
    assert (hail["hail_size_mm"], hail["wind_speed_m_s"]) == (pytest.approx(44.45), None)
    assert row(MAGNITUDE="0")["wind_speed_m_s"] is None
    assert row(EVENT_TYPE="Hail", MAGNITUDE=".00")["hail_size_mm"] is None
    assert row(EVENT_TYPE="Flood", MAGNITUDE="3")["wind_speed_m_s"] is None


def test_tornadoes_in_metres():
    found = row(EVENT_TYPE="Tornado", TOR_F_SCALE="EF3", TOR_LENGTH="2", TOR_WIDTH="100", MAGNITUDE="0")
    assert found["tornado_f_scale"] == "EF3"
    assert (found["tornado_length_m"], found["tornado_width_m"]) == (pytest.approx(3218.688), pytest.approx(91.44))
    unknown = row(EVENT_TYPE="Tornado", TOR_LENGTH="0", TOR_WIDTH="")
    assert (unknown["tornado_length_m"], unknown["tornado_width_m"], unknown["tornado_f_scale"]) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"BEGIN_DAY": "31"}, "time_unreadable"),
        ({"BEGIN_TIME": "2400"}, "time_unreadable"),
        ({"BEGIN_TIME": "1260"}, "time_unreadable"),
        ({"BEGIN_TIME": ""}, "time_unreadable"),
        ({"END_DAY": "0"}, "time_unreadable"),
        ({"END_TIME": ""}, "time_unreadable"),
        ({"END_DAY": "22"}, "ends_before_it_begins"),
        ({"EVENT_ID": ""}, "id_unreadable"),
        ({"EVENT_ID": "-1"}, "id_unreadable"),
        ({"EVENT_TYPE": " "}, "type_missing"),
        ({"CZ_FIPS": "2"}, "county_unknown"),
        ({"CZ_FIPS": ""}, "county_unknown"),
        ({"CZ_TYPE": "X"}, "county_unknown"),
        ({"STATE": "TEXAS"}, "state_unclear"),
        ({"STATE_FIPS": "29"}, "state_unclear"),
        ({"STATE_FIPS": ""}, "state_unclear"),
        ({"STATE": "", "STATE_FIPS": ""}, "state_unclear"),
        ({"BEGIN_YEARMONTH": "197404"}, "other_year"),
    ],
)
def test_rows_that_are_held_back(changes, broken):
    assert rule(**changes) == broken


def test_an_end_may_be_left_open():
    assert row(END_YEARMONTH="", END_DAY="", END_TIME="")["end_utc"] is None
    assert row(END_TIME="2323")["end_utc"] == datetime(1975, 4, 24, 5, 23, tzinfo=UTC)


def test_a_time_of_few_digits_is_past_midnight():
    assert row(BEGIN_TIME="5")["begin_utc"] == datetime(1975, 4, 23, 6, 5, tzinfo=UTC)


def test_rows_that_repeat_another_are_held_back_by_the_higher_id():
    product = made(event(EVENT_ID="30"), event(EVENT_ID="9", EPISODE_ID="1"), event(EVENT_ID="10", CZ_NAME="OTHER"))
    assert sorted(product.tables["details"]["event_id"]) == [9, 10]
    assert held(product) == {"repeated": 1}
    assert product.quarantine["source_line"].to_list() == [2]


def test_an_id_that_comes_twice_is_held_back():
    product = made(event(), event(CZ_NAME="OTHER"))
    assert held(product) == {"id_repeated": 1}
    assert product.tables["details"]["area_name"].to_list() == ["ALLEN"]


def test_of_one_id_in_two_files_the_first_by_name_is_kept():
    files = {f"{name}.csv": written("details", [event(CZ_NAME=name)]) for name in ("details_b", "details_a")}
    for order in (files, dict(reversed(files.items()))):
        product = made_of(order, "1975", synthetic_counties())
        assert product.tables["details"]["area_name"].to_list() == ["details_a"]
        assert product.quarantine["source_file"].to_list() == ["details_b.csv"]


def test_zones_and_code_0_have_no_county_and_are_kept():
    zone = row(CZ_TYPE="Z", CZ_FIPS="5", BEGIN_LAT="", BEGIN_LON="")
    assert (zone["county_fips"], zone["area_type"], zone["area_code"]) == (None, "Z", 5)
    assert (zone["begin_point"], zone["begin_outside_km"], zone["geometry"]) == ("none", None, None)
    nowhere = row(CZ_FIPS="0", CZ_NAME="")
    assert (nowhere["county_fips"], nowhere["area_code"], nowhere["begin_point"]) == (None, 0, "inside")


def test_a_begin_point_in_another_county_is_flagged():
    found = row(CZ_FIPS="209")
    assert (found["county_fips"], found["begin_point"], found["begin_lon"]) == (209, "other_county", -101.8)


@pytest.mark.parametrize(
    ("lat", "finding", "km"), [("40.0", "inside", 0), ("40.04", "near", 4.441), ("40.046", "outside", 5.107)]
)
def test_a_begin_point_outside_kansas_counts_beyond_five_kilometres(lat, finding, km):
    found = row(BEGIN_LAT=lat)
    assert found["begin_point"] == finding
    assert found["begin_outside_km"] == pytest.approx(km, abs=0.02)
    cleared = finding == "outside"
    assert [found[name] is None for name in ("begin_lon", "begin_lat", "geometry")] == [cleared] * 3


def test_half_a_point_is_none():
    found = row(BEGIN_LON="")
    assert (found["begin_point"], found["begin_lat"], found["geometry"]) == ("none", None, None)


def test_other_states_are_out_of_scope_whatever_else_is_wrong_with_them():
    product = made(event(), event(STATE="TEXAS", STATE_FIPS="48", EVENT_ID="x", DAMAGE_PROPERTY="?"))
    assert product.out_of_scope["details"] == {"outside_kansas": 1}
    assert product.tables["details"].height == 1


def test_deaths_follow_their_events():
    events = [
        event(EVENT_ID="1"),
        event(EVENT_ID="2", STATE="TEXAS", STATE_FIPS="48"),
        event(EVENT_ID="3", END_DAY="1"),
    ]
    deaths = [death(EVENT_ID=number, FATALITY_ID="7" + number) for number in ("1", "2", "3", "4")]
    product = made(*events, deaths=deaths)
    assert product.tables["fatalities"].rows() == [
        (71, 1, "D", datetime(1975, 4, 24, 6, 10, tzinfo=UTC), 33, "F", "Outside")
    ]
    assert product.out_of_scope["fatalities"] == {"outside_kansas": 1}
    assert held(product, "fatalities") == {"event_held_back": 1, "event_unknown": 1}


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"FATALITY_ID": "a"}, "id_unreadable"),
        ({"EVENT_ID": ""}, "id_unreadable"),
        ({"FATALITY_AGE": "old"}, "number_unreadable"),
        ({"FAT_DAY": "32"}, "time_unreadable"),
        ({"FATALITY_TYPE": ""}, "type_missing"),
        ({"EVENT_YEARMONTH": "197412"}, "other_year"),
    ],
)
def test_deaths_that_are_held_back(changes, broken):
    assert held(made(event(), deaths=[death(**changes)]), "fatalities") == {broken: 1}


def test_a_death_may_be_told_in_few_words_and_not_twice():
    blank = dict.fromkeys(
        ("FAT_YEARMONTH", "FAT_DAY", "FAT_TIME", "FATALITY_AGE", "FATALITY_SEX", "FATALITY_LOCATION"), ""
    )
    product = made(event(), deaths=[death(**blank), death()])
    assert product.tables["fatalities"].rows() == [(1005794, 10023472, "D", None, None, None, None)]
    assert held(product, "fatalities") == {"id_repeated": 1}


def test_a_year_without_deaths_or_without_events():
    assert made(event()).tables["fatalities"].is_empty()
    nothing = made()
    assert nothing.tables["details"].is_empty()
    assert dict(nothing.tables["details"].schema) == tables.polars_schema(DETAILS)


def test_quarantine_keeps_the_exact_text_and_its_line():
    product = made(event(EVENT_NARRATIVE='two "lines",\nquoted'), event(EVENT_ID="no", EVENT_NARRATIVE='a "b"\nc'))
    (only,) = product.quarantine.to_dicts()
    assert only["source_line"] == 4
    assert only["row"].startswith("197504,23,2323,197504,23,2330,,no,KANSAS,20,")
    assert only["row"].endswith('"a ""b""\nc",PUB')


def test_the_table_is_sorted_and_its_bytes_do_not_depend_on_the_order_of_rows():
    rows = [event(EVENT_ID=str(number), MAGNITUDE=str(number)) for number in (3, 20, 1)]
    table, turned = (made(*order).tables["details"] for order in (rows, rows[::-1]))
    assert table["event_id"].to_list() == [1, 3, 20]
    assert tables.encode(table, DETAILS) == tables.encode(turned, DETAILS)
    assert isinstance(table["begin_utc"].dtype, pl.Datetime)
