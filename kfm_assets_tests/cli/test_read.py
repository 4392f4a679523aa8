"""`kfm read`: each format holds the rows that were published, and a file is written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pyarrow.parquet as pq
import pytest
import shapely
from polars.testing import assert_frame_equal

import kfm_assets
from kfm_assets import settings, wiring
from kfm_assets.cli import formats
from kfm_assets.datasets import tables
from kfm_assets.datasets.registry import specification
from kfm_assets.engine.read import read
from kfm_assets_tests.cli import homes, real

QUAKES, COUNTIES = homes.EARTHQUAKES, homes.COUNTIES


def rows(home, dataset=QUAKES, **options) -> pl.DataFrame:
    return kfm_assets.read(dataset, home=home, **options).collect()


def test_one_partition_of_parquet_is_the_published_file_itself(kfm, home, tmp_path):
    ended = kfm("read", QUAKES, "--partitions", "2015-08", "-o", "rows.parquet", "--home", home)
    assert (ended.code, ended.out) == (0, "")
    assert "1 partition" in ended.err
    found = read(wiring.wire(settings.load(home=home)), QUAKES, ["2015-08"])
    with open(found.files["2015-08"], "rb") as published:  # noqa: PTH123 - a path as the port gives it
        assert (tmp_path / "rows.parquet").read_bytes() == published.read()


def test_several_partitions_of_parquet_stay_geoparquet(kfm, home, tmp_path):
    assert kfm("read", QUAKES, "-o", "rows.parquet", "--home", home).code == 0
    assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), rows(home))
    geo = json.loads(pq.read_schema(tmp_path / "rows.parquet").metadata[b"geo"])
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]


def test_a_pipe_gets_csv(kfm, home):
    ended = kfm("read", QUAKES, "--home", home)
    assert ended.code == 0
    table = pl.read_csv(io.StringIO(ended.out), try_parse_dates=True)
    expected = rows(home)
    assert table["event_id"].to_list() == expected["event_id"].to_list()
    assert table["longitude_deg"].to_list() == expected["longitude_deg"].to_list()
    assert table["time_utc"].dt.replace_time_zone("UTC").to_list() == expected["time_utc"].to_list()
    assert shapely.from_wkt(table["geometry"][0]).equals(shapely.from_wkb(expected["geometry"][0]))


def test_csv_has_one_header_whichever_partitions_are_empty(tmp_path):
    table = specification(QUAKES).main
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for file in files:
        tables.empty(table).write_parquet(file)
    out = io.BytesIO()
    assert formats.write("csv", files, table, out) == 0
    assert len(out.getvalue().splitlines()) == 1


def test_ndjson_has_json_for_everything(kfm, home):
    lines = kfm("read", QUAKES, "--format", "ndjson", "--home", home).lines
    expected = rows(home)
    assert [line["event_id"] for line in lines] == expected["event_id"].to_list()
    assert datetime.fromisoformat(lines[0]["time_utc"]) == expected["time_utc"][0]
    assert lines[0]["day_utc"] == expected["day_utc"][0].isoformat()
    assert lines[0]["geometry"] == {
        "type": "Point",
        "coordinates": [expected["longitude_deg"][0], expected["latitude_deg"][0]],
    }


def test_geojson_follows_rfc_7946(kfm, home, tmp_path):
    assert kfm("read", COUNTIES, "-o", "counties.geojson", "--home", home).code == 0
    collection = json.loads((tmp_path / "counties.geojson").read_text())
    # The origin is a foreign member, which section 6.1 allows.
    assert (set(collection), collection["origin"]) == ({"type", "origin", "features"}, "synthetic")
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == 105
    expected = rows(home, COUNTIES)
    for feature, wkb in zip(collection["features"], expected["geometry"], strict=True):
        assert set(feature) == {"type", "id", "geometry", "properties"}
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.equals(shapely.from_wkb(wkb))
        outer = shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior
        assert outer.is_ccw
    assert [feature["id"] for feature in collection["features"]] == expected["geoid"].to_list()


def test_geojson_of_a_table_without_geometry_takes_longitude_and_latitude(tmp_path):
    table = specification(QUAKES).main
    plain = replace(table, geometry_column="", columns=tuple(c for c in table.columns if c.dtype != "geometry"))
    frame = pl.DataFrame({"event_id": ["a", "b"], "latitude_deg": [38.5, None], "longitude_deg": [-97.5, float("nan")]})
    frame.write_parquet(tmp_path / "rows.parquet")
    out = io.BytesIO()
    assert formats.write("geojson", [tmp_path / "rows.parquet"], plain, out) == 2
    known, unknown = json.loads(out.getvalue())["features"]
    assert known["geometry"] == {"type": "Point", "coordinates": [-97.5, 38.5]}
    assert unknown["geometry"] is None
    assert unknown["properties"]["longitude_deg"] is None


def test_a_ring_that_runs_clockwise_is_turned_and_its_hole_the_other_way(tmp_path):
    table = specification(COUNTIES).main
    outer, hole = [(0, 0), (0, 9), (9, 9), (9, 0)], [(1, 1), (2, 1), (2, 2), (1, 2)]
    row = dict.fromkeys((column.name for column in table.columns), None)
    row |= {"geoid": "20001", "geometry": shapely.to_wkb(shapely.Polygon(outer, [hole]))}
    pl.DataFrame([row], schema=tables.polars_schema(table)).write_parquet(tmp_path / "rows.parquet")
    out = io.BytesIO()
    assert formats.write("geojson", [tmp_path / "rows.parquet"], table, out) == 1
    shape = shapely.geometry.shape(json.loads(out.getvalue())["features"][0]["geometry"])
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson", "geojson"])
def test_no_rows_are_still_a_file_with_its_columns(tmp_path, form):
    table = specification(QUAKES).main
    (tmp_path / "none.parquet").write_bytes(tables.encode(tables.empty(table), table))
    out = io.BytesIO()
    assert formats.write(form, [tmp_path / "none.parquet"], table, out) == 0
    if form == "csv":
        assert out.getvalue().startswith(b"event_id,")
        assert out.getvalue().count(b"\n") == 1
    if form == "geojson":
        assert json.loads(out.getvalue())["features"] == []


def test_an_older_release_can_be_read_by_version_and_by_time(kfm, home):
    first, second = kfm("releases", QUAKES, "--json", "--home", home).lines
    old = kfm("read", QUAKES, "--release", "v1", "--home", home).out
    assert old != kfm("read", QUAKES, "--home", home).out
    assert kfm("read", QUAKES, "--at", second["was_live"][0]["from"], "--home", home).out != old
    assert kfm("read", QUAKES, "--at", first["was_live"][0]["from"], "--home", home).out == old


def test_what_cannot_be_written_leaves_the_old_file_as_it_was(kfm, home, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("old")

    def broken(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(formats._WRITERS, "csv", broken)
    ended = kfm("read", QUAKES, "-o", "rows.csv", "--home", home)
    assert ended.code == 5
    assert (tmp_path / "rows.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["rows.csv"]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(kfm, home, tmp_path):
    (tmp_path / "rows.csv").symlink_to(tmp_path / "there.csv")
    assert kfm("read", QUAKES, "-o", "rows.csv", "--home", home).code == 0
    assert (tmp_path / "rows.csv").is_symlink()
    pipe, got = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
    reader.start()
    assert kfm("read", QUAKES, "-o", pipe, "--home", home).code == 0
    reader.join(10)
    assert pipe.is_fifo()
    assert got == [(tmp_path / "there.csv").read_text()]


def test_a_terminal_gets_a_look_and_no_binary(kfm, home, monkeypatch):
    monkeypatch.setattr("kfm_assets.cli.read._at_terminal", lambda: True)
    look = kfm("read", QUAKES, "--home", home)
    assert look.code == 0
    assert max(map(len, look.out.splitlines())) <= 80
    assert f"{rows(home).height} rows" in look.told
    ended = kfm("read", QUAKES, "--format", "parquet", "--home", home)
    assert (ended.code, ended.out) == (2, "")


def test_now_is_a_time_too(kfm, home):
    now = datetime.now(UTC).isoformat()
    assert kfm("read", QUAKES, "--at", now, "--home", home).out == kfm("read", QUAKES, "--home", home).out


@pytest.mark.parametrize("form", ["csv", "ndjson", "geojson", "parquet"])
@pytest.mark.parametrize("where", [(), ("-o", "rows.any")])
def test_whoever_reads_synthetic_data_is_told_beside_the_rows(kfm, home, form, where):
    ended = kfm("read", QUAKES, "--partitions", "2015-08", "--release", "v1", "--format", form, *where, "--home", home)
    assert ended.code == 0
    assert (ended.err.count("\n"), ended.err.count("(synthetic)")) == (1, 1)


def test_real_data_are_read_without_a_word(kfm, tmp_path):
    source = real.put(tmp_path / "real", real.files(QUAKES, "2015-08"), real.files(COUNTIES, "static"))
    for dataset in (COUNTIES, QUAKES):
        homes.publish(tmp_path / "home", dataset, source=str(source))
    assert kfm("read", QUAKES, "--home", tmp_path / "home").err == ""
