"""A failing partition is never shown or made published and holds nobody back, by one run or by many, all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dagster import DagsterEventType

from kfm_assets.defs.keys import key
from kfm_assets.defs.step import DATA_VERSION, RUN_TAG
from kfm_assets.domain.artifact import Zone
from kfm_assets_tests.defs import feeds
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS

YEARS = ["1990", "1991", "1992", "1993"]
PUBLISHED = key(Zone.PUBLISHED, STORMS)


def one_run(home: Home) -> list[bool]:
    return [home.span(STORMS, "1990", "1993").success]


def many_runs(home: Home) -> list[bool]:
    return [home.execute(STORMS, partition_key=year).success for year in YEARS]


@pytest.mark.parametrize(("backfill", "succeeded"), [(one_run, [False]), (many_runs, [True, False, False, True])])
def test_each_partition_counts_by_itself(
    home: Home, backfill: Callable[[Home], list[bool]], succeeded: list[bool]
) -> None:
    assert backfill(home) == succeeded

    assert home.statuses(PUBLISHED, STORMS, YEARS) == {
        "1990": "MATERIALIZED",
        "1991": "FAILED",
        "1992": "FAILED",
        "1993": "MATERIALIZED",
    }
    shown = {
        zone: home.materialized(zone, STORMS) for zone in (Zone.RAW, Zone.PROCESSED, Zone.QUARANTINE, Zone.RELEASE)
    }
    assert shown == {
        Zone.RAW: {"1990", "1992", "1993"},
        Zone.PROCESSED: {"1990", "1992", "1993"},
        Zone.QUARANTINE: {"1990", "1992", "1993"},
        Zone.RELEASE: {"1990", "1993"},
    }
    assert set(home.live(STORMS)) == {"1990", "1993"}
    assert home.live(COUNTIES).keys() == {"static"}
    assert versions(home) == home.live(STORMS)


def versions(home: Home) -> dict[str, str]:
    """Return the data version that the UI shows of each published partition."""
    records = home.dagster.fetch_materializations(PUBLISHED, limit=100).records
    return {
        str(record.asset_materialization.partition): record.asset_materialization.tags[DATA_VERSION]
        for record in records
        if record.asset_materialization and record.asset_materialization.tags
    }


def test_the_run_says_in_one_line_which_partitions_stayed_out_and_why(home: Home) -> None:
    result = home.span(STORMS, "1990", "1993")
    (failed,) = [event for event in result.all_events if event.event_type is DagsterEventType.STEP_FAILURE]
    assert failed.step_key == "promote_hazards_storm_events"
    told = failed.step_failure_data.user_failure_data.description
    assert told.startswith("2 of 4 partitions of hazards/storm_events stayed out (1991, 1992). 1991: ")
    assert "\n" not in told


def test_the_same_backfill_again_changes_nothing_and_shows_the_same(home: Home) -> None:
    one_run(home)
    before = home.live(STORMS), home.system.state.pointer(STORMS), home.statuses(PUBLISHED, STORMS, YEARS)
    one_run(home)
    assert before == (home.live(STORMS), home.system.state.pointer(STORMS), home.statuses(PUBLISHED, STORMS, YEARS))


def test_a_partition_that_was_published_stays_live_when_its_next_file_is_bad(home: Home, tmp_path, monkeypatch) -> None:
    good = feeds.write(tmp_path / "good", COUNTIES, ["static"])
    feeds.write(good, STORMS, ["1992"])
    monkeypatch.setenv("KFM_SOURCE", str(good))
    assert home.span(STORMS, "1992", "1992").success
    before = home.live(STORMS)
    feeds.make_worthless(good, "1992")
    assert not home.span(STORMS, "1992", "1992").success
    assert home.live(STORMS) == before
    assert home.statuses(PUBLISHED, STORMS, ["1992"]) == {"1992": "FAILED"}


def test_a_run_that_ends_before_publishing_fails_for_what_it_could_not_bring(home: Home) -> None:
    result = home.span(STORMS, "1990", "1991", asset_selection=[key(Zone.RAW, STORMS)])
    assert not result.success
    assert home.materialized(Zone.RAW, STORMS) == {"1990"}


def test_runs_of_the_ui_get_a_name_that_receipts_can_carry(home: Home) -> None:
    result = home.span(STORMS, "1990", "1990")
    run = home.dagster.get_run_by_id(result.run_id)
    name = run.tags[RUN_TAG]
    assert home.system.state.notes(name)[STORMS, "1990"]["published"] is True
