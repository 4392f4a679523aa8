"""Names in Dagster: asset keys, groups, ops and jobs of a dataset, and what every asset says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from dagster import AssetDep, AssetKey, AssetSpec

from kfm_assets.datasets.code import code_digest
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.defs.partitions import definition
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import hexadecimal
from kfm_assets.domain.dataset import Dataset

FLOW = (Zone.RAW, Zone.PROCESSED, Zone.QUARANTINE, Zone.CATALOG, Zone.RELEASE, Zone.PUBLISHED)
"""The zones that are assets, in the order of the flow."""


def closure(datasets: Iterable[str]) -> list[str]:
    """Return some datasets and all that they require, each after those that it requires."""
    wanted = set(datasets)
    for dataset in reversed(DATASETS):
        if dataset in wanted:
            wanted |= set(specification(dataset).requires)
    return [dataset for dataset in DATASETS if dataset in wanted]


def key(zone: Zone, dataset: str) -> AssetKey:
    """Return an asset's key: zone, theme, name."""
    return AssetKey([zone.value, *dataset.split("/")])


def keys(dataset: str, zones: Iterable[Zone] = FLOW) -> list[AssetKey]:
    """Return the keys of a dataset's assets."""
    return [key(zone, dataset) for zone in zones]


def group(dataset: str) -> str:
    """Return the group of a dataset's assets; its job has the same name, and its ops end with it."""
    return dataset.replace("/", "_")


def step_name(verb: str, dataset: str) -> str:
    """Return the name of a step of a dataset, as a run's chart has it."""
    return f"{verb}_{group(dataset)}"


@cache
def code_version(dataset: str) -> str:
    """Return what a dataset is made by: the start of its specification's digest, and that of its code's."""
    made_by = (specification(dataset).spec_hash, code_digest(dataset))
    return "-".join(hexadecimal(digest)[:12] for digest in made_by)


def asset(
    zone: Zone,
    spec: Dataset,
    *,
    deps: Iterable[AssetKey | AssetDep],
    description: str,
    kinds: Iterable[str],
    metadata: Mapping[str, object] | None = None,
) -> AssetSpec:
    """Describe a dataset's asset in one zone. It is skippable: each step logs what it made by itself, by partition."""
    return AssetSpec(
        key(zone, spec.key),
        deps=list(deps),
        description=f"**{spec.title}.** {description}\n\n{spec.description}",
        metadata=dict(metadata or {}),
        skippable=True,
        group_name=group(spec.key),
        code_version=code_version(spec.key),
        owners=list(spec.owners),
        tags={**dict.fromkeys(spec.tags, ""), "zone": zone.value, "licence": spec.licence, "label": spec.policy_label},
        # The graph names an asset by the last part of its key alone: the kind tells which zone it is.
        kinds={zone.value, *kinds},
        partitions_def=definition(spec.partitions),
    )
