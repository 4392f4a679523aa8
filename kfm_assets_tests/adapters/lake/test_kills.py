"""A process that is killed at any moment leaves a lake that opens, verifies, and holds all that had returned."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.processes import finish, start
from kfm_assets_tests.adapters.lake.worker import WallClock

ROUNDS, AT_ONCE = (60, 4) if os.environ.get("KFM_TEST_LONG") == "1" else (9, 3)


def test_killed_writers_leave_a_whole_lake(tmp_path: Path) -> None:
    """Each round starts some that do everything and kills them one by one; every third round starts a new lake."""
    rng = random.Random(7)
    progress = 0
    for number in range(ROUNDS):
        root = tmp_path / f"lake-{number // 3}"
        workers = [start("churn", root, f"w{number}-{n}", number) for n in range(AT_ONCE)]
        time.sleep(rng.uniform(0.1, 0.3) if number % 3 == 0 else rng.uniform(0.5, 1.2))
        said = []
        for worker in workers:
            time.sleep(rng.uniform(0, 0.05))
            worker.kill()
            out, err = worker.communicate()
            assert err == ""
            said += out.split("\n")[:-1]
        lake = EmbeddedLake(root, WallClock())
        assert list(lake.verify()) == []
        assert set(said) <= {commit.id for commit in lake.log(PRODUCTION)}
        for file in lake.files(PRODUCTION):
            lake.fetch(PRODUCTION, file.path)
        progress += len(said)
        lake.close()
    assert progress > 0


def test_what_the_dead_staged_is_collected_and_what_the_living_staged_is_not(tmp_path: Path) -> None:
    lake = EmbeddedLake(tmp_path, WallClock())
    dead, living = (start("hold", tmp_path, name) for name in ("dead", "living"))
    for worker in (dead, living):
        assert worker.stdout is not None
        assert worker.stdout.readline() == "staged\n"
    dead.kill()
    dead.communicate()
    try:
        assert lake.collect(keep=[], before=WallClock().now(), dry_run=True).bytes == len(b"held")
        assert len(list((tmp_path / "incoming").iterdir())) == 2
        assert lake.collect(keep=[], before=WallClock().now()).objects == 1
        assert len(list((tmp_path / "incoming").iterdir())) == 1
        assert list(lake.verify()) == []
    finally:
        living.kill()
        living.communicate()


def test_a_collection_beside_running_writers_takes_nothing_of_theirs(tmp_path: Path) -> None:
    collectors = [start("collect", tmp_path, "collector", 4) for _ in range(2)]
    writers = [start("rewrite", tmp_path, name, 60) for name in ("a", "b")]
    said = [len(finish(worker)) for worker in writers]
    removed = sum(int(line) for worker in collectors for line in finish(worker))
    lake = EmbeddedLake(tmp_path, WallClock())
    assert said == [60, 60]
    assert removed > 0
    assert list(lake.verify()) == []
    for branch in lake.branches():
        for file in lake.files(branch):
            lake.fetch(branch, file.path)
