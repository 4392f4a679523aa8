"""The gate `diff` on a real home: what a tampered year leads to, what is kept, what is read, what undoing needs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.journal import Action
from kfm_assets.domain.verdict import Gate, Outcome, Verdict
from kfm_assets.engine import diff, record
from kfm_assets.engine.promote import Cause
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.trial import on_trial
from kfm_assets.engine.verify import verify_all
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.gates.diff.report import problems
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, notes, opened, run, sampled

Row = dict[str, str]
BACK = Cause(Action.ROLLBACK, "it was wrong")


def edited(folder: Path, year: str, edit: Callable[[Row], Row | None]) -> None:
    """Change rows of a year's file, or leave them out, as an upstream would by another edition of it."""
    file = next(folder.glob(f"*details*d{year}*"))
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    kept = [after for row in rows if (after := edit(row)) is not None]
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows.fieldnames, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(kept)


def mend(row: Row) -> Row:
    """Mend the words of some rows, as an honest edition would."""
    return row | {"EVENT_NARRATIVE": "Mended."} if row["EVENT_ID"].endswith("7") else row


@pytest.fixture
def system(tmp_path: Path) -> System:
    system = opened(tmp_path / "home", sampled(tmp_path / "in"))
    run(system, COUNTIES)
    run(system, STORMS)
    return system


def verdict(system: System, release: str) -> Verdict:
    return [one for one in system.state.verdicts([release]) if one.gate is Gate.DIFF][-1]


def kept(system: System, name: str) -> dict:
    content = system.records.get(diff.path_of(STORMS, name))
    assert content
    return json.loads(content)


def test_a_year_that_lost_rows_is_stopped_and_what_is_live_stays(system, tmp_path):
    live = system.state.pointer(STORMS).stable
    edited(tmp_path / "in", "1991", lambda row: None if row["EVENT_ID"].endswith(("1", "2", "3")) else row)
    facts = notes(system, run(system, STORMS))["1991"]
    assert re.search(r"gate diff .*1991, details: \d+ of \d+ rows are gone", facts["error"])
    assert system.state.pointer(STORMS).stable == live
    (waiting,) = system.state.pending(STORMS)
    said = verdict(system, waiting.release)
    assert said.outcome is Outcome.FAIL
    assert {"rows_removed"} <= {one.check for one in said.findings if one.outcome is Outcome.FAIL}
    assert list(verify_all(system)) == []


def test_every_candidate_has_its_report_under_its_schema(system, tmp_path):
    edited(tmp_path / "in", "1991", mend)
    name = run(system, STORMS)
    found = kept(system, name)
    assert problems(found) == []
    assert found["run"]["id"] == name
    assert float(found["run"]["cost"]["energy_joules_estimate"]) > 0
    assert "estimate" in found["run"]["cost"]["energy_method"]
    assert [one["partition"] for one in found["partitions"]["differ"]] == ["1991"]
    assert found["partitions"]["same"] == 2
    changed = found["tables"]["details"]["columns"]["changed"]
    assert set(changed) == {"event_narrative"}
    stable = record.stable(system, STORMS)
    without_run = {key: value for key, value in found.items() if key != "run"}
    assert diff.report_of(system, stable.id) == without_run
    assert canonical_json(diff.compare(system, STORMS).report(system)) == canonical_json(without_run)
    assert diff.run_of(system, stable.id) == found["run"]


def test_only_partitions_that_differ_are_read(system, tmp_path, monkeypatch):
    edited(tmp_path / "in", "1991", lambda row: row | {"EVENT_NARRATIVE": "Mended."})
    run(system, STORMS, publish=False)
    paths: list[str] = []
    read = system.lake.read
    monkeypatch.setattr(system.lake, "read", lambda ref, path: (paths.append(path), read(ref, path))[1])
    diff.compare(system, STORMS)
    assert paths
    assert all("/1991/" in path for path in paths)


def test_totals_of_years_that_stay_are_not_read_again(system, tmp_path):
    first = verdict(system, system.state.pointer(STORMS).stable)
    edited(tmp_path / "in", "1991", mend)
    run(system, STORMS)
    second = verdict(system, system.state.pointer(STORMS).stable)
    nodes = system.state.documents
    assert {item.name for item in merkle.diff(nodes, first.evidence[2], second.evidence[2])} == {"1991"}


def test_a_revision_that_was_let_through_can_be_undone(system, tmp_path):
    first = system.state.pointer(STORMS).stable
    edited(tmp_path / "in", "1991", mend)
    run(system, STORMS)
    undone = roll_back(system, STORMS, "v1", BACK, ["1991"], dry_run=True)
    assert undone.target == first
    roll_back(system, STORMS, "v1", BACK)
    assert system.state.pointer(STORMS).stable == first


def test_undoing_one_year_brings_back_what_readers_had_unasked(system, tmp_path):
    for year in ("1990", "1991"):
        edited(tmp_path / "in", year, mend)
        run(system, STORMS)
    found = roll_back(system, STORMS, "v1", BACK, ["1990"])
    assert set(found.changes) == {"1990"}
    said = verdict(system, system.state.pointer(STORMS).stable)
    assert said.outcome is Outcome.PASS
    assert [one.check for one in said.findings] == ["returned"]


def test_what_was_only_built_anew_is_not_read(system, tmp_path, monkeypatch):
    edited(tmp_path / "in", "1991", lambda row: row)  # in quotes, and otherwise the same
    run(system, STORMS, publish=False)
    monkeypatch.setattr(system.lake, "read", lambda ref, path: pytest.fail(f"{path} is read"))
    found = diff.compare(system, STORMS)
    assert {name: one.kind for name, one in found.replaced.items()} == {"1991": "rebuilt"}
    assert problems(found.report(system)) == []


def test_what_is_only_tried_writes_no_report(system):
    trial = on_trial(system)
    path = diff.path_of(STORMS, "a-trial")
    trial.records.put(path, b"{}")
    assert system.records.get(path) is None


def test_by_default_the_candidate_that_waits_is_compared_with_what_is_live(system, tmp_path):
    live = record.stable(system, STORMS)
    assert diff.compare(system, STORMS).before is None, "the first release follows nothing"
    edited(tmp_path / "in", "1991", mend)
    run(system, STORMS, publish=False)
    found = diff.compare(system, STORMS)
    assert (found.before, list(found.replaced)) == (live, ["1991"])
    assert diff.compare(system, STORMS, "v2", "v1").before == found.after
    with pytest.raises(NotFound):
        diff.compare(system, STORMS, "v9")
    with pytest.raises(NotFound):
        diff.compare(system, "hazards/earthquakes")


def test_a_damaged_file_is_an_error_and_closes(system, tmp_path, monkeypatch):
    edited(tmp_path / "in", "1991", lambda row: row | {"EVENT_NARRATIVE": "Mended."})

    def broken(*_: object) -> None:
        raise IntegrityError("the bytes are not what they were", advice="")

    monkeypatch.setattr(diff, "_tables", broken)
    facts = notes(system, run(system, STORMS))["1991"]
    assert re.search(r"gate diff .* is closed: ERROR", facts["error"])


def test_a_sample_is_told_by_every_dataset_and_passes(tmp_path):
    system = opened(tmp_path / "home")
    for dataset in (COUNTIES, STORMS, "hazards/earthquakes", "climate/drought"):
        name = run(system, dataset)
        assert all(facts["verdicts"]["diff"] == "PASS" for facts in notes(system, name).values())
        report = diff.report_of(system, system.state.pointer(dataset).stable)
        assert report is not None
        assert problems(report) == []
