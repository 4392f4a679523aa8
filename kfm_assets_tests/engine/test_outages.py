"""A lakeFS server that goes away in the middle of a plan and comes back: `recover` finishes it, and nothing twice."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kfm_assets.domain.journal import Action, Mark
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.recover import recover
from kfm_assets.engine.rollback import roll_back
from kfm_assets.errors import Unavailable
from kfm_assets.ports import System
from kfm_assets_tests.adapters.lakefs.misbehaving import Fault, Misbehaving, misbehaving
from kfm_assets_tests.adapters.lakefs.servers import URL, OwnServer, needs_program, needs_server, repository
from kfm_assets_tests.served import ServedWorld, check
from kfm_assets_tests.simulator import STORMS, Fuse

LONG = os.environ.get("KFM_TEST_LONG") == "1"
QUICK = {"attempts": 2, "first_wait_seconds": 0.01, "timeout_seconds": 10}
PLACES = 1_000 if LONG else 12
CONTENTS = map(str, itertools.count())


def forward(system: System) -> None:
    promote(system, STORMS)


def back(system: System) -> None:
    roll_back(system, STORMS, "previous", Cause(Action.ROLLBACK, "the hail is wrong"))


def arranged(world: ServedWorld) -> None:
    """Make a build that waits."""
    world.prepare({"1950": next(CONTENTS)})


def published(world: ServedWorld) -> None:
    """Have an earlier release, too."""
    for _ in range(2):
        arranged(world)
        promote(world.system(), STORMS)


def finished(world: ServedWorld) -> int:
    return sum(entry.mark is Mark.DONE for entry in world.state.journal())


def recovered(world: ServedWorld, before: dict[str, str], plans: int) -> None:
    """Recover, and see that all plans that were begun were finished, and that readers got what those were for."""
    begun = len(world.state.journal())
    recover(world.system())
    assert not recover(world.system()).plans
    assert world.state.unfinished() == []
    assert finished(world) == begun in {plans, plans + 1}
    assert (world.seen() != before) is (begun > plans)


# --- a process that is killed


@dataclass
class Killing(Fuse):
    """Kills a server before, while or after a step of this name is taken for the first time."""

    server: OwnServer | None = None
    name: str = ""
    when: str = ""
    seconds: float = 0.0
    timers: list[threading.Timer] = field(default_factory=list)

    def step(self, name: str, act: Callable[[], object]) -> object:
        hit, self.names = name == self.name and name not in self.names, [*self.names, name]
        if not hit:
            return act()
        if self.when == "before":
            self.server.kill()
        if self.when == "while":
            self.timers.append(threading.Timer(self.seconds, self.server.kill))
            self.timers[0].start()
        try:
            return act()
        finally:
            if self.when == "after":
                self.server.kill()

    def settle(self) -> None:
        """Wait until it is dead."""
        for timer in self.timers:
            timer.join()
        self.server.kill()


MOMENTS = [
    (forward, "begin", "after", 0.0),
    (forward, "squash_merge", "before", 0.0),
    *((forward, "squash_merge", "while", seconds) for seconds in ((0.01, 0.03, 0.05, 0.1) if LONG else (0.04,))),
    (forward, "squash_merge", "after", 0.0),
    (forward, "finish", "after", 0.0),
    (back, "swap_pointer", "after", 0.0),
    (back, "squash_merge", "after", 0.0),
]


@pytest.fixture(scope="module")
def killable(tmp_path_factory) -> Iterator[tuple[OwnServer, Callable[[], ServedWorld]]]:
    """Give a server of our own, and the world on it as a process that starts now sees it."""
    folder = tmp_path_factory.mktemp("killed")
    server = OwnServer(folder / "server")
    server.start()
    place, numbers = server.repository(**QUICK), itertools.count()
    opened: list[ServedWorld] = []

    def join() -> ServedWorld:
        opened.append(ServedWorld(folder, place, f"process-{next(numbers)}"))
        return opened[-1]

    published(join())
    yield server, join
    for world in opened:
        world.lake.close()
    server.kill()


@needs_program
@pytest.mark.parametrize(("act", "name", "when", "seconds"), MOMENTS)
def test_a_server_that_is_killed_and_started_again(killable, act, name: str, when: str, seconds: float) -> None:
    server, join = killable
    world = join()
    if act is forward:
        arranged(world)
    before, plans = world.seen(), finished(world)
    fuse = Killing(server=server, name=name, when=when, seconds=seconds)
    with suppress(Unavailable):
        act(world.system(fuse))
    fuse.settle()
    assert name in fuse.names
    server.start()
    again = join()
    recovered(again, before, plans)
    assert finished(again) == plans + 1, "the intent was there before the server went"
    check(again)


# --- a server that nobody reaches


@pytest.fixture
def through(tmp_path: Path) -> Iterator[tuple[ServedWorld, Misbehaving]]:
    """Give a world behind a proxy, and what is to go wrong."""
    with repository() as server, misbehaving(URL, 0) as (endpoint, plans):
        world = ServedWorld(tmp_path, replace(server, endpoint=endpoint, **QUICK))
        published(world)
        yield world, plans
        world.lake.close()


def counted(world: ServedWorld, plans: Misbehaving, act) -> int:
    """Return how many requests an act makes."""
    numbers = itertools.count()
    plans.plan(lambda *_: next(numbers) < 0, Fault.GONE)
    act(world.system())
    plans.come_back()
    return next(numbers)


@needs_server
@pytest.mark.parametrize("act", [forward, back])
def test_a_server_that_is_gone_from_some_request_on_and_comes_back(through, act) -> None:
    world, plans = through
    arranged(world)
    requests = counted(world, plans, act)
    places = sorted({round(n * (requests - 1) / PLACES) for n in range(1, PLACES + 1)})
    for number, place in enumerate(places):
        if act is forward:
            arranged(world)
        before, finished_before = world.seen(), finished(world)
        numbers = itertools.count(1)
        plans.plan(lambda *_, n=numbers, at=place: next(n) == at, (Fault.GONE, Fault.GONE_AFTER)[number % 2])
        with suppress(Unavailable):
            act(world.system())
        assert plans.happened == number + 1, f"it makes no {place} requests"
        plans.come_back()
        recovered(world, before, finished_before)
    check(world)
