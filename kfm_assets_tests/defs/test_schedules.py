"""Schedules are off by default, ask for recent partitions, and never publish again what a person rolled back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dagster import DefaultScheduleStatus, build_schedule_context

from kfm_assets.datasets.registry import DATASETS
from kfm_assets.defs.keys import group
from kfm_assets.defs.launch import run
from kfm_assets.defs.step import ABSENT_TAG
from kfm_assets.domain.journal import Action
from kfm_assets.engine.promote import Cause
from kfm_assets.engine.rollback import roll_back
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS


def tick(home: Home, dataset: str):
    schedule = home.defs.resolve_schedule_def(f"{group(dataset)}_schedule")
    with build_schedule_context(
        resources={"kansas": home.system},
        scheduled_execution_time=datetime.now(UTC),
        repository_def=home.defs.get_repository_def(),
        instance=home.dagster,
    ) as context:
        return schedule.evaluate_tick(context)


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_dataset_has_one_that_is_off(home: Home, dataset: str) -> None:
    schedule = home.defs.resolve_schedule_def(f"{group(dataset)}_schedule")
    assert schedule.default_status is DefaultScheduleStatus.STOPPED
    assert schedule.job_name == group(dataset)


def test_it_asks_for_the_current_period_and_the_one_before(home: Home) -> None:
    year = datetime.now(UTC).year
    requests = tick(home, STORMS).run_requests
    assert [request.partition_key for request in requests] == [str(year - 1), str(year)]
    assert [request.partition_key for request in tick(home, COUNTIES).run_requests] == [None]


def test_what_the_source_does_not_have_yet_is_no_failure(home: Home) -> None:
    (request, _) = tick(home, STORMS).run_requests
    assert request.tags[ABSENT_TAG] == "skip"
    result = home.execute(STORMS, partition_key=request.partition_key, tags=dict(request.tags))
    assert result.success
    assert home.live(STORMS) == {}
    assert not home.execute(STORMS, partition_key=request.partition_key).success


def test_after_a_rollback_it_waits_for_a_person_and_says_how_to_go_on(home: Home) -> None:
    run(home.settings, [STORMS], ["1990"])
    run(home.settings, [STORMS], ["1993"])
    roll_back(home.system, STORMS, "previous", Cause(Action.ROLLBACK, "the hail is wrong", "data-quality"))
    ticked = tick(home, STORMS)
    assert not ticked.run_requests
    assert "the hail is wrong" in ticked.skip_message
    assert "kfm run hazards/storm_events" in ticked.skip_message
    assert tick(home, COUNTIES).run_requests

    run(home.settings, [STORMS], ["1993"])
    assert set(home.live(STORMS)) == {"1990", "1993"}
    assert tick(home, STORMS).run_requests
