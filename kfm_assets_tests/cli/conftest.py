"""A home with counties and two releases of earthquakes, made once; and a way to run `kfm` in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kfm_assets.cli.exits import run_command
from kfm_assets.cli.root import command
from kfm_assets_tests.cli import homes


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def told(self) -> str:
        """Standard output as one line, however it was folded."""
        return " ".join(self.out.split())


Kfm = Callable[..., Ended]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("published") / "home"
    homes.publish(home, homes.COUNTIES)
    homes.publish(home, homes.EARTHQUAKES, seed=1)
    homes.publish(home, homes.EARTHQUAKES, seed=2)
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "home"))


@pytest.fixture
def kfm(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Kfm:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KFM_HOME", raising=False)
    monkeypatch.setenv("KFM_SAMPLE_SIZE", "60")
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> Ended:
        capfd.readouterr()
        code = run_command(command, [str(argument) for argument in arguments])
        written = capfd.readouterr()
        return Ended(code, written.out, written.err)

    return call
