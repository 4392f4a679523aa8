"""The gates on a build of a dataset that nothing is acquired for: inputs as far as they are due, rows of no wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfm_assets.domain.build import Input
from kfm_assets.domain.canonical import canonical_json, digest_of
from kfm_assets.domain.dataset import Reach, Requirement
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.gates.contract import BUILD_GATES
from kfm_assets.gates.evidence import BuildEvidence
from kfm_assets_tests.gates import cases

STONES = "weather/stones"
SPEC = replace(
    cases.SPEC,
    upstream=replace(cases.SPEC.upstream, feeds=()),
    quarantine={},
    scope={},
    requires=(STONES,),
    reaches={STONES: Requirement(Reach.UP_TO, ("stones.parquet",), first="1973", least=2)},
)


def evidence(*years: str, **account: object) -> BuildEvidence:
    good = cases.build_evidence()
    inputs = tuple(Input(f"{STONES}@{year}", digest_of(year)) for year in years)
    build = replace(good.build, spec_hash=SPEC.spec_hash, inputs=inputs)
    rows = {name: frame.height for name, frame in good.tables.items()}
    said = {"rows_in": {}, "out_of_scope": {}, "quarantined": {}, "yields": {}, "rows_out": rows, **account}
    return replace(
        good,
        specification=SPEC,
        build=build,
        subject=build.id,
        quarantine=good.quarantine.clear(),
        counted={},
        account=canonical_json(said),
    )


def closed(gate: Gate, of: BuildEvidence) -> dict[str, Outcome]:
    found = BUILD_GATES[gate](of, cases.POLICY).findings
    return {one.check: one.outcome for one in found if one.outcome is not Outcome.PASS}


YEARS = tuple(map(str, range(1973, int(cases.build_evidence().build.partition) + 1)))


def test_with_all_years_that_are_due_both_gates_are_open() -> None:
    assert closed(Gate.IDENTITY, evidence(*YEARS)) == {}
    assert closed(Gate.QUALITY, evidence(*YEARS)) == {}


@pytest.mark.parametrize("years", [(), YEARS[:-1], YEARS[-1:], (*YEARS, "2001"), ("1972", *YEARS)])
def test_a_year_that_is_missing_or_not_due_closes_gate_a(years: tuple[str, ...]) -> None:
    assert closed(Gate.IDENTITY, evidence(*years))["upstream"] is Outcome.FAIL


def test_rows_that_are_not_those_stored_close_gate_e() -> None:
    wrong = {"stones": 99, "sightings": 99}
    assert closed(Gate.QUALITY, evidence(*YEARS, rows_out=wrong)) == {"conservation.rows_out": Outcome.FAIL}


def test_rows_of_a_wire_that_it_cannot_have_close_gate_e() -> None:
    found = closed(Gate.QUALITY, evidence(*YEARS, rows_in={"stones": 3}, yields={"stones": "stones"}))
    assert {"conservation.named", "conservation.rows_in"} <= set(found)
