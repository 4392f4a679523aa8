"""The code location: what is in it follows from the registry, and loading it is cheap."""

from __future__ import annotations

import subprocess
import sys

from dagster import AssetKey, BackfillPolicy, Definitions

from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.definitions import defs
from kfm_assets.defs.keys import FLOW, closure, code_version, group, key
from kfm_assets.domain.artifact import Zone

HEAVY = ("polars", "pyarrow", "shapely", "pandera", "pydantic_settings", "matplotlib", "numpy", "pandas", "httpx")


def test_it_loads() -> None:
    Definitions.validate_loadable(defs)


def test_every_dataset_has_its_flow() -> None:
    graph = defs.resolve_asset_graph()
    assert graph.get_all_asset_keys() == {key(zone, dataset) for dataset in DATASETS for zone in FLOW}
    for dataset in DATASETS:
        spec = specification(dataset)
        parents = {zone: graph.get(key(zone, dataset)).parent_keys for zone in FLOW}
        required = {key(Zone.PUBLISHED, other) for other in spec.requires}
        assert parents[Zone.RAW] == set()
        assert parents[Zone.PROCESSED] == parents[Zone.QUARANTINE] == {key(Zone.RAW, dataset)} | required
        assert parents[Zone.CATALOG] == {key(Zone.PROCESSED, dataset), key(Zone.QUARANTINE, dataset)}
        assert parents[Zone.RELEASE] == {key(Zone.CATALOG, dataset)}
        assert parents[Zone.PUBLISHED] == {key(Zone.RELEASE, dataset)}


def test_every_asset_says_whose_it_is_and_what_made_it() -> None:
    graph = defs.resolve_asset_graph()
    for dataset in DATASETS:
        spec = specification(dataset)
        for zone in FLOW:
            node = graph.get(AssetKey([zone.value, spec.theme, spec.name]))
            assert node.group_name == group(dataset)
            assert list(node.owners) == list(spec.owners)
            assert zone.value in node.kinds
            assert spec.description in node.description
            assert node.code_version == code_version(dataset)
            assert node.backfill_policy == BackfillPolicy.single_run()
            assert set(spec.tags) < set(node.tags)
        columns = graph.get(key(Zone.PUBLISHED, dataset)).metadata["dagster/column_schema"].schema.columns
        assert [column.name for column in columns] == [column.name for column in spec.main.columns]


def test_there_is_a_job_for_each_dataset_with_what_it_requires_and_one_for_all() -> None:
    jobs = {job.name: job for job in defs.resolve_all_job_defs()}
    assert {group(dataset) for dataset in DATASETS} | {"all_datasets"} < set(jobs)
    for dataset in DATASETS:
        chosen = jobs[group(dataset)].asset_layer.executable_asset_keys
        due = [dataset] if specification(dataset).is_derived else closure([dataset])
        assert chosen == {key(zone, other) for other in due for zone in FLOW}


def test_loading_it_imports_nothing_heavy() -> None:
    script = f"import sys, kfm_assets.definitions; print(*(name for name in {HEAVY} if name in sys.modules))"
    baseline = f"import sys, dagster; print(*(name for name in {HEAVY} if name in sys.modules))"
    ours, dagsters = (
        subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()
        for text in (script, baseline)
    )
    assert set(ours) <= set(dagsters)
