"""A provisional value that is revised: a new version, and everywhere the same words for what changed in it."""

from __future__ import annotations

import json
from pathlib import Path

from kfm_assets import settings, wiring
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.engine import record
from kfm_assets.engine.read import read
from kfm_assets_tests.cli import homes

RIVER = "hydrology/streamflow"
HEAD = """\
# retrieved: {retrieved} EDT       (nadww01)
#    USGS 06892350 KANSAS R AT DESOTO, KS
# Data provided for site 06892350
#            TS   parameter     Description
#         56887       00060     Discharge, cubic feet per second
agency_cd\tsite_no\tdatetime\ttz_cd\t56887_00060\t56887_00060_cd
5s\t15s\t20d\t6s\t14n\t10s
"""
FIRST = [
    ("00:00", "1010", "P"),
    ("00:15", "1000", "P"),
    ("00:30", "990", "P"),
    ("00:45", "980", "P"),
    ("01:00", "0", "A"),
]
LATER = [
    ("00:00", "1010", "P"),
    ("00:15", "1001", "A"),
    ("00:30", "Ice", "A"),
    ("00:45", "981", "A"),
    ("01:15", "5", "P"),
]


def put(folder: Path, retrieved: str, days: dict[str, list[tuple[str, str, str]]]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [
        f"USGS\t06892350\t{day} {at}\tCDT\t{value}\t{code}\n" for day, rows in days.items() for at, value, code in rows
    ]
    (folder / "06892350_iv.rdb").write_text(HEAD.format(retrieved=retrieved) + "".join(lines))
    return folder


def test_what_changed_is_told_wherever_the_release_is(kfm, tmp_path):
    home, source = tmp_path / "home", tmp_path / "in"
    ran = ("run", RIVER, "--source", source, "--home", home)
    put(source, "2015-10-01 13:25:45", {"2015-08-10": FIRST, "2015-09-10": FIRST})
    first = kfm(*ran, "--json")
    assert first.code == 0, first.err
    assert {line["partition"]: line["revision"] for line in first.lines} == {"2015-08": None, "2015-09": None}

    put(source, "2016-02-01 13:25:45", {"2015-08-10": LATER, "2015-09-10": FIRST})
    changed = (
        "3 rows changed (approval 3, discharge_m3s 3, qualifiers 3, value_reported 3, missing_reason 1), "
        "1 added, 1 removed"
    )
    second = kfm(*ran, "--json")
    assert second.code == 0, second.err
    said = {line["partition"]: line["revision"] for line in second.lines}
    assert said == {"2015-08": changed, "2015-09": "no row changed"}
    release = second.lines[0]["release"]

    shown = kfm("show", release, "--home", home)
    assert "What it says otherwise than before" in shown.told
    assert "2015-08" in shown.told
    evidence = [
        line["document"] for line in kfm("show", release, "--json", "--home", home).lines if line["kind"] == "evidence"
    ]
    (document,) = (one for one in evidence if isinstance(one, dict) and one.get("kind") == "revisions")
    assert document["before"] == first.lines[0]["release"]
    table = document["partitions"]["2015-08"]["tables"]["instantaneous"]
    assert table["rows"] == {"before": 5, "after": 5, "added": 1, "removed": 1, "changed": 3, "same": 1}
    examples = {one["key"]["time_utc"]: one["cells"] for one in table["examples"]["changed"]}
    assert examples["2015-08-10T05:30:00Z"]["value_reported"] == {"before": "990", "after": "Ice"}
    assert examples["2015-08-10T05:30:00Z"]["missing_reason"] == {"before": None, "after": "Ice"}
    assert examples["2015-08-10T05:15:00Z"]["approval"] == {"before": "provisional", "after": "approved"}
    assert table["examples"]["added"] == [{"site_no": "06892350", "time_utc": "2015-08-10T06:15:00Z"}]
    assert table["examples"]["removed"] == [{"site_no": "06892350", "time_utc": "2015-08-10T06:00:00Z"}]

    # Both versions are there, and neither's id knows of the comparison.
    system = wiring.wire(settings.load(home=home))
    old, new = (record.find(system, name, RIVER) for name in ("v1", "v2"))
    assert new.release.id == release
    assert b"revision" not in canonical_json(new.release)
    files = [read(system, RIVER, ["2015-08"], release=one.release.id).files["2015-08"] for one in (old, new)]
    assert len({Path(file).read_bytes() for file in files}) == 2
    assert json.loads(kfm("releases", RIVER, "--json", "--home", home).out.splitlines()[0])["version"] in (1, 2)


def test_the_same_again_revises_nothing(kfm, tmp_path):
    home = tmp_path / "home"
    source = put(tmp_path / "in", "2015-10-01 13:25:45", {"2015-08-10": FIRST})
    for _ in range(2):
        ended = kfm("run", RIVER, "--source", source, "--home", home, "--json")
        assert [line["revision"] for line in ended.lines] == [None]
    told = kfm("run", RIVER, "--source", put(source, "2016-02-01 13:25:45", {"2015-08-10": LATER}), "--home", home)
    assert "hydrology/streamflow 2015-08: 3 rows changed (approval 3, discharge_m3s 3" in told.told


def test_real_data_do_not_revise_synthetic_ones(kfm, tmp_path):
    home = tmp_path / "home"
    homes.publish(home, RIVER)
    put(tmp_path / "in", "2015-10-01 13:25:45", {"2015-08-10": FIRST})
    ended = kfm("run", RIVER, "--source", tmp_path / "in", "--home", home, "--json")
    assert ended.code == 0, ended.err
    assert [line["revision"] for line in ended.lines] == [None]
