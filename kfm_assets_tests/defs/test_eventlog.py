"""The quick event log writes exactly what Dagster's own writes, and a burst is seen as a whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    BackfillPolicy,
    DagsterInstance,
    Definitions,
    PreviewWarning,
    StaticPartitionsDefinition,
    define_asset_job,
    in_process_executor,
    multi_asset,
    multi_asset_check,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from kfm_assets.defs import instance as homes
from kfm_assets.defs.eventlog import QuickEventLog
from kfm_assets.defs.instance import burst
from kfm_assets.defs.step import DATA_VERSION, passed_on
from kfm_assets_tests.defs.conftest import Home

AT = AssetKey("thing")
NAMES = ["a", "b", "c"]


def report(dagster: DagsterInstance, *names: str) -> None:
    for name in names:
        dagster.report_runless_asset_event(AssetMaterialization(AT, partition=name))


def test_dagsters_own_log_reads_the_same_files(home: Home) -> None:
    assert isinstance(home.dagster.event_log_storage, QuickEventLog)
    report(home.dagster, "a")
    with DagsterInstance.from_config(str(homes.folder(home.settings.home))) as stock:
        assert type(stock.event_log_storage) is SqliteEventLogStorage
        assert stock.get_materialized_partitions(AT) == {"a"}
        report(stock, "b")
    assert home.dagster.get_materialized_partitions(AT) == {"a", "b"}


def test_a_burst_becomes_visible_together_even_when_it_breaks_off(home: Home) -> None:
    with DagsterInstance.from_config(str(homes.folder(home.settings.home))) as stock:

        def break_off() -> None:
            with burst(home.dagster):
                report(home.dagster, "a", "b")
                assert stock.get_materialized_partitions(AT) == set()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            break_off()
        assert stock.get_materialized_partitions(AT) == {"a", "b"}


def test_a_burst_on_dagsters_own_log_is_no_burst(home: Home) -> None:
    with DagsterInstance.from_config(str(homes.folder(home.settings.home))) as stock, burst(stock):
        report(stock, "a")
        assert home.dagster.get_materialized_partitions(AT) == {"a"}


def location() -> Definitions:
    """An asset of three partitions, of which one is not made, and two checks of which one was never planned."""
    periods = StaticPartitionsDefinition(NAMES)

    @multi_asset(
        specs=[AssetSpec(AT, skippable=True, partitions_def=periods)], backfill_policy=BackfillPolicy.single_run()
    )
    def make(context: AssetExecutionContext) -> Iterator[object]:
        with burst(context.instance):
            for name in ("a", "c"):
                context.log_event(AssetMaterialization(AT, partition=name, tags={DATA_VERSION: name}))
        yield passed_on("thing")

    @multi_asset_check(specs=[AssetCheckSpec("good", asset=AT, partitions_def=periods)], can_subset=True)
    def check(context: AssetCheckExecutionContext) -> Iterator[object]:
        with burst(context.op_execution_context.instance):
            for name, passed in (("a", True), ("c", False)):
                for check_name in ("good", "unplanned"):
                    context.op_execution_context.log_event(
                        AssetCheckEvaluation(asset_key=AT, check_name=check_name, passed=passed, partition=name)
                    )
        yield from ()

    return Definitions([make], asset_checks=[check], jobs=[define_asset_job("job")], executor=in_process_executor)


def tables(folder: Path, run: str) -> dict[str, list[tuple[object, ...]]]:
    """Read what an instance's event log holds of a run, without what differs by nature: numbers, times, ids."""
    index, own = (folder / "history" / "runs" / f"{name}.db" for name in ("index", run))
    asked = {
        "own": (own, "SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs"),
        "index": (index, "SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs"),
        "checks": (
            index,
            (
                "SELECT c.asset_key, check_name, c.partition, execution_status, dagster_event_type, e.partition"
                " FROM asset_check_executions c JOIN event_logs e ON e.id = evaluation_event_storage_id"
            ),
        ),
        "tags": (
            index,
            "SELECT t.asset_key, key, value, e.partition FROM asset_event_tags t JOIN event_logs e ON e.id = event_id",
        ),
        "assets": (
            index,
            (
                "SELECT asset_key, json_extract(last_materialization, '$.event_log_entry.dagster_event"
                ".event_specific_data.materialization.partition'), last_run_id IS NOT NULL FROM asset_keys"
            ),
        ),
    }
    found = {}
    for name, (file, query) in asked.items():
        with closing(sqlite3.connect(file)) as connection:
            found[name] = sorted(connection.execute(query).fetchall(), key=repr)
    return found


@pytest.mark.filterwarnings("ignore::dagster._utils.warnings.BetaWarning")
def test_what_it_writes_is_what_dagsters_own_writes(home: Home, tmp_path: Path) -> None:
    tags = {"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": "c"}
    found = {}
    (tmp_path / "stock").mkdir()
    with pytest.warns(PreviewWarning):
        defs = location()
    with DagsterInstance.from_config(str(homes.folder(home.settings.home))) as reader:
        folder = Path(reader.root_directory)
    with DagsterInstance.local_temp(str(tmp_path / "stock")) as stock:
        for name, dagster, place in (("stock", stock, tmp_path / "stock"), ("quick", home.dagster, folder)):
            run = defs.resolve_job_def("job").execute_in_process(instance=dagster, tags=tags)
            assert run.success
            found[name] = tables(place, run.run_id)
    assert len(found["stock"]["checks"]) == 5  # two and two, and one that was planned and never came
    assert found["quick"] == found["stock"]
