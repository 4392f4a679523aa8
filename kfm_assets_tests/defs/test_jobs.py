"""The job for everything starts a run for each dataset, and fails where a partition stayed out."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from kfm_assets.datasets.registry import ACQUIRED, program
from kfm_assets.defs.jobs import ALL
from kfm_assets.defs.keys import group
from kfm_assets.domain.artifact import Zone
from kfm_assets_tests.defs import feeds
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import QUAKES, STORMS

SOME = {QUAKES: ["2015-08"], STORMS: ["1990", "1991"]}
"""The partitions that are brought, where they are not the first of the sample's."""


def test_it_brings_every_dataset_and_says_what_stayed_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "all"
    for dataset in ACQUIRED:
        feeds.write(folder, dataset, SOME.get(dataset) or program(dataset).sample_partitions[:1])
    monkeypatch.setenv("KFM_SOURCE", str(folder))
    everything = home.defs.resolve_job_def(ALL)
    assert everything.execute_in_process(instance=home.dagster).success
    assert set(home.live(STORMS)) == home.materialized(Zone.PUBLISHED, STORMS) == {"1990", "1991"}
    assert "2015-08" in home.live(QUAKES)
    jobs = {run.job_name: run.status for run in home.dagster.get_runs()}
    assert jobs == dict.fromkeys(("all_datasets", *map(group, ACQUIRED)), DagsterRunStatus.SUCCESS)

    feeds.make_worthless(folder, "1991")
    assert not everything.execute_in_process(instance=home.dagster, raise_on_error=False).success
