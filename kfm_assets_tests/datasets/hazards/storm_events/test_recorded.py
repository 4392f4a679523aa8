"""The recorded years 1950 to 1992: every row accounted for, the counts in the docs, and other sources that agree."""

from __future__ import annotations

import io
from collections import Counter
from functools import cache

import polars as pl
import pytest
import shapefile

from kfm_assets.datasets.program import Product
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.geography.made import RECORDED, documented, payload, real_counties, recorded
from kfm_assets_tests.datasets.hazards.storm_events.rows import NAMES, PROGRAM, event, held, made_of, written

YEARS = [str(year) for year in range(1950, 1993)]


def files(wire: str, year: str) -> dict[str, bytes]:
    """Return a recorded year's file, if there is one; skip the test where nothing is recorded."""
    recorded("noaa_storm_events/KS_StormEvents_details-ftp_v1.0_d1950_c20170120.csv")
    found = (RECORDED / "noaa_storm_events").glob(f"KS_StormEvents_{wire}-ftp_v1.0_d{year}_c*.csv")
    return {path.name: path.read_bytes() for path in found}


@cache
def product(year: str) -> Product:
    return made_of(files("details", year) | files("fatalities", year), year, real_counties())


@cache
def wire() -> pl.DataFrame:
    """Return the details of all recorded years as they were sent."""
    sent = [PROGRAM.parse(payload("details", *file)) for year in YEARS for file in files("details", year).items()]
    return pl.concat(sent)


@cache
def table(name: str) -> pl.DataFrame:
    return pl.concat([product(year).tables[name] for year in YEARS])


def test_every_recorded_row_is_kept_or_held_back():
    rows_in = Counter[str]()
    for year in YEARS:
        rows_in.update(product(year).rows_in)
    assert rows_in == {"details": 11_749, "fatalities": 44}
    assert table("details").height == 11_642
    assert table("details")["event_id"].is_unique().all()
    assert table("fatalities").height == 44
    assert set(table("details")["county_fips"].drop_nulls()) == set(real_counties()["county_fips"])


def test_every_year_passes_its_rules():
    for year in YEARS:
        details, fatalities = (product(year).tables[name] for name in ("details", "fatalities"))
        results = quality.judge(details, PROGRAM.specification.main)
        results += quality.judge(fatalities, PROGRAM.specification.table("fatalities"), details)
        assert [result for result in results if result.finding.outcome is not Outcome.PASS] == []


def test_every_event_is_in_its_own_century():
    for year in YEARS:
        local = product(year).tables["details"]["begin_utc"].dt.offset_by("-6h").dt.year()
        assert set(local) == {int(year)}


def test_the_docs_carry_the_counts_found():
    found = Counter[str](dict.fromkeys(PROGRAM.specification.quarantine, 0))
    found.update(dict.fromkeys(PROGRAM.specification.scope, 0))
    for year in YEARS:
        made = product(year)
        for rules in (held(made), held(made, "fatalities"), *made.out_of_scope.values()):
            found.update(rules)
        found.update({name: count for name, count in made.facts.items() if isinstance(count, int)})
    sent, details = wire(), table("details")
    tornado = details.filter(event_type="Tornado")
    found.update(
        {
            "two_digit_years": sent.filter(pl.col("BEGIN_YEARMONTH") < "196901").height,
            "no_end_point": sent.filter(END_LAT="").height,
            "wind_speed_unknown": details.filter(event_type="Thunderstorm Wind")["wind_speed_m_s"].null_count(),
            "hail_size_unknown": details.filter(event_type="Hail")["hail_size_mm"].null_count(),
            "tornado_length_unknown": tornado["tornado_length_m"].null_count(),
            "tornado_width_unknown": tornado["tornado_width_m"].null_count(),
            "tornado_not_rated": tornado["tornado_f_scale"].null_count(),
            "age_unknown": table("fatalities")["age_years"].null_count(),
        }
    )
    said = documented("hazards-storm_events", "Defects and decisions")
    assert {name: int(count.replace(",", "")) for name, count in said.items()} == found


def test_the_docs_describe_every_column():
    for spec in PROGRAM.specification.tables:
        said = documented("hazards-storm_events", f"Columns of {spec.name}")
        assert said == {column.name: column.description for column in spec.columns}


def tornadoes_of_the_storm_prediction_center() -> pl.DataFrame:
    """Return the Storm Prediction Center's tornadoes; it keeps its times in Central Standard Time (`tz` 3)."""
    with shapefile.Reader(dbf=io.BytesIO(recorded("noaa_spc/KS_1950-2018-torn-initpoint.dbf"))) as reader:
        rows = [record.as_dict() for record in reader.iterRecords()]
    assert {row["tz"] for row in rows} == {3}
    return pl.DataFrame(
        {
            "spc_utc": [f"{row['date']} {row['time']}-0600" for row in rows],
            "begin_lat": [row["slat"] for row in rows],
            "begin_lon": [row["slon"] for row in rows],
            "yards": [float(row["wid"]) for row in rows],
        },
        schema_overrides={"yards": pl.Float64},
    ).with_columns(pl.col("spc_utc").str.to_datetime("%Y-%m-%d %H:%M:%S%z", time_unit="us").dt.convert_time_zone("UTC"))


def same_tornadoes() -> pl.DataFrame:
    """Pair tornadoes that began at the same point within a day of one another."""
    ours = table("details").filter(event_type="Tornado")
    pairs = ours.join(tornadoes_of_the_storm_prediction_center(), on=["begin_lat", "begin_lon"])
    return pairs.filter((pl.col("begin_utc") - pl.col("spc_utc")).abs() < pl.duration(hours=12))


def test_instants_are_those_of_the_storm_prediction_center():
    pairs = same_tornadoes().with_columns(same=pl.col("begin_utc") == pl.col("spc_utc"))
    best = pairs.group_by("event_id", "time_zone").agg(pl.col("same").any())
    agree = dict(best.group_by("time_zone").agg(pl.col("same").mean()).iter_rows())
    assert best.height > 1_700
    assert agree["CST"] > 0.99
    assert {label: agree[label] for label in ("MST", "EDT", "CDT")} == {"MST": 1, "EDT": 1, "CDT": 1}


def test_pacific_labels_are_central_clocks():
    """All winds of 1992 have the label; read as central they coincide with the hail beside them, not 2 h later."""
    events = table("details").filter(pl.col("begin_utc").dt.year() == 1992)
    place = ["event_type", "begin_utc", "begin_lon", "begin_lat"]
    winds = events.filter(time_zone_reading="corrected").select(place)
    assert set(winds["event_type"]) == {"Thunderstorm Wind"}
    assert set(events.filter(event_type="Thunderstorm Wind")["time_zone"]) == {"PST"}
    others = events.filter(time_zone="CST").select(place)
    near = winds.join(others, how="cross", suffix="_other").filter(
        ((pl.col("begin_lon") - pl.col("begin_lon_other")).abs() < 0.3)
        & ((pl.col("begin_lat") - pl.col("begin_lat_other")).abs() < 0.3)
    )
    minutes = (near["begin_utc_other"] - near["begin_utc"]).dt.total_minutes()
    close = minutes.filter(minutes.abs() <= 240)
    assert len(close) > 150
    assert abs(close.median()) < 30


def test_widths_are_yards_as_the_storm_prediction_center_has_them():
    wide = same_tornadoes().filter(pl.col("tornado_width_m") > 100)
    assert wide.height > 250
    agree = (wide["tornado_width_m"] - wide["yards"] * 0.9144).abs() < 0.01
    assert agree.mean() > 0.9


def test_a_national_file_gives_what_a_filtered_one_gives():
    (name, content), *_ = files("details", "1975").items()
    alone = made_of({name: content}, "1975", real_counties())
    elsewhere = written("details", [event(EVENT_ID=str(n), STATE="TEXAS", STATE_FIPS="48") for n in range(500)])
    header, texan = elsewhere.split(b"\n", 1)
    assert content.startswith(header)
    national = made_of({name: content + texan}, "1975", real_counties())
    assert national.out_of_scope["details"] == {"outside_kansas": 500}
    assert national.tables["details"].equals(alone.tables["details"])


def test_two_files_of_a_year_are_one_table():
    (name, content), *_ = files("details", "1975").items()
    lines = content.splitlines(keepends=True)
    halves = {"a_" + NAMES["details"]: b"".join(lines[:100]), "b_" + name: b"".join([lines[0], *lines[100:]])}
    product_of_two = made_of(halves, "1975", real_counties())
    assert product_of_two.tables["details"].equals(product("1975").tables["details"])
    assert made_of(dict(reversed(halves.items())), "1975", real_counties()).quarantine.equals(product_of_two.quarantine)


def test_the_event_far_out_of_kansas_is_kept_without_its_point():
    (far,) = table("details").filter(event_id=10025263).to_dicts()
    assert (far["begin_point"], far["begin_lon"], far["county_fips"]) == ("outside", None, 111)
    assert far["begin_outside_km"] == pytest.approx(726, abs=2)
