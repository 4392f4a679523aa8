"""Several writers at once on a real server: nothing is lost, and there is one history."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.processes import REPOSITORY, finish
from kfm_assets_tests.adapters.lake.worker import WallClock, merge, write
from kfm_assets_tests.adapters.lakefs.servers import needs_server, repository

pytestmark = needs_server
EACH = 5


def test_writers_in_separate_processes_lose_nothing(tmp_path: Path) -> None:
    roles = {"a": "write", "b": "write", "c": "merge", "d": "merge"}
    with repository() as server:
        environment = os.environ | {"KFM_TEST_LAKEFS_REPOSITORY": server.repository}
        workers = [start(role, tmp_path, name, environment) for name, role in roles.items()]
        said = [line for worker in workers for line in finish(worker)]
        check(LakeFSLake(server, tmp_path / "one", WallClock()), roles, said)


def test_threads_on_one_lake_lose_nothing(tmp_path: Path) -> None:
    with repository() as server:
        lake = LakeFSLake(server, tmp_path, WallClock())
        roles = {"a": write, "b": write, "c": merge, "d": merge}
        threads = [threading.Thread(target=role, args=(lake, name, EACH)) for name, role in roles.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(lake, roles, [commit.id for commit in lake.log(PRODUCTION)][:-1])


def test_promotions_at_once_land_whole_or_end_in_a_conflict(tmp_path: Path) -> None:
    """Eight processes, two for each of four datasets, without the lease that keeps them apart in the engine."""
    names = [f"{dataset}-{n}" for dataset in "abcd" for n in range(2)]
    with repository() as server:
        environment = os.environ | {"KFM_TEST_LAKEFS_REPOSITORY": server.repository}
        workers = [start("promote", tmp_path, name, environment, 2) for name in names]
        said = [line.split() for worker in workers for line in finish(worker)]
        lake = LakeFSLake(server, tmp_path / "one", WallClock())
        history = {commit.id: commit for commit in lake.log(PRODUCTION)}
        landed = [what for word, what in said if word == "landed"]
        assert len(said) == len(names) * 2
        assert landed
        assert set(landed) <= set(history)
        assert len({history[identity].message for identity in landed}) == len(landed)
        for commit in list(history.values())[:-1]:
            changed = {change.path.partition("/")[0] for change in lake.diff(commit.parents[0], commit.id)}
            assert len(changed) == 1, "one commit changes one dataset"
            for dataset in "abcd":
                releases = {lake.read(commit.id, file.path) for file in lake.files(commit.id, dataset)}
                assert len(releases) <= 1, "a dataset holds one release, whole"
        kept = {commit.message for commit in history.values()} - {history[identity].message for identity in landed}
        undone = {message for message in kept if message.startswith("Undo ")}
        taken_back = {history[message.removeprefix("Undo ").partition(":")[0]].message for message in undone}
        conflicts = {what for word, what in said if word == "conflict"}
        assert kept - undone - {"Repository created"} <= conflicts
        assert taken_back <= conflicts
        lake.close()


def start(role: str, root: Path, name: str, environment, amount: int = EACH) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kfm_assets_tests.adapters.lakefs.worker", role, str(root), name, str(amount)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def check(lake: LakeFSLake, names, said: list[str]) -> None:
    history = list(lake.log(PRODUCTION))
    assert {commit.id for commit in history[:-1]} == set(said)
    assert len(history) == len(names) * EACH + 1
    assert all(len(commit.parents) == 1 for commit in history[:-1])
    for name in names:
        files = {file.path: lake.read(PRODUCTION, file.path) for file in lake.files(PRODUCTION, name)}
        assert files == {f"{name}/{number}": f"{name} {number}".encode() for number in range(EACH)}
    assert list(lake.verify()) == []
    lake.close()
