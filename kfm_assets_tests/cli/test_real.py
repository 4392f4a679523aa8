"""The installed command as people and scripts call it: runs from beginning to end, pipes, a disk without room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kfm_assets_tests.cli import homes, real

KFM = Path(sys.executable).with_name("kfm")


def lines(ended: subprocess.CompletedProcess[str]) -> dict[tuple[str, str], dict]:
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    return {(line["dataset"], line["partition"]): line for line in found}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A home after the first `kfm run` of earthquakes' sample, and how that ended."""
    home = tmp_path_factory.mktemp("world") / "home"
    return home, real.kfm(home, "run", homes.EARTHQUAKES, "--json", KFM_SAMPLE_SIZE="60")


def test_a_run_publishes_what_it_requires_and_what_it_was_asked_for(world):
    _, ended = world
    assert (ended.returncode, ended.stderr) == (0, "")
    found = lines(ended)
    assert [dataset for dataset, _ in found] == [homes.COUNTIES, *[homes.EARTHQUAKES] * 3]
    for line in found.values():
        assert line["published"]
        assert line["changed"]
        assert line["verdicts"] == dict.fromkeys([*"ABCDEFG", "drift", "diff"], "PASS")
        assert line["rows_in"] == line["rows_out"] + line["rows_quarantined"] + line["rows_out_of_scope"]
        assert line["seconds"] > 0


def test_the_same_run_again_changes_nothing(world):
    home, first = world
    again = real.kfm(home, "run", homes.EARTHQUAKES, "--json", KFM_SAMPLE_SIZE="60")
    assert (again.returncode, again.stderr) == (0, "")
    for key, line in lines(again).items():
        assert not line["changed"]
        assert line["published"]
        assert (line["build"], line["release"]) == (lines(first)[key]["build"], lines(first)[key]["release"])


def test_without_publishing_it_waits_for_promote(world, tmp_path):
    home = Path(shutil.copytree(world[0], tmp_path / "home"))
    run = ("run", homes.EARTHQUAKES, "--partitions", "2015-08,2015-10", "--no-publish")
    ended = real.kfm(home, *run, KFM_SAMPLE_SIZE="80")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "waits" in ended.stdout
    assert f"kfm promote {homes.EARTHQUAKES}" in ended.stdout
    status = json.loads(real.kfm(home, "status", homes.EARTHQUAKES, "--json").stdout)
    assert status["pending"] == ["2015-08", "2015-10"]
    promoted = real.kfm(home, "promote", homes.EARTHQUAKES, "--json")
    assert promoted.returncode == 0
    assert [json.loads(line)["published"] for line in promoted.stdout.splitlines()] == [True, True]


def test_a_reader_of_a_pipe_may_stop_early(world):
    script = f'"{KFM}" read {homes.EARTHQUAKES} --format ndjson | head -n 1; echo "${{PIPESTATUS[0]}}" >&2'
    ended = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "KFM_HOME": str(world[0])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(ended.stdout)["event_id"]
    assert ended.stderr.splitlines()[-1] in {"141", "0"}


def test_no_colour_and_no_bar_where_there_is_no_terminal(world):
    ended = real.kfm(world[0], "status", FORCE_COLOR="")
    assert "\x1b" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("room", ["200k", "1500k"])
def test_a_full_disk_is_unavailable_and_publishes_nothing(tmp_path, room):
    mount = ["unshare", "--mount", "--map-root-user", "sh", "-c", 'mount -t tmpfs -o size="$0" none "$1"']
    place = tmp_path / "small"
    place.mkdir()
    if shutil.which("unshare") is None or subprocess.run([*mount, "1m", place], check=False).returncode:
        pytest.skip("no small file system can be mounted here")
    script = 'mount -t tmpfs -o size="$0" none "$1" && cd "$1" && "$2" run hazards/earthquakes --json'
    ended = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script, room, place, KFM],
        env={**os.environ, "KFM_HOME": "home", "KFM_SAMPLE_SIZE": "2000", "DAGSTER_HOME": str(tmp_path / "dagster")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 5
    assert ended.stderr.startswith("kfm: ")
    assert ended.stderr.count("\n") == 1
    assert not any(json.loads(line)["published"] for line in ended.stdout.splitlines() if "earthquakes" in line)


def test_status_loads_nothing_that_it_does_not_need(world):
    heavy = ["dagster", "polars", "pyarrow", "numpy", "shapely", "pandera", "httpx", "rich", "jsonschema", "yaml"]
    script = f"""
import sys
from kfm_assets.cli.exits import run_command
from kfm_assets.cli.root import command
code = run_command(command, ["status"])
print(code, sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)
"""
    environment = {**os.environ, "KFM_HOME": str(world[0])}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ended.stderr == "0 []\n"
