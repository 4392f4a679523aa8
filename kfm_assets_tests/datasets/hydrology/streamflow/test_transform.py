"""What becomes of a value: units, codes, what is missing, held back or out of scope, which of several counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import copysign

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.domain.artifact import Origin
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.geography.made import held
from kfm_assets_tests.datasets.hydrology.streamflow.answers import (
    MONTH,
    NAME,
    PROGRAM,
    SITE,
    iv,
    month,
    of,
    only,
    rdb,
    value,
    waterml,
)
from kfm_assets_tests.gates.rounds import rounds

AT, LATER = "2024-11-05 10:00", "2024-11-05 10:15"
FIRST, SECOND = "2024-12-01 00:00:00 CST", "2025-05-20 13:25:45 EDT"
ROW = (AT, "CST", "900", "A")


def test_a_value_becomes_a_row():
    assert only(of(ROW)) == {
        "site_day": f"{SITE} 2024-11-05",
        "site_no": SITE,
        "time_utc": datetime(2024, 11, 5, 16, tzinfo=UTC),
        "discharge_m3s": 900 * 0.028316846592,
        "value_reported": "900",
        "missing_reason": None,
        "qualifiers": "A",
        "approval": "approved",
        "estimated": False,
        "time_zone_reported": "CST",
        "station_name": NAME,
        "time_series": "56887",
        "retrieved_utc": datetime(2025, 5, 20, 17, 25, 45, tzinfo=UTC),
        "value_before": None,
    }


def test_a_daily_value_becomes_a_row():
    product = month({"a_dv_1.rdb": rdb(("2024-11-05", "905", "P:e"), columns=("56888_00060_00003",))})
    row = only(product, "daily")
    assert (row["site_day"], row["date"], row["statistic"]) == (f"{SITE} 2024-11-05", date(2024, 11, 5), "00003")
    assert (row["approval"], row["estimated"], row["value_reported"]) == ("provisional", True, "905")
    assert product.tables["instantaneous"].is_empty()


def test_each_statistic_of_a_day_is_a_row():
    columns = ("1_00060_00001", "2_00060_00003")
    product = month({"a_dv_1.rdb": rdb(("2024-11-05", "20", "A", "10", "A"), columns=columns)})
    assert product.tables["daily"]["statistic"].to_list() == ["00001", "00003"]


@rounds(60)
@given(st.decimals(min_value="0", max_value="999999", places=2))
def test_cubic_feet_become_cubic_metres_exactly(feet):
    metres = only(of((AT, "CST", str(feet), "A")))["discharge_m3s"]
    exact = feet * Decimal("0.028316846592")
    assert abs(Decimal(metres) - exact) <= exact * Decimal(2) ** -52


@pytest.mark.parametrize(
    ("zero", "codes"),
    [
        *((word, "A") for word in ("0", "0.00", "-0", "ZFl", "zfl")),
        *(("", codes) for codes in ("P:ZFl", "ZFl", "P:zfl:e", "P:4_ZFL")),
        ("-999999", "P:ZFl"),
    ],
)
def test_a_zero_flow_is_a_value(zero, codes):
    product = of((AT, "CST", zero, codes))
    row = only(product)
    assert (row["discharge_m3s"], row["missing_reason"], row["value_reported"]) == (0, None, zero)
    assert copysign(1, row["discharge_m3s"]) == 1, "zero has one sign"
    assert (product.facts["zero_flows"], product.facts["without_discharge"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "codes", "reason"),
    [
        ("Ice", "P", "Ice"),
        ("Eqp", "A", "Eqp"),
        ("***", "P", "***"),
        ("Dry", "P", "Dry"),
        ("-999999", "P", "no data"),
        ("-999999.00", "P:Ice", "Ice"),
        ("", "P:Ssn", "Ssn"),
        ("", "P", "blank"),
        ("Ice", "P:ZFl", "Ice"),
    ],
)
def test_what_is_missing_is_missing_and_says_why(text, codes, reason):
    product = of((AT, "CST", text, codes))
    row = only(product)
    assert (row["discharge_m3s"], row["missing_reason"], row["value_reported"]) == (None, reason, text)
    assert product.facts[f"missing {reason}"] == product.facts["without_discharge"] == 1


def test_waterml_may_declare_another_number_for_no_data():
    declared = waterml(value("2024-11-05T10:00:00-06:00", "-123456", "P", "Eqp"), no_data=-123456.0)
    row = only(month({"a_iv_.json": declared}))
    assert (row["discharge_m3s"], row["missing_reason"], row["qualifiers"]) == (None, "Eqp", "P:Eqp")
    assert held(of((AT, "CST", "-123456", "P"))) == {"value_impossible": 1}


def test_a_reverse_flow_is_a_value():
    product = of((AT, "CST", "-12", "A"))
    assert only(product)["discharge_m3s"] < 0
    assert product.facts["reverse_flows"] == 1


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((AT, "CST", "12O0", "A"), "value_unreadable"),
        ((AT, "CST", "1,200", "A"), "value_unreadable"),
        ((AT, "CST", "NaN", "A"), "value_unreadable"),
        ((AT, "CST", "inf", "A"), "value_unreadable"),
        ((AT, "CST", "2500000", "A"), "value_impossible"),
        ((AT, "CST", "-99999999", "A"), "value_impossible"),
    ],
)
def test_what_cannot_be_is_held_back(row, rule):
    product = of(row, (LATER, "CST", "900", "A"))
    assert held(product) == {rule: 1}
    assert product.quarantine["row"].to_list() == ["\t".join(("USGS", SITE, *row))]
    assert product.quarantine["source_line"].to_list() == [8]


@pytest.mark.parametrize("site", ["", "0689235O", "123", "1234567890123456"])
def test_a_site_that_cannot_be_read_is_held_back(site):
    assert held(of(ROW, site=site)) == {"site_unreadable": 1}


def test_nothing_at_all_is_no_value():
    assert of((AT, "CST", "", "")).out_of_scope == {"iv": {"no_value": 1}}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"site": "06893000", "name": "MISSOURI R AT KANSAS CITY, MO"}, "outside_kansas"),
        ({"site": "06893000", "name": "MISSOURI RIVER"}, "site_unlisted"),
        ({"columns": ("7_00065",)}, "other_parameter"),
    ],
)
def test_what_is_out_of_scope(options, rule):
    assert of(ROW, **options).out_of_scope == {"iv": {rule: 1}}


def test_what_is_out_of_scope_is_not_judged():
    product = of((AT, "CST", "12O0", "A"), site="06893000", name="MISSOURI R AT KANSAS CITY, MO")
    assert product.quarantine.is_empty()


def test_a_file_that_does_not_say_where_a_site_is_is_believed_of_the_sites_that_are_known():
    assert only(of(ROW, name="SOMEWHERE"))["site_no"] == SITE
    assert (
        only(month({"a_iv_.json": waterml(value("2024-11-05T10:00:00Z", "1"), state="", name="")}))["site_no"] == SITE
    )
    assert of(ROW, site="06888350", name="KANSAS R NR BELVUE, KS").tables["instantaneous"].height == 1


def test_a_western_site_keeps_its_instants_and_is_cut_by_central_time():
    west = {"site": "07137500", "name": "ARKANSAS R NR COOLIDGE, KS"}
    row = only(of(("2024-11-05 23:30", "MST", "9", "A"), **west))
    assert row["time_utc"] == datetime(2024, 11, 6, 6, 30, tzinfo=UTC)
    assert row["site_day"] == "07137500 2024-11-06"


# --- revisions --------------------------------------------------------------------------------------------------------


def test_the_later_retrieval_counts_and_says_what_it_replaced():
    files = {"b_iv_.rdb": rdb((AT, "CST", "880", "P"), retrieved=FIRST), "a_iv_.rdb": rdb(ROW, retrieved=SECOND)}
    for order in (files, dict(reversed(files.items()))):
        product = month(order)
        row = only(product)
        assert (row["value_reported"], row["approval"], row["value_before"]) == ("900", "approved", "880")
        assert product.out_of_scope["iv"] == {"superseded": 1}
        assert product.facts["values_revised"] == 1


def test_a_value_that_was_only_approved_since_is_not_revised():
    product = month({"a_iv_.rdb": rdb((AT, "CST", "900", "P"), retrieved=FIRST), "b_iv_.rdb": rdb(ROW)})
    assert only(product)["value_before"] is None
    assert (product.out_of_scope["iv"], product.facts["values_revised"]) == ({"superseded": 1}, 0)


def test_of_three_retrievals_the_latest_other_value_is_told():
    days = ("2024-12-01 00:00:00 CST", "2024-12-02 00:00:00 CST", "2024-12-03 00:00:00 CST")
    files = {
        f"{text}_iv_.rdb": rdb((AT, "CST", text, "P"), retrieved=day)
        for text, day in zip(("1", "2", "3"), days, strict=True)
    }
    row = only(month(files))
    assert (row["value_reported"], row["value_before"]) == ("3", "2")


def test_a_value_that_became_ice_is_revised():
    files = {"a_iv_.rdb": rdb(ROW, retrieved=FIRST), "b_iv_.rdb": rdb((AT, "CST", "Ice", "P"), retrieved=SECOND)}
    row = only(month(files))
    assert (row["discharge_m3s"], row["missing_reason"], row["value_before"]) == (None, "Ice", "900")


def test_the_two_forms_revise_one_another():
    later = waterml(value("2024-11-05T10:00:00.000-06:00", "905", "A"), requested="2025-05-21T00:00:00.000Z")
    row = only(month({"a_iv_.rdb": rdb(ROW), "b_iv_.json": later}))
    assert (row["value_reported"], row["value_before"], row["time_zone_reported"]) == ("905", "900", "-06:00")


def test_a_file_that_does_not_say_when_it_was_retrieved_is_the_oldest():
    files = {"a_iv_.rdb": rdb((AT, "CST", "1", "A"), retrieved=""), "b_iv_.rdb": rdb(ROW, retrieved=FIRST)}
    assert only(month(files))["value_reported"] == "900"


def test_exact_repeats_count_once():
    product = month({"a_iv_.rdb": rdb(ROW, ROW), "b_iv_.rdb": rdb(ROW, retrieved=FIRST)})
    assert only(product)["value_before"] is None
    assert product.out_of_scope["iv"] == {"repeated": 2}


def test_two_values_of_one_retrieval_contradict_one_another():
    product = of(ROW, (AT, "CST", "901", "A"), (LATER, "CST", "900", "A"))
    assert held(product) == {"conflicting": 2}
    assert only(product)["time_utc"] == datetime(2024, 11, 5, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "codes", "quarantined", "left_out"),
    [
        ("9OO", "A", {"value_unreadable": 1}, {"superseded": 1}),
        ("2500000", "A", {"value_impossible": 1}, {"superseded": 1}),
        ("", "", {}, {"superseded": 1, "no_value": 1}),
    ],
)
@pytest.mark.parametrize("first", [FIRST, ""])
def test_a_value_that_was_withdrawn_or_garbled_since_is_not_published(text, codes, quarantined, left_out, first):
    later = rdb((AT, "CST", text, codes), (LATER, "CST", "905", "A"), retrieved=SECOND)
    product = month({"a_iv_.rdb": rdb(ROW, (LATER, "CST", "905", "P"), retrieved=first), "b_iv_.rdb": later})
    assert product.tables["instantaneous"]["value_reported"].to_list() == ["905"]
    assert held(product) == quarantined
    assert product.out_of_scope["iv"] == {**left_out, "superseded": 2}


def test_an_earlier_retrieval_or_another_series_withdraws_nothing():
    files = {"a_iv_.rdb": rdb((AT, "CST", "9OO", "A"), retrieved=FIRST), "b_iv_.rdb": rdb(ROW, retrieved=SECOND)}
    assert only(month(files))["value_reported"] == "900"
    assert only(of((AT, "CST", "900", "A", "", ""), columns=("30_00060", "4_00060")))["value_reported"] == "900"
    other = {"a_iv_.rdb": rdb(ROW, retrieved=FIRST), "b_iv_.rdb": rdb((AT, "CST", "x", "A"), columns=("7_00065",))}
    assert only(month(other))["value_reported"] == "900"


def test_of_two_time_series_the_one_with_a_number_counts_then_the_lower_one():
    columns = ("30_00060", "4_00060")
    product = of((AT, "CST", "900", "A", "901", "A"), (LATER, "CST", "900", "A", "Ice", "P"), columns=columns)
    assert product.tables["instantaneous"]["time_series"].to_list() == ["4", "30"]
    assert product.out_of_scope["iv"] == {"other_series": 2}


def test_two_faults_on_one_line_are_two_rows_held_back():
    product = of((AT, "CST", "9OO", "A", "8OO", "A"), columns=("30_00060", "4_00060"))
    assert held(product) == {"value_unreadable": 2}
    assert len(set(product.quarantine["source_line"])) == 2
    assert len(set(product.quarantine["row"])) == 1


# --- the autumn hour and gaps -----------------------------------------------------------------------------------------


def autumn(*times: str) -> list[tuple[str, str, str, str]]:
    return [(f"2024-11-03 {time[:5]}", time[6:], "1", "A") for time in times]


def test_the_repeated_hour_is_two_hours():
    product = of(*autumn("00:30 CDT", "01:00 CDT", "01:30 CDT", "01:00 CST", "01:30 CST", "02:00 CST"))
    hours = product.tables["instantaneous"]["time_utc"].dt.strftime("%H:%M").to_list()
    assert hours == ["05:30", "06:00", "06:30", "07:00", "07:30", "08:00"]
    assert {name: product.facts[name] for name in ("clocks_went_back", "autumn_hour_absent", "gaps")} == {
        "clocks_went_back": 1,
        "autumn_hour_absent": 0,
        "gaps": 0,
    }


def test_where_the_hour_is_absent_the_facts_say_so():
    product = of(*autumn("00:30 CDT", "00:45 CDT", "01:00 CST", "01:15 CST"))
    assert product.facts["autumn_hour_absent"] == 1
    assert (product.facts["longest_gap_minutes"], product.facts["intervals_missing"]) == (75, 4)


def test_a_repeated_hour_of_one_zone_is_a_contradiction():
    rows = [(f"2024-11-03 {time}", "CST", flow, "A") for time, flow in (("01:00", "1"), ("01:30", "2"), ("01:00", "3"))]
    assert held(of(*rows)) == {"conflicting": 2}


def test_gaps_are_counted_for_each_site_by_its_own_step_and_not_filled():
    def rows(*times: str) -> list[tuple[str, str, str, str]]:
        return [(f"2024-11-05 {time}", "CST", "1", "A") for time in times]

    quarters = rdb(*rows("00:00", "00:15", "00:30", "01:30", "01:45", "01:50"))
    hours = rdb(*rows("00:00", "01:00", "02:00", "05:00"), site="06889000", name="KANSAS R AT TOPEKA, KS")
    product = month({"a_iv_.rdb": quarters + hours})
    assert product.tables["instantaneous"].height == 10
    told = {name: product.facts[name] for name in ("gaps", "intervals_missing", "longest_gap_minutes", "sites")}
    assert told == {"gaps": 2, "intervals_missing": 3 + 2, "longest_gap_minutes": 180, "sites": 2}
    assert product.facts["first_value_utc"] == "2024-11-05 06:00:00+00:00"


def test_daily_gaps_are_counted_for_each_statistic():
    rows = [(f"2024-11-{day:02}", "1", "A", "2", "A") for day in (1, 2, 3, 6, 7)]
    facts = month({"a_dv_.rdb": rdb(*rows, columns=("1_00060_00001", "2_00060_00003"))}).facts
    assert (facts["daily_gaps"], facts["daily_days_missing"]) == (2, 4)


# --- as a whole -------------------------------------------------------------------------------------------------------


def test_tables_are_what_the_specification_says_and_keep_its_rules():
    product = month(PROGRAM.sample(MONTH, 200, 5))
    for table in PROGRAM.specification.tables:
        frame = product.tables[table.name]
        assert frame.equals(tables.conform(frame, table)), "in order, of its types, sorted"
        results = quality.judge(tables.decode(tables.encode(frame, table, Origin.SYNTHETIC)), table)
        assert {result.finding.outcome.value for result in results} == {"PASS"}


def test_no_wire_and_no_rows_are_empty_tables():
    nothing = iv("a.rdb", rdb())
    for wires in ({}, {"iv": nothing}):
        product = PROGRAM.transform(MONTH, wires, {}, lambda *_: "")
        assert [frame.height for frame in product.tables.values()] == [0, 0]
        assert product.rows_in == {"iv": 0, "dv": 0}


words = st.sampled_from(["900", "0", "Ice", "-999999", "", "9OO", "1e9", "ZFl"])
times = st.sampled_from([AT, LATER, "2024-11-03 01:15"])
cells = st.lists(
    st.tuples(times, st.sampled_from(["CST", "CDT"]), words, st.sampled_from(["A", "P", "", "P:Ice"])), max_size=6
)


@rounds(40)
@given(cells, cells, cells)
def test_every_row_ends_in_one_place_whatever_comes(first, second, third):
    """`month` itself counts: rows in are rows out, held back, and out of scope; the key is unique."""
    files = {
        "a_iv_.rdb": rdb(*first, retrieved=FIRST),
        "b_iv_.rdb": rdb(*second),
        "c_iv_.rdb": rdb(*third, site="06893000", name="MISSOURI R, MO") + rdb(*third),
    }
    table = month(files).tables["instantaneous"]
    assert table.select("site_no", "time_utc").is_unique().all()
    assert table.equals(month(dict(reversed(files.items()))).tables["instantaneous"]), "in whatever order they come"
