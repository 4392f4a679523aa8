"""Dagster's blocking checks fail open in four ways. In each the step that promotes runs, and nothing is published."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetMaterialization,
    AssetsDefinition,
    AutomationCondition,
    DagsterEventType,
    ExecuteInProcessResult,
    PreviewWarning,
    evaluate_automation_conditions,
    multi_asset_check,
)

from kfm_assets.defs.keys import FLOW, key, keys
from kfm_assets.defs.location import build_defs
from kfm_assets.domain.artifact import Zone
from kfm_assets.engine import judge
from kfm_assets_tests.defs import feeds
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS

PROMOTE = "promote_hazards_storm_events"
BAD = "1992"


def blocking(answer: Callable[[], Iterator[AssetCheckResult]]):
    """Return a blocking check on the processed rows, as somebody might add one and trust it."""
    spec = AssetCheckSpec("trusted", asset=key(Zone.PROCESSED, STORMS), blocking=True)

    @multi_asset_check(specs=[spec], can_subset=True)
    def trusted() -> Iterator[AssetCheckResult]:
        yield from answer()

    return trusted


def silent() -> Iterator[AssetCheckResult]:
    yield from ()


def warns() -> Iterator[AssetCheckResult]:
    yield AssetCheckResult(passed=False, check_name="trusted", severity=AssetCheckSeverity.WARN)


def fails() -> Iterator[AssetCheckResult]:
    yield AssetCheckResult(passed=False, check_name="trusted", severity=AssetCheckSeverity.ERROR)


def steps(result: ExecuteInProcessResult) -> set[str]:
    return {str(event.step_key) for event in result.all_events if event.event_type is DagsterEventType.STEP_START}


def assert_not_published(home: Home, partition: str = BAD) -> None:
    assert partition not in home.live(STORMS)
    assert partition not in home.materialized(Zone.PUBLISHED, STORMS)


def test_a_check_that_says_nothing_lets_the_promotion_run_and_it_publishes_nothing(home: Home) -> None:
    home.defs = build_defs(more_checks=[blocking(silent)])
    result = home.span(STORMS, BAD, BAD)
    assert PROMOTE in steps(result)
    assert_not_published(home)


def test_nothing_is_published_where_no_verdict_was_recorded(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "judge", lambda *_: {})
    home.defs = build_defs(more_checks=[blocking(silent)])
    result = home.span(STORMS, "1990", "1990")
    assert PROMOTE not in steps(result)  # the counties, which the job brings first, have no verdict either
    assert home.live(COUNTIES) == {}
    assert_not_published(home, "1990")


def test_a_check_that_only_warns_lets_the_promotion_run_and_it_publishes_nothing(home: Home) -> None:
    home.defs = build_defs(more_checks=[blocking(warns)])
    result = home.span(STORMS, BAD, BAD)
    assert PROMOTE in steps(result)
    assert_not_published(home)


def test_a_later_run_passes_by_a_check_that_failed_and_publishes_nothing(home: Home) -> None:
    home.defs = build_defs(more_checks=[blocking(fails)])
    first = home.span(STORMS, BAD, BAD)
    assert PROMOTE not in steps(first)
    later = home.span(STORMS, BAD, BAD, asset_selection=[key(Zone.PUBLISHED, STORMS)])
    assert PROMOTE in steps(later)
    assert not later.success
    assert_not_published(home)


def test_automation_asks_for_the_promotion_of_a_failure_and_it_publishes_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = str(datetime.now(UTC).year)
    current = feeds.write(tmp_path / "current", COUNTIES, ["static"])
    feeds.write(current, STORMS, [year])
    feeds.make_worthless(current, year)
    monkeypatch.setenv("KFM_SOURCE", str(current))
    published = key(Zone.PUBLISHED, STORMS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        eager = build_defs(more_checks=[blocking(fails)]).map_resolved_asset_specs(
            selection=published.to_user_string(),
            func=lambda spec: spec.replace_attributes(automation_condition=AutomationCondition.eager()),
        )
    home.defs = eager
    assert isinstance(eager.get_assets_def(published), AssetsDefinition)
    evaluated = evaluate_automation_conditions(eager, home.dagster)
    home.span(STORMS, year, year, asset_selection=[*keys(COUNTIES), *keys(STORMS, FLOW[:-1])])
    # The release step logs nothing for a held build; somebody marks it by hand, and automation follows.
    mark(home, year)
    evaluated = evaluate_automation_conditions(eager, home.dagster, cursor=evaluated.cursor)
    assert evaluated.get_requested_partitions(published) == {year}
    result = home.span(STORMS, year, year, asset_selection=[published])
    assert PROMOTE in steps(result)
    assert_not_published(home, year)


def mark(home: Home, year: str) -> None:
    home.dagster.report_runless_asset_event(AssetMaterialization(key(Zone.RELEASE, STORMS), partition=year))
