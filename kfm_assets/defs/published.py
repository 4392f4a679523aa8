"""Published: what readers get. A partition is shown as published only when the pointer's release holds its build."""

from collections.abc import Iterable, Iterator

from dagster import AssetExecutionContext, AssetsDefinition, Output, multi_asset

from kfm_assets.defs import lineage, metadata
from kfm_assets.defs.keys import asset, key, step_name
from kfm_assets.defs.observer import gone
from kfm_assets.defs.partitions import SINGLE_RUN
from kfm_assets.defs.step import Step
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.errors import Conflict, GateClosed, KfmError


def published(spec: Dataset) -> AssetsDefinition:
    """Return the asset that stands for what is live of a dataset."""
    described = asset(
        Zone.PUBLISHED,
        spec,
        deps=[key(Zone.RELEASE, spec.key)],
        description="What readers get: promoted where every required verdict is on record for exactly this content.",
        kinds=["parquet"],
        metadata={**metadata.schema(spec), **lineage.published(spec)},
    )

    @multi_asset(
        name=step_name("promote", spec.key),
        specs=[described],
        backfill_policy=SINGLE_RUN,
        required_resource_keys={RESOURCE},
    )
    def promote(context: AssetExecutionContext) -> Iterator[Output[None]]:
        step = Step(context, spec)
        _promote(step)
        live = _live(step)
        step.materialize(
            (Zone.PUBLISHED, name, build, metadata.published(step.system, spec.key, name, build))
            for name, build in live.items()
        )
        for partition in live:
            step.system.progress(spec.key, partition, "published")
        yield from step.close(Zone.PUBLISHED, stayed_out=[name for name in step.partitions if name not in live])

    return promote


def _promote(step: Step) -> None:
    """Promote, and note of each partition how it ended. A refusal concerns all of those that wait."""
    from kfm_assets.engine import notes
    from kfm_assets.engine.promote import promote

    system, dataset = step.system, step.spec.key
    hopeful = step.hopeful()
    try:
        promotion = promote(system, dataset, hopeful, step.run)
    except (GateClosed, Conflict) as refusal:
        _refuse(step, refusal)
        return
    notes.note(system, step.run, dataset, hopeful, changed=promotion.changed, held=promotion.held)
    if promotion.release:
        _tell_gone(step, promotion.release, promotion.changed)


def _tell_gone(step: Step, release: Digest, changed: Iterable[str]) -> None:
    """Say which partitions the release no longer has: the first real one replaces a synthetic one as a whole."""
    from kfm_assets.engine import record

    stable = record.stable(step.system, step.spec.key)
    for partition in changed:
        if record.build_id(step.system, stable, partition) is None:
            step.context.log_event(gone(step.spec.key, partition, release))


def _refuse(step: Step, refusal: KfmError) -> None:
    system, dataset = step.system, step.spec.key
    for pending in system.state.pending(dataset):
        if pending.partition in step.partitions:
            facts: dict[str, Json] = {"error": str(refusal), "exit_code": refusal.exit_code}
            system.state.note(step.run, dataset, pending.partition, facts)


def _live(step: Step) -> dict[str, Digest]:
    """Return the partitions whose newest build is what readers get, each with that build."""
    from kfm_assets.engine import record

    stable = record.stable(step.system, step.spec.key)
    waiting = {pending.partition for pending in step.system.state.pending(step.spec.key)}
    builds = {name: record.build_id(step.system, stable, name) for name in step.hopeful() if name not in waiting}
    return {name: build for name, build in builds.items() if build}
