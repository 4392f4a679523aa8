"""What every step of the flow does: know its run and partitions, log what it made, pass on, and fail at the very end.

Of a run over several partitions Dagster marks all as materialized when a step returns, and stops what comes after for
all when a step fails. Here each partition counts by itself: a step logs an event for each that it made, yields outputs
that log nothing, and only the last step of a run fails, when some partitions stayed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from dagster import AssetExecutionContext, AssetMaterialization, Failure, MetadataValue, Output
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION

from kfm_assets.defs.instance import burst
from kfm_assets.defs.keys import FLOW, key
from kfm_assets.defs.partitions import event_partition
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.dataset import STATIC, Dataset, Grain
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    from kfm_assets.ports import System

RUN_TAG = "kfm/run"
"""A Dagster run's tag: the run of `kfm` that it is a part of."""

ABSENT_TAG = "kfm/absent"
"""A Dagster run's tag: `skip` where partitions that the source does not have are no failure."""

WHOLE_TAG = "kfm/whole"
"""A Dagster run's tag: it is for all partitions of that run of `kfm`, whichever its own range names."""

DATA_VERSION = "dagster/data_version"

Metadata = Mapping[str, MetadataValue]


@dataclass
class Step:
    """One step of one dataset, in the run that it is a part of."""

    context: AssetExecutionContext
    spec: Dataset

    @cached_property
    def system(self) -> System:
        """The engine's ports."""
        return cast("System", getattr(self.context.resources, RESOURCE))

    @cached_property
    def run(self) -> str:
        """The run's name in the engine. `kfm run` gives one to all of its Dagster runs; any other gets its own here."""
        instance, number = self.context.instance, self.context.run.run_id
        run = instance.get_run_by_id(number)
        name = run.tags.get(RUN_TAG) if run else None
        if name is None:
            name = self.system.clock.fresh()
            instance.add_run_tags(number, {RUN_TAG: name})
        return name

    @cached_property
    def partitions(self) -> list[str]:
        """The partitions that this step is for: one or many."""
        if self.spec.partitions.grain is Grain.STATIC:
            return [STATIC]
        named = list(self.context.partition_keys)
        if WHOLE_TAG not in self.context.run.tags:
            return named
        noted = self.system.state.notes(self.run)
        return sorted({*named, *(partition for dataset, partition in noted if partition and dataset == self.spec.key)})

    def failed(self) -> dict[str, str]:
        """Return the partitions that an earlier step of this run gave up, each with the reason."""
        errors: dict[str, str] = {}
        for (dataset, partition), facts in self.system.state.notes(self.run).items():
            if dataset == self.spec.key and partition in self.partitions and facts.get("error"):
                errors[partition] = str(facts["error"])
        return errors

    def hopeful(self) -> list[str]:
        """Return the partitions that no earlier step of this run gave up."""
        failed = self.failed()
        return [partition for partition in self.partitions if partition not in failed]

    def materialize(self, made: Iterable[tuple[Zone, str, str, Metadata]]) -> None:
        """Log an event for each (zone, partition, data version, metadata)."""
        with burst(self.context.instance):
            for zone, partition, version, metadata in made:
                self.context.log_event(
                    AssetMaterialization(
                        key(zone, self.spec.key),
                        partition=event_partition(partition),
                        metadata=metadata,
                        tags={DATA_VERSION: version},
                    )
                )

    def close(self, *zones: Zone, stayed_out: Iterable[str] = ()) -> Iterator[Output[None]]:
        """Pass on to the next step, or, where this is the run's last, fail if any partition stayed out.

        Raises:
            Failure: in one line that names them.
        """
        if self._is_last(zones[-1]):
            self._account_for(stayed_out)
        for zone in zones:
            yield passed_on(key(zone, self.spec.key).to_python_identifier())

    def _is_last(self, zone: Zone) -> bool:
        chosen = self.context.job_def.asset_layer.executable_asset_keys
        return not any(key(later, self.spec.key) in chosen for later in FLOW[FLOW.index(zone) + 1 :])

    def _account_for(self, stayed_out: Iterable[str]) -> None:
        reasons = dict.fromkeys(stayed_out, "it is not published") | self.failed()
        if self.context.run.tags.get(ABSENT_TAG) == "skip":
            notes = self.system.state.notes(self.run)
            absent = {name for name in reasons if _is_absent(notes.get((self.spec.key, name), {}))}
            reasons = {name: reason for name, reason in reasons.items() if name not in absent}
        if reasons:
            raise Failure(_line(self.spec.key, len(self.partitions), reasons), allow_retries=False)


def _is_absent(facts: Mapping[str, object]) -> bool:
    return facts.get("exit_code") == NotFound.exit_code and not facts.get("build")


def _line(dataset: str, of: int, reasons: Mapping[str, str]) -> str:
    first = min(reasons)
    names = ", ".join(sorted(reasons)[:5]) + (", …" if len(reasons) > 5 else "")  # noqa: PLR2004 - what fits a line
    return f"{len(reasons)} of {of} partitions of {dataset} stayed out ({names}). {first}: {reasons[first]}"


def passed_on(output: str) -> Output[None]:
    """Return an output that starts the next step and logs no materialization, since the step logged its own.

    Dagster logs an asset event for every partition of the run with each output, except for one with this entry, by
    which its own observable sources say that theirs are logged already.
    """
    return Output(None, output_name=output, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})
