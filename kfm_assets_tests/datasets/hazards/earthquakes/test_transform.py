"""Which rows become events, in which version, and which rule leaves each of the others out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.datasets.hazards.earthquakes.fields import CSV_22
from kfm_assets.datasets.program import FILE, Payload
from kfm_assets_tests.datasets.geography.made import assert_conserved, held, payload, synthetic_counties
from kfm_assets_tests.datasets.hazards.earthquakes.events import (
    EVENT,
    MONTH,
    PROGRAM,
    as_csv,
    as_csv_15,
    as_geojson,
    event,
    feature,
    month,
    of_rows,
    only,
)
from kfm_assets_tests.gates.rounds import rounds

NEWER = "2015-09-01T00:00:00.000Z"
OKLAHOMA = {"latitude": "36.2883", "longitude": "-97.52"}


def csv_payload(content: bytes) -> Payload:
    return payload("events", "q.csv", content)


def test_an_event_as_a_row():
    row = only(of_rows(EVENT))
    assert shapely.from_wkb(row.pop("geometry")) == shapely.Point(-97.6406, 37.7102)
    assert row == {
        "event_id": "us70126198",
        "time_utc": datetime(2015, 8, 5, 3, 13, 56, 990_000, tzinfo=UTC),
        "updated_utc": datetime(2015, 8, 5, 17, 14, 26, 870_000, tzinfo=UTC),
        "day_utc": date(2015, 8, 5),
        "latitude_deg": 37.7102,
        "longitude_deg": -97.6406,
        "depth_km": 1.83,
        "magnitude": 1.97,
        "magnitude_type": "ml",
        "magnitude_type_reported": "ml",
        "event_type": "earthquake",
        "place": '8km NNW of "Somewhere", Kansas',
        "county_fips": 167,
        "network": "us",
        "status": "reviewed",
        "gap_deg": 73.0,
        "dmin_deg": 0.1153,
        "rms_s": 0.04,
        "station_count": 16,
        "horizontal_error_km": 0.9,
        "depth_error_km": 1.2,
        "magnitude_error": 0.145,
        "magnitude_station_count": 19,
        "location_source": "ok",
        "magnitude_source": "us",
    }


def test_each_form_gives_the_same_row():
    csv_22 = only(of_rows(EVENT))
    csv_15 = only(month({"query.csv": as_csv_15([EVENT])}))
    geojson = only(month({"query.geojson": as_geojson([feature(EVENT)])}))
    later = ("horizontal_error_km", "depth_error_km", "magnitude_error", "magnitude_station_count")
    later += ("location_source", "magnitude_source")
    assert geojson == csv_22 | dict.fromkeys(later)
    assert csv_15 == csv_22 | dict.fromkeys((*later, "status"))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"id": ""}, "no_id"),
        ({"id": "us 1"}, "no_id"),
        ({"latitude": ""}, "coordinates_invalid"),
        ({"longitude": "west"}, "coordinates_invalid"),
        ({"latitude": "90.01"}, "coordinates_invalid"),
        ({"longitude": "-180.5"}, "coordinates_invalid"),
        ({"latitude": "nan"}, "coordinates_invalid"),
        ({"updated": ""}, "updated_unreadable"),
        ({"updated": "2015-13-01T00:00:00Z"}, "updated_unreadable"),
        ({"updated": "2015-08-05T03:13:56.989Z"}, "updated_before_time"),
        ({"mag": "2..4"}, "magnitude_invalid"),
        ({"mag": "inf"}, "magnitude_invalid"),
        ({"mag": "10.1"}, "magnitude_invalid"),
        ({"mag": "-9.99"}, "magnitude_invalid"),
        ({"depth": "shallow"}, "depth_invalid"),
        ({"depth": "1e999"}, "depth_invalid"),
        ({"gap": "361"}, "measure_invalid"),
        ({"rms": "-1"}, "measure_invalid"),
        ({"nst": "3.5"}, "measure_invalid"),
        ({"nst": "99999999999"}, "measure_invalid"),
        ({"magError": "small"}, "measure_invalid"),
    ],
)
def test_a_bad_row_is_held_back_with_its_rule_and_text(changes, rule):
    row = event(**changes)
    product = of_rows(row, event(id="us2"))
    assert held(product) == {rule: 1}
    assert product.quarantine["source_line"].to_list() == [2]
    assert product.quarantine["row"].to_list() == [as_csv([row]).decode().splitlines()[1]]
    assert only(product)["event_id"] == "us2"


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"mag": "-0.8"}, "magnitude", -0.8),
        ({"mag": ""}, "magnitude", None),
        ({"depth": "-1.2"}, "depth_km", -1.2),
        ({"depth": ""}, "depth_km", None),
        ({"nst": ""}, "station_count", None),
        ({"nst": "16.0"}, "station_count", 16),
        ({"magType": "mb_Lg"}, "magnitude_type", "mb_lg"),
        ({"magType": "MbLg"}, "magnitude_type", "mb_lg"),
        ({"magType": "ML"}, "magnitude_type", "ml"),
        ({"magType": "ML"}, "magnitude_type_reported", "ML"),
        ({"type": "quarry blast"}, "event_type", "quarry blast"),
        ({"type": "Quarry_Blast"}, "event_type", "quarry blast"),
        ({"type": "explosion"}, "event_type", "explosion"),
        ({"updated": EVENT["time"]}, "magnitude", 1.97),
        ({"dmin": "1.153e-1"}, "dmin_deg", 0.1153),
    ],
)
def test_what_is_legal_stays(changes, column, value):
    assert only(of_rows(event(**changes)))[column] == value


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_update_counts_wherever_it_stands(order):
    old, new = as_csv([EVENT]), as_geojson([feature(event(updated=NEWER, mag="2.5"))])
    files = [("b.csv", old), ("a.geojson", new)][::order]
    product = month(dict(files))
    assert only(product)["magnitude"] == 2.5
    assert product.out_of_scope == {"events": {"superseded": 1}}


def test_the_newest_decides_before_the_polygon():
    product = of_rows(EVENT, event(updated=NEWER, **OKLAHOMA))
    assert product.tables["events"].is_empty()
    assert product.out_of_scope == {"events": {"outside_kansas": 1, "superseded": 1}}
    back = of_rows(event(**OKLAHOMA), event(updated=NEWER))
    assert only(back)["county_fips"] == 167


def test_of_two_rows_as_new_the_fuller_one_counts():
    product = month({"a.csv": as_csv_15([EVENT]), "b.csv": as_csv([EVENT, EVENT])})
    assert only(product)["magnitude_error"] == 0.145
    assert product.out_of_scope == {"events": {"repeated": 2}}


def test_a_bad_newest_version_is_held_back_and_the_last_good_one_counts():
    product = of_rows(EVENT, event(updated=NEWER, mag="?"))
    assert only(product)["updated_utc"] < datetime(2015, 9, 1, tzinfo=UTC)
    assert held(product) == {"magnitude_invalid": 1}


def test_a_deleted_event_is_gone():
    product = of_rows(EVENT, event(updated=NEWER, status="deleted"), event(id="us2"))
    assert only(product)["event_id"] == "us2"
    assert product.out_of_scope == {"events": {"deleted": 1, "superseded": 1}}


def test_a_file_of_the_whole_world_and_of_years():
    places = [(0.0, 0.0), (-179.9, 89.9), (142.4, 38.3), (-97.52, 36.2883), (-97.6, 37.7)]
    rows = [
        event(id=f"{year}{index}", time=f"{year}-08-10T00:00:00.000Z", longitude=str(lon), latitude=str(lat))
        | {"updated": "2020-01-01T00:00:00.000Z"}
        for year in (1975, 2015, 2016)
        for index, (lon, lat) in enumerate(places)
    ]
    for partition in ("1975-08", "2015-08", "2016-08"):
        product = month({"query.csv": as_csv(rows)}, partition)
        assert product.rows_in == {"events": 5}
        assert only(product)["event_id"] == f"{partition[:4]}4"
        assert product.out_of_scope == {"events": {"outside_kansas": 4}}


def test_rows_without_a_time_are_held_back_if_they_come_so_far():
    rows = PROGRAM.parse(csv_payload(as_csv([event(time="soon")]))).with_columns(pl.lit("q.csv").alias(FILE))
    product = PROGRAM.transform(
        MONTH, {"events": rows}, {"geography/counties": synthetic_counties()}, lambda name, line: f"{name}:{line}"
    )
    assert held(product) == {"undated": 1}


def test_nothing_gives_nothing():
    upstream = {"geography/counties": synthetic_counties()}
    for wires in ({}, {"events": PROGRAM.parse(csv_payload(as_csv([]))).with_columns(pl.lit("q.csv").alias(FILE))}):
        product = PROGRAM.transform(MONTH, wires, upstream, lambda name, line: f"{name}:{line}")
        assert_conserved(PROGRAM, product)
        assert product.tables["events"].schema == tables.empty(PROGRAM.specification.main).schema


def test_the_order_of_rows_and_files_does_not_matter():
    rows = [event(id=f"us{n % 5}", updated=f"2015-08-0{6 + n % 3}T00:00:00Z", mag=str(n)) for n in range(9)]
    there = month({"a.csv": as_csv(rows)}).tables["events"]
    back = month({"a.csv": as_csv(rows[::-1])}).tables["events"]
    spec = PROGRAM.specification.main
    assert there["event_id"].to_list() == ["us0", "us1", "us2", "us3", "us4"]
    assert tables.encode(there.reverse(), spec) == tables.encode(there, spec)
    assert there.drop("magnitude").equals(back.drop("magnitude"))


texts = st.one_of(
    st.text(max_size=15),
    st.sampled_from(["", "0", "-1", "1e5", "nan", "٣", "²", "2015-08-05T03:13:56Z", "1438744436990", "us1", "37.7"]),
)


@rounds(100)
@given(st.lists(st.dictionaries(st.sampled_from(CSV_22), texts), min_size=1, max_size=5))
def test_whatever_a_field_holds_no_row_is_lost(changes):
    frame = pl.DataFrame([EVENT | change for change in changes], schema=dict.fromkeys(CSV_22, pl.String))
    rows = frame.with_row_index("source_line", 2).with_columns(pl.lit("q.csv").alias(FILE))
    product = PROGRAM.transform(
        MONTH, {"events": rows}, {"geography/counties": synthetic_counties()}, lambda name, line: f"{name}:{line}"
    )
    assert product.rows_in == {"events": len(changes)}
    assert_conserved(PROGRAM, product)
    assert product.tables["events"]["event_id"].is_unique().all()
    tables.encode(product.tables["events"], PROGRAM.specification.main)
    tables.encode_quarantine(product.quarantine)
