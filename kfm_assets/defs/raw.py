"""Raw: what the upstream sent, byte for byte, with how it came and on which terms. One asset for each dataset."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetsDefinition, Output, multi_asset

from kfm_assets.defs import lineage, metadata
from kfm_assets.defs.keys import asset, step_name
from kfm_assets.defs.partitions import SINGLE_RUN
from kfm_assets.defs.step import Metadata, Step
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.dataset import Dataset


def raw(spec: Dataset) -> AssetsDefinition:
    """Return the asset that holds a dataset's acquisitions."""
    upstream = spec.upstream
    described = asset(
        Zone.RAW,
        spec,
        deps=[],
        description=f"Files as {upstream.publisher} sent them ([{upstream.title}]({upstream.homepage})), unchanged.",
        kinds=[],
        metadata={**metadata.upstream(spec), **lineage.raw(spec)},
    )

    @multi_asset(
        name=step_name("acquire", spec.key),
        specs=[described],
        backfill_policy=SINGLE_RUN,
        required_resource_keys={RESOURCE},
    )
    def acquire(context: AssetExecutionContext) -> Iterator[Output[None]]:
        step = Step(context, spec)
        _acquire(step)
        step.materialize(_made(step))
        yield from step.close(Zone.RAW)

    return acquire


def _acquire(step: Step) -> None:
    """Fetch what this run has not fetched yet: `kfm run` may have, in order to learn what the source has."""
    from kfm_assets.engine.acquire import acquire

    intakes = step.system.state.intakes(step.spec.key)
    missing = [name for name in step.hopeful() if name not in intakes or intakes[name].run != step.run]
    if missing:
        acquire(step.system, step.run, step.spec.key, missing)


def _made(step: Step) -> Iterator[tuple[Zone, str, str, Metadata]]:
    from kfm_assets.domain.canonical import digest_of

    intakes = step.system.state.intakes(step.spec.key)
    for name in step.hopeful():
        if name in intakes and intakes[name].run == step.run:
            yield Zone.RAW, name, digest_of(intakes[name].acquired), metadata.acquired(step.system, intakes[name])
