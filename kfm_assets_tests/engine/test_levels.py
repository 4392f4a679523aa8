"""Service levels: what the record says of each indicator, and what nothing measures."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.levels import ServiceLevels
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine.levels import State, indicators
from kfm_assets.engine.promote import promote
from kfm_assets.gates.evidence import judged
from kfm_assets_tests.simulator import STORMS, World, policy

LEVELS = ServiceLevels(
    "slo",
    STORMS,
    {
        "schema_valid_percent_least": "75",
        "dq_valid_percent_least": "75",
        "drift_score_most": "0.2",
        "cost_per_run_most": "10",
    },
    {"cost_per_run": "20", "retries_per_run": "5"},
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def look(world: World) -> dict[str, tuple[State, Decimal | None]]:
    return {one.name: (one.state, one.value) for one in indicators(world.system(), STORMS, LEVELS)}


def report(world: World, build: str, schema: Outcome, outcome: Outcome) -> None:
    """Record a verdict of gate E with one check of the schema and one rule."""
    finding = Finding("storms.columns", schema, "columns")
    checks = [{"part": "schema", "finding": {"outcome": schema}}, {"part": "rule", "finding": {"outcome": outcome}}]
    said = judged(Gate.QUALITY, build, policy(STORMS), [finding, Finding("rule", outcome, "x")], {"checks": checks})
    kept = world.state.documents.put(canonical_json(said.report))
    verdict = Verdict(
        build, Gate.QUALITY, policy(STORMS).digest, said.outcome, said.findings, (kept,), world.clock.now()
    )
    world.state.record_verdict(verdict)


def test_where_nothing_was_made_nothing_is_measured(world: World) -> None:
    assert {state for state, _ in look(world).values()} == {State.UNMEASURED}


def test_shares_are_of_the_builds_that_are_live_or_wait(world: World) -> None:
    for build in world.prepare({"1950": "a", "1951": "b"}):
        report(world, build, Outcome.PASS, Outcome.PASS)
    promote(world.system(), STORMS)
    third, fourth = world.prepare({"1952": "c", "1953": "d"})
    report(world, third, Outcome.PASS, Outcome.FAIL)
    report(world, fourth, Outcome.FAIL, Outcome.PASS)
    seen = look(world)
    assert seen["schema_valid_percent_least"] == (State.MET, Decimal(75))
    assert seen["dq_valid_percent_least"] == (State.MISSED, Decimal(50))
    (budget,) = [one.budget for one in indicators(world.system(), STORMS, LEVELS) if one.name.startswith("dq")]
    assert budget == "1 of 4 builds may miss it, 2 do"
    report(world, fourth, Outcome.PASS, Outcome.PASS)
    assert look(world)["dq_valid_percent_least"] == (State.MET, Decimal(75)), "the newest verdict counts"


def test_a_verdict_without_a_check_of_the_schema_speaks_for_none(world: World) -> None:
    world.prepare({"1950": "a"})
    assert look(world)["schema_valid_percent_least"] == (State.MISSED, Decimal(0))


def test_a_verdict_that_its_evidence_does_not_carry_is_not_measured(world: World) -> None:
    (build,) = world.prepare({"1950": "a"})
    bare = Verdict(build, Gate.QUALITY, policy(STORMS).digest, Outcome.FAIL, (), (), world.clock.now())
    world.state.record_verdict(bare)
    assert look(world)["dq_valid_percent_least"] == (State.MET, Decimal(100))


def test_a_run_costs_the_seconds_that_it_noted_and_the_costliest_counts(world: World) -> None:
    for contents, seconds in (({"1950": "a", "1951": "b"}, 4.5), ({"1952": "c"}, 12.25)):
        world.prepare(contents)
        for pending in world.state.pending(STORMS):
            if pending.partition in contents:
                world.state.note(pending.run, STORMS, pending.partition, {"seconds": seconds})
                world.state.note(pending.run, "hazards/earthquakes", "2015-08", {"seconds": 99})
    seen = look(world)
    assert seen["cost_per_run_most"] == (State.MISSED, Decimal("12.25"))
    assert seen["cost_per_run"] == (State.MET, Decimal("12.25"))
    assert (seen["drift_score_most"], seen["retries_per_run"]) == ((State.UNMEASURED, None), (State.UNMEASURED, None))
