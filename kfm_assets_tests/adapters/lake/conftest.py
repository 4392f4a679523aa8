"""A lake of one's own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets_tests.contracts.lake_contract import TickingClock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path):
    lake = EmbeddedLake(root, TickingClock())
    yield lake
    lake.close()
