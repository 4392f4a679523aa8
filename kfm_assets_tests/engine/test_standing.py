"""How each gate stands on what is live and what waits, as promotion would decide of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.promote import promote
from kfm_assets.engine.standing import everything
from kfm_assets_tests.simulator import POLICY_GATES, STORMS, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def seen(world: World) -> dict[tuple[str, str, str, Gate], bool]:
    placed = everything(world.system(), STORMS)
    found = {(one.where, one.kind, one.name, one.standing.gate): one.standing.decision.opens for one in placed}
    assert len(found) == len(placed)
    return found


def test_where_nothing_is_nothing_stands(world: World) -> None:
    assert everything(world.system(), STORMS) == []


def test_builds_and_releases_that_are_live_and_that_wait(world: World) -> None:
    world.prepare({"1950": "a"})
    promote(world.system(), STORMS)
    (bad,) = world.prepare({"1951": "b"})
    assemble(world.system(), "20260101t000000-aa", STORMS, ["1951"])
    world.judge(bad, [Gate.QUALITY], outcome=Outcome.FAIL)
    closed = ("waits", "build", "1951", Gate.QUALITY)
    expected = {
        **{(where, "build", name, gate): True for where, name in (("live", "1950"), ("waits", "1951"))
           for gate in POLICY_GATES[0]},
        **{(where, "release", name, gate): True for where, name in (("live", "v1"), ("waits", "v2"))
           for gate in POLICY_GATES[1]},
        closed: False,
    }  # fmt: skip
    assert seen(world) == expected
    (found,) = [one for one in everything(world.system(), STORMS) if not one.standing.decision.opens]
    assert found.standing.decision == record.decide(world.system(), STORMS, [bad])


def test_what_waits_and_is_live_already_stands_once(world: World) -> None:
    world.prepare({"1950": "a"})
    promote(world.system(), STORMS)
    world.prepare({"1950": "a"})
    assert world.state.pending(STORMS)
    assert {where for where, *_ in seen(world)} == {"live"}
