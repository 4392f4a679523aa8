"""`kfm approve`: a closed gate, a person who accepts that, and what `promote` and `show` make of it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from kfm_assets import settings, wiring
from kfm_assets.adapters.policies import loader
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine import judge
from kfm_assets.gates.evidence import judged
from kfm_assets_tests.cli import homes

QUAKES = homes.EARTHQUAKES
HERE = (Gate.DRIFT, Gate.DIFF)


@pytest.fixture
def asking(monkeypatch):
    """Let the policy ask for gates drift and diff, whose verdicts the test puts on record, and nobody else."""
    made = loader._policy

    def policy(document, dataset):
        one = made(document, dataset)
        return replace(one, release_gates=tuple(dict.fromkeys([*one.release_gates, *HERE])))

    monkeypatch.setattr(loader, "_policy", policy)
    monkeypatch.setattr(judge, "_HEARINGS", {gate: one for gate, one in judge._HEARINGS.items() if gate not in HERE})


def put(home, outcome=Outcome.FAIL, message="a third of the rows is gone", *, gate=Gate.DIFF):
    """Put a verdict of a gate on the candidate release on record; return the release."""
    system = wiring.wire(settings.load(home=home))
    release, policy = system.state.pending(QUAKES)[0].release, system.policy(QUAKES)
    said = judged(gate, release, policy, [Finding("rows", outcome, message)])
    report = system.state.documents.put(canonical_json(said.report))
    found = Verdict(release, gate, policy.digest, outcome, said.findings, (report,), system.clock.now())
    system.state.record_verdict(found)
    return release


@pytest.fixture
def waiting(home, request):
    request.getfixturevalue("asking")
    homes.prepare(home, QUAKES, seed=3)
    put(home, Outcome.PASS, "as ever", gate=Gate.DRIFT)
    return put(home)


def approve(kfm, home, release, *more):
    return kfm("approve", release[7:19], "--gate", "diff", "--reason", "a flood of aftershocks", *more, "--home", home)


def test_what_a_gate_held_is_accepted_shown_and_published(kfm, home, waiting, monkeypatch):
    monkeypatch.setenv("KFM_PRINCIPAL", "ann")
    held = kfm("promote", QUAKES, "--home", home)
    assert (held.code, "a third of the rows is gone" in held.err) == (3, True)
    (explained,) = [line for line in kfm("policy", "explain", QUAKES, "--json", "--home", home).lines
                    if line["kind"] == "standing" and (line["gate"], line["where"]) == ("diff", "waits")]  # fmt: skip
    assert (explained["open"], explained["acceptable"], explained["outcome"]) == (False, True, "FAIL")
    told = approve(kfm, home, waiting)
    assert (told.code, told.err) == (0, "")
    assert "ann accepts that" in told.told
    assert "a flood of aftershocks" in told.told
    shown = kfm("show", waiting[7:19], "--home", home)
    assert "diff open FAIL ann a flood of aftershocks" in shown.told
    assert "What keeps a gate closed" not in shown.told
    assert "ann accepts FAIL: a flood of aftershocks" in kfm("policy", "explain", QUAKES, "--home", home).told
    done = kfm("promote", QUAKES, "--json", "--home", home)
    assert done.code == 0
    assert {line["release"] for line in done.lines} == {waiting}
    assert kfm("verify", waiting[7:19], "--home", home).code == 0


def test_the_line_for_programs_says_who_why_and_what(kfm, home, waiting, monkeypatch):
    monkeypatch.setenv("KFM_PRINCIPAL", "ann")
    (line,) = approve(kfm, home, waiting, "--json").lines
    assert (line["dataset"], line["subject"], line["gate"], line["outcome"]) == (QUAKES, waiting, "diff", "FAIL")
    assert (line["principal"], line["reason"]) == ("ann", "a flood of aftershocks")
    documents = {one["digest"]: one["document"] for one in kfm("show", waiting, "--json", "--home", home).lines
                 if one["kind"] == "evidence"}  # fmt: skip
    assert documents[line["approval"]]["accepted"]["report"] == line["accepted"]
    assert documents[line["accepted"]]["findings"][0]["message"] == "a third of the rows is gone"


def test_another_finding_closes_again(kfm, home, waiting):
    approve(kfm, home, waiting)
    put(home, message="half of the rows are gone")
    shown = kfm("show", waiting, "--home", home)
    assert "diff closed again FAIL" in shown.told
    assert "What keeps a gate closed" in shown.told
    assert kfm("promote", QUAKES, "--home", home).code == 3


def test_each_of_two_approvals_is_shown(kfm, home, waiting):
    put(home, Outcome.INCONCLUSIVE, "too few rows", gate=Gate.DRIFT)
    approve(kfm, home, waiting)
    told = kfm("approve", waiting, "--gate", "drift", "--reason", "the first August", "--home", home)
    assert "drift: INCONCLUSIVE: too few rows" in told.told
    shown = kfm("show", waiting, "--home", home).told
    assert "diff open FAIL" in shown
    assert "drift open INCONCLUSIVE" in shown
    assert "What keeps a gate closed" not in shown
    assert kfm("promote", QUAKES, "--home", home).code == 0


def test_an_approval_that_was_altered_is_shown_in_doubt(kfm, home, waiting):
    approve(kfm, home, waiting)
    with sqlite3.connect(home / "state.db") as meddler:
        meddler.execute("UPDATE verdicts SET verdict = replace(verdict, 'a flood', 'a flock')")
    meddler.close()
    assert "in doubt" in kfm("show", waiting, "--home", home).told
    assert kfm("promote", QUAKES, "--home", home).code == 3


@pytest.mark.parametrize(
    ("code", "words", "arguments"),
    [
        (2, "needs a reason", ("--gate", "diff")),
        (2, "needs a reason", ("--gate", "diff", "--reason", "   ")),
        (2, "open already", ("--gate", "F", "--reason", "x")),
        (2, "does not judge", ("--gate", "E", "--reason", "x")),
        (2, "Invalid value", ("--gate", "approval", "--reason", "x")),
        (2, "Missing option", ("--reason", "x")),
    ],
)
def test_what_is_refused_says_why_in_one_line(kfm, home, waiting, *, code, words, arguments):
    ended = kfm("approve", waiting, *arguments, "--home", home)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert words in ended.err


def test_nothing_but_the_policy_allows_it(kfm, home, waiting):
    put(home, Outcome.ERROR, "no memory")
    ended = approve(kfm, home, waiting)
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "FAIL may be accepted" in ended.err
