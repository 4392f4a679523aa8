"""Jobs: one for each dataset, the datasets that it requires included, and one for all."""

from __future__ import annotations

from collections.abc import Sequence

from dagster import AssetSelection, define_asset_job
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.defs.keys import group
from kfm_assets.domain.dataset import Dataset

ALL = "all_datasets"


def closure(datasets: Sequence[str]) -> list[str]:
    """Return some datasets and all that they require, each after those that it requires."""
    wanted = set(datasets)
    for dataset in reversed(DATASETS):
        if dataset in wanted:
            wanted |= set(specification(dataset).requires)
    return [dataset for dataset in DATASETS if dataset in wanted]


def job(spec: Dataset) -> UnresolvedAssetJobDefinition:
    """Return the job that brings a dataset, and what it requires, from its source to its readers."""
    return define_asset_job(
        group(spec.key),
        selection=AssetSelection.groups(*(group(dataset) for dataset in closure([spec.key]))),
        description=f"{spec.title}: acquire, build, judge, publish. A partition with a closed gate stays out alone.",
    )


def all_datasets() -> UnresolvedAssetJobDefinition:
    """Return the job over everything."""
    return define_asset_job(ALL, selection=AssetSelection.all(), description="Every dataset, from source to readers.")
