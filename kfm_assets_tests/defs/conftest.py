"""Homes, folders and real SQLite instances for the tests of what Dagster sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, Definitions, ExecuteInProcessResult

from kfm_assets.datasets.registry import specification
from kfm_assets.defs import instance as homes
from kfm_assets.defs.keys import group, key
from kfm_assets.defs.location import build_defs
from kfm_assets.defs.partitions import definition
from kfm_assets.domain.artifact import Zone
from kfm_assets.engine import record
from kfm_assets.ports import System
from kfm_assets.settings import Settings, load
from kfm_assets.wiring import wire
from kfm_assets_tests.defs import feeds

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four years of storms: 1991 cannot be read, 1992 keeps too few of its rows; and the counties."""
    made = tmp_path_factory.mktemp("feeds")
    feeds.write(made, feeds.COUNTIES, ["static"])
    feeds.write(made, feeds.STORMS, ["1990", "1991", "1992", "1993"])
    feeds.make_unreadable(made, "1991")
    feeds.make_worthless(made, "1992")
    return made


@dataclass
class Home:
    """A home with its Dagster instance, and the code location as the UI's processes load it."""

    settings: Settings
    dagster: DagsterInstance
    defs: Definitions

    @property
    def system(self) -> System:
        return wire(self.settings)

    def execute(self, dataset: str, *, tags: dict[str, str] | None = None, **more) -> ExecuteInProcessResult:
        """Run a dataset's job as a process of the UI would, and do not mind if it fails."""
        return self.defs.resolve_job_def(group(dataset)).execute_in_process(
            instance=self.dagster, tags=tags or {}, raise_on_error=False, **more
        )

    def span(self, dataset: str, first: str, last: str, **more) -> ExecuteInProcessResult:
        return self.execute(dataset, tags=dict(zip(RANGE, (first, last), strict=True)), **more)

    def materialized(self, zone: Zone, dataset: str) -> set[str]:
        return self.dagster.get_materialized_partitions(key(zone, dataset))

    def statuses(self, at: AssetKey, dataset: str, names: list[str]) -> dict[str, str]:
        """Return what the UI shows of each partition."""
        found = self.dagster.get_status_by_partition(at, names, definition(specification(dataset).partitions))
        return {name: status.value if status else "MISSING" for name, status in (found or {}).items()}

    def live(self, dataset: str) -> dict[str, str]:
        """Return what readers get: each partition's build."""
        stable = record.stable(self.system, dataset)
        return dict(record.builds(self.system, stable)) if stable else {}


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where nothing happened yet. Making Dagster's tables takes two seconds, so each test gets a copy."""
    made = tmp_path_factory.mktemp("blank") / "home"
    wire(load(home=made))
    with homes.opened(made) as dagster:
        dagster.get_runs()
    return made


@pytest.fixture
def home(tmp_path: Path, folder: Path, blank: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose source is the folder."""
    shutil.copytree(blank, tmp_path / "home")
    for name, value in {"HOME": tmp_path / "home", "SOURCE": folder}.items():
        monkeypatch.setenv(f"KFM_{name}", str(value))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    settings = load()
    with homes.opened(settings.home) as dagster:
        yield Home(settings, dagster, build_defs())
