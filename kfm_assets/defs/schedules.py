"""Schedules: each dataset as often as its upstream changes. They never publish again what a person rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from kfm_assets.defs.keys import group
from kfm_assets.defs.partitions import definition
from kfm_assets.defs.step import ABSENT_TAG
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.dataset import Dataset, Grain

if TYPE_CHECKING:
    from kfm_assets.ports import System

CRON = {
    Grain.STATIC: "0 6 1 * *",
    Grain.YEAR: "0 6 * * 1",
    Grain.MONTH: "0 6 * * *",
}
"""A boundary file is looked for once a month, a file that grows during its year once a week, a month's every day."""

_RECENT = 2
"""The current period and the one before it, which upstreams still complete and correct."""


def schedule(spec: Dataset, job: UnresolvedAssetJobDefinition) -> ScheduleDefinition:
    """Return a dataset's schedule, which is off until a person turns it on."""

    def requests(context: ScheduleEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        system = cast("System", getattr(context.resources, RESOURCE))
        refusal = rolled_back(system, spec.key)
        if refusal:
            yield SkipReason(refusal)
            return
        periods = definition(spec.partitions)
        recent = periods.get_partition_keys()[-_RECENT:] if periods else [None]
        for partition in recent:
            moment = f"{context.scheduled_execution_time:%Y-%m-%dT%H:%M}"
            yield RunRequest(f"{partition} {moment}", partition_key=partition, tags={ABSENT_TAG: "skip"})

    return ScheduleDefinition(
        name=f"{group(spec.key)}_schedule",
        job=job,
        cron_schedule=CRON[spec.partitions.grain],
        execution_timezone=spec.partitions.timezone,
        execution_fn=requests,
        required_resource_keys={RESOURCE},
        default_status=DefaultScheduleStatus.STOPPED,
        description="Asks for the current period and the one before; what the source does not have yet is no failure.",
    )


def rolled_back(system: System, dataset: str) -> str:
    """Say why a schedule must not publish a dataset: the last plan that ended was a rollback. Empty where it may."""
    from kfm_assets.domain.journal import Action

    done = [entry for entry in system.state.journal(dataset) if entry.went_live]
    if not done or done[-1].intent.action is not Action.ROLLBACK:
        return ""
    last = done[-1].intent
    return (
        f"{last.principal} rolled {dataset} back on {done[-1].marked_at:%Y-%m-%d}: {last.reason}. "
        f"To go forward again, run `kfm run {dataset}`, or materialize it here; then the schedule goes on."
    )
