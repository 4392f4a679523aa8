"""Processed and quarantine: the rows of a partition, typed and judged, and those held back. One step makes both."""

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    BetaWarning,
    Output,
    TimeWindowPartitionMapping,
    multi_asset,
)

from kfm_assets.defs import lineage, metadata
from kfm_assets.defs.keys import asset, key, step_name
from kfm_assets.defs.partitions import SINGLE_RUN
from kfm_assets.defs.step import Metadata, Step
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.dataset import Dataset, Reach

if TYPE_CHECKING:
    from kfm_assets.engine.build import Made

MOST_PICTURES = 12
"""Up to so many partitions in a run have a picture each; those of a longer run share one of the whole run."""


def processed(spec: Dataset) -> AssetsDefinition:
    """Return the two assets that a build of a partition is."""
    deps = [key(Zone.RAW, spec.key), *(_required(spec, dataset) for dataset in spec.requires)]
    rows = asset(
        Zone.PROCESSED,
        spec,
        deps=deps,
        description="Typed rows in UTC and SI units, each with its gates' recorded verdicts.",
        kinds=["polars", "parquet"],
        metadata={**metadata.schema(spec), **lineage.processed(spec)},
    )
    held = asset(
        Zone.QUARANTINE,
        spec,
        deps=deps,
        description="Rows that cannot be used, verbatim, each with its file, its line and the rule that held it back.",
        kinds=["json"],
        metadata=metadata.reasons(spec),
    )

    @multi_asset(
        name=step_name("build", spec.key),
        specs=[rows, held],
        backfill_policy=SINGLE_RUN,
        required_resource_keys={RESOURCE},
    )
    def build(context: AssetExecutionContext) -> Iterator[Output[None]]:
        from kfm_assets.engine import build, judge

        step = Step(context, spec)
        made, _ = build.build(step.system, step.run, spec.key, step.hopeful())
        judge.judge(step.system, step.run, spec.key, list(made))
        step.materialize(_made(step, made))
        yield from step.close(Zone.PROCESSED, Zone.QUARANTINE)

    return build


_EVER = 1000
"""Years: more than any dataset goes back."""


def _required(spec: Dataset, dataset: str) -> AssetKey | AssetDep:
    """Return what a dataset needs of a required one: all of it, or of yearly ones the years that are due."""
    published, requirement = key(Zone.PUBLISHED, dataset), spec.reaches.get(dataset)
    if requirement is None or requirement.reach is Reach.STATIC:
        return published
    first, last = (-_EVER, 0) if requirement.reach is Reach.UP_TO else (-1, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)  # years before the first are passed over, which is new in Dagster
        years = TimeWindowPartitionMapping(
            start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
        )
    return AssetDep(published, partition_mapping=years)


def _made(step: Step, made: Mapping[str, "Made"]) -> Iterator[tuple[Zone, str, str, Metadata]]:
    from kfm_assets.defs import pictures

    # Dagster shows the column lineage of an asset's newest event: one of the run's is enough, the last.
    columns, last = lineage.processed(step.spec), list(made)[-1:]
    shared = pictures.of_run(step.spec, made) if len(made) > MOST_PICTURES else None
    for name, item in made.items():
        picture = shared or pictures.of_partition(step.system, step.run, item)
        yield (
            Zone.PROCESSED,
            name,
            item.build.id,
            {
                **metadata.built(step.system, item, picture),
                **(columns if [name] == last else {}),
            },
        )
        yield Zone.QUARANTINE, name, item.build.id, metadata.held_back(step.system, step.run, item)
