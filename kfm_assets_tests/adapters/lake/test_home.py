"""Opening: a new lake appears whole, another layout is refused, damage is not papered over; a full disk is survived."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from kfm_assets.adapters.lake import database
from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.errors import HomeVersion, IntegrityError, Unavailable
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.processes import finish, start
from kfm_assets_tests.contracts.lake_contract import TickingClock, held, put


def test_opening_again_finds_what_was_committed(lake: EmbeddedLake, root: Path) -> None:
    commit = put(lake, PRODUCTION, {"a": b"1"})
    lake.close()
    again = EmbeddedLake(str(root), TickingClock())
    assert again.resolve(PRODUCTION) == commit
    assert held(again, PRODUCTION) == {"a": b"1"}


@pytest.mark.parametrize("layout", [database.LAYOUT + 1, 99])
def test_another_layout_is_refused_and_left_alone(lake: EmbeddedLake, root: Path, layout: int) -> None:
    lake.close()
    with sqlite3.connect(root / "lake.db") as connection:
        connection.execute(f"PRAGMA user_version={layout}")
    connection.close()
    before = (root / "lake.db").read_bytes()
    with pytest.raises(HomeVersion, match=str(layout)):
        EmbeddedLake(root, TickingClock())
    assert (root / "lake.db").read_bytes() == before


def test_somebody_elses_database_is_refused(root: Path) -> None:
    root.mkdir()
    with sqlite3.connect(root / "lake.db") as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(HomeVersion):
        EmbeddedLake(root, TickingClock())


def test_what_is_no_database_is_refused(root: Path) -> None:
    root.mkdir()
    (root / "lake.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(IntegrityError, match=r"lake\.db"):
        EmbeddedLake(root, TickingClock())


def test_objects_without_a_database_are_not_taken_for_a_new_lake(lake: EmbeddedLake, root: Path) -> None:
    put(lake, PRODUCTION, {"a": b"1"})
    lake.close()
    (root / "lake.db").unlink()
    with pytest.raises(IntegrityError, match=r"lake\.db"):
        EmbeddedLake(root, TickingClock())
    assert not (root / "lake.db").exists()


def test_a_creation_that_fails_leaves_nothing_that_counts(root: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(TickingClock, "now", refuse)
        with pytest.raises(Unavailable):
            EmbeddedLake(root, TickingClock())
    assert list(EmbeddedLake(root, TickingClock()).branches()) == [PRODUCTION]


def test_a_file_where_the_lake_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")
    with pytest.raises(Unavailable, match="lake"):
        EmbeddedLake(tmp_path / "lake", TickingClock())


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_changes_nothing(lake: EmbeddedLake, root: Path, monkeypatch, call: str) -> None:
    head = put(lake, PRODUCTION, {"a": b"1"})

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with lake.stage(PRODUCTION) as staging:
        staging.write("b", b"2")
        with monkeypatch.context() as patched:
            patched.setattr(os, call, refuse)
            with pytest.raises(Unavailable, match="no room") as caught:
                staging.write("c", b"3") if call == "write" else staging.commit("full")
            assert "free some space" in caught.value.advice
        assert lake.resolve(PRODUCTION) == head
        assert list(lake.verify()) == []
        staging.write("c", b"3")
        staging.commit("room again")
    assert held(lake, PRODUCTION) == {"a": b"1", "b": b"2", "c": b"3"}
    assert list((root / "incoming").iterdir()) == []


def test_a_full_database_changes_nothing(lake: EmbeddedLake) -> None:
    head = put(lake, PRODUCTION, {"a": b"1"})
    pages = lake._home.database.row("PRAGMA page_count")[0]
    lake._home.database.row(f"PRAGMA max_page_count={pages}")
    many = {f"{n}/{n}": b"x" for n in range(200)}
    with pytest.raises(Unavailable, match="no room"):
        put(lake, PRODUCTION, many)
    assert lake.resolve(PRODUCTION) == head
    assert list(lake.verify()) == []
    lake._home.database.row("PRAGMA max_page_count=1000000")
    put(lake, PRODUCTION, many)
    assert len(held(lake, PRODUCTION)) == 201


def test_a_limit_of_the_kernels_is_a_full_disk_too(lake: EmbeddedLake, root: Path) -> None:
    head = put(lake, PRODUCTION, {"a": b"1"})
    lines = finish(start("overflow", root, "big", 300_000))
    assert len(lines) == 1
    assert lines[0].startswith("Unavailable: no room left at ")
    assert lake.resolve(PRODUCTION) == head
    assert list(lake.verify()) == []
    assert list((root / "incoming").iterdir()) == []
