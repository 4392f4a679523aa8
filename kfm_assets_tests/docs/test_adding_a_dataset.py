"""The tutorial, followed word by word: its files are written into a copy of the package, and its commands are run."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from kfm_assets_tests.docs.documents import ROOT, blocks, commands
from kfm_assets_tests.docs.test_commands import TUTORIAL


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the tutorial's files in it, and its one line in the registry."""
    shutil.copytree(ROOT / "kfm_assets", tmp_path / "kfm_assets", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "dagster.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for block in blocks(TUTORIAL):
        if block.file and block.language == "python":
            path = tmp_path / block.file
            assert not path.exists(), "the tutorial adds files, and changes one"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    (change,) = (block for block in blocks(TUTORIAL) if block.language == "diff")
    before = "".join(f"{line[1:]}\n" for line in change.text.splitlines() if line[0] == " ")
    after = "".join(f"{line[1:]}\n" for line in change.text.splitlines() if line[0] in " +")
    assert len(after.splitlines()) == len(before.splitlines()) + 1, "one line"
    registry = tmp_path / change.file
    assert registry.read_text().count(before) == 1
    registry.write_text(registry.read_text().replace(before, after))
    return tmp_path


def run(checkout, *words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KFM_", "DAGSTER_"))}
    return subprocess.run(
        words,
        cwd=checkout,
        env={**environment, "PYTHONPATH": str(checkout), "KFM_HOME": str(checkout / "home"), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tutorials_commands_work(checkout):
    written = {}
    for block in blocks(TUTORIAL):
        if block.language != "bash":
            continue
        for command in commands(block):
            ended = run(checkout, sys.executable, "-m", "kfm_assets", *shlex.split(command.text)[1:])
            told = ended.stderr.splitlines()
            assert ended.returncode == command.code, f"{command.text}\n{ended.stderr}"
            assert told == [] or ("(synthetic)" in ended.stderr and len(told) == 1), f"{command.text}\n{ended.stderr}"
            written[command.text] = ended.stdout
    rows = written["kfm read climate/first_frost --format csv"].splitlines()
    assert rows[0] == "station,first_frost,minimum_degc"
    assert len(rows) == 1 + 2 * 396, "two years of 400 stations, four of each held back"
    assert "minimum_unreadable" in written["kfm quarantine climate/first_frost"]


def test_the_tutorials_files_keep_the_house_rules(checkout):
    files = [block.file for block in blocks(TUTORIAL) if block.file]
    scripts = os.path.dirname(sys.executable)  # noqa: PTH120 - the environment's own folder, not where its link leads
    for arguments in (("check", *files), ("format", "--check", *files)):
        ended = run(checkout, f"{scripts}/ruff", *arguments, "--no-cache")
        assert ended.returncode == 0, ended.stdout
