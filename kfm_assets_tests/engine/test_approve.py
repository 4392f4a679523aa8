"""A person accepts one verdict under a policy that allows it, and what was accepted is published; nothing else is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kfm_assets.domain.canonical import Digest, canonical_json
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Gate, Outcome, Verdict
from kfm_assets.engine import judge as judging
from kfm_assets.engine import record
from kfm_assets.engine.approve import approve
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.promote import promote
from kfm_assets.engine.verify import verify_all
from kfm_assets.errors import GateClosed, UsageError
from kfm_assets.ports import System
from kfm_assets_tests.simulator import POLICY_GATES, QUAKES, STORMS, World

ALLOWED = {"drift": (Outcome.INCONCLUSIVE,), "diff": (Outcome.INCONCLUSIVE, Outcome.FAIL)}
WHY = "the first April on record"


def asking(*gates: Gate, dataset: str = STORMS, **other: object) -> Policy:
    """Return a policy that asks some more gates of releases, and lets a person accept what may be accepted."""
    policy = Policy("simulated", dataset, POLICY_GATES[0], (*POLICY_GATES[1], *gates), {}, {}, approvals=ALLOWED)
    return replace(policy, **other)


class Desk:
    """A candidate release that waits, under a policy that asks for a gate whose verdicts the test records."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        self.world, self.policy = World(folder), policy
        self.world.prepare({"1950": "a"})
        for pending in self.world.state.pending():
            self.world.judge(pending.build, POLICY_GATES[0], under=policy)
        assemble(self.system, "20260101t000000-aa", STORMS, ["1950"])
        (pending,) = self.world.state.pending()
        self.release = Digest(str(pending.release))

    @property
    def system(self) -> System:
        return replace(self.world.system(), policy=lambda dataset: replace(self.policy, dataset=dataset))

    def judge(self, gate: Gate = Gate.DRIFT, outcome: Outcome = Outcome.INCONCLUSIVE, **more: object) -> Verdict:
        self.world.judge(self.release, [gate], outcome=outcome, under=self.policy, **more)
        return self.world.state.verdicts([self.release])[-1]

    def approve(self, gate: Gate = Gate.DRIFT, reason: str = WHY) -> Verdict:
        return approve(self.system, STORMS, self.release, gate, reason).verdict

    def opens(self) -> bool:
        return record.decide(self.system, STORMS, release=self.release).opens


@pytest.fixture(autouse=True)
def unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what the gates say to each test: the builds of a simulated world are too small for them to be heard."""
    monkeypatch.setattr(judging, "_HEARINGS", {})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, asking(Gate.DRIFT))


def doubts(desk: Desk) -> list[str]:
    """Return what a verification says of gates."""
    return [f"{one.where}: {one.what}" for one in verify_all(desk.system) if one.where.startswith("gate ")]


def test_what_was_accepted_is_published(desk: Desk) -> None:
    desk.judge()
    with pytest.raises(GateClosed, match=r"gate drift of .* INCONCLUSIVE"):
        promote(desk.system, STORMS)
    assert desk.world.seen() == {}
    desk.approve()
    assert promote(desk.system, STORMS).changed == ("1950",)
    assert desk.world.seen() == {"1950": "a"}
    assert doubts(desk) == []
    desk.policy = replace(desk.policy, release_gates=(*desk.policy.release_gates, Gate.DIFF))
    assert doubts(desk) == [], "what a later policy asks for was not asked for then"


def test_what_is_live_and_passed_under_no_policy_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.judge(outcome=Outcome.PASS)
    promote(desk.system, STORMS)
    assert doubts(desk) == []
    with sqlite3.connect(tmp_path / "state.db") as meddler:
        meddler.execute("DELETE FROM verdicts WHERE verdict LIKE '%\"drift\"%'")
    meddler.close()
    assert doubts(desk) == [f"gate drift of {desk.release[7:19]}: {STORMS} was live, and it never passed"]


def test_who_and_why_and_what_are_on_record(desk: Desk) -> None:
    accepted = desk.judge()
    approval = approve(desk.system, STORMS, desk.release, Gate.DRIFT, f"  the first\nApril\x1b[1m  {'on'} record ")
    verdict = desk.world.state.verdicts([desk.release])[-1]
    assert verdict == approval.verdict
    assert (verdict.gate, verdict.outcome, verdict.subject) == (Gate.APPROVAL, Outcome.PASS, desk.release)
    assert verdict.evidence[1] == accepted.evidence[0]
    report = json.loads(desk.world.state.documents.get(verdict.evidence[0]))
    assert report["principal"] == "simulator"
    assert report["reason"] == "the first April [1m on record"
    assert report["accepted"] == {"gate": "drift", "outcome": "INCONCLUSIVE", "report": accepted.evidence[0]}
    assert [finding.message for finding in verdict.findings] == [
        "simulator accepts INCONCLUSIVE: the first April [1m on record"
    ]
    assert json.loads(desk.world.state.documents.get(verdict.policy))["approvals"]["drift"] == ["INCONCLUSIVE"]


def refused(desk: Desk, error: type[Exception], words: str, *, gate: Gate = Gate.DRIFT, reason: str = WHY) -> None:
    """See that an approval is refused in these words, and that nothing is recorded."""
    before = desk.world.state.verdicts([desk.release])
    with pytest.raises(error, match=words) as caught:
        desk.approve(gate, reason)
    assert caught.value.advice
    assert desk.world.state.verdicts([desk.release]) == before


def test_what_an_approval_is_refused_for(desk: Desk) -> None:
    refused(desk, GateClosed, "no verdict on this content")
    desk.judge()
    refused(desk, UsageError, "needs a reason", reason=" \n\t")
    refused(desk, UsageError, "gate E does not judge", gate=Gate.QUALITY)
    refused(desk, UsageError, "gate diff does not judge", gate=Gate.DIFF)
    desk.judge(Gate.RECEIPT, Outcome.INCONCLUSIVE)
    refused(desk, GateClosed, "lets nobody accept a verdict of gate F", gate=Gate.RECEIPT)
    desk.judge(Gate.RECEIPT, Outcome.PASS)
    refused(desk, UsageError, "open already", gate=Gate.RECEIPT)
    desk.judge(outcome=Outcome.FAIL)
    refused(desk, GateClosed, "only INCONCLUSIVE may be accepted")
    desk.judge(outcome=Outcome.ERROR)
    refused(desk, GateClosed, "only INCONCLUSIVE may be accepted")
    desk.judge(outcome=Outcome.PASS)
    refused(desk, UsageError, "open already")
    desk.judge()
    desk.approve()
    refused(desk, UsageError, "open already")


def test_somebody_without_a_name_accepts_nothing(desk: Desk) -> None:
    desk.judge()
    with pytest.raises(UsageError, match="needs a name"):
        approve(replace(desk.system, principal=" "), STORMS, desk.release, Gate.DRIFT, WHY)


def test_a_policy_that_allows_nothing_is_not_talked_round(desk: Desk) -> None:
    desk.policy = replace(desk.policy, approvals={})
    desk.judge()
    refused(desk, GateClosed, "policy simulated lets nobody accept")
    desk.policy = replace(desk.policy, approvals={"drift": ()})
    desk.judge()
    refused(desk, GateClosed, "lets nobody accept")


def test_a_change_that_is_large_and_wanted_is_accepted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asking(Gate.DIFF))
    desk.judge(Gate.DIFF, Outcome.FAIL)
    desk.approve(Gate.DIFF, "the upstream corrected forty years")
    assert promote(desk.system, STORMS).changed == ("1950",)


def test_two_gates_need_two_approvals(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asking(Gate.DRIFT, Gate.DIFF))
    desk.judge(Gate.DRIFT)
    desk.judge(Gate.DIFF, Outcome.FAIL)
    desk.approve(Gate.DIFF)
    assert not desk.opens()
    desk.approve(Gate.DRIFT)
    assert desk.opens()


def test_another_finding_closes_again_and_the_same_one_does_not(desk: Desk) -> None:
    desk.judge()
    desk.approve()
    desk.judge()
    assert desk.opens()
    desk.judge(outcome=Outcome.FAIL)
    assert not desk.opens()
    desk.judge(outcome=Outcome.ERROR)
    assert not desk.opens()


def test_changing_a_threshold_never_opens_what_was_closed_and_asks_anew(desk: Desk) -> None:
    lax = replace(desk.policy, thresholds={"psi_most": "9"})
    desk.judge(outcome=Outcome.FAIL)
    strict, desk.policy = desk.policy, lax
    assert not desk.opens()
    assert "under another policy" in str(record.decide(desk.system, STORMS, release=desk.release).reasons)
    assert Outcome.FAIL in {one.outcome for one in desk.world.state.verdicts([desk.release])}
    desk.policy = strict
    assert "FAIL" in str(record.decide(desk.system, STORMS, release=desk.release).reasons), "the old one stays"


def test_changing_a_threshold_closes_what_was_open_and_what_was_accepted(desk: Desk) -> None:
    builds = [pending.build for pending in desk.world.state.pending()]
    desk.judge()
    desk.approve()
    assert desk.opens()
    desk.policy = replace(desk.policy, thresholds={"psi_most": "9"})
    assert not desk.opens()
    assert not record.decide(desk.system, STORMS, builds).opens
    for gate in POLICY_GATES[1]:
        desk.judge(gate, Outcome.PASS)
    desk.judge()
    assert not desk.opens(), "the same finding under another policy was not accepted by anybody"


def test_an_approval_ages_as_the_policy_says(desk: Desk) -> None:
    desk.policy = replace(desk.policy, most_days={"approval": 3})
    for gate in POLICY_GATES[1]:
        desk.judge(gate, Outcome.PASS)
    desk.judge()
    desk.approve()
    assert desk.opens()
    desk.world.clock._now += timedelta(days=4)
    assert not desk.opens()
    desk.approve()
    assert desk.opens()


def test_an_approval_of_one_dataset_says_nothing_of_another(desk: Desk) -> None:
    desk.judge()
    with pytest.raises(GateClosed):
        approve(desk.system, QUAKES, desk.release, Gate.DRIFT, WHY)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("replace(verdict, 'FAIL', 'INCONCLUSIVE')", "FAIL"),
        ("replace(verdict, 'INCONCLUSIVE', 'PASS')", "INCONCLUSIVE"),
        ("json_set(verdict, '$.evidence[1]', 'sha256:0')", '"gate":"approval"'),
        ("json_set(verdict, '$.evidence', json_array(json_extract(verdict, '$.evidence[0]')))", '"gate":"approval"'),
        ("json_set(verdict, '$.evidence', json('[]'))", '"gate":"approval"'),
        ("replace(verdict, 'simulator accepts', 'somebody accepts')", '"gate":"approval"'),
        ("replace(verdict, 'accepts.drift', 'accepts.diff')", '"gate":"approval"'),
    ],
)
def test_what_was_altered_where_it_is_stored_opens_nothing(desk: Desk, tmp_path: Path, change: str, where: str) -> None:
    desk.judge(outcome=Outcome.FAIL if where == "FAIL" else Outcome.INCONCLUSIVE)
    if "approval" in where:
        desk.approve()
        assert desk.opens()
    with sqlite3.connect(tmp_path / "state.db") as meddler:
        changed = meddler.execute(
            f"UPDATE verdicts SET verdict = {change} WHERE verdict LIKE '%{where}%' AND verdict LIKE '%drift%'"  # noqa: S608 - words of this file
        )
    meddler.close()
    assert changed.rowcount == 1
    assert not desk.opens()
    assert any("its evidence does not" in doubt for doubt in doubts(desk))
    with pytest.raises(GateClosed):
        approve(desk.system, STORMS, desk.release, Gate.DRIFT, WHY) if "approval" not in where else promote(
            desk.system, STORMS
        )


@pytest.mark.parametrize("lie", ["principal", "reason", "accepted"])
def test_an_acceptance_whose_report_does_not_say_who_why_and_what_opens_nothing(desk: Desk, lie: str) -> None:
    desk.judge()
    verdict = desk.approve()
    report = json.loads(desk.world.state.documents.get(verdict.evidence[0]))
    forged = {"principal": "", "reason": "", "accepted": {**report["accepted"], "outcome": "PASS"}}[lie]
    kept = desk.world.state.documents.put(canonical_json({**report, lie: forged}))
    assert record.is_supported(desk.system, verdict)
    assert not record.is_supported(desk.system, replace(verdict, evidence=(kept, *verdict.evidence[1:])))


def test_an_acceptance_is_of_a_report_that_is_kept_and_of_the_same_subject(desk: Desk) -> None:
    accepted = desk.judge()
    verdict = desk.approve()
    kept = json.loads(desk.world.state.documents.get(verdict.evidence[0]))
    for name, other in (("subject", "sha256:0"), ("policy", "sha256:0"), ("gate", "diff"), ("outcome", "FAIL")):
        report = json.loads(desk.world.state.documents.get(accepted.evidence[0]))
        changed = desk.world.state.documents.put(canonical_json({**report, name: other}))
        own = canonical_json({**kept, "accepted": {**kept["accepted"], "report": changed}})
        forged = (desk.world.state.documents.put(own), changed)
        assert not record.is_supported(desk.system, replace(verdict, evidence=forged)), name
