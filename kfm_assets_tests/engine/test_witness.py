"""A witness changes nothing: not a build, not a release, not what is published; what it says is kept, and the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kfm_assets.datasets import registry
from kfm_assets.domain.verdict import Outcome
from kfm_assets.engine import record, witness
from kfm_assets.engine.acquire import acquire
from kfm_assets.errors import Unavailable
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, notes, opened, run, sampled

YEARS = ("1990", "1991")
NAME = "1990-1990-torn-initpoint.zip"


def witnessed(folder: Path) -> Path:
    """Put the witness's files beside those of the sample."""
    program = registry.program(STORMS)
    for year in YEARS:
        for name, content in program.witness_sample(year, program.sample(year, 80, 1)).items():
            (folder / name).write_bytes(content)
    return folder


def made(home: Path, folder: Path) -> System:
    system = opened(home, folder)
    run(system, COUNTIES)
    run(system, STORMS)
    return system


def builds(system: System) -> dict[str, str]:
    stable = record.stable(system, STORMS)
    return dict(record.builds(system, stable)) if stable else {}


def hear(system: System, year: str = "1990") -> witness.Heard:
    return witness.hear(system, STORMS, year, builds(system)[year])


def test_builds_and_releases_are_the_same_with_and_without_a_witness(tmp_path: Path) -> None:
    folder = sampled(tmp_path / "in", years=YEARS)
    without = made(tmp_path / "without", folder)
    with_one = made(tmp_path / "with", witnessed(folder))
    assert builds(with_one) == builds(without)
    assert record.stable(with_one, STORMS).id == record.stable(without, STORMS).id
    assert hear(without).outcome is Outcome.INCONCLUSIVE
    assert hear(with_one).outcome is Outcome.PASS


def test_what_it_says_is_kept_and_the_same_each_time(tmp_path: Path) -> None:
    folder = witnessed(sampled(tmp_path / "in", years=YEARS))
    one, other = made(tmp_path / "one", folder), made(tmp_path / "other", folder)
    heard = hear(one)
    assert heard == hear(one) == hear(other)
    document = json.loads(one.state.documents.get(heard.evidence))
    assert (document["build"], document["partition"]) == (builds(one)["1990"], "1990")
    assert [item["name"] for item in document["files"]] == [NAME, NAME.replace("1990", "1991")]
    assert len(document["matched"]) == heard.counts["matched"] > 0
    assert all(row["point"] and row["point_there"] for row in document["matched"])
    assert heard.evidence != hear(one, "1991").evidence


def test_its_files_lie_in_raw_with_how_they_came_and_are_no_input(tmp_path: Path) -> None:
    system = made(tmp_path / "home", witnessed(sampled(tmp_path / "in", years=YEARS)))
    kept = [file.path for file in system.lake.files("raw", STORMS) if "torn-initpoint" in file.path]
    assert sorted(path.rpartition("/")[2] for path in kept) == sorted(
        f"{year}-{year}-torn-initpoint.zip{note}" for year in YEARS for note in ("", ".acquisition.json")
    )
    build = record.build(system, builds(system)["1990"])
    assert not any("torn" in item.name for item in build.inputs)


def test_a_build_that_waits_is_heard_too(tmp_path: Path) -> None:
    system = opened(tmp_path / "home", witnessed(sampled(tmp_path / "in", years=YEARS)))
    run(system, COUNTIES)
    run(system, STORMS, publish=False)
    (build,) = (one.build for one in system.state.pending(STORMS) if one.partition == "1990")
    assert witness.hear(system, STORMS, "1990", build).outcome is Outcome.PASS


def test_a_file_that_cannot_be_read_is_an_error_and_everything_is_published(tmp_path: Path) -> None:
    folder = witnessed(sampled(tmp_path / "in", years=YEARS))
    (folder / NAME).write_bytes(b"no zip")
    system = made(tmp_path / "home", folder)
    assert set(builds(system)) == set(YEARS)
    heard = hear(system)
    assert (heard.outcome, heard.evidence) == (Outcome.ERROR, None)
    assert heard.message.startswith(f"{NAME} is not a sound zip")


def test_a_witness_that_does_not_answer_is_missed_and_everything_is_published(tmp_path: Path) -> None:
    folder = witnessed(sampled(tmp_path / "in", years=YEARS))
    system = opened(tmp_path / "home", folder)

    class Silent(type(system.source)):
        def deliver(self, offer, known=None):
            if "torn" in offer.name:
                raise Unavailable("down")
            return super().deliver(offer, known)

    system = replace(system, source=Silent(folder, system.clock))
    run(system, COUNTIES)
    run(system, STORMS)
    assert set(builds(system)) == set(YEARS)
    assert hear(system).outcome is Outcome.INCONCLUSIVE


def test_a_dataset_without_a_witness_has_none(tmp_path: Path) -> None:
    system = made(tmp_path / "home", sampled(tmp_path / "in", years=YEARS))
    build = record.build_id(system, record.stable(system, COUNTIES), "static")
    assert witness.hear(system, COUNTIES, "static", build) is None
    assert witness.summoned(system, "run", registry.specification(COUNTIES), None) == ()


def test_the_sample_brings_its_own(tmp_path: Path) -> None:
    system = opened(tmp_path / "home")
    run(system, COUNTIES)
    name = run(system, STORMS)
    assert all(facts["published"] for facts in notes(system, name).values())
    assert {hear(system, year).outcome for year in builds(system)} == {Outcome.PASS}


def test_a_synthetic_build_is_not_held_against_a_real_witness(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", witnessed(sampled(tmp_path / "in", years=YEARS))
    synthetic = opened(home)
    run(synthetic, COUNTIES)
    run(synthetic, STORMS, ["1990"])
    assert hear(synthetic).outcome is Outcome.PASS
    real = opened(home, folder)
    assert acquire(real, real.clock.fresh(), STORMS, ["1990"]).partitions == ("1990",)
    assert hear(real).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("field", ["agreement", "name"])
def test_what_is_asked_of_a_witness_is_no_part_of_the_specifications_digest(field):
    spec = registry.specification(STORMS)
    assert replace(spec, witness=replace(spec.witness, **{field: "other"})).spec_hash == spec.spec_hash
    assert replace(spec, witness=None).spec_hash == spec.spec_hash


def test_what_was_heard_is_remembered_of_the_builds_that_it_was_about(tmp_path: Path) -> None:
    folder = witnessed(sampled(tmp_path / "in", years=YEARS))
    system = made(tmp_path / "home", folder)
    assert witness.heard(system, STORMS, builds(system)) == {}
    said = hear(system)
    known = witness.heard(system, STORMS, builds(system))
    assert {name: (one["outcome"], one["message"], one["evidence"]) for name, one in known.items()} == {
        "1990": (said.outcome, said.message, said.evidence)
    }
    assert witness.heard(system, STORMS, {"1990": builds(system)["1991"]}) == {}, "of another build it said nothing"
    assert witness.heard(system, COUNTIES, {"static": builds(system)["1991"]}) == {}
