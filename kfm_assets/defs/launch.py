"""Launch: run datasets as Dagster runs in this process, on the instance that the UI shows; and start that UI."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dagster import DagsterInstance, Definitions, Failure
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from sqlalchemy.exc import OperationalError

from kfm_assets.datasets.registry import specification
from kfm_assets.defs import instance
from kfm_assets.defs.jobs import closure
from kfm_assets.defs.keys import FLOW, group, keys
from kfm_assets.defs.location import build_defs
from kfm_assets.defs.partitions import definition, known, spans
from kfm_assets.defs.step import RUN_TAG
from kfm_assets.defs.system import RESOURCE, configuration, lent
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.errors import KfmError, NotFound, Unavailable
from kfm_assets.ports import Progress, System, silent
from kfm_assets.settings import Settings
from kfm_assets.wiring import wire


@dataclass(frozen=True)
class _Launch:
    """One run of `kfm`: its name, what it runs on, and which zones it goes through."""

    name: str
    system: System
    dagster: DagsterInstance
    definitions: Definitions
    settings: Settings
    zones: tuple[Zone, ...]


def run(
    settings: Settings,
    datasets: Sequence[str],
    partitions: Sequence[str] | None = None,
    *,
    publish: bool = True,
    progress: Progress = silent,
    name: str = "",
) -> str:
    """Run datasets, each after those that it requires, from the same source; return the run's name.

    Every unbroken span of partitions of a dataset is one Dagster run. `partitions` are those of the named datasets, by
    default all that the source has; required datasets always run whole. What became of each partition is in
    `state.notes(name)`: an error that concerns some partitions, or all of a dataset, is noted there and not raised.

    Raises:
        NotFound: for an unknown dataset or partition; when the source has nothing of a dataset.
        KfmError: when it cannot be learnt which partitions there are.
    """
    system = wire(settings, progress=progress)
    name = name or system.clock.fresh()
    for dataset in datasets:
        _demand(specification(dataset), partitions or ())
    zones = FLOW if publish else FLOW[:-1]
    first: KfmError | None = None
    with _disk_full_is_unavailable(system), instance.opened(settings.home) as dagster:
        instance.settle(dagster)
        launch = _Launch(name, system, dagster, build_defs(datasets, system=lent(system)), settings, zones)
        for dataset in closure(datasets):
            try:
                _run_dataset(launch, specification(dataset), partitions if dataset in datasets else None)
            except KfmError as error:
                first = first or error
    if first:
        raise first
    return name


def _demand(spec: Dataset, partitions: Sequence[str]) -> None:
    for partition in partitions:
        if not known(spec.partitions, partition):
            periods = definition(spec.partitions)
            names = periods.get_partition_keys() if periods else [STATIC]
            raise NotFound(
                f"{spec.key} has no partition {partition!r}", advice=f"its partitions are: {names[0]} to {names[-1]}"
            )


def _run_dataset(launch: _Launch, spec: Dataset, partitions: Sequence[str] | None) -> None:
    names = _discover(launch, spec) if partitions is None else partitions
    for span in spans(spec.partitions, names):
        try:
            _run_span(launch, spec, span)
        except KfmError as error:
            _note(launch, spec, error, [name for name in names if span[0] <= name <= span[1]])


def _discover(launch: _Launch, spec: Dataset) -> list[str]:
    """Return the partitions that the source has. Where only the files' rows tell, they are fetched for this run now."""
    from kfm_assets.engine.acquire import acquire

    offered = {offer.partition for offer in launch.system.source.offers(spec, None)}
    found = {name for name in offered if name}
    if None in offered:
        acquisition = acquire(launch.system, launch.name, spec.key)
        found = {*acquisition.partitions, *acquisition.failed}
    for name in found:
        try:
            _demand(spec, [name])
        except NotFound as error:
            _note(launch, spec, error, [name])
    return sorted(found)


def _note(launch: _Launch, spec: Dataset, error: KfmError, names: Sequence[str]) -> None:
    """Note an error of some partitions, of those that have none of their own."""
    notes = launch.system.state.notes(launch.name)
    for name in names:
        if not notes.get((spec.key, name), {}).get("error"):
            facts: dict[str, Json] = {"error": str(error), "exit_code": error.exit_code}
            launch.system.state.note(launch.name, spec.key, name, facts)


def _run_span(launch: _Launch, spec: Dataset, span: tuple[str, str]) -> None:
    """Run the steps of a span of partitions. That some stayed out is noted, and is the Dagster run's failure only."""
    tags = {RUN_TAG: launch.name, instance.PROCESS_TAG: str(os.getpid())}
    if span[0] != STATIC:
        tags |= {ASSET_PARTITION_RANGE_START_TAG: span[0], ASSET_PARTITION_RANGE_END_TAG: span[1]}
    job = launch.definitions.resolve_job_def(group(spec.key))
    try:
        job.execute_in_process(
            instance=launch.dagster,
            asset_selection=keys(spec.key, launch.zones),
            tags=tags,
            run_config={
                "resources": {RESOURCE: {"config": configuration(launch.settings)}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
    except Failure:
        return
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None


@contextmanager
def _disk_full_is_unavailable(system: System) -> Iterator[None]:
    """Say of a disk without room, when it is Dagster's own log that finds out, what the engine says of it."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"Dagster's instance cannot be written: {error.orig}", advice=f"make room for {system.home}, and run again"
        ) from error
