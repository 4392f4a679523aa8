"""ComCat's three forms to one wire frame; files that are not what they should be."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.hazards.earthquakes import parser
from kfm_assets.datasets.hazards.earthquakes.fields import CSV_22
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.geography.made import payload
from kfm_assets_tests.datasets.hazards.earthquakes.events import (
    EVENT,
    PROGRAM,
    as_csv,
    as_csv_15,
    as_geojson,
    event,
    feature,
)
from kfm_assets_tests.gates.rounds import rounds

CSV = as_csv([EVENT, event(id="us2")])
GEOJSON = as_geojson([feature(EVENT), feature(event(id="us2"))])


def parse(name: str, content: bytes):
    return parser.parse(payload("events", name, content))


@pytest.mark.parametrize(
    ("name", "content"), [("query.csv", CSV), ("query.csv", as_csv_15([EVENT, EVENT])), ("q.geojson", GEOJSON)]
)
def test_every_form_has_the_same_columns(name, content):
    frame = parse(name, content)
    assert frame.columns == ["source_line", *CSV_22, "partition"]
    assert frame["partition"].to_list() == ["2015-08"] * 2
    assert frame.null_count().sum_horizontal().item() == 0


def test_lines_count_from_the_header_and_features_from_one():
    folded = as_csv([event(place="two\nlines"), EVENT])
    assert parse("query.csv", folded)["source_line"].to_list() == [2, 4]
    assert parse("query.geojson", GEOJSON)["source_line"].to_list() == [1, 2]


def test_verbatim_is_the_exact_text():
    text = '{ "features" : [ {"id":"a", "x":1.50} ,\n 7 ], "features":[{"id":  "b"}, null ] , "bbox": [1, 2]}'
    found = parser.verbatim(payload("events", "q.geojson", text.encode()), [1, 2])
    assert found == {1: '{"id":  "b"}', 2: "null"}
    assert parser.verbatim(payload("events", "q.csv", CSV), [3])[3] == CSV.decode().splitlines()[2]


def test_geojson_keeps_the_text_of_numbers():
    text = GEOJSON.replace(b"1.97", b"1.970").replace(b"0.1153", b"1.153e-1")
    frame = parse("query.geojson", text)
    assert (frame["mag"][0], frame["dmin"][0], frame["time"][0]) == ("1.970", "1.153e-1", "1438744436990")


@pytest.mark.parametrize(
    ("time", "partition"),
    [
        ("2015-08-31T23:59:59.999Z", "2015-08"),
        ("2015-09-01T00:00:00.000Z", "2015-09"),
        ("2015-08-31T23:59:59Z", "2015-08"),
        ("2015-08-31 23:59:59.123456+00:00", "2015-08"),
        ("1438744436990", "2015-08"),
        ("-3242592000000", "1867-04"),
        ("1867-04-24T20:22:00.000Z", "1867-04"),
        ("1866-12-31T23:59:59.999Z", None),
        ("2015-08-31T23:59:60Z", None),
        ("2015-02-29T00:00:00Z", None),
        ("2015-08-31T23:59:59-06:00", None),
        ("2015-08-31T23:59:59", None),
        ("2015-08-31", None),
        ("99999999999999", "5138-11"),
        ("999999999999999", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_the_partition_is_the_month_in_utc(time, partition):
    assert parse("query.csv", as_csv([event(time=time)]))["partition"].to_list() == [partition]


BROKEN = {
    "an empty file": ("query.csv", b""),
    "an empty GeoJSON": ("query.geojson", b" \n"),
    "a web page": ("query.csv", b"<!DOCTYPE html><html><body>503</body></html>"),
    "a web page for GeoJSON": ("query.geojson", b"\n<html><body>503</body></html>"),
    "a cut-off CSV": ("query.csv", CSV[:-20]),
    "a cut-off GeoJSON": ("query.geojson", GEOJSON[:-20]),
    "another encoding": ("query.csv", CSV.replace(b"Somewhere", "Peña".encode("cp1252"))),
    "another encoding of GeoJSON": ("query.geojson", GEOJSON.replace(b"Somewhere", b"Pe\xf1a")),
    "a column missing": ("query.csv", as_csv([EVENT], CSV_22[:-1])),
    "a column added": ("query.csv", as_csv([EVENT | {"felt": "3"}], (*CSV_22, "felt"))),
    "a column renamed": ("query.csv", CSV.replace(b"magSource", b"magsource")),
    "JSON that is no collection": ("query.geojson", b'{"type": "Feature", "properties": {}}'),
    "JSON that is a list": ("query.geojson", b"[]"),
    "JSON in a call": ("query.geojson", b"eqfeed_callback(" + GEOJSON + b");"),
    "JSON nested without end": ("query.geojson", b'{"features": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "GeoJSON called CSV": ("query.csv", GEOJSON),
    "CSV called GeoJSON": ("query.geojson", CSV),
    "as many events as the service answers": ("query.csv", as_csv([EVENT] * 20_000)),
    "as many features": ("query.geojson", as_geojson([1] * 20_000)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_one_line(name):
    file, content = BROKEN[name]
    with pytest.raises(BadInput) as refused:
        parse(file, content)
    assert file in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.advice


def test_no_events_are_no_rows():
    assert parse("query.csv", as_csv([])).is_empty()
    assert parse("query.geojson", as_geojson([])).is_empty()
    assert parse("query.csv", as_csv([EVENT] * 20_001)).height == 20_001


@pytest.mark.parametrize(
    "odd",
    [
        3,
        None,
        "text",
        [],
        {},
        {"properties": None, "geometry": None, "id": 5},
        {"properties": {"mag": True, "place": {"a": 1}, "time": "soon"}, "geometry": {"coordinates": [1]}},
        {"properties": [], "geometry": {"coordinates": "here"}, "id": "\ud800"},
    ],
)
def test_an_odd_feature_is_a_row(odd):
    frame = parse("query.geojson", as_geojson([odd, feature(EVENT)]))
    assert frame["partition"].to_list() == [None, "2015-08"]
    assert frame.write_csv()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*EVENT, "coordinates"]), inner),
    max_leaves=5,
)


@rounds(60)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={"id": json_values, "properties": json_values, "geometry": json_values}),
        max_size=4,
    )
)
def test_whatever_json_holds_each_feature_is_a_row_and_its_text_is_exact(features):
    content = as_geojson(features)
    frame = parse("query.geojson", content)
    assert frame["source_line"].to_list() == list(range(1, len(features) + 1))
    texts = parser.verbatim(payload("events", "query.geojson", content), frame["source_line"].to_list())
    assert [json.dumps(json.loads(text)) for text in texts.values()] == [json.dumps(value) for value in features]


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("usgs_comcat/comcat_2015-08.KS_OK.csv", True),
        ("query.csv", True),
        ("Downloads/query (1).geojson", True),
        ("all_month.csv", True),
        ("2.5_week.geojson", True),
        ("significant_day.csv", True),
        ("events_2015-08.csv", True),
        ("noaa_storm_events/KS_StormEvents_details-ftp_v1.0_d1950_c20170120.csv", False),
        ("usdm/state_dsci.KS.csv", False),
        ("usgs_comcat/readme.txt", False),
        ("all_events.csv", False),
    ],
)
def test_the_feed_knows_the_names_that_downloads_have(path, is_ours):
    (feed,) = PROGRAM.specification.upstream.feeds
    match = re.search(feed.file_name, path)
    assert (match is not None) == is_ours
    assert match is None or not match.groupdict(), "files of a month are never editions of one another"


def test_all_versions_of_an_event_go_into_the_month_of_the_newest():
    head = "time,latitude,longitude,depth,mag,magType,nst,gap,dmin,rms,net,id,updated,place,type\n"
    row = "{time},38.5,-98.5,5,2.6,ml,,86,,0.27,us,{event},{updated},here,earthquake\n"
    content = head + "".join(
        row.format(time=time, event=event, updated=updated)
        for time, event, updated in (
            ("2016-03-01T00:00:00.1Z", "us11", "2016-04-02T00:00:00Z"),
            ("2016-02-29T23:59:59.9Z", "us11", "2016-03-05T00:00:00Z"),
            ("2016-02-29T23:59:59.9Z", "us12", "2016-03-05T00:00:00Z"),
            ("some day", "us12", "2016-03-09T00:00:00Z"),
            ("2016-02-01T00:00:00Z", "", "2016-03-09T00:00:00Z"),
        )
    )
    frame = parser.parse(Payload("events", "query.csv", content.encode(), digest_bytes(content.encode())))
    assert frame["partition"].to_list() == ["2016-03", "2016-03", "2016-02", None, "2016-02"]
