"""Homes with the recorded storms, made once, of which each test has a copy; and `kfm` in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kfm_assets_tests.cli.conftest import kfm
from kfm_assets_tests.engine.test_flow import RECORDED, run
from kfm_assets_tests.tampering.homes import CLIMATE, FIRST, LIVE, MODEL, NEW, begun, came, copied, published, put

__all__ = ["counties", "kfm", "modelled", "storms"]


@pytest.fixture(scope="session")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begun(tmp_path_factory.mktemp("begun") / "home")


@pytest.fixture(scope="session")
def storms(counties: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which all recorded years up to the one before the new one are live."""
    folder = tmp_path_factory.mktemp("storms")
    home = Path(shutil.copytree(counties, folder / "home"))
    published(home, folder / "in", range(FIRST, int(NEW)))
    return home


@pytest.fixture(scope="session")
def modelled(storms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same with the climate, and a model of the last year but one."""
    folder = tmp_path_factory.mktemp("models")
    system = copied(storms, folder / "home", put(folder / "in", (RECORDED / "noaa_climdiv").iterdir()))
    run(system, CLIMATE, [str(year) for year in range(FIRST, int(NEW))])
    assert came(system, MODEL, [str(int(LIVE) - 1)]).published
    return folder / "home"
