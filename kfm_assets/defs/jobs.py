"""Jobs: one for each dataset, the datasets that it requires included, and one for all that the source has."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from dagster import AssetSelection, Definitions, Failure, JobDefinition, OpExecutionContext, define_asset_job, job, op
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from kfm_assets.datasets.registry import DATASETS
from kfm_assets.defs.keys import closure, group
from kfm_assets.defs.step import RUN_TAG
from kfm_assets.defs.system import RESOURCE, lent
from kfm_assets.domain.dataset import Dataset

if TYPE_CHECKING:
    from kfm_assets.ports import System

ALL = "all_datasets"


def dataset_job(spec: Dataset) -> UnresolvedAssetJobDefinition:
    """Return the job that brings a dataset, and what it requires, from its source to its readers.

    A Dagster run knows one way of cutting a dataset. One that is made from others alone is cut differently from those,
    so its job takes them as they are published; `kfm run` and the job of all datasets run them before.
    """
    run = [spec.key] if spec.is_derived else closure([spec.key])
    return define_asset_job(
        group(spec.key),
        selection=AssetSelection.groups(*(group(dataset) for dataset in run)),
        description=f"{spec.title}: acquire, build, judge, publish. A partition with a closed gate stays out alone.",
    )


def all_datasets(build: Callable[..., Definitions]) -> JobDefinition:
    """Return the job that runs every dataset as `kfm run` does. `build` puts the code location together.

    Datasets are cut in different ways, and a Dagster run knows one: so this starts a run for each dataset.
    """

    @op(required_resource_keys={RESOURCE})
    def run_all(context: OpExecutionContext) -> None:
        _run_all(context, build)

    @job(name=ALL, description="Every dataset, every partition that the source has: a run for each dataset.")
    def everything() -> None:
        run_all()

    return everything


def _run_all(context: OpExecutionContext, build: Callable[..., Definitions]) -> None:
    from kfm_assets.defs.runner import Runner

    system = cast("System", getattr(context.resources, RESOURCE))
    name = system.clock.fresh()
    context.instance.add_run_tags(context.run_id, {RUN_TAG: name})
    resources = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", context.run_config.get("resources", {}))
    configuration = resources.get(RESOURCE, {}).get("config", {})
    Runner(name, system, context.instance, build(system=lent(system)), configuration).run(DATASETS)
    notes = {at: facts for at, facts in system.state.notes(name).items() if at[1]}
    out = [f"{dataset} {partition}" for (dataset, partition), facts in notes.items() if not facts.get("published")]
    if out:
        raise Failure(f"{len(out)} of {len(notes)} partitions stayed out: {', '.join(out[:5])}", allow_retries=False)
