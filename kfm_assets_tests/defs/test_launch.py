"""`kfm run` on the instance that the UI shows: what runs, what is noted, what is raised, and what stays quiet."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from kfm_assets.defs import instance as homes
from kfm_assets.defs.keys import FLOW, key
from kfm_assets.defs.launch import run
from kfm_assets.defs.step import RUN_TAG
from kfm_assets.domain.artifact import Zone
from kfm_assets.engine import acquire as acquiring
from kfm_assets.engine import promote as promoting
from kfm_assets.errors import NotFound, Unavailable
from kfm_assets_tests.defs import feeds
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, QUAKES, STORMS


def runs(home: Home, name: str) -> list[tuple[str, DagsterRunStatus]]:
    found = home.dagster.get_runs(RunsFilter(tags={RUN_TAG: name}))
    return sorted((one.job_name, one.status) for one in found)


def outcome(home: Home, name: str) -> dict[tuple[str, str], tuple[object, object]]:
    return {at: (facts.get("published"), facts.get("changed")) for at, facts in home.system.state.notes(name).items()}


def test_a_run_brings_what_the_source_has_and_is_on_the_instance(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[tuple[str, str, str]] = []
    name = run(home.settings, [STORMS], progress=lambda *said: heard.append(said))
    assert outcome(home, name) == {
        (COUNTIES, "static"): (True, True),
        (STORMS, "1990"): (True, True),
        (STORMS, "1991"): (None, None),
        (STORMS, "1992"): (False, False),
        (STORMS, "1993"): (True, True),
    }
    notes = home.system.state.notes(name)
    assert (notes[STORMS, "1991"]["exit_code"], notes[STORMS, "1992"]["exit_code"]) == (6, 3)
    assert runs(home, name) == [
        ("geography_counties", DagsterRunStatus.SUCCESS),
        ("hazards_storm_events", DagsterRunStatus.FAILURE),
    ]
    assert [stage for _, partition, stage in heard if partition == "1993"] == [
        *("acquired", "built", "judged", "released", "published")
    ]
    assert capfd.readouterr() == ("", "")


def test_the_same_run_again_changes_nothing(home: Home) -> None:
    run(home.settings, [STORMS])
    before = home.live(STORMS), home.system.state.pointer(STORMS)
    name = run(home.settings, [STORMS])
    assert outcome(home, name)[STORMS, "1990"] == (True, False)
    assert before == (home.live(STORMS), home.system.state.pointer(STORMS))


def test_partitions_need_not_be_neighbours(home: Home) -> None:
    name = run(home.settings, [STORMS], ["1990", "1993"])
    assert {at for at in outcome(home, name) if at[0] == STORMS} == {(STORMS, "1990"), (STORMS, "1993")}
    # A span is built in a run of its own; one more run puts what they built together.
    assert runs(home, name).count(("hazards_storm_events", DagsterRunStatus.SUCCESS)) == 3
    assert set(home.live(STORMS)) == {"1990", "1993"}
    for zone in FLOW:
        assert home.materialized(zone, STORMS) == {"1990", "1993"}
    assert set(home.statuses(key(Zone.PUBLISHED, STORMS), STORMS, ["1990", "1993"]).values()) == {"MATERIALIZED"}


def test_a_run_makes_one_release_of_a_dataset_whatever_its_partitions(home: Home) -> None:
    run(home.settings.model_copy(update={"source": "sample", "sample_size": 60}), [STORMS], ["1990"])
    name = run(home.settings, [STORMS], ["1990", "1992", "1993"])
    releases = home.system.state.releases(STORMS)
    assert [recorded.version for recorded in releases] == [1, 2]
    assert len([entry for entry in home.system.state.journal(STORMS) if entry.went_live]) == 2
    assert set(home.live(STORMS)) == {"1990", "1993"}
    assert home.system.state.notes(name)[STORMS, "1992"]["exit_code"] == 3


def test_a_span_that_cannot_be_had_holds_no_other_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire = acquiring.acquire

    def moody(system, run, dataset, partitions=None):
        if partitions == ["1993"]:
            raise Unavailable("nobody answers", advice="try later")
        return acquire(system, run, dataset, partitions)

    monkeypatch.setattr(acquiring, "acquire", moody)
    name = run(home.settings, [STORMS], ["1990", "1993"])
    assert set(home.live(STORMS)) == {"1990"}
    assert outcome(home, name)[STORMS, "1990"] == (True, True)
    assert home.system.state.notes(name)[STORMS, "1993"]["exit_code"] == Unavailable.exit_code


def test_a_partition_that_was_asked_for_and_is_not_there_fails_alone(home: Home) -> None:
    name = run(home.settings, [STORMS], ["1989", "1990"])
    assert home.system.state.notes(name)[STORMS, "1989"]["exit_code"] == NotFound.exit_code
    assert outcome(home, name)[STORMS, "1990"] == (True, True)
    assert ("hazards_storm_events", DagsterRunStatus.FAILURE) in runs(home, name)


def test_without_publishing_everything_is_ready_and_nothing_is_live(home: Home) -> None:
    name = run(home.settings, [STORMS], ["1990"], publish=False)
    assert home.live(STORMS) == home.live(COUNTIES) == {}
    assert home.materialized(Zone.RELEASE, STORMS) == {"1990"}
    assert home.materialized(Zone.PUBLISHED, STORMS) == set()
    assert {status for _, status in runs(home, name)} == {DagsterRunStatus.SUCCESS}
    assert [pending.partition for pending in home.system.state.pending(STORMS)] == ["1990"]


def test_files_that_do_not_tell_their_partition_are_fetched_once(home: Home, tmp_path: Path) -> None:
    folder = feeds.write(tmp_path / "quakes", COUNTIES, ["static"])
    feeds.write(folder, QUAKES, ["2015-08", "2015-11"])
    settings = home.settings.model_copy(update={"source": str(folder)})
    name = run(settings, [QUAKES])
    lines = outcome(home, name)
    assert lines[QUAKES, "2015-08"] == lines[QUAKES, "2015-11"] == (True, True)
    intakes = home.system.state.intakes(QUAKES)
    assert {intakes[partition].run for partition in ("2015-08", "2015-11")} == {name}


def test_what_is_unknown_is_raised_before_anything_runs(home: Home) -> None:
    for datasets, partitions in ((["hazards/volcanoes"], None), ([STORMS], ["1949"]), ([STORMS], ["2015-08"])):
        with pytest.raises(NotFound):
            run(home.settings, datasets, partitions)
    assert home.dagster.get_runs() == []


def test_a_source_without_the_dataset_is_said_after_the_others_ran(home: Home) -> None:
    with pytest.raises(NotFound, match="earthquakes"):
        run(home.settings, [QUAKES, COUNTIES])
    assert home.live(COUNTIES)


def test_an_error_of_a_whole_dataset_is_noted_for_each_partition(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("nobody answers", advice="try later")

    monkeypatch.setattr(promoting, "production", refuse)
    name = run(home.settings, [COUNTIES])
    assert home.system.state.notes(name)[COUNTIES, "static"]["error"] == "nobody answers"
    assert home.system.state.notes(name)[COUNTIES, "static"]["exit_code"] == Unavailable.exit_code
    assert runs(home, name) == [("geography_counties", DagsterRunStatus.FAILURE)]


def test_what_nobody_expected_keeps_its_type(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(promoting, "production", fall)
    with pytest.raises(ZeroDivisionError):
        run(home.settings, [COUNTIES])


def test_a_run_whose_process_died_is_shown_as_failed(home: Home) -> None:
    started = home.dagster.create_run_for_job(
        home.defs.resolve_job_def("geography_counties"), tags={homes.PROCESS_TAG: "4194304"}
    )
    run(home.settings, [COUNTIES])
    assert home.dagster.get_run_by_id(started.run_id).status is DagsterRunStatus.FAILURE


def test_dagster_home_is_where_the_environment_says(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "elsewhere"))
    name = run(home.settings, [COUNTIES])
    with DagsterInstance.from_config(str(tmp_path / "elsewhere")) as other:
        assert [one.tags[RUN_TAG] for one in other.get_runs()] == [name]


def test_the_ui_is_told_that_real_data_replaced_the_sample_as_a_whole(home: Home) -> None:
    sample = home.settings.model_copy(update={"source": "sample", "sample_size": 60})
    run(sample, [STORMS], ["1990", "2020"])
    assert set(home.live(STORMS)) == {"1990", "2020"}
    run(home.settings, [STORMS], ["1990"])
    assert set(home.live(STORMS)) == {"1990"}
    told = home.dagster.fetch_observations(key(Zone.PUBLISHED, STORMS), limit=100).records
    assert [record.asset_observation.partition for record in told] == ["2020"]


def test_a_folder_with_only_a_new_year_uses_the_counties_that_are_live(home: Home, tmp_path: Path) -> None:
    run(home.settings, [STORMS], ["1990"])
    only = tmp_path / "only"
    only.mkdir()
    for file in Path(home.settings.source).rglob("*d1993*"):
        (only / file.name).write_bytes(file.read_bytes())
    name = run(home.settings.model_copy(update={"source": str(only)}), [STORMS])
    assert outcome(home, name) == {(STORMS, "1993"): (True, True)}
    assert set(home.live(STORMS)) == {"1990", "1993"}
