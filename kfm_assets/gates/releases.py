"""The gates on a release: F, the run receipt; G, the promotion manifest. What each asks stands in its docstring."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from kfm_assets.domain.canonical import Json, digest_bytes
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome
from kfm_assets.gates import papers
from kfm_assets.gates.evidence import Judgement, ReleaseEvidence, clear, hold, judged


def run_receipt(evidence: ReleaseEvidence, policy: Policy) -> Judgement:
    """Gate F: the receipt is complete and speaks of this release; what it took and made is kept, and was found good."""
    findings = _release_holds(evidence) + _report(evidence, policy)
    paper, problems = _paper(papers.RECEIPT, evidence.receipt)
    if paper:
        builds = [build for build in evidence.changed.values() if build]
        taken = {str(one["digest"]) for one in _list(paper["inputs"])}
        due = {item.digest for build in builds for item in build.inputs}
        made = {artifact.digest for build in builds for artifact in build.artifacts}
        lost = (due | made) - set(evidence.kept)
        problems = (
            hold("receipt.release", paper["dataset_version_id"] == evidence.subject, "this one", "of another release"),
            hold("receipt.inputs", taken == due, f"{len(due)}, the builds'", "not those of the changed builds"),
            hold(
                "receipt.outputs", paper["outputs"] == papers.outputs(builds), f"{len(made)}, the builds'", "not theirs"
            ),
            clear("receipt.kept", lost and f"{len(lost)} of its digests are of nothing kept", "all are kept"),
            *_decided("receipt", paper, evidence, policy, "validation"),
        )
    return judged(Gate.RECEIPT, evidence.subject, policy, [*findings, *problems])


def release_manifest(evidence: ReleaseEvidence, policy: Policy) -> Judgement:
    """Gate G: the manifest lists exactly what the release brings, is not sealed yet, and all of it was found good."""
    spec, release = evidence.specification, evidence.release
    findings = _release_holds(evidence) + _report(evidence, policy)
    paper, problems = _paper(papers.MANIFEST, evidence.manifest)
    if paper:
        listed = papers.artifacts(release, [build for build in evidence.changed.values() if build])
        triplet = papers.catalog_entries(evidence.catalogs)
        label = _dict(paper["policy"])["policy_label"]
        slug, version = paper["dataset_slug"], paper["dataset_version_id"]
        problems = (
            hold("manifest.dataset", slug == spec.pipeline, spec.pipeline, f"it is of {slug}"),
            hold("manifest.release", version == evidence.subject, "this one", "of another release"),
            hold("manifest.spec_hash", paper["spec_hash"] == spec.spec_hash, "the specification's", "of another one"),
            hold("manifest.origin", paper["origin"] == release.origin, release.origin, f"not {release.origin}"),
            hold("manifest.artifacts", paper["artifacts"] == listed, f"{len(listed)}, the builds'", "not the builds'"),
            hold("manifest.catalogs", paper["catalogs"] == triplet, f"{len(triplet)} listed", "not the release's"),
            hold("manifest.unsealed", paper["released_at"] is None, "not released yet", "it is released already"),
            hold("manifest.label", label == spec.policy_label, spec.policy_label, f"{label} is another label"),
            *_decided("manifest", paper, evidence, policy, "qa"),
        )
    return judged(Gate.MANIFEST, evidence.subject, policy, [*findings, *problems])


def _release_holds(evidence: ReleaseEvidence) -> list[Finding]:
    """See that the release is what its id says, and that its map holds the builds that are said to be changed."""
    release, changed = evidence.release, evidence.changed
    if not changed:
        return [
            Finding("release.changes", Outcome.INCONCLUSIVE, "no partition is changed, so there is nothing to judge")
        ]
    builds = {partition: build.id if build else None for partition, build in changed.items()}
    foreign = [
        build.partition
        for partition, build in changed.items()
        if build and (build.dataset, build.partition, build.origin) != (release.dataset, partition, release.origin)
    ]
    return [
        hold("release.id", release.id == evidence.subject, "recomputed", f"its content makes it {release.id}"),
        hold("release.dataset", release.dataset == evidence.specification.key, release.dataset, "of another dataset"),
        hold("release.builds", dict(evidence.mapped) == builds, f"{len(builds)} changed", "its map holds other builds"),
        clear("release.origin", foreign and f"{foreign[0]} is of another dataset or origin", release.origin),
    ]


def _report(evidence: ReleaseEvidence, policy: Policy) -> list[Finding]:
    """See that the QA report shows each changed build as passed by each gate that the policy requires of builds."""
    if evidence.report is None:
        return [Finding("qa.report", Outcome.INCONCLUSIVE, "there is no QA report")]
    builds = [build.id for build in evidence.changed.values() if build]
    removed = sorted(partition for partition, build in evidence.changed.items() if build is None)
    try:
        report = json.loads(evidence.report)
        missing = papers.uncovered(report, builds, policy.build_gates, policy.digest)
        same = (report["dataset"], report["removed"]) == (evidence.release.dataset, removed)
        passed = report["status"] == "pass"
    except (ValueError, KeyError, TypeError) as error:
        return [Finding("qa.report", Outcome.ERROR, f"the QA report cannot be read: {error!r}")]
    return [
        hold("qa.status", passed, "pass", "the QA report does not say pass"),
        hold("qa.subject", same, "this release's changes", "the QA report is on other changes"),
        clear("qa.builds", missing and f"not passed: {', '.join(missing[:3])}", "every changed build passed"),
    ]


def _decided(
    name: str, paper: papers.Paper, evidence: ReleaseEvidence, policy: Policy, section: str
) -> tuple[Finding, ...]:
    """See that a paper's validation is that of the kept QA report, and its decision the one on this release."""
    stated = _dict(paper[section])
    report = digest_bytes(evidence.report) if evidence.report is not None else ""
    decision = _dict(paper["policy"])["decision_id"]
    return (
        hold(f"{name}.status", stated["status"] == "pass", "pass", f"it says {stated['status']}"),
        hold(f"{name}.report", stated["report_digest"] == report, "the kept QA report", "not the kept QA report"),
        hold(
            f"{name}.decision", decision == papers.decision_id(policy.digest, evidence.subject), decision, "another one"
        ),
    )


def _paper(name: str, document: bytes | None) -> tuple[papers.Paper, tuple[Finding, ...]]:
    if document is None:
        return {}, (Finding(name, Outcome.INCONCLUSIVE, f"there is no {name}"),)
    try:
        paper, problems = papers.read(name, document)
    except ValueError as error:
        return {}, (Finding(name, Outcome.ERROR, f"it cannot be read: {error}"),)
    return paper, tuple(Finding(f"{name}.schema", Outcome.FAIL, problem) for problem in problems)


def _dict(value: Json) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", value)


def _list(value: Json) -> Sequence[Mapping[str, Json]]:
    return cast("Sequence[Mapping[str, Json]]", value)
