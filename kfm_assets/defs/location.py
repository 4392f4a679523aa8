"""The code location: all assets, checks, jobs and schedules of the registered datasets, with the system they run on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dagster import (
    AssetChecksDefinition,
    AssetsDefinition,
    Definitions,
    ResourceDefinition,
    in_process_executor,
)

from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.defs import jobs, schedules
from kfm_assets.defs.checks import checks
from kfm_assets.defs.keys import closure
from kfm_assets.defs.processed import processed
from kfm_assets.defs.published import published
from kfm_assets.defs.raw import raw
from kfm_assets.defs.release import release
from kfm_assets.defs.system import RESOURCE, Kansas
from kfm_assets.domain.dataset import Dataset

FLOW: tuple[Callable[[Dataset], AssetsDefinition], ...] = (raw, processed, release, published)
"""What makes the assets of a dataset, in the order of the flow."""


def build_defs(
    datasets: Sequence[str] = DATASETS,
    *,
    system: Kansas | ResourceDefinition | None = None,
    more_checks: Iterable[AssetChecksDefinition] = (),
) -> Definitions:
    """Put the code location together: for some datasets and what they require, on a system, with further checks."""
    chosen = [specification(dataset) for dataset in closure(datasets)]
    return Definitions.merge(
        *(_of_dataset(spec) for spec in chosen),
        Definitions(asset_checks=list(more_checks), jobs=[jobs.all_datasets(build_defs)]),
        Definitions(resources={RESOURCE: system or Kansas()}, executor=in_process_executor),
    )


def _of_dataset(spec: Dataset) -> Definitions:
    job = jobs.dataset_job(spec)
    return Definitions(
        assets=[make(spec) for make in FLOW],
        asset_checks=[checks(spec)],
        jobs=[job],
        schedules=[schedules.schedule(spec, job)],
    )
