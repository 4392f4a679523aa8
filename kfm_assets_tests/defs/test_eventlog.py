"""The quick event log writes what Dagster's own reads, and a burst is seen as a whole."""

from __future__ import annotations

from dagster import AssetKey, AssetMaterialization, DagsterInstance
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from kfm_assets.defs import instance as homes
from kfm_assets.defs.eventlog import QuickEventLog, burst
from kfm_assets_tests.defs.conftest import Home

AT = AssetKey("thing")


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
        try:
            with burst(home.dagster):
                report(home.dagster, "a", "b")
                assert stock.get_materialized_partitions(AT) == set()
                raise ZeroDivisionError  # noqa: TRY301 - what a step might do in the middle
        except ZeroDivisionError:
            pass
        assert stock.get_materialized_partitions(AT) == {"a", "b"}


def test_a_burst_on_dagsters_own_log_is_no_burst(home: Home) -> None:
    with DagsterInstance.from_config(str(homes.folder(home.settings.home))) as stock, burst(stock):
        report(stock, "a")
        assert home.dagster.get_materialized_partitions(AT) == {"a"}
