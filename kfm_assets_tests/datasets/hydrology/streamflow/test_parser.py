"""NWIS' two forms to one wire frame; files that are not what they should be; the exact text of rows."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.hydrology.streamflow import wire
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.geography.made import payload
from kfm_assets_tests.datasets.hydrology.streamflow.answers import (
    MONTH,
    PROGRAM,
    RECORDED,
    SITE,
    iv,
    rdb,
    value,
    waterml,
)
from kfm_assets_tests.gates.rounds import rounds

ROW = ("2024-11-02 10:00", "CDT", "900", "A")
RDB = rdb(ROW, ("2024-11-02 10:15", "CDT", "910", "P:e"))
JSON = waterml(
    value("2024-11-02T10:00:00.000-05:00", "900", "A"), value("2024-11-02T10:15:00.000-05:00", "910", "P", "e")
)
DAILY = rdb(("2024-11-02", "905", "A"), columns=("56888_00060_00003",))
SAME = ("site_no", "station_nm", "ts_id", "parm_cd", "value", "value_cd", "state", "at", "discharge_m3s", "partition")


def test_both_forms_read_alike():
    one, other = iv("a.rdb", RDB), iv("a.json", JSON)
    assert one.columns == other.columns
    assert one.schema == other.schema
    assert one.select(SAME).equals(other.select(SAME))
    assert one["value_cd"].to_list() == ["A", "P:e"]


def test_lines_are_the_files_own_and_verbatim_is_exact():
    frame = iv("a.rdb", RDB)
    lines = frame["source_line"].to_list()
    texts = PROGRAM.verbatim(payload("iv", "a.rdb", RDB), lines)
    assert texts == {line: RDB.decode().splitlines()[line - 1] for line in lines}
    assert texts[lines[0]] == "USGS\t06892350\t2024-11-02 10:00\tCDT\t900\tA"


def test_a_line_with_several_time_series_has_a_row_for_each_and_one_number_each():
    two = rdb((*ROW, "4.61", "P"), columns=("56887_00060", "7_00065"))
    frame = iv("a.rdb", two)
    assert frame["parm_cd"].to_list() == ["00060", "00065"]
    first, second = frame["source_line"].to_list()
    assert second == first + wire.NEXT_SERIES
    texts = PROGRAM.verbatim(payload("iv", "a.rdb", two), [first, second])
    assert texts[first] == texts[second] == "USGS\t06892350\t2024-11-02 10:00\tCDT\t900\tA\t4.61\tP"


def test_each_block_has_its_own_columns_and_site():
    west = rdb(
        ("2024-11-02 09:00", "MDT", "1", "A"), site="07137500", name="ARKANSAS R NR COOLIDGE, KS", columns=("2_00060",)
    )
    frame = iv("a.rdb", RDB + west)
    assert frame["ts_id"].to_list() == ["56887", "56887", "2"]
    assert frame["station_nm"].to_list()[-1] == "ARKANSAS R NR COOLIDGE, KS"
    assert frame["at"][0] == frame["at"][2], "an hour behind on the clock, the same instant"
    last = frame["source_line"].to_list()[-1]
    assert (RDB + west).decode().splitlines()[last - 1].startswith("USGS\t07137500")


@pytest.mark.parametrize("odd", ["905", "1_900", "agency_cd"])
def test_a_block_may_follow_another_without_a_comment(odd):
    bare = re.sub(rb"(?m)^#.*\n", b"", rdb(ROW, site="07139000"))
    first = rdb((*ROW[:2], odd, "A"))
    frame = iv("a.rdb", first + bare)
    assert frame["site_no"].to_list() == [SITE, "07139000"]
    assert frame["value"].to_list() == [odd, "900"]
    assert frame["source_line"].to_list() == [first.count(b"\n"), first.count(b"\n") + 3]


def test_windows_line_breaks_and_a_byte_order_mark_change_nothing():
    changed = b"\xef\xbb\xbf" + RDB.replace(b"\n", b"\r\n")
    assert iv("a.rdb", changed).equals(iv("a.rdb", RDB))
    (line, *_) = iv("a.rdb", changed)["source_line"].to_list()
    assert not PROGRAM.verbatim(payload("iv", "a.rdb", changed), [line])[line].endswith("\r")


@pytest.mark.parametrize(
    ("time", "zone", "at"),
    [
        ("2024-11-02 10:00", "CDT", "2024-11-02 15:00"),
        ("2024-11-03 01:30", "CDT", "2024-11-03 06:30"),
        ("2024-11-03 01:30", "CST", "2024-11-03 07:30"),
        ("2024-07-01 00:00", "MDT", "2024-07-01 06:00"),
        ("2024-07-01 00:00", "MST", "2024-07-01 07:00"),
        ("2024-11-02 10:00", "XST", None),
        ("2024-11-02 10:00", "", None),
        ("2024-02-30 10:00", "CST", None),
        ("2024-11-02 24:00", "CST", None),
        ("", "CST", None),
    ],
)
def test_the_zone_beside_a_time_makes_it_an_instant(time, zone, at):
    frame = iv("a.rdb", rdb((time, zone, "1", "A")))
    assert frame["at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == [at]
    assert (frame["partition"][0] is None) == (at is None)


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("2024-11-03T01:30:00.000-05:00", "2024-11-03 06:30"),
        ("2024-11-03T01:30:00.000-06:00", "2024-11-03 07:30"),
        ("2018-01-24T00:00:00Z", "2018-01-24 00:00"),
        ("2024-11-03T01:30:00.000", None),
        ("2024-11-03", None),
        ("soon", None),
    ],
)
def test_the_offset_of_a_time_makes_it_an_instant(time, at):
    frame = iv("a.json", waterml(value(time, "1", "A")))
    assert frame["at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == [at]


@pytest.mark.parametrize(
    ("time", "zone", "partition"),
    [
        ("2024-05-01 00:45", "CDT", "2024-04"),
        ("2024-05-01 01:00", "CDT", "2024-05"),
        ("2024-12-31 23:59", "CST", "2024-12"),
        ("2025-01-01 00:00", "CST", "2025-01"),
        ("2024-12-31 23:00", "MST", "2025-01"),
        ("1889-01-01 00:00", "CST", "1889-01"),
        ("1888-12-31 23:59", "CST", None),
    ],
)
def test_months_are_cut_by_central_standard_time(time, zone, partition):
    assert iv("a.rdb", rdb((time, zone, "1", "A"), ROW))["partition"].to_list() == [partition, "2024-11"]


def test_a_daily_value_belongs_to_its_own_days_month():
    frame = PROGRAM.parse(payload("dv", "a_dv_.rdb", DAILY))
    assert frame["partition"].to_list() == ["2024-11"]
    assert frame["stat_cd"].to_list() == ["00003"]
    json_form = waterml(value("2024-12-01T00:00:00.000", "1", "A"), value("2024-12-01T06:00:00", "1"), service="dv")
    assert PROGRAM.parse(payload("dv", "a_dv_.json", json_form))["partition"].to_list() == ["2024-12", None]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-05-20 13:25:45 EDT", "2025-05-20T17:25:45+00:00"),
        ("2020-02-14 13:17:02 -05:00", "2020-02-14T18:17:02+00:00"),
        ("2020-02-20T21:02:27.219Z", "2020-02-20T21:02:27.219000+00:00"),
        ("2020-02-30 00:00:00 EST", None),
        ("2020-02-14 13:17:02 XYZ", None),
        ("yesterday", None),
    ],
)
def test_when_a_file_was_retrieved(text, instant):
    found = wire.retrieved(text)
    assert (found.isoformat() if found else None) == instant
    assert iv("a.rdb", rdb(ROW, retrieved=text))["retrieved"][0] == found


@pytest.mark.parametrize(
    "content",
    [
        b"#  No sites found matching all criteria\n",
        b"# //Output-Format: RDB\n# //Response-Message: No sites found matching all criteria\n",
        b'{"value": {"timeSeries": []}}',
        waterml(),
        rdb(),
    ],
)
def test_an_answer_without_values_is_no_rows(content):
    frame = iv("a", content)
    assert frame.is_empty()
    assert frame.columns == iv("a", RDB).columns


@pytest.mark.parametrize("content", [b"#  No sites found matching all criteria\n", b'{"value": {"timeSeries": []}}'])
def test_an_answer_without_daily_values_is_no_rows(content):
    assert PROGRAM.parse(payload("dv", "a", content)).columns == PROGRAM.parse(payload("dv", "a", DAILY)).columns


HEAD, TYPES, *_ = RDB.split(b"\n")[5:]
BROKEN = {
    "an empty file": b"",
    "blank lines": b"\n\n",
    "a web page": b"<!DOCTYPE html><html><body>503</body></html>",
    "WaterML as XML": b'<?xml version="1.0"?><ns1:timeSeriesResponse/>',
    "cut off within a line": RDB[:-5],
    "cut off after a field": RDB[: RDB.rindex(b"\t") + 1],
    "comments alone": b"# retrieved: 2025-05-20 13:25:45 EDT\n#\n",
    "another encoding": RDB.replace(b"DESOTO", b"D\xc9SOTO"),
    "data without a header": b"\n".join(RDB.split(b"\n")[7:]),
    "no line of types": RDB.replace(TYPES + b"\n", b""),
    "a header alone": RDB.split(TYPES)[0],
    "a column missing": RDB.replace(b"\ttz_cd", b"").replace(b"\t6s", b"").replace(b"\tCDT", b""),
    "a column renamed": RDB.replace(b"tz_cd", b"tz"),
    "a column added": RDB.replace(b"_cd\n", b"_cd\tremark\n", 1),
    "an unknown value column": RDB.replace(b"56887_00060", b"discharge"),
    "a value column without codes": RDB.replace(b"56887_00060_cd", b"56887_00061"),
    "no value column": RDB.replace(b"\t56887_00060\t56887_00060_cd", b""),
    "a line too short": RDB.replace(b"\t910\tP:e", b"\t910"),
    "a line too long": RDB.replace(b"\t910\t", b"\t910\t\t"),
    "a short and a long line": RDB.replace(b"\t910\t", b"\t910\t\t").replace(b"\t900\tA", b"\t900"),
    "data after a comment": RDB + b"# and more\nUSGS\t06892350\t2024-11-02 10:30\tCDT\t1\tA\n",
    "daily values": DAILY,
    "a site file": b"#\nagency_cd\tsite_no\tstation_nm\n5s\t15s\t50s\nUSGS\t01491000\tCHOPTANK\n",
    "another unit": rdb(ROW, described="Discharge, cubic meters per second"),
    "cut-off JSON": JSON[:-20],
    "JSON in another encoding": JSON.replace(b"DESOTO", b"D\xc9SOTO"),
    "JSON that is not WaterML": b'{"type": "FeatureCollection", "features": []}',
    "a list": b"[]",
    "WaterML without time series": b'{"value": {"queryInfo": {}}}',
    "WaterML in another unit": waterml(value("2024-11-02T10:00:00Z", "1"), unit="m3/s"),
    "WaterML of daily values": waterml(value("2024-11-02T00:00:00", "1"), service="dv"),
    "JSON nested without end": b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_one_line(name):
    with pytest.raises(BadInput) as refused:
        iv("a_iv_1.txt", BROKEN[name])
    assert "a_iv_1.txt" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.advice


def test_the_line_at_fault_is_named():
    with pytest.raises(BadInput, match="line 9: 6 fields expected, 5 found"):
        iv("a.rdb", BROKEN["a line too short"])


def test_instantaneous_values_are_not_daily_ones():
    with pytest.raises(BadInput, match="unknown column 'tz_cd'"):
        PROGRAM.parse(payload("dv", "a_dv_.rdb", RDB))


def test_html_entities_are_read():
    frame = iv("a.json", waterml(value("2024-11-02T10:00:00Z", "1"), name="R &amp; D CR, KS", unit="ft&#179;/s"))
    assert frame["station_nm"].to_list() == ["R & D CR, KS"]


def test_verbatim_of_waterml_is_the_exact_text():
    text = (
        '{ "value" : { "timeSeries": [ {"values": [ {"value": [ {"value":"1.50" ,"dateTime": "x"},\n 7 ]},'
        ' {"value": []}, {"value":[{}]} ] } , null, {"values": 3} ], "a": 1 } }'
    )
    found = PROGRAM.verbatim(payload("iv", "a.json", text.encode()), [1, 2, 3])
    assert found == {1: '{"value":"1.50" ,"dateTime": "x"}', 2: "7", 3: "{}"}
    with pytest.raises(BadInput):
        PROGRAM.verbatim(payload("iv", "a.json", text.encode()), [4])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "dateTime", "qualifiers"]), inner)
    ),
    max_leaves=5,
)


@rounds(60)
@given(st.lists(values, max_size=4))
def test_whatever_json_holds_each_value_is_a_row_and_its_text_is_exact(found):
    content = waterml(*found)
    frame = iv("a.json", content)
    assert frame["source_line"].to_list() == list(range(1, len(found) + 1))
    texts = PROGRAM.verbatim(payload("iv", "a.json", content), frame["source_line"].to_list())
    assert [json.dumps(json.loads(text)) for text in texts.values()] == [json.dumps(one) for one in found]


fields = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r", exclude_categories=["Cs"]), max_size=6)


@rounds(60)
@given(st.lists(st.tuples(fields, fields, fields, fields), max_size=5))
def test_whatever_fields_hold_each_line_is_a_row_with_its_exact_text(rows):
    content = rdb(*rows)
    frame = iv("a.rdb", content)
    assert list(zip(*(frame[name] for name in ("datetime", "tz_cd", "value", "value_cd")), strict=True)) == rows
    texts = PROGRAM.verbatim(payload("iv", "a.rdb", content), frame["source_line"].to_list())
    assert list(texts.values()) == ["\t".join(("USGS", SITE, *row)) for row in rows]


@pytest.mark.parametrize(
    ("path", "wires"),
    [
        (RECORDED, "iv"),
        ("wire_formats/waterservices_iv.txt", "iv"),
        ("wire_formats/nwis_iv_empty_mock.json", "iv"),
        ("wire_formats/waterservices_dv.txt", "dv"),
        ("Downloads/iv.txt", "iv"),
        ("uv.rdb", "iv"),
        (f"iv_{MONTH}.rdb", "iv"),
        (f"dv_{MONTH}.rdb", "dv"),
        ("wire_formats/waterservices_site.txt", ""),
        ("wire_formats/waterservices_peaks.txt", ""),
        ("noaa_climdiv/climdiv-pdsidv-v1.0.0-20150106.txt", ""),
        ("div.txt", ""),
    ],
)
def test_the_feeds_know_the_names_that_answers_have(path, wires):
    feeds = PROGRAM.specification.upstream.feeds
    assert [feed.wire for feed in feeds if re.search(feed.file_name, path)] == ([wires] if wires else [])
