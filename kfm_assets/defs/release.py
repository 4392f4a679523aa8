"""Release: the candidate state of the whole dataset that judged builds make, with its catalogs, papers and verdicts.

Both come of one step: a catalog is rendered from the release, and the release is judged with its catalogs.
"""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetsDefinition, Output, multi_asset

from kfm_assets.defs import metadata
from kfm_assets.defs.keys import asset, key, step_name
from kfm_assets.defs.partitions import SINGLE_RUN
from kfm_assets.defs.step import Metadata, Step
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import Dataset, Kind


def release(spec: Dataset) -> AssetsDefinition:
    """Return the assets that hold a dataset's candidate releases, and what their catalogs say."""
    catalog = asset(
        Zone.CATALOG,
        spec,
        deps=[key(Zone.PROCESSED, spec.key), key(Zone.QUARANTINE, spec.key)],
        description="What outsiders read of each partition: a STAC item, a DCAT dataset, its PROV.",
        kinds=["json"],
    )
    described = asset(
        Zone.RELEASE,
        spec,
        deps=[catalog.key],
        description="The release that these builds make of the whole dataset, with its receipt and its manifest.",
        kinds=[],
    )

    @multi_asset(
        name=step_name("assemble", spec.key),
        specs=[catalog, described],
        backfill_policy=SINGLE_RUN,
        required_resource_keys={RESOURCE},
    )
    def assemble(context: AssetExecutionContext) -> Iterator[Output[None]]:
        from kfm_assets.engine.assemble import assemble

        step = Step(context, spec)
        hopeful = step.hopeful()
        candidate = assemble(step.system, step.run, spec.key, hopeful)
        step.materialize(_made(step, candidate.release.release.id if candidate.release else None))
        for partition in candidate.partitions:
            step.system.progress(spec.key, partition, "released")
        yield from step.close(Zone.CATALOG, Zone.RELEASE)

    return assemble


def _made(step: Step, candidate: Digest | None) -> Iterator[tuple[Zone, str, str, Metadata]]:
    """Tell which release holds each build: the candidate, or the stable one where nothing changed."""
    from kfm_assets.engine import catalog_map, drift, record, revisions

    state = step.system.state
    stable = record.stable(step.system, step.spec.key)
    chosen = state.release(candidate).release if candidate else stable
    root = catalog_map.root_of(step.system, chosen)
    revised = revisions.of_release(step.system, candidate) if candidate else {}
    found = drift.found(step.system, chosen.id) if chosen else {}
    changes = metadata.compared(step.system, chosen.id) if chosen else {}
    for name in step.hopeful():
        held = record.build_id(step.system, chosen, name)
        if chosen and held:
            yield Zone.CATALOG, name, held, metadata.catalogued(step.system, root, chosen.id, name, held)
            told = metadata.released(step.system, chosen.id, name, held)
            seen = {
                **metadata.revised(revised.get(name)),
                **metadata.drift(found.get(name)),
                **changes,
                **_explained(step, chosen.id, name),
            }
            yield Zone.RELEASE, name, held, {**told, **seen}


def _explained(step: Step, release: Digest, partition: str) -> Metadata:
    if step.spec.kind is not Kind.MODEL:
        return {}
    from kfm_assets.defs.model_pictures import explained

    return explained(step.system, release, partition)
