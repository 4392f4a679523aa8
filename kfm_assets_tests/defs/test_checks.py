"""Checks show what gate E has on record: per partition, and nothing where there is nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from dagster import AssetCheckKey, AssetCheckSeverity, DagsterEventType, ExecuteInProcessResult

from kfm_assets.datasets.registry import program, specification
from kfm_assets.defs.checks import specs
from kfm_assets.defs.keys import key
from kfm_assets.domain.artifact import Zone
from kfm_assets.engine import judge
from kfm_assets_tests.defs import feeds
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS

PROCESSED = key(Zone.PROCESSED, STORMS)


def shown(result: ExecuteInProcessResult) -> dict[tuple[str, str | None], bool]:
    return {
        (found.check_name, found.partition): found.passed
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
        for found in [event.asset_check_evaluation_data]
        if found.asset_key == PROCESSED
    }


def test_there_is_one_for_schema_each_rule_conservation_quarantine_and_the_witness() -> None:
    storms = specification(STORMS)
    names = {spec.name for spec in specs(storms)}
    assert {"schema", "row_conservation", "quarantine", "spc_witness"} < names
    assert len(names) == 4 + sum(len(table.rules) for table in storms.tables)
    assert not any(spec.blocking for spec in specs(storms))


def test_each_partition_has_its_own_evaluations(home: Home) -> None:
    result = home.span(STORMS, "1990", "1993")
    found = shown(result)
    names = {spec.name for spec in specs(specification(STORMS))}
    assert set(found) == {(name, year) for name in names for year in ("1990", "1992", "1993")}
    silent = {("spc_witness", year) for year in ("1990", "1992", "1993")}
    assert {at for at, passed in found.items() if not passed} == {("quarantine", "1992"), *silent}
    records = home.dagster.event_log_storage.get_latest_asset_check_execution_by_key(
        [AssetCheckKey(PROCESSED, "schema")]
    )
    assert len(records) == 1


def test_a_build_without_a_verdict_passes_no_check(home: Home, monkeypatch) -> None:
    assert home.execute(COUNTIES).success
    monkeypatch.setattr(judge, "judge", lambda *_: {})
    found = shown(home.span(STORMS, "1990", "1990"))
    assert found
    assert not any(found.values())


def test_a_witness_warns_at_most_and_shows_both_sides(home: Home, folder: Path, tmp_path: Path, monkeypatch) -> None:
    source = tmp_path / "witnessed"
    shutil.copytree(folder, source)
    sample = program(STORMS)
    for year, seed in (("1990", feeds.SEED), ("1993", 99)):
        wrong = sample.witness_sample(year, sample.sample(year, feeds.ROWS, seed))
        for name, content in wrong.items():
            (source / name).write_bytes(content)
    monkeypatch.setenv("KFM_SOURCE", str(source))
    result = home.span(STORMS, "1990", "1993")
    said = {
        found.partition: found
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
        for found in [event.asset_check_evaluation_data]
        if found.check_name == "spc_witness"
    }
    assert {year: found.metadata["outcome"].value for year, found in said.items()} == {
        "1990": "PASS",
        "1992": "INCONCLUSIVE",
        "1993": "FAIL",
    }
    assert {year: found.passed for year, found in said.items()} == {"1990": True, "1992": False, "1993": False}
    assert {found.severity for found in said.values()} == {AssetCheckSeverity.WARN}
    assert {"1990", "1993"} <= set(home.live(STORMS)), "what disagrees is published all the same"
    shown = [record.data for record in said["1993"].metadata["largest disagreements"].records]
    assert any(row["point"] for row in shown)
    assert any(row["point_there"] for row in shown)
    assert home.system.state.documents.get(said["1993"].metadata["evidence"].value)
