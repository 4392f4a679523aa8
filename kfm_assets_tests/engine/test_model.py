"""Models from published datasets to published predictions, on a real home; and one that saw the future, stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from kfm_assets import read
from kfm_assets.datasets import registry
from kfm_assets.datasets.models.storm_frequency import features
from kfm_assets.domain.build import Build
from kfm_assets.domain.catalog import PROV, partition_path
from kfm_assets.domain.dataset import Reach, Requirement
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.engine.candidacy import Candidacy
from kfm_assets.engine.derive import Shelf, offered, unsettled
from kfm_assets.engine.model import _Bench
from kfm_assets.engine.promote import promote
from kfm_assets.engine.staging import Change
from kfm_assets.engine.verify import verify_all
from kfm_assets.errors import GateClosed, NotFound
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, notes, opened, run

CLIMATE, MODEL, OUTLOOK = "climate/divisional", "models/storm_frequency", "models/storm_outlook"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with the sample's storms and climate, published."""
    home = tmp_path_factory.mktemp("models") / "home"
    system = opened(home)
    for dataset in (COUNTIES, STORMS, CLIMATE):
        run(system, dataset)
    return home


@pytest.fixture(scope="module")
def system(home: Path) -> System:
    """Return the same with the model and the outlook."""
    system = opened(home)
    assert offered(system, registry.specification(MODEL)) == ["2024"]
    run(system, MODEL)
    run(system, OUTLOOK)
    return system


def build(system: System, dataset: str, partition: str) -> Build:
    found = record.build_id(system, record.stable(system, dataset), partition)
    assert found, f"{dataset} {partition} is not live"
    return record.build(system, found)


def test_a_model_is_made_from_all_years_up_to_its_own(system: System) -> None:
    made = build(system, MODEL, "2024")
    due = [f"{CLIMATE}@{year}" for year in range(2020, 2025)] + [f"{STORMS}@{year}" for year in range(2017, 2025)]
    assert [item.name for item in made.inputs] == due
    live = {item.name: item.digest for item in made.inputs}
    for name, digest in live.items():
        dataset, _, partition = name.rpartition("@")
        assert record.build_id(system, record.stable(system, dataset), partition) == digest
    assert made.origin == "synthetic"


def test_each_gate_has_its_verdict_and_the_model_s_has_its_evidence(system: System) -> None:
    stable = record.stable(system, MODEL)
    assert stable
    verdicts = {one.gate: one for one in system.state.verdicts([stable.id, build(system, MODEL, "2024").id])}
    assert set(verdicts) == {*system.policy(MODEL).build_gates, *system.policy(MODEL).release_gates}
    assert {one.outcome for one in verdicts.values()} == {Outcome.PASS}
    report, *kept = verdicts[Gate.MODEL].evidence
    (compared,) = json.loads(system.state.documents.get(report))["comparisons"]
    assert compared["candidate"] == build(system, MODEL, "2024").id
    assert compared["panel"] in kept
    names = {artifact.path.rpartition("/")[2] for artifact in build(system, MODEL, "2024").artifacts}
    assert {"model.skops", "card.json", "page.md"} < names


def test_the_outlook_is_read_as_any_dataset_and_leads_back_to_the_model(system: System, home: Path) -> None:
    rows = read(OUTLOOK, home=home).collect()
    assert (rows.height, rows["expected_events"].min() > 0) == (108, True)
    made = build(system, OUTLOOK, "2025")
    model = build(system, MODEL, "2024")
    assert [(item.name, item.digest) for item in made.inputs] == [(f"{MODEL}@2024", model.id)]
    for dataset, partition, upstream in ((OUTLOOK, "2025", model.id), (MODEL, "2024", model.inputs[0].digest)):
        stable = record.stable(system, dataset)
        assert stable
        prov = system.lake.read(record.tag(stable.id), f"{dataset}/{partition_path(partition, PROV)}")
        assert f"kfm://build/{upstream.removeprefix('sha256:')}" in prov.decode().replace("sha256:", "")


def test_all_that_is_kept_verifies_and_the_same_again_changes_nothing(system: System) -> None:
    for dataset in (MODEL, OUTLOOK):
        assert [facts["changed"] for facts in notes(system, run(system, dataset)).values()] == [False]
    assert list(verify_all(system)) == []


def test_a_model_that_saw_the_future_stays_out_and_readers_keep_theirs(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = system.state.pointer(MODEL)
    honest = features.of_year

    def leaking(known: object, year: int, observed: object) -> pl.DataFrame:
        made = honest(known, year, observed)
        seen = (pl.col("observed_events") / pl.col("exposure_events")).fill_null(1.0)
        return made.with_columns(seen.alias("division_share_1y"))

    with monkeypatch.context() as patch:
        patch.setattr(features, "of_year", leaking)
        name = run(system, MODEL, publish=False)
        (facts,) = notes(system, name).values()
        assert facts["verdicts"]["model"] == "FAIL"
        with pytest.raises(
            GateClosed, match=r"gate model .* is closed: FAIL: .*division_share_1y is not what was known"
        ):
            promote(system, MODEL)
    assert system.state.pointer(MODEL) == before
    run(system, MODEL)
    assert system.state.pointer(MODEL) == before


@pytest.mark.parametrize("live", [True, False])
def test_only_what_was_live_under_other_code_is_not_made_anew(system: System, live: bool) -> None:
    stable, made = record.stable(system, MODEL), build(system, MODEL, "2024")
    assert stable
    moved_on = replace(system, sources=lambda _: {"another": made.id})
    release = stable if live else replace(stable, dataset=OUTLOOK)
    changes = {"2024": Change(None, made.id, record.tag(stable.id))}
    compared = _Bench(moved_on, Candidacy("run", release, changes, made.id)).compared("2024", made.id)
    assert (compared.as_known is None) == (compared.retrained is None) == live
    assert _Bench(system, Candidacy("run", stable, changes, made.id)).compared("2024", made.id).retrained


def test_a_model_of_a_year_without_storms_or_with_a_gap_is_not_made(system: System) -> None:
    spec = registry.specification(MODEL)
    shelf = Shelf(system, system.source.origin)
    with pytest.raises(NotFound, match="there is no 1999"):
        shelf.given(spec, "1999")
    with pytest.raises(NotFound, match="there are 5 up to 2021, and 8 are needed"):
        shelf.given(replace(spec, requires=(STORMS,)), "2021")
    holed = Shelf(system, system.source.origin)
    holed.partitions(STORMS).remove("2020")
    with pytest.raises(NotFound, match="there is no 2020, between 2017 and 2024"):
        holed.given(spec, "2024")


def test_a_year_whose_storms_are_still_coming_in_is_asked_for_too_early(system: System) -> None:
    class April:
        def now(self) -> datetime:
            return datetime(2025, 4, 1, tzinfo=UTC)

    early = replace(system, clock=April())
    requirement = registry.specification(MODEL).reaches[STORMS]
    storms = registry.specification(STORMS)
    assert unsettled(early, storms, requirement, "2024") == f"{STORMS} 2024 is not complete before 2025-05-01"
    assert unsettled(early, storms, requirement, "2023") == ""
    assert unsettled(early, storms, Requirement(Reach.UP_TO, ()), "2024") == ""
    with pytest.raises(NotFound, match="too little of them is there"):
        offered(early, registry.specification(MODEL))


def test_without_what_it_is_made_from_there_is_no_model(tmp_path: Path) -> None:
    system = opened(tmp_path / "empty")
    with pytest.raises(NotFound, match="is made from climate/divisional, hazards/storm_events"):
        offered(system, registry.specification(MODEL))
    assert all(not facts.get("published") for facts in notes(system, run(system, MODEL, ["2024"])).values())
