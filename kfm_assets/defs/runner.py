"""The runner: datasets, each after those that it requires, as Dagster runs in this process. `launch` starts one.

Every unbroken span of partitions of a dataset is one Dagster run of its job, through the dataset's own assets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster import DagsterInstance, Definitions, Failure
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.defs import instance
from kfm_assets.defs.keys import FLOW, closure, group, keys
from kfm_assets.defs.partitions import spans, strays
from kfm_assets.defs.step import RUN_TAG
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.errors import KfmError, NotFound
from kfm_assets.ports import System


@dataclass(frozen=True)
class Runner:
    """One run of `kfm`: its name, what it runs on, how the resource is configured, which zones it goes through."""

    name: str
    system: System
    dagster: DagsterInstance
    definitions: Definitions
    configuration: Mapping[str, object]
    zones: tuple[Zone, ...] = FLOW

    def run(self, datasets: Sequence[str], partitions: Sequence[str] | None = None) -> None:
        """Run datasets and what they require; what became of each partition is noted under the run's name.

        Raises:
            KfmError: the first of a dataset of which it could not be learnt which partitions there are, at the end.
        """
        first: KfmError | None = None
        for dataset in closure(datasets):
            try:
                self._run_dataset(specification(dataset), partitions if dataset in datasets else None)
            except KfmError as error:
                if isinstance(error, NotFound) and dataset not in datasets and self._is_live(dataset):
                    continue  # What is merely required may come from what is published already.
                if isinstance(error, NotFound) and specification(dataset).is_derived and set(datasets) == set(DATASETS):
                    continue  # A run of everything makes of its models what its source has enough for.
                first = first or error
        if first:
            raise first

    def _is_live(self, dataset: str) -> bool:
        from kfm_assets.engine import record

        stable = record.stable(self.system, dataset)
        return stable is not None and stable.origin is self.system.source.origin

    def _run_dataset(self, spec: Dataset, partitions: Sequence[str] | None) -> None:
        names = self._discover(spec) if partitions is None else partitions
        for first, last in spans(spec.partitions, names):
            try:
                self._run_span(spec, first, last)
            except KfmError as error:
                self._note(spec, error, [name for name in names if first <= name <= last])

    def _discover(self, spec: Dataset) -> list[str]:
        """Return the partitions that the source has. Where only files' rows tell, they are fetched for this run now."""
        from kfm_assets.engine.acquire import acquire
        from kfm_assets.engine.derive import offered as derivable

        if spec.is_derived:
            return derivable(self.system, spec)
        offered = {offer.partition for offer in self.system.source.offers(spec, None)}
        found = {name for name in offered if name}
        if None in offered:
            acquisition = acquire(self.system, self.name, spec.key)
            found = {*acquisition.partitions, *acquisition.failed}
        for name, error in strays(spec, found).items():
            stray = NotFound(f"the source has a file of {name}, and {error}; {error.advice}", advice=error.advice)
            self._note(spec, stray, [name])
        return sorted(found)

    def _note(self, spec: Dataset, error: KfmError, names: Sequence[str]) -> None:
        """Note an error of some partitions, of those that have none of their own."""
        notes = self.system.state.notes(self.name)
        for name in names:
            if not notes.get((spec.key, name), {}).get("error"):
                facts: dict[str, Json] = {"error": str(error), "exit_code": error.exit_code}
                self.system.state.note(self.name, spec.key, name, facts)

    def _run_span(self, spec: Dataset, first: str, last: str) -> None:
        """Run the steps of a span. That some partitions stayed out is noted, and is the Dagster run's failure alone."""
        tags = {RUN_TAG: self.name, instance.PROCESS_TAG: str(os.getpid())}
        if first != STATIC:
            tags |= {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
        try:
            self.definitions.resolve_job_def(group(spec.key)).execute_in_process(
                instance=self.dagster,
                asset_selection=keys(spec.key, self.zones),
                tags=tags,
                run_config={
                    "resources": {RESOURCE: {"config": self.configuration}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        except Failure:
            return
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
