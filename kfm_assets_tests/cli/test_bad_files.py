"""Files that are not what they should be: each fails its own year, in one line, and is kept; the others go on."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kfm_assets import settings, wiring
from kfm_assets.datasets.registry import ACQUIRED, DATASETS
from kfm_assets.engine import record
from kfm_assets.engine.raw import RAW
from kfm_assets_tests.cli import homes, real
from kfm_assets_tests.cli.conftest import Ended
from kfm_assets_tests.datasets.hydrology.streamflow.answers import rdb

HEADER = b"EVENT_TYPE"


def html(_content: bytes) -> bytes:
    return b"<!DOCTYPE html><html><body>Service temporarily unavailable</body></html>"


def missing(content: bytes) -> bytes:
    """Cut the last column off."""
    return b"\n".join(line.rpartition(b",")[0] for line in content.splitlines()) + b"\n"


def added(content: bytes) -> bytes:
    head, *rows = content.splitlines()
    return b"\n".join([head + b',"CONFIDENCE"', *(row + b",1" for row in rows)]) + b"\n"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "truncated": lambda content: content[: content.index(b"\n", len(content) // 2) - 60],
    "a web page": html,
    "another encoding": lambda content: content.decode().encode("utf-16"),
    "no text": lambda content: content.replace(b"Kansas", b"Kan\xff\xfe\xfas").replace(b"KANSAS", b"KAN\xff\xfe\xfaS"),
    "column missing": missing,
    "column added": added,
    "column renamed": lambda content: content.replace(HEADER, b"KIND_OF_EVENT", 1),
    "gzip cut off": lambda content: gzip.compress(content, mtime=0)[:-200],
}
YEARS = {damage: str(1961 + number) for number, damage in enumerate(DAMAGES)}
GOOD = "1960"


class Outcome(NamedTuple):
    """What a run of all the damaged files came to."""

    home: Path
    source: Path
    code: int
    err: str
    lines: dict[tuple[str, str], dict]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("bad")
    source = real.put(folder / "source", real.files(homes.COUNTIES, "static"), real.files(homes.STORMS, GOOD))
    for damage, year in YEARS.items():
        for name, content in real.files(homes.STORMS, year).items():
            if "details" in name:
                suffix = ".gz" if damage.startswith("gzip") else ""
                (source / f"{name}{suffix}").write_bytes(DAMAGES[damage](content))
    ended = real.kfm(folder / "home", "run", homes.STORMS, "--source", source, "--json")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    by_name = {(line["dataset"], line["partition"]): line for line in lines}
    return Outcome(folder / "home", source, ended.returncode, ended.stderr, by_name)


def test_the_run_ends_with_one_line_and_bad_inputs_code(outcome):
    assert outcome.code == 6
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("kfm: hazards/storm_events 19")
    assert "Traceback" not in outcome.err
    assert not list(outcome.home.glob("crashes/*"))


def test_the_good_ones_are_published(outcome):
    assert outcome.lines[homes.COUNTIES, "static"]["published"]
    assert outcome.lines[homes.STORMS, GOOD]["published"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_fails_its_own_year_and_is_kept(outcome, damage):
    line = outcome.lines[homes.STORMS, YEARS[damage]]
    assert not line["published"]
    assert not line["changed"]
    assert line["error"]
    assert "\n" not in line["error"]
    system = wiring.wire(settings.load(home=outcome.home))
    live = record.builds(system, record.stable(system, homes.STORMS))
    assert YEARS[damage] not in live
    (file,) = outcome.source.glob(f"*details*d{YEARS[damage]}*")
    digest = "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest in {kept.digest for kept in system.lake.files(RAW)}


def test_every_line_has_just_the_keys_that_are_promised(outcome):
    keys = {
        *("dataset", "partition", "rows_in", "rows_out", "rows_quarantined", "rows_out_of_scope", "build", "release"),
        *("verdicts", "published", "changed", "revision", "seconds"),
    }
    for line in outcome.lines.values():
        assert set(line) == (keys if line["published"] else keys | {"error"})
    good = outcome.lines[homes.STORMS, GOOD]
    assert good["rows_in"] == good["rows_out"] + good["rows_quarantined"] + good["rows_out_of_scope"]


@pytest.mark.parametrize("name", ["comcat_2015-08.csv", "cb_2014_us_county_20m.zip"])
def test_a_bad_file_whose_name_tells_no_partition_fails_its_dataset(kfm, tmp_path, name):
    counties, quakes = real.files(homes.COUNTIES, "static"), real.files(homes.EARTHQUAKES, "2015-08")
    bad = {name: {**counties, **quakes}[name][:-500]}
    source = real.put(tmp_path / "source", counties, quakes, bad)
    (source / name).write_bytes(html(b"") if name.endswith("csv") else bad[name])
    ended: Ended = kfm("run", homes.EARTHQUAKES, "--source", source, "--home", tmp_path / "home", "--json")
    assert ended.code == 6
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    system = wiring.wire(settings.load(home=tmp_path / "home"))
    assert system.state.pointer(homes.EARTHQUAKES).stable is None
    digest = "sha256:" + hashlib.sha256((source / name).read_bytes()).hexdigest()
    assert digest in {kept.digest for kept in system.lake.files(RAW)}


@pytest.mark.parametrize("year", ["1949", "2099"])
def test_a_file_of_a_year_that_there_is_not_stays_out_and_is_told_apart(kfm, tmp_path, year):
    source = real.put(tmp_path / "source", real.files(homes.COUNTIES, "static"), real.files(homes.STORMS, GOOD))
    stray = {name.replace(f"d{GOOD}", f"d{year}"): data for name, data in real.files(homes.STORMS, GOOD).items()}
    real.put(source, stray)
    ended: Ended = kfm("run", homes.STORMS, "--source", source, "--home", tmp_path / "home", "--json")
    by_partition = {line["partition"]: line for line in ended.lines if line["dataset"] == homes.STORMS}
    assert (ended.code, by_partition[GOOD]["published"], by_partition[year]["published"]) == (8, True, False)
    assert f"the source has a file of {year}, and" in ended.err
    assert "1950 to" in ended.err
    assert "--partitions" not in ended.err


STREAMFLOW = "hydrology/streamflow"
UNDATED = [("2024-11-05 10:00", "XXX", "900", "A"), ("2024-11-05 10:15", "XXX", "901", "A")]


def test_rows_of_no_partition_are_told_and_fail_a_run_that_has_no_others(kfm, tmp_path):
    source = real.put(tmp_path / "source", {"a_iv_.rdb": rdb(*UNDATED)})
    here = ("--source", source, "--home", tmp_path / "home")
    ended: Ended = kfm("run", STREAMFLOW, *here)
    assert (ended.code, len(ended.err.splitlines())) == (6, 1)
    assert "2 rows that came cannot be dated" in ended.err
    assert f"kfm quarantine {STREAMFLOW}" in ended.err
    assert len(kfm("quarantine", STREAMFLOW, "--json", "--home", tmp_path / "home").lines) == 2
    real.put(source, {"b_iv_.rdb": rdb(UNDATED[0], ("2024-11-05 10:30", "CST", "902", "A"))})
    ended = kfm("run", STREAMFLOW, *here)
    assert (ended.code, ended.err) == (0, "")
    assert f"{STREAMFLOW}: 3 rows cannot be dated" in ended.told
    assert [line["partition"] for line in kfm("run", STREAMFLOW, "--json", *here).lines] == ["2024-11"]


def test_of_a_folder_with_some_datasets_each_that_is_missing_is_named(kfm, tmp_path):
    source = real.put(tmp_path / "source", real.files(homes.COUNTIES, "static"))
    ended: Ended = kfm("run", "--source", source, "--home", tmp_path / "home", "--json")
    assert (ended.code, len(ended.err.splitlines())) == (8, 1)
    assert {key for key in DATASETS if key in ended.err} == {key for key in ACQUIRED if key != homes.COUNTIES}
    assert [line["published"] for line in ended.lines] == [True]
    nowhere: Ended = kfm("run", "--source", tmp_path / "nowhere", "--home", tmp_path / "home")
    assert nowhere.err.count("there is no folder") == 1
