"""The stage environment and breaking glass: one more target of plans, and the branch itself."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kfm_assets.domain.journal import Action, Mark
from kfm_assets.domain.policy import Policy
from kfm_assets.engine import record
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.recover import recover
from kfm_assets.engine.rehearse import rehearse
from kfm_assets.engine.reset import reset
from kfm_assets.errors import Conflict, GateClosed, NotFound, UsageError
from kfm_assets.ports import PRODUCTION, STAGE, System
from kfm_assets_tests.simulator import POLICY_GATES, QUAKES, STORMS, Crash, Fuse, World

WHY = Cause(Action.RESET, "its history must go")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def published(world: World, contents: dict[str, str], dataset: str = STORMS) -> str:
    world.prepare(contents, dataset=dataset)
    return str(promote(world.system(), dataset).release)


def soaked(world: World, hours: int = 24) -> System:
    """Return a system whose policy asks for some hours on the stage environment."""

    def policy(dataset: str) -> Policy:
        return Policy("simulated", dataset, *POLICY_GATES, thresholds={}, most_days={}, stage_hours=hours)

    for pending in world.state.pending():
        world.judge(pending.build, POLICY_GATES[0], under=policy(pending.dataset))
    return replace(world.system(), policy=policy)


# --- the stage environment


def test_a_rehearsal_puts_the_release_on_stage_and_readers_see_nothing_of_it(world: World) -> None:
    published(world, {"1950": "a"})
    world.prepare({"1951": "b"})
    before = world.lake.resolve(PRODUCTION)
    done = rehearse(world.system(), STORMS)
    assert world.seen() == {"1950": "a"}
    assert world.lake.resolve(PRODUCTION) == before
    assert done.release
    assert world.lake.tree(STAGE, STORMS) == world.lake.tree(record.tag(done.release), STORMS)
    assert [pending.partition for pending in world.state.pending(STORMS)] == ["1951"]
    promote(world.system(), STORMS)
    assert world.seen() == {"1950": "a", "1951": "b"}
    assert record.stable(world.system(), STORMS).id == done.release


def test_what_others_staged_is_never_shipped(world: World) -> None:
    world.prepare({"1950": "a"})
    world.prepare({"2015-08": "q"}, dataset=QUAKES)
    rehearse(world.system(), STORMS)
    rehearse(world.system(), QUAKES)
    promote(world.system(), STORMS)
    assert list(world.lake.files(PRODUCTION, QUAKES)) == []
    assert world.seen(QUAKES) == {}


def test_a_policy_can_ask_that_a_release_has_stood_there(world: World) -> None:
    world.prepare({"1950": "a"})
    system = soaked(world)
    with pytest.raises(GateClosed, match="none of 24 hours"):
        promote(system, STORMS)
    rehearse(system, STORMS)
    with pytest.raises(GateClosed, match=r"0\.0 of 24 hours"):
        promote(system, STORMS)
    world.clock._now += timedelta(hours=25)
    promote(system, STORMS)
    assert world.seen() == {"1950": "a"}


def test_a_release_that_was_pushed_off_the_stage_has_not_stood_there(world: World) -> None:
    world.prepare({"1950": "a"})
    system = soaked(world)
    rehearse(system, STORMS)
    world.clock._now += timedelta(hours=25)
    world.prepare({"1950": "b"})
    system = soaked(world)
    rehearse(system, STORMS)
    with pytest.raises(GateClosed, match="has stood"):
        promote(system, STORMS)


def test_a_rehearsal_was_never_live(world: World) -> None:
    world.prepare({"1950": "a"})
    done = rehearse(world.system(), STORMS)
    assert not world.records.files.keys() & {path for path in world.records.files if "releases" in path}
    assert not record.was_live(world.system(), record.find(world.system(), str(done.release), STORMS).release)
    assert world.told == []


def test_a_crash_at_any_step_of_a_rehearsal_is_recovered(tmp_path: Path) -> None:
    probe, fuse = World(tmp_path / "probe"), Fuse()
    (tmp_path / "probe").mkdir(exist_ok=True)
    probe = World(tmp_path / "probe")
    probe.prepare({"1950": "a"})
    rehearse(probe.system(fuse), STORMS)
    for at in range(len(fuse.names)):
        for late in (False, True):
            folder = tmp_path / f"{at}-{late}"
            folder.mkdir()
            world = World(folder)
            world.prepare({"1950": "a"})
            with pytest.raises(Crash):
                rehearse(world.system(Fuse(at, late)), STORMS)
            recover(world.system())
            assert world.seen() == {}
            assert not world.state.unfinished()
            rehearse(world.system(), STORMS)
            promote(world.system(), STORMS)
            assert world.seen() == {"1950": "a"}


# --- breaking glass


def test_a_reset_drops_what_followed_and_ends_at_the_pointer(world: World) -> None:
    good = published(world, {"1950": "a"})
    head = world.lake.resolve(PRODUCTION).id
    bad = published(world, {"1951": "b"})
    dropped = world.lake.resolve(PRODUCTION).id
    intent = reset(world.system(), STORMS, good, WHY)
    assert world.lake.resolve(PRODUCTION).id == head
    assert world.seen() == {"1950": "a"}
    assert [operation.target for operation in intent.plan] == ["head", "pointer"]
    assert record.tag(bad) in world.lake.tags()
    assert [entry.mark for entry in world.state.journal(STORMS)][-1] is Mark.DONE
    (written,) = (content for path, content in world.records.files.items() if path.endswith(".prov.jsonld"))
    graph = json.loads(written)["@graph"]
    assert [node["@type"] for node in graph if "prov:Activity" in node["@type"]] == [
        ["prov:Activity", "kfm:Correction", "kfm:Reset"]
    ]
    gone = [node["kfm:lakeCommit"] for node in graph if ":commit/" in node["@id"]]
    assert gone == [dropped], "each commit that is in the log no more"
    (incident,) = world.state.incidents(STORMS)
    assert incident.summary.startswith("reset, history dropped: ")


def test_a_reset_is_refused_where_it_would_do_more_than_it_says(world: World) -> None:
    good = published(world, {"1950": "a"})
    published(world, {"1951": "b"})
    published(world, {"2015-08": "q"}, dataset=QUAKES)
    with pytest.raises(GateClosed, match=QUAKES):
        reset(world.system(), STORMS, good, WHY)
    assert world.seen(QUAKES) == {"2015-08": "q"}


def test_a_reset_is_refused_where_a_release_would_be_lost(world: World) -> None:
    good = published(world, {"1950": "a"})
    bad = published(world, {"1951": "b"})
    del world.lake.named[record.tag(bad)]
    with pytest.raises(GateClosed, match="no tag"):
        reset(world.system(), STORMS, good, WHY)


def test_a_reset_is_refused_on_a_protected_branch(world: World) -> None:
    good = published(world, {"1950": "a"})
    published(world, {"1951": "b"})
    world.lake.protected.add(PRODUCTION)
    with pytest.raises(GateClosed, match="protected"):
        reset(world.system(), STORMS, good, WHY)


def test_a_reset_needs_a_reason_and_a_release_that_was_there(world: World) -> None:
    good = published(world, {"1950": "a"})
    with pytest.raises(UsageError, match="reason"):
        reset(world.system(), STORMS, good, Cause(Action.RESET))
    with pytest.raises(UsageError, match="already"):
        reset(world.system(), STORMS, good, WHY)
    with pytest.raises(NotFound):
        reset(world.system(), STORMS, "f" * 64, WHY)


def test_a_crash_at_any_step_of_a_reset_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    def arranged(name: str) -> tuple[World, str]:
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        good = published(world, {"1950": "a"})
        published(world, {"1951": "b"})
        return world, good

    probe, good = arranged("probe")
    fuse = Fuse()
    reset(probe.system(fuse), STORMS, good, WHY)
    for at in range(len(fuse.names)):
        for late in (False, True):
            world, good = arranged(f"{at}-{late}")
            with suppress(Crash):
                reset(world.system(Fuse(at, late)), STORMS, good, WHY)
            recover(world.system())
            assert world.seen() in ({"1950": "a", "1951": "b"}, {"1950": "a"})
            there = world.lake.tree(PRODUCTION, STORMS)
            stable = record.stable(world.system(), STORMS)
            assert there == world.lake.tree(record.tag(stable.id), STORMS)


def test_somebody_else_moving_production_is_a_conflict(world: World) -> None:
    good = published(world, {"1950": "a"})
    published(world, {"1951": "b"})
    real = world.lake.reset

    def slow(branch: str, commit: str, *, before: str) -> None:
        world.lake.create_branch("foreign", branch)
        with world.lake.stage("foreign") as staging:
            staging.write(f"{QUAKES}/x", b"foreign")
            staging.commit("foreign")
        world.lake.squash_merge("foreign", branch, "foreign")
        real(branch, commit, before=before)

    world.lake.reset = slow  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        reset(world.system(), STORMS, good, WHY)
    assert world.lake.read(PRODUCTION, f"{QUAKES}/x") == b"foreign"
    assert world.seen() == {"1950": "a", "1951": "b"}
