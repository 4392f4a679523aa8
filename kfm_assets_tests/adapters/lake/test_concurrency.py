"""Several writers at once: nothing is lost, and there is one history."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.processes import finish, start
from kfm_assets_tests.adapters.lake.worker import WallClock, merge, write

EACH = 15


def test_writers_in_separate_processes_lose_nothing(tmp_path: Path) -> None:
    """They even make the lake at once."""
    roles = {"a": "write", "b": "write", "c": "merge", "d": "merge"}
    workers = [start(role, tmp_path / "lake", name, EACH) for name, role in roles.items()]
    said = [line for worker in workers for line in finish(worker)]
    check(EmbeddedLake(tmp_path / "lake", WallClock()), roles, said)


def test_threads_on_one_lake_lose_nothing(tmp_path: Path) -> None:
    lake = EmbeddedLake(tmp_path / "lake", WallClock())
    roles = {"a": write, "b": write, "c": merge, "d": merge}
    threads = [threading.Thread(target=role, args=(lake, name, EACH)) for name, role in roles.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(lake, roles, [commit.id for commit in lake.log(PRODUCTION)][:-1])


def test_a_reference_moves_from_where_it_was_only(tmp_path: Path) -> None:
    """Transactions alone keep writers apart already; this holds even where one would not."""
    lake = EmbeddedLake(tmp_path / "lake", WallClock())
    write(lake, "a", 2)
    history = lake._home.history
    head, before, root = lake.log(PRODUCTION)
    with pytest.raises(Conflict), lake._home.database.transaction():
        history.move(PRODUCTION, before, root, WallClock().now())
    assert lake.resolve(PRODUCTION) == head


def check(lake: EmbeddedLake, names, said: list[str]) -> None:
    history = list(lake.log(PRODUCTION))
    assert len(history) == len(names) * EACH + 1
    assert {commit.id for commit in history[:-1]} == set(said)
    assert all(len(commit.parents) == 1 for commit in history[:-1])
    for name in names:
        files = {file.path: lake.read(PRODUCTION, file.path) for file in lake.files(PRODUCTION, name)}
        assert files == {f"{name}/{number}": f"{name} {number}".encode() for number in range(EACH)}
    assert list(lake.verify()) == []
