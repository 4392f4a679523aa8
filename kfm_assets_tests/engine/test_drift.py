"""What drift leaves with a release: bins and counts in the lake, counted once, sealed, verified. On a real home."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.journal import Action
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import drift, judge, record
from kfm_assets.engine.candidacy import Candidacy
from kfm_assets.engine.catalog_map import root_of
from kfm_assets.engine.export import export
from kfm_assets.engine.promote import Cause
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.staging import Change
from kfm_assets.engine.verify import verify_all
from kfm_assets.gates.drift import counting
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, opened, run, sampled

BINS = "drift/bins.json"


@pytest.fixture
def storms(tmp_path: Path) -> System:
    """A home with five years of storms, published together, large enough to freeze bins by."""
    system = opened(tmp_path / "home", sample_size=200)
    run(system, COUNTIES)
    run(system, STORMS, ["2019", "2020", "2021", "2022", "2023"])
    return system


def files(system: System) -> dict[str, bytes]:
    """Return the files of drift of the stable release, as they lie in the lake."""
    stable = record.stable(system, STORMS)
    assert stable
    tag, folder = record.tag(stable.id), f"{STORMS}/drift"
    return {
        file.path.removeprefix(f"{STORMS}/"): system.lake.read(tag, file.path)
        for file in system.lake.files(tag, folder)
    }


def verdicts(system: System) -> list[Outcome]:
    stable = record.stable(system, STORMS)
    assert stable
    return [one.outcome for one in system.state.verdicts([stable.id]) if one.gate is Gate.DRIFT]


def test_bins_and_counts_lie_with_the_release_and_are_sealed_with_it(storms: System) -> None:
    held = files(storms)
    assert held.keys() == {BINS, *(f"drift/counts/{year}.json" for year in range(2019, 2024))}
    assert json.loads(held["drift/counts/2019.json"])["bins"] == digest_bytes(held[BINS])
    assert verdicts(storms) == [Outcome.PASS]
    stable = record.stable(storms, STORMS)
    assert stable
    exported = {one.path: one.digest for one in export(storms, storms.state.release(stable.id))}
    assert {path: exported.get(path) for path in held} == {path: digest_bytes(held[path]) for path in held}
    sums = storms.lake.read(record.tag(stable.id), f"{STORMS}/release/checksums.sha256").decode()
    assert all(path in sums for path in held)
    assert list(verify_all(storms)) == []


def test_what_is_published_later_is_counted_by_the_same_bins_and_alone(
    storms: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, asked = files(storms), []
    counted = counting.count
    monkeypatch.setattr(
        counting,
        "count",
        lambda spec, cut, name, build, rows: asked.append(name) or counted(spec, cut, name, build, rows),
    )
    run(storms, STORMS, ["2024"])
    after = files(storms)
    assert set(asked) == {"2024"}
    assert after.keys() - before.keys() == {"drift/counts/2024.json"}
    assert {path: after[path] for path in before} == before


def test_a_few_rows_are_no_reference_for_good(tmp_path: Path) -> None:
    system = opened(tmp_path / "home", sample_size=40)
    run(system, COUNTIES)
    run(system, STORMS, ["2019"])
    first = json.loads(files(system)[BINS])["reference"]
    run(system, STORMS, ["2020"])
    second = json.loads(files(system)[BINS])["reference"]
    assert (first["partitions"], second["partitions"]) == (["2019"], ["2019", "2020"])
    assert list(verify_all(system)) == []


def test_going_back_brings_the_counts_of_then(storms: System) -> None:
    before = files(storms)
    run(storms, STORMS, ["2024"])
    roll_back(storms, STORMS, "v1", Cause(Action.ROLLBACK, "wrong"))
    assert files(storms) == before
    assert list(verify_all(storms)) == []


def test_another_build_of_a_year_is_counted_anew(tmp_path: Path) -> None:
    years = ("1990", "1991")
    system = opened(tmp_path / "home", sampled(tmp_path / "a", years=years))
    run(system, COUNTIES)
    run(system, STORMS)
    other = opened(tmp_path / "home", sampled(tmp_path / "b", seed=2, years=years))
    run(other, STORMS)
    stable = record.stable(other, STORMS)
    assert stable
    builds = record.builds(other, stable)
    held = files(other)
    assert {year: json.loads(held[f"drift/counts/{year}.json"])["build"] for year in years} == builds


def test_counts_that_somebody_altered_are_found(storms: System) -> None:
    """What the map lists is held against the rows of the partitions that a release brings."""
    stable = record.stable(storms, STORMS)
    assert stable
    root = root_of(storms, stable)
    document = json.loads(files(storms)["drift/counts/2020.json"])
    document["rows"][6] += 1
    altered = drift.catalog_map.with_files(storms, root, {"drift/counts/2020.json": canonical_json(document)})
    tag, builds = record.tag(stable.id), record.builds(storms, stable)
    changes = {"2020": Change(None, builds["2020"], tag)}
    policy = storms.policy(STORMS)
    sound, found = (drift.hear(storms, Candidacy("run", stable, changes, at), policy) for at in (root, altered))
    assert sound.judgement.outcome is Outcome.PASS
    assert found.judgement.outcome is Outcome.FAIL
    assert "2020: the counts are not those of its rows" in [one.message for one in found.judgement.findings]


def test_without_the_gate_a_release_has_no_counts_and_the_next_one_that_asks_has_all(tmp_path: Path) -> None:
    system = opened(tmp_path / "home", sample_size=40)
    asked = system.policy(STORMS)
    silent = replace(asked, release_gates=tuple(gate for gate in asked.release_gates if gate is not Gate.DRIFT))
    run(system, COUNTIES)
    run(replace(system, policy=lambda _: silent), STORMS, ["2019"])
    assert (files(system), verdicts(system)) == ({}, [])
    run(system, STORMS, ["2020"])
    assert files(system).keys() == {BINS, "drift/counts/2019.json", "drift/counts/2020.json"}
    assert list(verify_all(replace(system, policy=lambda _: silent))) == []


def test_a_release_that_stands_without_counts_is_judged_by_counts_that_are_made_for_it(tmp_path: Path) -> None:
    system = opened(tmp_path / "home", sample_size=40)
    asked = system.policy(STORMS)
    silent = replace(asked, release_gates=tuple(gate for gate in asked.release_gates if gate is not Gate.DRIFT))
    quiet = replace(system, policy=lambda _: silent)
    run(system, COUNTIES)
    run(quiet, STORMS, ["2019"])
    run(quiet, STORMS, ["2020"])
    roll_back(system, STORMS, "v1", Cause(Action.ROLLBACK, "wrong"))
    assert verdicts(system) == [Outcome.PASS]
    assert files(system) == {}


def test_the_gate_is_among_those_that_are_heard(storms: System) -> None:
    assert Gate.DRIFT in storms.policy(STORMS).release_gates
    assert judge._HEARINGS[Gate.DRIFT] is drift.hear


def test_a_year_of_another_sort_closes_the_gate_and_is_named(tmp_path: Path) -> None:
    years = ("1990", "1991", "1992", "1993", "1994")
    folder = sampled(tmp_path / "in", years=years)
    (strange,) = folder.glob("*details*d1994*")
    strange.write_bytes(strange.read_bytes().replace(b"Thunderstorm Wind", b"Dust Devil"))
    system = opened(tmp_path / "home", folder)
    run(system, COUNTIES)
    run(system, STORMS, publish=False)
    subjects = [one.release.id for one in system.state.releases(STORMS)]
    failed = [one for one in system.state.verdicts(subjects) if one.gate is Gate.DRIFT and one.outcome is Outcome.FAIL]
    reports = [json.loads(system.state.documents.get(one.evidence[0])) for one in failed]
    assert [report["closing"] for report in reports] == [["1994"]]
    said = [one.message for one in failed[0].findings if one.check == "drift.event_type"]
    assert len(said) == 1
    assert said[0].startswith("1994: event_type: PSI ")
