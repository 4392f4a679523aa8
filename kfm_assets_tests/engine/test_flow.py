"""From a source to a published release and back, on a real home: embedded lake, real state, real datasets."""

from __future__ import annotations

import csv
import gzip
import io
import json
import multiprocessing
import sqlite3
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kfm_assets import read, settings, wiring
from kfm_assets.datasets import registry
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.journal import Action
from kfm_assets.engine import record
from kfm_assets.engine.acquire import acquire
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.build import build
from kfm_assets.engine.judge import judge
from kfm_assets.engine.promote import Cause, Promotion, promote
from kfm_assets.engine.raw import RAW
from kfm_assets.engine.read import quarantined
from kfm_assets.engine.read import read as locate
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.verify import verify_all
from kfm_assets.errors import BadInput, Conflict, GateClosed, IntegrityError
from kfm_assets.ports import Json, System

COUNTIES, QUAKES, STORMS = "geography/counties", "hazards/earthquakes", "hazards/storm_events"
RECORDED = Path(__file__).parents[3] / "shared" / "data"


def opened(home: Path, source: str | Path = "sample", **more: object) -> System:
    return wiring.wire(settings.load(home=home, source=str(source), **{"sample_size": 80, **more}))


def run(system: System, dataset: str, partitions: list[str] | None = None, *, publish: bool = True) -> str:
    """Do what a run does of one dataset; return the run's id."""
    name = system.clock.fresh()
    ready = acquire(system, name, dataset, partitions).partitions
    made, _ = build(system, name, dataset, ready)
    judge(system, name, dataset, list(made))
    assemble(system, name, dataset, list(made))
    if publish:
        promote(system, dataset, list(made), name)
    return name


def notes(system: System, name: str) -> dict[str, Mapping[str, Json]]:
    """Return what a run noted of each partition; what it noted of rows of none is left out."""
    return {partition: facts for (_, partition), facts in system.state.notes(name).items() if partition}


def sampled(folder: Path, seed: int = 1, years: tuple[str, ...] = ("1990", "1991", "1992")) -> Path:
    """Write a sample's files into a folder, as if somebody had recorded them: what is in it counts as real.

    Those of another seed are another edition of the first one's, with words in three rows that were mended.
    """
    folder.mkdir(exist_ok=True)
    for dataset, partitions in ((COUNTIES, ["static"]), (STORMS, years)):
        for partition in partitions:
            for name, content in registry.program(dataset).sample(partition, 80, 1).items():
                is_other = seed != 1 and "details" in name
                (folder / name).write_bytes(mended(content, seed) if is_other else content)
    return folder


def mended(content: bytes, seed: int) -> bytes:
    """Return a file of storms with other words in three of its rows."""
    reader = csv.DictReader(io.StringIO(content.decode()))
    rows = [row | ({"EVENT_NARRATIVE": f"Mended, {seed}."} if 10 < at < 14 else {}) for at, row in enumerate(reader)]
    out = io.StringIO()
    writer = csv.DictWriter(out, reader.fieldnames or (), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_the_same_input_again_makes_the_same_ids_and_changes_nothing(tmp_path: Path, home: Path) -> None:
    first = opened(home)
    for dataset in registry.DATASETS:
        run(first, dataset)
    before = (
        first.state.pointers(),
        len(first.state.journal()),
        first.lake.branches()["env-prod"],
        first.lake.tree(RAW),
    )
    again = opened(home)
    for dataset in registry.DATASETS:
        for facts in notes(again, run(again, dataset)).values():
            assert (facts["published"], facts["changed"]) == (True, False)
    after = (
        again.state.pointers(),
        len(again.state.journal()),
        again.lake.branches()["env-prod"],
        again.lake.tree(RAW),
    )
    assert before == after
    elsewhere = opened(tmp_path / "elsewhere")
    for dataset in registry.DATASETS:
        run(elsewhere, dataset)
    assert [p.stable for p in elsewhere.state.pointers()] == [p.stable for p in first.state.pointers()]


def test_a_broken_year_stays_out_alone_and_its_bytes_are_kept(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in")
    broken = next(folder.glob("*details*d1991*"))
    broken.write_bytes(broken.read_bytes()[:-200])
    system = opened(home, folder)
    run(system, COUNTIES)
    facts = notes(system, run(system, STORMS))
    assert {partition: bool(fact.get("published")) for partition, fact in facts.items()} == {
        "1990": True,
        "1991": False,
        "1992": True,
    }
    assert facts["1991"]["exit_code"] == BadInput.exit_code
    assert [(one.subject, one.state.value) for one in system.state.incidents()] == [(f"{STORMS}@1991", "open")]
    kept = [file for file in system.lake.files(RAW, STORMS) if file.path.endswith(broken.name)]
    assert [system.lake.read(RAW, file.path) for file in kept] == [broken.read_bytes()]
    assert list(verify_all(system)) == []


def test_raw_keeps_what_came_with_its_manifest_and_terms(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    plain = next(folder.glob("*details*"))
    zipped = plain.with_name(plain.name + ".gz")
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    system = opened(home, folder)
    run(system, COUNTIES)
    run(system, STORMS)
    stored = {file.path.rsplit("/", 1)[1]: file for file in system.lake.files(RAW, STORMS)}
    assert system.lake.read(RAW, stored[zipped.name].path) == zipped.read_bytes()
    manifest = json.loads(system.lake.read(RAW, stored[f"{zipped.name}.acquisition.json"].path))
    assert (manifest["digest"], manifest["status"], manifest["origin"]) == (stored[zipped.name].digest, 200, "real")
    made = record.build(system, record.build_id(system, record.stable(system, STORMS), "1990") or Digest(""))
    assert any(file.digest == made.terms for file in stored.values())


def test_real_input_replaces_the_sample_as_a_whole(tmp_path: Path, home: Path) -> None:
    synthetic = opened(home)
    for dataset in registry.DATASETS:
        run(synthetic, dataset)
    system = opened(home, sampled(tmp_path / "in"))
    run(system, COUNTIES)
    run(system, STORMS, ["1991"])
    stable = record.stable(system, STORMS)
    assert stable
    assert (stable.origin, list(record.builds(system, stable))) == (Origin.REAL, ["1991"])
    run(system, STORMS, ["1990"])
    assert sorted(record.builds(system, record.stable(system, STORMS) or stable)) == ["1990", "1991"]
    for dataset in (COUNTIES, STORMS):
        with pytest.raises(GateClosed, match="synthetic data never replaces"):
            run(synthetic, dataset)
    assert sorted(record.builds(system, record.stable(system, STORMS) or stable)) == ["1990", "1991"]


def test_a_build_upon_unpublished_counties_waits_for_them(home: Path) -> None:
    system = opened(home)
    run(system, COUNTIES, publish=False)
    facts = notes(system, run(system, STORMS, ["2020"]))
    assert not facts["2020"]["published"]
    assert "promote geography/counties first" in str(facts["2020"]["error"])
    assert promote(system, COUNTIES).changed == ("static",)
    assert promote(system, STORMS).changed == ("2020",)


def test_without_counties_of_its_own_origin_nothing_is_built(tmp_path: Path, home: Path) -> None:
    run(opened(home), COUNTIES)
    folder = sampled(tmp_path / "in", years=("1990",))
    next(folder.glob("cb_*")).unlink()
    facts = notes(system := opened(home, folder), run(system, STORMS))
    assert "needs a build of geography/counties from real data" in str(facts["1990"]["error"])


def stored(home: Path, digest: str) -> Path:
    """Return the file in which the lake keeps an object."""
    return next(
        path for path in (home / "lake").rglob("*") if path.is_file() and digest[7:] in "".join(path.parts[-3:])
    )


def damage(path: Path) -> bytes:
    """Flip the last bit of a file; return what it held."""
    whole = path.read_bytes()
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if whole else b"\0")
    return whole


def test_a_flipped_bit_in_any_file_of_a_release_is_found(home: Path) -> None:
    system = opened(home)
    run(system, COUNTIES)
    assert list(verify_all(system)) == []
    release = record.stable(system, COUNTIES)
    assert release
    digests = {file.digest for file in system.lake.files(record.tag(release.id))}
    for digest in sorted(digests):
        path = stored(home, digest)
        whole = damage(path)
        assert list(verify_all(system)), path
        path.write_bytes(whole)
    assert list(verify_all(system)) == []


def race(home: Path, folder: Path, partition: str, barrier: object, results: object) -> None:
    system = opened(home, folder)
    name = system.clock.fresh()
    ready = acquire(system, name, STORMS, [partition]).partitions
    made, _ = build(system, name, STORMS, ready)
    judge(system, name, STORMS, list(made))
    assemble(system, name, STORMS, list(made))
    barrier.wait()
    try:
        results.put(promote(system, STORMS, [partition], name))
    except Conflict as conflict:
        results.put(str(conflict))


@pytest.mark.parametrize("same", [False, True], ids=["disjoint", "the same partition"])
def test_two_promotions_at_once_both_land_or_one_is_a_conflict(tmp_path: Path, home: Path, same: bool) -> None:
    folders = [sampled(tmp_path / f"in{seed}", seed) for seed in (1, 2)]
    run(opened(home, folders[0]), COUNTIES)
    run(opened(home, folders[0]), STORMS, ["1992"])
    spawned = multiprocessing.get_context("spawn")
    barrier, results = spawned.Barrier(2), spawned.Queue()
    partitions = ["1990", "1990" if same else "1991"]
    racers = [
        spawned.Process(target=race, args=(home, folder, partition, barrier, results))
        for folder, partition in zip(folders, partitions, strict=True)
    ]
    for racer in racers:
        racer.start()
    outcomes = [results.get(timeout=120) for _ in racers]
    for racer in racers:
        racer.join()
    system = opened(home)
    live = record.builds(system, record.stable(system, STORMS) or pytest.fail("nothing is live"))
    assert sorted(live) == sorted({"1992", *partitions})
    landed = [outcome for outcome in outcomes if isinstance(outcome, Promotion) and outcome.changed]
    assert len(landed) == (1 if same else 2), outcomes
    assert list(verify_all(system)) == []
    assert read(STORMS, home=home).collect().height > 0


def test_a_rolled_back_year_is_read_as_it_was(tmp_path: Path, home: Path) -> None:
    run(opened(home, sampled(tmp_path / "one", 1)), COUNTIES)
    run(opened(home, tmp_path / "one"), STORMS)
    was = read(STORMS, home=home, partitions=["1990"]).collect()
    run(opened(home, sampled(tmp_path / "two", 2)), STORMS)
    assert not read(STORMS, home=home, partitions=["1990"]).collect().equals(was)
    roll_back(opened(home), STORMS, "previous", Cause(Action.ROLLBACK, "not the year that we meant"), ["1990"])
    assert read(STORMS, home=home, partitions=["1990"]).collect().equals(was)
    assert read(STORMS, home=home, partitions=["1990"], release="v1").collect().equals(was)


def test_rows_without_a_date_stay_with_their_file_and_are_shown(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    (folder / "query.csv").write_bytes(
        b"time,latitude,longitude,depth,mag,magType,nst,gap,dmin,rms,net,id,updated,place,type\n"
        b"2015-08-01T05:11:46.800Z,38.5,-98.5,5,2.6,ml,,86,,0.27,us,us1,2015-08-28T13:08:23.001Z,here,earthquake\n"
        b"some day,38.5,-98.5,5,2.6,ml,,86,,0.27,us,us2,2015-08-28T13:08:23.001Z,here,earthquake\n"
    )
    system = opened(home, folder)
    run(system, COUNTIES)
    facts = notes(system, run(system, QUAKES))
    assert (facts["2015-08"]["rows_in"], facts["2015-08"]["rows_out"]) == (1, 1)
    build, held = quarantined(system, QUAKES)["undated"]
    assert (build, [json.loads(line)["source_line"] for line in held.splitlines()]) == ("", [3])
    assert b"some day" in held


def test_older_editions_of_a_year_are_named(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    newest = next(folder.glob("*details*"))
    older = newest.with_name(newest.name.replace(newest.name.split("_c")[1][:8], "20010101"))
    older.write_bytes(newest.read_bytes())
    system = opened(home, folder)
    run(system, COUNTIES)
    assert notes(system, run(system, STORMS))["1990"]["passed_over"] == [older.name]


def test_files_with_a_prefix_are_found(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for program in map(registry.program, registry.ACQUIRED):
        for name, content in program.sample(program.sample_partitions[0], 80, 1).items():
            (folder / f"KS_{name}").write_bytes(content)
    system = opened(home, folder)
    for dataset in registry.ACQUIRED:
        assert all(facts["published"] for facts in notes(system, run(system, dataset)).values())


def test_what_is_live_and_would_not_be_let_in_today_is_an_incident(home: Path) -> None:
    system = opened(home)
    run(system, COUNTIES)
    stricter = replace(system.policy(COUNTIES), labels=("internal",))
    run(replace(system, policy=lambda _: stricter), COUNTIES)
    (incident,) = system.state.incidents()
    assert incident.summary.startswith("is live: gate C")
    run(system, COUNTIES)
    assert [one.state.value for one in system.state.incidents()] == ["resolved"]


def test_nothing_goes_back_to_damaged_bytes(tmp_path: Path, home: Path) -> None:
    run(opened(home, sampled(tmp_path / "one", 1, ("1990",))), COUNTIES)
    run(opened(home, tmp_path / "one"), STORMS)
    run(opened(home, sampled(tmp_path / "two", 2, ("1990",))), STORMS)
    system = opened(home)
    live, earlier = record.stable(system, STORMS), record.find(system, "v1", STORMS).release
    path = next(system.lake.files(record.tag(earlier.id), f"{STORMS}/processed/1990/details.parquet"))
    damage(stored(home, path.digest))
    with pytest.raises(IntegrityError):
        roll_back(system, STORMS, "v1", Cause(Action.ROLLBACK, "the other one was better"))
    assert record.stable(system, STORMS) == live
    assert not system.state.unfinished()


def test_a_damaged_raw_file_is_mended_by_the_same_bytes(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    system = opened(home, folder)
    for dataset in (COUNTIES, STORMS):
        run(system, dataset)
    damage(stored(home, digest_bytes(next(folder.glob("*details*")).read_bytes())))
    assert list(verify_all(system))
    run(opened(home, folder), STORMS)
    assert list(verify_all(system)) == []


@pytest.mark.parametrize("name", ["comcat_2016-02.csv", "query.csv"])
def test_an_unreadable_file_fails_what_its_name_speaks_of_or_everything(tmp_path: Path, home: Path, name: str) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    for good, content in registry.program(QUAKES).sample("2015-08", 40, 1).items():
        (folder / good).write_bytes(content)
    (folder / name).write_bytes(b"<html>busy</html>")
    system = opened(home, folder)
    run(system, COUNTIES)
    if name == "query.csv":
        with pytest.raises(BadInput):
            run(system, QUAKES)
        assert record.stable(system, QUAKES) is None
    else:
        facts = notes(system, run(system, QUAKES))
        assert facts["2015-08"]["published"]
        assert facts["2016-02"]["exit_code"] == BadInput.exit_code
    about = "query.csv" if name == "query.csv" else "2016-02"
    assert [one.subject for one in system.state.incidents()] == [f"{QUAKES}@{about}"]


def test_an_empty_file_of_fatalities_is_a_year_without_any(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990",))
    next(folder.glob("*fatalities*")).write_bytes(b"")
    system = opened(home, folder)
    run(system, COUNTIES)
    assert notes(system, run(system, STORMS))["1990"]["published"]
    assert read(STORMS, home=home, table="fatalities").collect().height == 0


@pytest.mark.parametrize(
    "meddling",
    ["DELETE FROM verdicts", "DELETE FROM releases", "UPDATE verdicts SET verdict = replace(verdict, 'PASS', 'FAIL')"],
)
def test_records_that_were_meddled_with_are_found(home: Path, meddling: str) -> None:
    system = opened(home)
    run(system, COUNTIES)
    assert list(verify_all(system)) == []
    with sqlite3.connect(home / "state.db") as meddler:
        meddler.execute(meddling)
    meddler.close()
    assert list(verify_all(system))


@pytest.mark.parametrize("origin", list(Origin))
def test_a_published_file_says_where_its_rows_are_from(tmp_path: Path, home: Path, origin: Origin) -> None:
    source = sampled(tmp_path / "in", years=()) if origin is Origin.REAL else "sample"
    system = opened(home, source)
    run(system, COUNTIES)
    (file,) = locate(system, COUNTIES).files.values()
    assert pq.read_metadata(file).metadata[b"origin"] == origin.value.encode()


def test_a_year_without_a_row_replaces_nothing(tmp_path: Path, home: Path) -> None:
    folder = sampled(tmp_path / "in", years=("1990", "1991"))
    system = opened(home, folder)
    run(system, COUNTIES)
    run(system, STORMS)
    live = record.builds(system, record.stable(system, STORMS) or pytest.fail("nothing is live"))
    for file in folder.glob("*d1990*"):
        file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    facts = notes(system, run(system, STORMS))
    assert (facts["1990"]["published"], facts["1991"]["published"]) == (False, True)
    assert "0 rows in scope came for details" in str(facts["1990"]["error"])
    assert record.builds(system, record.stable(system, STORMS) or pytest.fail("nothing is live")) == live
