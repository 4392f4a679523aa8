"""The commands that look: status, releases, show, quarantine, verify, and how they fit a terminal."""

from __future__ import annotations

import json
import os
import sqlite3
from importlib.metadata import version

import pytest

from kfm_assets import settings, wiring
from kfm_assets.cli import printing
from kfm_assets.cli.diagnosis import lock
from kfm_assets.datasets import registry
from kfm_assets.engine import record, witness
from kfm_assets.errors import Unavailable
from kfm_assets_tests.cli import homes

LOOKS = [
    ("status",),
    ("status", homes.EARTHQUAKES),
    ("status", homes.STORMS),
    ("releases",),
    ("releases", homes.STORMS),
    ("show", "v2", "--dataset", homes.EARTHQUAKES),
    ("quarantine", homes.EARTHQUAKES),
    ("quarantine", homes.COUNTIES),
    ("verify",),
    ("recover",),
    ("gc", "--dry-run"),
]


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_a_look_fits_80_columns_without_colour(kfm, home, arguments):
    ended = kfm("--home", home, *arguments)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.strip()
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "\x1b" not in ended.out
    assert not any(line != line.rstrip() for line in ended.out.splitlines())


def test_status_says_where_each_dataset_stands(kfm, home):
    by_dataset = {line["dataset"]: line for line in kfm("status", "--json", "--home", home).lines}
    assert tuple(by_dataset) == registry.DATASETS
    quakes, storms = by_dataset[homes.EARTHQUAKES], by_dataset[homes.STORMS]
    system = wiring.wire(settings.load(home=home))
    assert quakes["release"] == system.state.pointer(homes.EARTHQUAKES).stable
    assert (quakes["version"], quakes["generation"], quakes["origin"]) == (2, 2, "synthetic")
    assert quakes["partitions"] == len(record.builds(system, record.stable(system, homes.EARTHQUAKES)))
    assert quakes["published_at"].endswith("Z")
    assert (storms["release"], storms["partitions"], storms["published_at"]) == (None, 0, None)


def test_status_shows_what_waits_and_what_is_wrong(kfm, home):
    homes.prepare(home, homes.EARTHQUAKES, seed=3)
    ended = kfm("status", "--home", home)
    assert "`kfm promote hazards/earthquakes`" in ended.told
    (line,) = kfm("status", homes.EARTHQUAKES, "--json", "--home", home).lines
    assert line["pending"] == ["2015-07", "2015-08", "2015-09"]


def test_releases_say_when_readers_got_them(kfm, home):
    first, second = kfm("releases", homes.EARTHQUAKES, "--json", "--home", home).lines
    assert (first["version"], first["live"], second["version"], second["live"]) == (1, False, 2, True)
    assert first["was_live"][0]["until"] == second["was_live"][0]["from"]
    assert second["was_live"][0]["until"] is None


def test_show_has_the_papers_of_a_release(kfm, home):
    release = kfm("releases", homes.EARTHQUAKES, "--json", "--home", home).lines[1]
    lines = kfm("show", release["release"][7:19], "--json", "--home", home).lines
    by_kind = {kind: [line for line in lines if line["kind"] == kind] for kind in {line["kind"] for line in lines}}
    assert by_kind["release"][0]["release"] == release["release"]
    assert by_kind["receipt"][0]["document"]["dataset_version_id"] == release["release"]
    assert by_kind["manifest"][0]["document"]["released_at"]
    gates = {line["gate"] for line in by_kind["verdict"]}
    assert gates == {"A", "B", "C", "D", "E", "F", "G", "drift", "diff"}
    assert all(line["outcome"] == "PASS" for line in by_kind["verdict"])
    kept = {line["digest"] for line in by_kind["evidence"]}
    assert kept == {digest for line in by_kind["verdict"] for digest in line["evidence"]}


def test_show_has_the_papers_of_a_build(kfm, home):
    release = kfm("show", "v2", "--dataset", homes.EARTHQUAKES, "--json", "--home", home).lines[0]
    build = release["builds"]["2015-08"]
    lines = kfm("show", build[7:20], "--json", "--home", home).lines
    assert (lines[0]["kind"], lines[0]["build"], lines[0]["document"]["partition"]) == ("build", build, "2015-08")
    assert {line["gate"] for line in lines if line["kind"] == "verdict"} == {"A", "B", "C", "E"}
    assert "2015-08" in kfm("show", build, "--home", home).told


def test_quarantine_prints_rows_verbatim(kfm, home):
    lines = kfm("quarantine", homes.EARTHQUAKES, "--partitions", "2015-08", "--json", "--home", home).lines
    assert lines
    assert {line["partition"] for line in lines} == {"2015-08"}
    assert set(lines[0]) == {"dataset", "partition", "build", "wire", "source_file", "source_line", "rule", "row"}
    told = kfm("quarantine", homes.EARTHQUAKES, "--home", home).told
    assert all(line["rule"] in told for line in lines)


@pytest.mark.parametrize("arguments", [("verify",), ("verify", "--all"), ("verify", "--json")])
def test_verify_finds_a_flipped_bit(kfm, home, arguments):
    assert kfm("--home", home, *arguments).code == 0
    system = wiring.wire(settings.load(home=home))
    stable = record.stable(system, homes.EARTHQUAKES)
    place = system.lake.fetch(record.tag(stable.id), f"{homes.EARTHQUAKES}/processed/2015-08/events.parquet")
    os.chmod(place, 0o644)  # noqa: PTH101 - a path as the port gives it
    with open(place, "r+b") as handle:  # noqa: PTH123 - the same
        handle.seek(100)
        byte = handle.read(1)
        handle.seek(100)
        handle.write(bytes([byte[0] ^ 1]))
    ended = kfm("--home", home, *arguments)
    assert ended.code == 6
    assert "hazards/earthquakes" in ended.out or "objects" in ended.out
    assert ended.err == ""


def test_doctor_says_what_is_wrong_and_what_to_do(kfm, home):
    checks = {line["check"]: line for line in kfm("doctor", "--json", "--home", home).lines}
    assert checks["python"]["ok"]
    assert checks["home"]["ok"]
    assert checks["lake"]["ok"]
    assert checks["policy"]["ok"]
    with sqlite3.connect(home / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    ended = kfm("doctor", "--json", "--home", home)
    problem = next(line for line in ended.lines if line["check"] == "home")
    assert (ended.code, problem["code"], problem["ok"]) == (9, 9, False)
    assert problem["advice"]


def test_doctor_reads_the_lock(tmp_path):
    written = tmp_path / "requirements.lock"
    written.write_text("click==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1 ; sys_platform == 'win32'\n")
    with pytest.raises(Unavailable, match=r"click is .*, locked 0\.0\.1"):
        lock(written)
    written.write_text(f"click=={version('click')} \\\n    --hash=sha256:00\n")
    assert "1 package" in lock(written)


def test_gc_says_what_it_would_remove(kfm, home):
    (line,) = kfm("gc", "--dry-run", "--json", "--home", home).lines
    assert line == {"objects": 0, "bytes": 0, "branches": [], "dry_run": True}
    assert json.dumps(line)


def test_show_tells_what_the_witness_said_where_it_was_heard(kfm, tmp_path):
    home = tmp_path / "home"
    homes.publish(home, homes.COUNTIES)
    system = homes.publish(home, homes.STORMS, partitions=["1990"])
    stable = record.stable(system, homes.STORMS)
    build = record.build_id(system, stable, "1990")
    names = [printing.short(stable.id), printing.short(build)]
    for name in names:
        assert "witness" not in kfm("show", name, "--home", home).out
    said = witness.hear(system, homes.STORMS, "1990", build)
    for name in names:
        told = kfm("show", name, "--home", home).told
        assert "The witness" in told
        assert said.message[:30] in told
        (line,) = (one for one in kfm("show", name, "--json", "--home", home).lines if one["kind"] == "witness")
        assert (line["partition"], line["outcome"], line["build"]) == ("1990", said.outcome, build)
