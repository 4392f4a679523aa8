"""What things cost: bounded memory for large files, and work that follows the change, not the lake."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from pathlib import Path

import pytest

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.contracts.lake_contract import TickingClock, put

LARGE = 64 << 20


class Pattern(io.RawIOBase):
    """A large stream that is nowhere in memory."""

    def __init__(self, size: int) -> None:
        """Give this many bytes."""
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = min(len(buffer), self._left)
        buffer[:count] = b"\xa5" * count
        self._left -= count
        return count


class Counting:
    """A lake's nodes, counted as they are read from the database and put there."""

    def __init__(self, lake: EmbeddedLake, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from now on, with nothing in memory."""
        self.read, self.put = 0, 0
        nodes = lake._home.nodes
        nodes._recent.clear()
        fetch, put = nodes.fetch, nodes.put
        monkeypatch.setattr(nodes, "fetch", lambda digest: (self._count("read"), fetch(digest))[1])
        monkeypatch.setattr(nodes, "put", lambda content: (self._count("put"), put(content))[1])

    def _count(self, what: str) -> None:
        setattr(self, what, getattr(self, what) + 1)


def test_a_large_file_passes_through_little_memory(lake: EmbeddedLake) -> None:
    tracemalloc.start()
    try:
        with lake.stage(PRODUCTION) as staging:
            file = staging.write("large", Pattern(LARGE))
            staging.commit("large")
        path = lake.fetch(PRODUCTION, "large")
        assert list(lake.verify()) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
    assert file.size == LARGE
    assert Path(path).stat().st_size == LARGE
    assert file.digest.endswith(hashlib.sha256(b"\xa5" * LARGE).hexdigest())


@pytest.fixture
def wide(root: Path) -> EmbeddedLake:
    lake = EmbeddedLake(root, TickingClock())
    put(lake, PRODUCTION, {f"data/{n % 5}/{n}": b"x" for n in range(4_000)})
    return lake


def test_a_diff_reads_what_differs(wide: EmbeddedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    wide.create_branch("run-1", PRODUCTION)
    put(wide, "run-1", {"data/3/3": b"y"})
    counting = Counting(wide, monkeypatch)
    assert [change.path for change in wide.diff(PRODUCTION, "run-1")] == ["data/3/3"]
    assert counting.read <= 2 * 5
    assert list(wide.diff(PRODUCTION, "run-1", "data/4")) == []


def test_a_merge_reads_and_writes_what_differs(wide: EmbeddedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    wide.create_branch("run-1", PRODUCTION)
    put(wide, "run-1", {"data/3/3": b"y"})
    put(wide, PRODUCTION, {"data/4/4": b"z"})
    counting = Counting(wide, monkeypatch)
    wide.squash_merge("run-1", PRODUCTION, "merge")
    assert counting.read <= 3 * 5
    assert counting.put <= 3


def test_restoring_a_prefix_grafts_it(wide: EmbeddedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    wide.create_tag("rel-1", PRODUCTION)
    put(wide, PRODUCTION, {"data": None, "other": b"1"})
    counting = Counting(wide, monkeypatch)
    with wide.stage(PRODUCTION) as staging:
        staging.restore("rel-1", "data")
        staging.commit("restore")
    assert (counting.read, counting.put) == (2, 1)
    assert wide.tree(PRODUCTION, "data") == wide.tree("rel-1", "data")
