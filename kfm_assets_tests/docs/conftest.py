"""A folder such as a reader of the documents stands in, and homes to begin with."""

from __future__ import annotations

import io
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kfm_assets.datasets.registry import program
from kfm_assets_tests.cli import homes
from kfm_assets_tests.docs.documents import ROOT
from kfm_assets_tests.docs.shell import Terminal

SIZE = 60
DIVISIONAL = "climate/divisional"
RECORDED = {
    DIVISIONAL: ["2022", "2023", "2024"],
    homes.DROUGHT: ["2022", "2023", "2024"],
    homes.COUNTIES: ["static"],
    homes.EARTHQUAKES: ["2015-08", "2015-09", "2015-10"],
    homes.STORMS: ["2019", "2020", "2021", "2022"],
    "hydrology/streamflow": ["2024-10", "2024-11", "2025-01"],
}
"""What the documents' folder `recorded/` holds."""


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as after `make run`, on a small sample."""
    home = tmp_path_factory.mktemp("published") / "home"
    for dataset in RECORDED:
        homes.publish(home, dataset)
    return home


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], Terminal]:
    """Return what opens a terminal in a folder that looks like a checkout, on a copy of a home or on none."""

    def opened(home: Path | None) -> Terminal:
        folder = tmp_path / "checkout"
        folder.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in {".git", ".venv", ".kfm"}:
                (folder / entry.name).symlink_to(entry)
        (folder / ".venv").symlink_to(sys.prefix)
        _record(folder / "recorded", folder / "arrived")
        environment = {"KFM_HOME": str(tmp_path / "home"), "COLUMNS": "80"}
        if home:
            shutil.copytree(home, tmp_path / "home")
            environment["KFM_SAMPLE_SIZE"] = str(SIZE)
        monkeypatch.chdir(folder)
        for name in ("KFM_SOURCE", "KFM_SAMPLE_SIZE", "KFM_SAMPLE_SEED", "KFM_POLICY", "DAGSTER_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Terminal(folder, environment)

    return opened


def _record(recorded: Path, arrived: Path) -> None:
    """Write files as the upstreams name them, and a later edition of the counties that is yet to be put beside."""
    recorded.mkdir()
    for dataset, partitions in RECORDED.items():
        for partition in partitions:
            # These files' names tell an edition and no year: beside one another the newest alone would count.
            folder = recorded / partition if dataset == DIVISIONAL else recorded
            folder.mkdir(exist_ok=True)
            for name, content in program(dataset).sample(partition, SIZE, 7).items():
                (folder / name).write_bytes(content)
    arrived.mkdir()
    first = recorded / "cb_2014_us_county_20m.zip"
    later = io.BytesIO()
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(later, "w") as new:
        for member in old.namelist():
            new.writestr(member.replace("2014", "2015"), old.read(member))
    (arrived / first.name.replace("2014", "2015")).write_bytes(later.getvalue())
