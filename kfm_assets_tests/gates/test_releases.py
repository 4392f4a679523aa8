"""Gates F and G: each passes the good release, and closes on papers that are missing, malformed or of another one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.verdict import Gate, Outcome, Verdict, fold
from kfm_assets.gates import papers
from kfm_assets.gates.contract import RELEASE_GATES
from kfm_assets_tests.gates.cases import NOW, POLICY, SPEC, build, release_evidence, verdicts, written

F, G = RELEASE_GATES[Gate.RECEIPT], RELEASE_GATES[Gate.MANIFEST]
GOOD = release_evidence()
OTHER = digest_bytes(b"other")


def closed(judgement):
    return {finding.check: finding.outcome for finding in judgement.findings if finding.outcome is not Outcome.PASS}


def bent(name, *path, value):
    """Return the good evidence with one paper changed at one place; None takes the key away."""
    paper = json.loads(getattr(GOOD, name))
    place = paper
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return replace(GOOD, **{name: canonical_json(paper)})


@pytest.mark.parametrize("gate", list(RELEASE_GATES))
def test_a_good_release_passes_and_the_report_is_fit_to_be_kept(gate):
    judgement = RELEASE_GATES[gate](GOOD, POLICY)
    assert (judgement.outcome, closed(judgement)) == (Outcome.PASS, {})
    report = json.loads(canonical_json(judgement.report))
    assert (report["gate"], report["subject"], report["outcome"]) == (gate.value, GOOD.release.id, "PASS")


@pytest.mark.parametrize("gate", [F, G])
@pytest.mark.parametrize(
    ("evidence", "check", "outcome"),
    [
        (replace(GOOD, subject=OTHER), "release.id", Outcome.FAIL),
        (replace(GOOD, mapped={**GOOD.mapped, "1975": OTHER}), "release.builds", Outcome.FAIL),
        (replace(GOOD, mapped={**GOOD.mapped, "1949": OTHER}), "release.builds", Outcome.FAIL),
        (replace(GOOD, mapped={}), "release.builds", Outcome.FAIL),
        (replace(GOOD, specification=replace(SPEC, key="weather/snow")), "release.dataset", Outcome.FAIL),
        (release_evidence({"1975": build(origin=Origin.SYNTHETIC)}), "release.origin", Outcome.FAIL),
        (release_evidence({"1976": build("1975")}), "release.origin", Outcome.FAIL),
        (replace(GOOD, changed={}, mapped={}), "release.changes", Outcome.INCONCLUSIVE),
        (replace(GOOD, report=None), "qa.report", Outcome.INCONCLUSIVE),
        (replace(GOOD, report=b"{"), "qa.report", Outcome.ERROR),
        (replace(GOOD, report=b"[]"), "qa.report", Outcome.ERROR),
        (replace(GOOD, report=b'{"verdicts": [{}]}'), "qa.report", Outcome.ERROR),
        (bent("report", "status", value="fail"), "qa.status", Outcome.FAIL),
        (bent("report", "removed", value=[]), "qa.subject", Outcome.FAIL),
        (bent("report", "dataset", value="weather/snow"), "qa.subject", Outcome.FAIL),
        (bent("report", "verdicts", value=[]), "qa.builds", Outcome.FAIL),
        (bent("report", "verdicts", 3, "outcome", value="INCONCLUSIVE"), "qa.builds", Outcome.FAIL),
        (bent("report", "verdicts", 3, "policy", value=OTHER), "qa.builds", Outcome.FAIL),
        (bent("report", "verdicts", 3, "subject", value=OTHER), "qa.builds", Outcome.FAIL),
    ],
)
def test_both_gates_close_on(gate, evidence, check, outcome):
    judgement = gate(evidence, POLICY)
    assert judgement.outcome is not Outcome.PASS
    assert closed(judgement)[check] is outcome


ENVIRONMENT = json.loads(GOOD.receipt)["environment"]


@pytest.mark.parametrize(
    ("evidence", "check"),
    [
        (bent("receipt", "dataset_version_id", value=OTHER), "receipt.release"),
        (bent("receipt", "inputs", 0, "digest", value=OTHER), "receipt.inputs"),
        (bent("receipt", "inputs", value=[]), "receipt.inputs"),
        (bent("receipt", "outputs", 0, "digest", value=OTHER), "receipt.outputs"),
        (bent("receipt", "outputs", 0, "uri", value="elsewhere"), "receipt.outputs"),
        (bent("receipt", "outputs", 7, value=None), "receipt.outputs"),
        (bent("receipt", "validation", "status", value="fail"), "receipt.status"),
        (bent("receipt", "validation", "report_digest", value=OTHER), "receipt.report"),
        (bent("receipt", "policy", "decision_id", value="kfm://policy_decision/1"), "receipt.decision"),
        (replace(GOOD, kept=set(GOOD.kept) - {build().inputs[0].digest}), "receipt.kept"),
        (replace(GOOD, kept=set(GOOD.kept) - {build().artifacts[0].digest}), "receipt.kept"),
        (bent("receipt", "policy", value=None), "receipt.schema"),
        (bent("receipt", "environment", value={}), "receipt.schema"),
        (bent("receipt", "environment", value={**ENVIRONMENT, "platform": "unknown"}), "receipt.schema"),
        (bent("receipt", "environment", value={**ENVIRONMENT, "git_commit": ""}), "receipt.schema"),
        (bent("receipt", "environment", "code_digest", value=None), "receipt.schema"),
        (bent("receipt", "run_id", value="kfm://run/now"), "receipt.schema"),
        (bent("receipt", "operation", value="guess"), "receipt.schema"),
        (bent("receipt", "created_at", value="yesterday"), "receipt.schema"),
        (bent("receipt", "created_at", value="2026-02-30T00:00:00Z"), "receipt.schema"),
        (bent("receipt", "created_at", value="2026-02-03T00:00:00"), "receipt.schema"),
        (bent("receipt", "note", value="more"), "receipt.schema"),
    ],
)
def test_gate_f_closes_on(evidence, check):
    judgement = F(evidence, POLICY)
    assert closed(judgement) == {check: Outcome.FAIL}


@pytest.mark.parametrize(
    ("evidence", "check"),
    [
        (bent("manifest", "dataset_slug", value="weather-snow"), "manifest.dataset"),
        (bent("manifest", "dataset_version_id", value=OTHER), "manifest.release"),
        (bent("manifest", "spec_hash", value=OTHER), "manifest.spec_hash"),
        (bent("manifest", "origin", value="synthetic"), "manifest.origin"),
        (bent("manifest", "catalogs", value=[]), "manifest.catalogs"),
        (bent("manifest", "catalogs", 0, "digest", value=OTHER), "manifest.catalogs"),
        (bent("manifest", "catalogs", 1, "path", value="catalog/1976/item.json"), "manifest.catalogs"),
        (bent("manifest", "artifacts", 0, "digest", value=OTHER), "manifest.artifacts"),
        (bent("manifest", "artifacts", 0, "media_type", value="text/csv"), "manifest.artifacts"),
        (bent("manifest", "artifacts", 0, value=None), "manifest.artifacts"),
        (bent("manifest", "artifacts", 8, value=None), "manifest.artifacts"),
        (bent("manifest", "released_at", value="2026-11-21T00:00:00Z"), "manifest.unsealed"),
        (bent("manifest", "qa", "status", value="fail"), "manifest.status"),
        (bent("manifest", "qa", "report_digest", value=OTHER), "manifest.report"),
        (bent("manifest", "policy", "policy_label", value="restricted"), "manifest.label"),
        (bent("manifest", "policy", "decision_id", value="kfm://policy_decision/1"), "manifest.decision"),
        (bent("manifest", "released_at", value="soon"), "promotion-manifest.schema"),
        (bent("manifest", "released_at", value=None), "promotion-manifest.schema"),
        (bent("manifest", "artifacts", value=[]), "promotion-manifest.schema"),
        (bent("manifest", "spec_hash", value="sha256:0"), "promotion-manifest.schema"),
        (bent("manifest", "kfm_promotion_manifest_version", value="v2"), "promotion-manifest.schema"),
        (bent("manifest", "approvals", value=[{"role": "friend"}]), "promotion-manifest.schema"),
        (bent("manifest", "note", value="more"), "promotion-manifest.schema"),
    ],
)
def test_gate_g_closes_on(evidence, check):
    judgement = G(evidence, POLICY)
    assert judgement.outcome is Outcome.FAIL
    assert set(closed(judgement)) == {check}


@pytest.mark.parametrize(("gate", "name", "check"), [(F, "receipt", "receipt"), (G, "manifest", "promotion-manifest")])
def test_a_paper_that_is_missing_or_cannot_be_read_closes(gate, name, check):
    paper = getattr(GOOD, name)
    assert closed(gate(replace(GOOD, **{name: None}), POLICY)) == {check: Outcome.INCONCLUSIVE}
    assert closed(gate(replace(GOOD, **{name: b"{"}), POLICY)) == {check: Outcome.ERROR}
    assert closed(gate(replace(GOOD, **{name: paper + b" "}), POLICY)) == {check: Outcome.ERROR}, "not canonical"
    twice = paper.replace(b'"policy":', b'"policy":{},"policy":', 1)
    assert closed(gate(replace(GOOD, **{name: twice}), POLICY)) == {check: Outcome.ERROR}, "a key stands twice"
    assert set(closed(gate(replace(GOOD, **{name: b"[]"}), POLICY))) == {f"{check}.schema"}


def test_papers_of_another_policy_close():
    other = replace(POLICY, labels=("public", "internal"))
    assert "receipt.decision" in closed(F(GOOD, other))
    assert "manifest.decision" in closed(G(GOOD, other))


def test_papers_of_builds_that_did_not_pass_close():
    report = papers.qa_report(SPEC.key, verdicts([build(), build("1976")], Outcome.FAIL), ["1949"])
    evidence = replace(GOOD, **written(GOOD.changed, GOOD.release, report))
    assert closed(F(evidence, POLICY)).keys() >= {"receipt.status", "qa.status", "qa.builds"}
    assert closed(G(evidence, POLICY)).keys() >= {"manifest.status", "qa.status", "qa.builds"}


def test_a_release_that_only_removes_partitions_can_pass():
    evidence = release_evidence({"1949": None})
    assert F(evidence, POLICY).outcome is Outcome.PASS
    assert G(evidence, POLICY).outcome is Outcome.PASS
    assert papers.qa_report(SPEC.key, [])["status"] == "fail", "nothing at all is no pass"


def test_a_required_gate_that_nothing_judges_stays_closed():
    policy = replace(POLICY, release_gates=(Gate.CATALOGS, *POLICY.release_gates))
    assert Gate.CATALOGS not in RELEASE_GATES
    evidence = release_evidence()
    recorded = [
        Verdict(evidence.subject, gate, policy.digest, Outcome.PASS, (), (), NOW)
        for gate in policy.release_gates
        if gate in RELEASE_GATES
    ]
    required = [(evidence.subject, gate) for gate in policy.release_gates]
    decision = fold(required, recorded, policy.digest, datetime(2026, 11, 22, tzinfo=UTC), {})
    assert not decision.opens
    assert [reason for reason in decision.reasons if reason.startswith("gate D")] == list(decision.reasons)
