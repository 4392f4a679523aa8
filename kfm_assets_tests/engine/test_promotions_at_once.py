"""Eight processes that promote at once, on one home and a real server: each lands once or ends in a clear Conflict."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kfm_assets.domain.journal import Mark
from kfm_assets.engine.raw import RAW
from kfm_assets.engine.recover import recover
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lakefs.servers import needs_server, repository
from kfm_assets_tests.engine.promoting import ROUNDS
from kfm_assets_tests.served import ServedWorld, check, save
from kfm_assets_tests.simulator import QUAKES, STORMS

pytestmark = needs_server
REPOSITORY = Path(__file__).parents[2]
WORK = [
    (STORMS, "1950"),
    (STORMS, "1951"),
    (STORMS, "1951"),
    (QUAKES, "2015-08"),
    (QUAKES, "2015-09"),
    ("climate/drought", "2012"),
    ("climate/divisional", "2012"),
    ("hydrology/streamflow", "2013-06"),
]


def test_every_promotion_lands_once_or_ends_in_a_conflict(tmp_path: Path) -> None:
    with served(tmp_path) as world, started(tmp_path, WORK) as workers:
        said = [line for worker in workers for line in ended(worker)]
        check(world)
        outcomes = Counter(line.partition(" ")[0] for line in said)
        marks = Counter(entry.mark for entry in world.state.journal())
        assert len(said) == len(WORK) * ROUNDS
        assert outcomes["landed"] == marks[Mark.DONE] >= 5 * ROUNDS
        assert marks[Mark.UNDONE] == 0
        assert {world.state.pointer(dataset).stable is None for dataset, _ in WORK} == {False}


def test_somebody_who_moves_production_meanwhile_spoils_nothing(tmp_path: Path) -> None:
    """Without the lease, as only somebody outside of this project can: promotions may fail, and can be recovered."""
    work = [*WORK[:2], *WORK[3:5]]
    with served(tmp_path) as world, started(tmp_path, work) as workers, started(tmp_path, [()], "intrude") as others:
        said = [line for worker in workers for line in ended(worker)]
        others[0].kill()
        moved = [line for line in others[0].communicate()[0].splitlines() if line]
        recover(world.system())
        check(world)
        assert len(said) == len(work) * ROUNDS
        assert len(moved) > ROUNDS
        assert set(moved) <= {commit.id for commit in world.lake.log(PRODUCTION)}


@contextmanager
def served(folder: Path) -> Iterator[ServedWorld]:
    """Make a world that others can join."""
    with repository() as server:
        save(server, folder / "server.json")
        world = ServedWorld(folder, server)
        world.lake.create_branch(RAW, PRODUCTION)
        yield world
        world.lake.close()


@contextmanager
def started(
    folder: Path, work: Sequence[Sequence[str]], role: str = "publish"
) -> Iterator[list[subprocess.Popen[str]]]:
    """Start a process for each piece of work, and let all go at once."""
    command = [sys.executable, "-m", "kfm_assets_tests.engine.promoting", role, str(folder)]
    workers = [
        subprocess.Popen(
            [*command, f"{role}-{number}", *some],
            cwd=REPOSITORY,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number, some in enumerate(work)
    ]
    try:
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n", worker.communicate()[1]
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def ended(worker: subprocess.Popen[str]) -> list[str]:
    """Wait for a process that must succeed; return what it said."""
    out, err = worker.communicate(timeout=120)
    assert worker.returncode == 0, err
    return out.splitlines()
