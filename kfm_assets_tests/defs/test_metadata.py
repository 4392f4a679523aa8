"""What a person reads of a partition: counts, reasons, verdicts, and a picture that is one."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import polars as pl
import shapely
from dagster import AssetMaterialization, DagsterEventType, ExecuteInProcessResult

from kfm_assets.datasets.registry import specification
from kfm_assets.defs import metadata, pictures
from kfm_assets.defs.keys import key
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.dataset import Grain
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS


def materialized(result: ExecuteInProcessResult, zone: Zone, dataset: str = STORMS) -> AssetMaterialization:
    (found,) = [
        event.step_materialization_data.materialization
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key == key(zone, dataset)
    ]
    return found


def picture(found: AssetMaterialization) -> bytes:
    text = str(found.metadata["picture"].value)
    return base64.b64decode(re.fullmatch(r"!\[[^\]]+\]\(data:image/png;base64,([^)]+)\)", text)[1])


def test_a_partition_explains_itself(home: Home) -> None:
    result = home.span(STORMS, "1990", "1990")
    assert result.success

    raw = materialized(result, Zone.RAW).metadata
    assert {record.data["rows are"] for record in raw["files"].records} == {"details", "fatalities"}
    assert raw["bytes"].value > 0
    assert raw["origin"].value == "real"

    processed = materialized(result, Zone.PROCESSED).metadata
    counts = {name: processed[f"rows {name}"].value for name in ("in", "out", "quarantined", "out of scope")}
    assert counts["in"] == counts["out"] + counts["quarantined"] + counts["out of scope"]
    assert processed["dagster/row_count"].value == processed["dagster/partition_row_count"].value == counts["out"]
    assert [record.data["verdict"] for record in processed["verdicts"].records] == ["PASS"] * 4
    assert "geography/counties@static" in {record.data["input"] for record in processed["made from"].records}

    held = materialized(result, Zone.QUARANTINE).metadata
    details = [record.data for record in held["reasons"].records if record.data["rows are"] == "details"]
    assert sum(row["rows"] for row in details) == counts["quarantined"] > 0
    assert all(row["because"] for row in details)
    assert held["first rows"].records[0].data["line"] > 1

    released = materialized(result, Zone.RELEASE).metadata
    drift = {record.data["distribution"]: record.data["against"] for record in released["drift"].records}
    assert drift["event_type"] == "bootstrap"

    published = materialized(result, Zone.PUBLISHED).metadata
    assert published["build"].value == home.live(STORMS)["1990"]
    assert published["release"].value == home.system.state.pointer(STORMS).stable
    assert len(published["verdicts"].records) == 9
    assert "--partitions 1990" in str(published["read it"].value)


def test_pictures_are_pngs_and_differ_with_what_they_show(home: Home) -> None:
    storms = home.span(STORMS, "1990", "1990")
    other = home.span(STORMS, "1993", "1993")
    pictures = [
        picture(materialized(storms, Zone.PROCESSED)),
        picture(materialized(other, Zone.PROCESSED)),
        picture(materialized(storms, Zone.PROCESSED, COUNTIES)),
    ]
    assert all(one.startswith(b"\x89PNG\r\n\x1a\n") and len(one) > 2_000 for one in pictures)
    assert len(set(pictures)) == 3


def test_the_map_has_each_place_and_the_chart_each_month() -> None:
    _, (chart, plan) = pictures.figure_of([1.0, 1.0])
    times = pl.Series([datetime(1990, month, 1, tzinfo=UTC) for month in (5, 5, 6)] + [None])
    pictures._times(chart, times, Grain.YEAR)
    assert [bar.get_height() for bar in chart.patches] == [0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]
    square = shapely.box(-98, 38, -97, 39)
    pictures._map(plan, pl.Series([shapely.Point(-97.5, 38.5).wkb, None, shapely.Point(-97, 38).wkb, square.wkb]), [])
    (points,), (outlines,) = plan.lines, plan.collections
    assert sorted(zip(*points.get_data(), strict=True)) == [(-97.5, 38.5), (-97.0, 38.0)]
    assert len(outlines.get_paths()) == 1


def test_a_long_run_shares_one_picture_of_all_its_partitions(home: Home, monkeypatch) -> None:
    monkeypatch.setattr("kfm_assets.defs.processed.MOST_PICTURES", 1)
    result = home.span(STORMS, "1990", "1993")
    texts = [
        str(event.step_materialization_data.materialization.metadata["picture"].value)
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key == key(Zone.PROCESSED, STORMS)
    ]
    assert len(texts) == 3
    assert len(set(texts)) == 1
    assert "the 3 partitions of this run" in texts[0]


def test_the_column_schema_has_types_meanings_units_and_nulls() -> None:
    spec = specification(STORMS)
    columns = {column.name: column for column in metadata.table_schema(spec.main).columns}
    assert list(columns) == [column.name for column in spec.main.columns]
    assert columns["hail_size_mm"].tags == {"unit": "mm"}
    assert columns["hail_size_mm"].constraints.nullable
    assert not columns["event_id"].constraints.nullable
    assert columns["event_id"].constraints.unique
    assert columns["begin_utc"].description
    assert set(metadata.schema(spec)) == {"dagster/column_schema", "columns of fatalities"}
