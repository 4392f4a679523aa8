"""The runner: datasets, each after those that it requires, as Dagster runs in this process. `launch` starts one.

An unbroken span of partitions of a dataset is one Dagster run of its job, through the dataset's own assets. Where there
are several, each span is acquired and built in a run of its own, and one more run puts all that was built together:
whatever the partitions, a dataset gets one release, and readers see one change.
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
from kfm_assets.defs.step import RUN_TAG, WHOLE_TAG
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.errors import BadInput, KfmError, NotFound
from kfm_assets.ports import System

_OF_A_BUILD = (Zone.RAW, Zone.PROCESSED, Zone.QUARANTINE)
"""The zones that concern each partition by itself; the others concern a release."""


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
            KfmError: of the datasets of which it could not be learnt which partitions there are, at the end.
        """
        errors: list[KfmError] = []
        for dataset in closure(datasets):
            try:
                self._run_dataset(specification(dataset), partitions if dataset in datasets else None)
            except KfmError as error:
                if isinstance(error, NotFound) and dataset not in datasets and self._is_live(dataset):
                    continue  # What is merely required may come from what is published already.
                if isinstance(error, NotFound) and specification(dataset).is_derived and set(datasets) == set(DATASETS):
                    continue  # A run of everything makes of its models what its source has enough for.
                errors.append(error)
        if errors:
            raise _as_one(errors)

    def _is_live(self, dataset: str) -> bool:
        from kfm_assets.engine import record

        stable = record.stable(self.system, dataset)
        return stable is not None and stable.origin is self.system.source.origin

    def _run_dataset(self, spec: Dataset, partitions: Sequence[str] | None) -> None:
        names = self._discover(spec) if partitions is None else partitions
        found = spans(spec.partitions, names)
        if len(found) == 1:
            self._try_span(spec, found[0], names, self.zones)
            return
        for span in found:
            within = [name for name in names if span[0] <= name <= span[1]]
            self._try_span(spec, span, within, [zone for zone in self.zones if zone in _OF_A_BUILD])
        built = self._built(spec)
        chosen = [span for span in found if any(span[0] <= name <= span[1] for name in built)]
        if chosen:
            rest = [zone for zone in self.zones if zone not in _OF_A_BUILD]
            self._try_span(spec, chosen[-1], built, rest, whole=True)

    def _built(self, spec: Dataset) -> list[str]:
        """Return the partitions that this run has built."""
        notes = self.system.state.notes(self.name)
        return [name for (key, name), facts in notes.items() if key == spec.key and _is_built(facts)]

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
            if acquisition.undated and not found:
                rows = f"row{'s' if acquisition.undated > 1 else ''}"
                raise BadInput(
                    f"{spec.key}: no partition has rows; {acquisition.undated:,} {rows} that came cannot be dated",
                    advice=f"`kfm quarantine {spec.key}` shows them",
                )
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

    def _try_span(
        self, spec: Dataset, span: tuple[str, str], names: Sequence[str], zones: Sequence[Zone], *, whole: bool = False
    ) -> None:
        """Run a span, and note an error of it for some partitions."""
        try:
            self._run_span(spec, span, zones, {WHOLE_TAG: "yes"} if whole else {})
        except KfmError as error:
            self._note(spec, error, names)

    def _run_span(self, spec: Dataset, span: tuple[str, str], zones: Sequence[Zone], marks: Mapping[str, str]) -> None:
        """Run the steps of a span. That some partitions stayed out is noted, and is the Dagster run's failure alone."""
        first, last = span
        tags = {RUN_TAG: self.name, instance.PROCESS_TAG: str(os.getpid()), **marks}
        if first != STATIC:
            tags |= {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
        try:
            self.definitions.resolve_job_def(group(spec.key)).execute_in_process(
                instance=self.dagster,
                asset_selection=keys(spec.key, zones),
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


def _as_one(errors: Sequence[KfmError]) -> KfmError:
    """Return one error that names all; its kind is that of the first which is not merely of something absent."""
    said = {str(error): error for error in errors}
    chosen = next((error for error in said.values() if not isinstance(error, NotFound)), errors[0])
    if len(said) == 1:
        return chosen
    advice = chosen.advice if not isinstance(chosen, NotFound) else "name the datasets that it has, as arguments"
    return type(chosen)("; ".join(said), advice=advice)


def _is_built(facts: Mapping[str, Json]) -> bool:
    return bool(facts.get("build")) and not facts.get("error")
