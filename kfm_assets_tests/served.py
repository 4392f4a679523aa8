"""The simulated world on a real lakeFS server and a real home's state, which several processes can be in at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kfm_assets.adapters.home import HomeRecords, SystemClock
from kfm_assets.adapters.lakefs import LakeFSLake
from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.state import SqliteState
from kfm_assets.domain.journal import Mark
from kfm_assets.domain.operation import POINTER, Operation
from kfm_assets.domain.pointer import Pointer
from kfm_assets.engine import record
from kfm_assets.engine.targets import LAKE
from kfm_assets.engine.verify import verify_all
from kfm_assets.ports import PRODUCTION, Commit, System
from kfm_assets_tests.simulator import Fuse, World


class Names:
    """Numbers for runs that no other process uses."""

    def __init__(self, clock: SystemClock) -> None:
        """Take them from a clock."""
        self._clock = clock

    def __next__(self) -> int:
        return int(self._clock.fresh().partition("-")[2], 16)


class ServedWorld(World):
    """A world whose lake is a repository on a server; `own` is the folder of one process of it."""

    def __init__(self, folder: Path, server: Server, own: str = "one") -> None:
        """Open it."""
        self.clock = SystemClock()
        self.lake = LakeFSLake(server, folder / own, self.clock)
        self.state = SqliteState(folder / "state.db")
        self.records = HomeRecords(folder)
        self.runs = Names(self.clock)
        self.told = []

    def system(self, fuse: Fuse | None = None) -> System:
        """Return a system, whose home is the folder."""
        return replace(super().system(fuse), clock=self.clock)


def save(server: Server, path: Path) -> None:
    """Tell other processes where a repository is."""
    names = ("endpoint", "repository", "access_key", "secret_key")
    path.write_text(json.dumps({name: getattr(server, name) for name in names}))


def load(path: Path) -> Server:
    """Return what was told."""
    return Server(**json.loads(path.read_text()))


def check(world: World) -> None:
    """Nothing is unfinished, nothing happened twice, nobody's change is in another's, and all of it can be verified.

    Each plan that is DONE is one commit of production, each that is not is none; a commit that was taken back is
    followed by what undid it, and neither counts.
    """
    assert world.state.unfinished() == []
    journal = {entry.intent.txn: entry for entry in world.state.journal()}
    log = list(reversed(list(standing(world))))
    landed = [commit.metadata["txn"] for commit in log if "txn" in commit.metadata]
    done = {txn for txn, entry in journal.items() if entry.mark is Mark.DONE}
    assert len(landed) == len(set(landed)), "a plan landed twice"
    assert set(landed) == done
    held: dict[str, tuple[str, int]] = {}
    for commit in log:
        changed = {"/".join(change.path.split("/")[:2]) for change in world.lake.diff(commit.parents[0], commit.id)}
        dataset = commit.metadata.get("dataset")
        assert dataset is None or changed == {dataset}, "one commit changes one dataset"
        if dataset is None:
            continue
        steps = {step.target: step for step in journal[commit.metadata["txn"]].intent.plan}
        held[dataset] = (steps[LAKE].after, follows(steps, held.get(dataset)))
        assert world.lake.tree(commit.id, dataset) == steps[LAKE].after
    for pointer in world.state.pointers():
        assert pointer.stable
        tree = world.lake.tree(PRODUCTION, pointer.dataset)
        assert tree == world.lake.tree(record.tag(pointer.stable), pointer.dataset)
        assert held[pointer.dataset] == (tree, pointer.generation)
    assert list(verify_all(world.system())) == []


def follows(steps: dict[str, Operation], held: tuple[str, int] | None) -> int:
    """See that a plan begins where the one before it ended; return the generation that it ends at."""
    before, after = (Pointer.decode(text) for text in (steps[POINTER].before, steps[POINTER].after))
    if held:
        assert (steps[LAKE].before, before.generation) == held, "two plans were interleaved"
    return after.generation


def standing(world: World) -> Iterator[Commit]:
    """Yield what is on production, newest first, but for what was taken back, what undid it, and the beginning."""
    undone = set()
    for commit in world.lake.log(PRODUCTION):
        if commit.message.startswith("Undo "):
            undone.add(commit.message.removeprefix("Undo ").partition(":")[0])
        elif commit.id not in undone and commit.parents:
            yield commit
