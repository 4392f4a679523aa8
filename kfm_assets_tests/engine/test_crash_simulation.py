"""Every step of every plan is the last one before a crash, in turn: readers see all of the old or all of the new."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.journal import Action, Mark
from kfm_assets.engine import record
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.recover import recover
from kfm_assets.engine.rollback import roll_back
from kfm_assets.errors import KfmError
from kfm_assets.ports import PRODUCTION, System
from kfm_assets_tests.simulator import STORMS, Crash, Fuse, World

SCHEDULES = 10_000 if os.environ.get("KFM_TEST_LONG") else 1_000
BACK = Cause(Action.ROLLBACK, "simulated", "data-quality")
Act = Callable[[System], object]


def publish(system: System) -> object:
    return promote(system, STORMS)


def whole_way_back(system: System) -> object:
    return roll_back(system, STORMS, "v1", BACK)


def partly_back(system: System) -> object:
    return roll_back(system, STORMS, "v1", BACK, ["1951"])


def first(world: World) -> None:
    world.prepare({"1950": "a"})


def replacement(world: World) -> None:
    world.prepare({"1950": "synthetic", "1949": "gone with it"}, Origin.SYNTHETIC)
    publish(world.system())
    world.prepare({"1950": "a", "1951": "b"})


def second(world: World) -> None:
    world.prepare({"1950": "a", "1951": "b"})
    publish(world.system())
    world.prepare({"1951": "c", "1952": "d"})


def third(world: World) -> None:
    second(world)
    publish(world.system())


SCENES: dict[str, tuple[Callable[[World], None], Act]] = {
    "first promotion": (first, publish),
    "promotion": (second, publish),
    "real replaces synthetic": (replacement, publish),
    "rollback": (third, whole_way_back),
    "rollback of one partition": (third, partly_back),
}


def outcomes(folder: Path, scene: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Return what readers see before and after an act that is not disturbed, and its steps."""
    arrange, act = SCENES[scene]
    world, fuse = World(folder), Fuse()
    arrange(world)
    before = world.seen()
    act(world.system(fuse))
    return before, world.seen(), fuse.names


@pytest.mark.parametrize("scene", SCENES)
def test_a_crash_at_any_step_leaves_all_of_the_old_or_all_of_the_new(tmp_path: Path, scene: str) -> None:
    """Crash at a step, crash again in recovery, recover; then the act is still possible, and ends as undisturbed."""
    (tmp_path / "undisturbed").mkdir()
    before, after, steps = outcomes(tmp_path / "undisturbed", scene)
    assert before != after
    assert {"begin", "finish", "squash_merge"} <= set(steps)
    arrange, act = SCENES[scene]
    dice = random.Random(scene)
    schedules = [(at, late) for at in range(len(steps)) for late in (False, True)]
    rounds = SCHEDULES // len(SCENES)
    for number in range(max(rounds, len(schedules))):
        at, late = schedules[number % len(schedules)]
        world = World(tmp_path / f"{number}")
        arrange(world)
        arranged = finished(world)
        crashed(world, act, Fuse(at, late))
        assert world.seen() in (before, after), (steps[at], late)
        if act is publish:
            # Forwards, the pointer's swap and DONE are one transaction: never the one without the other.
            assert (world.seen() == after) is (finished(world) > arranged), (steps[at], late)
        for _ in range(number // len(schedules)):
            crashed(world, recover, Fuse(dice.randrange(8), dice.random() < 0.5))
            assert world.seen() in (before, after)
        recover(world.system())
        settled(world, (before, after), steps[at])
        if world.seen() == before:
            act(world.system())
            settled(world, (after,), steps[at])


def crashed(world: World, act: Act, fuse: Fuse) -> None:
    try:
        act(world.system(fuse))
    except Crash:
        return


def finished(world: World) -> int:
    """Count the transactions that are DONE."""
    return sum(entry.mark is Mark.DONE for entry in world.state.journal())


def settled(world: World, allowed: tuple[dict[str, str], ...], step: str) -> None:
    """Nothing is left to do, readers and production agree, and recovering again changes nothing."""
    seen = world.seen()
    assert seen in allowed, step
    assert not world.state.unfinished()
    lies = {file.path: file.digest for file in world.lake.files(PRODUCTION, STORMS)}
    assert {path.split("/")[3] for path in lies if path.split("/")[2] == "work"} == seen.keys(), step
    stable = record.stable(world.system(), STORMS)
    tagged = {file.path: file.digest for file in world.lake.files(record.tag(stable.id), STORMS)} if stable else {}
    assert lies == tagged, step
    generation = world.state.pointer(STORMS).generation
    assert not recover(world.system()).plans
    assert world.state.pointer(STORMS).generation == generation
    assert not [branch for branch in world.lake.branches() if branch.startswith("audit-")] or step


def test_somebody_else_moving_production_is_a_conflict_and_nothing_is_overwritten(tmp_path: Path) -> None:
    world = World(tmp_path)
    second(world)
    before = world.seen()

    class Meddled(Fuse):
        def step(self, name: str, act: Callable[[], object]) -> object:
            result = super().step(name, act)
            if name == "begin":
                with world.lake.stage(PRODUCTION) as staging:
                    staging.write(f"{STORMS}/work/1950/account.json", b"foreign")
                    staging.commit("meddled")
            return result

    with pytest.raises(KfmError, match="undone"):
        publish(world.system(Meddled()))
    assert world.seen() == before
    assert world.lake.read(PRODUCTION, f"{STORMS}/work/1950/account.json") == b"foreign"
    assert [incident.state for incident in world.state.incidents()] == ["open"]


def test_the_next_promotion_first_ends_what_a_crash_left(tmp_path: Path) -> None:
    undisturbed, fuse = World(tmp_path / "undisturbed"), Fuse()
    second(undisturbed)
    publish(undisturbed.system(fuse))
    world = World(tmp_path / "world")
    second(world)
    crashed(world, publish, Fuse(fuse.names.index("begin"), after=True))
    assert len(world.state.unfinished()) == 1
    assert world.seen() == {"1950": "a", "1951": "b"}
    world.prepare({"1953": "e"})
    promote(world.system(), STORMS, ["1953"])
    assert world.seen() == {"1950": "a", "1951": "c", "1952": "d", "1953": "e"}
    assert not world.state.unfinished()
    settled(world, (world.seen(),), "begin")
