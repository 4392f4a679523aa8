"""Judge: gather the evidence that a gate asks for, hear the gate, and put its verdict on record with what it saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from kfm_assets.datasets import making, registry, tables
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, canonical_json
from kfm_assets.domain.journal import Intent
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Decision, Finding, Gate, Outcome, Verdict
from kfm_assets.engine import catalog_map, catalogs, diff, drift, model, raw, record, revisions
from kfm_assets.engine.candidacy import Candidacy, Heard, Hearing
from kfm_assets.engine.notes import note
from kfm_assets.engine.parsing import parsed
from kfm_assets.engine.staging import Change
from kfm_assets.errors import BadInput, IntegrityError, NotFound
from kfm_assets.gates import papers
from kfm_assets.gates.contract import BUILD_GATES, RELEASE_GATES
from kfm_assets.gates.evidence import BuildEvidence, Judgement, ReleaseEvidence, judged
from kfm_assets.ports import System


def judge(system: System, run: str, dataset: str, partitions: Sequence[str]) -> dict[str, Decision]:
    """Judge the newest build of each partition, the one that waits or the one that is live, by the gates on builds.

    A verdict that stands already, on exactly this build and under today's policy, is not asked for again.
    """
    waiting = {pending.partition: pending for pending in system.state.pending(dataset)}
    stable = record.stable(system, dataset)
    decisions: dict[str, Decision] = {}
    for partition in partitions:
        if partition in waiting:
            subject, ref = waiting[partition].build, waiting[partition].commit
        elif live := record.build_id(system, stable, partition):
            subject, ref = live, record.tag(stable.id) if stable else ""
        else:
            continue
        _judge_build(system, subject, ref)
        decisions[partition] = record.decide(system, dataset, [subject])
        system.progress(dataset, partition, "judged")
    note(system, run, dataset, decisions)
    return decisions


def release(system: System, run: str, candidate: Release, changes: Mapping[str, Change]) -> dict[str, str]:
    """Put a candidate release on record with its receipt and manifest, and judge it by the gates on releases.

    `changes` is what it changes in the stable release, with the reference at which each build lies. Returns the
    partitions that a gate is closed by, each with the reason.
    """
    builds = {change.after: record.build(system, change.after) for change in changes.values() if change.after}
    with system.state.together():
        return _released(system, run, candidate, changes, builds)


def _released(
    system: System,
    run: str,
    candidate: Release,
    changes: Mapping[str, Change],
    builds: Mapping[Digest, Build],
) -> dict[str, str]:
    policy, put = system.policy(candidate.dataset), system.state.documents.put
    root = catalogs.render(system, run, candidate, changes)
    triplet = _triplet(system, candidate, root)
    changed = {partition: builds[change.after] if change.after else None for partition, change in changes.items()}
    made = _papers(system, run, candidate, changed, triplet)
    written = {name: canonical_json(paper) for name, paper in made.items()}
    digests = {name: put(content) for name, content in written.items()}
    revised = revisions.keep(system, candidate, changes)
    seen = [*digests.values(), *([revised] if revised else [])]
    _configuration(system, candidate)
    recorded = system.state.record_release(candidate, system.clock.now(), digests["receipt"], digests["manifest"])
    evidence = ReleaseEvidence(
        specification=registry.specification(candidate.dataset),
        release=recorded.release,
        subject=candidate.id,
        changed=changed,
        mapped={partition: record.build_id(system, candidate, partition) for partition in changes},
        kept=_kept(system, changes, builds),
        catalogs=triplet,
        **written,
    )
    for gate in policy.release_gates:
        if gate in RELEASE_GATES:
            _record(system, candidate.id, gate, RELEASE_GATES[gate](evidence, policy), seen)
    candidacy = Candidacy(run, candidate, changes, root)
    closing: dict[str, str] = {}
    for gate, hearing in _HEARINGS.items():
        if gate in policy.release_gates:
            heard = _heard(system, candidacy, policy, gate, hearing)
            _record(system, candidate.id, gate, heard.judgement, heard.evidence)
            closing |= {name: _closed_by(candidate.id, gate, heard.judgement, name) for name in heard.closing}
    return closing


def _heard(system: System, candidacy: Candidacy, policy: Policy, gate: Gate, hearing: Hearing) -> Heard:
    """Hear a gate; evidence that is missing or damaged makes its verdict an ERROR, and does not end the run."""
    try:
        return hearing(system, candidacy, policy)
    except (IntegrityError, NotFound, BadInput) as error:
        finding = Finding("evidence", Outcome.ERROR, str(error))
        return Heard(judged(gate, candidacy.release.id, policy, [finding]), ())


def _closed_by(subject: Digest, gate: Gate, judgement: Judgement, partition: str) -> str:
    """Say in a line what a gate has against a partition of a release."""
    against = [finding.message for finding in judgement.findings if finding.outcome is not Outcome.PASS]
    named = [message for message in against if message.startswith(f"{partition}: ")]
    said = "; ".join((named or against)[:3])
    return f"gate {gate.value} of {subject[7:19]} is closed: {judgement.outcome.value}: {said}"


_HEARINGS: Mapping[Gate, Hearing] = {
    Gate.CATALOGS: catalogs.hear,
    Gate.DRIFT: drift.hear,
    Gate.DIFF: diff.hear,
    Gate.MODEL: model.hear,
}
"""The gates on a release that ask for more than its papers, each with what gathers that."""


def _triplet(system: System, candidate: Release, root: Digest) -> dict[str, Digest]:
    """Return the catalog files that a release brings, by path, and the root of its map of all of them."""
    stable = catalog_map.root_of(system, record.stable(system, candidate.dataset))
    brought = catalog_map.changed(system, stable, root).items()
    return {papers.CATALOGS_MAP: root} | {path: file.digest for path, (_, file) in brought if file}


def _configuration(system: System, candidate: Release) -> None:
    """Keep what a release was made under, so that each digest of it resolves: policy, specification, code, decision."""
    policy = system.policy(candidate.dataset)
    for document in (
        policy,
        registry.specification(candidate.dataset).document,
        system.sources(candidate.dataset),
        {"policy": policy.digest, "release": candidate.id},
    ):
        system.state.documents.put(canonical_json(document))


def _papers(
    system: System, run: str, candidate: Release, changed: Mapping[str, Build | None], triplet: Mapping[str, Digest]
) -> dict[str, papers.Paper]:
    """Write the QA report of the builds' standing verdicts, the receipt and the manifest that point to it."""
    policy, made = system.policy(candidate.dataset), [build for build in changed.values() if build]
    removed = [partition for partition, build in changed.items() if build is None]
    found = system.state.verdicts(build.id for build in made)
    verdicts = [verdict for verdict in found if verdict.policy == policy.digest]
    standing = {(verdict.subject, verdict.gate): verdict for verdict in verdicts}
    report = papers.qa_report(candidate.dataset, standing.values(), removed)
    places = {digest: path for build in made for digest, path in raw.places(build)}
    receipt = papers.receipt(
        run=run,
        operation="promote",
        release=candidate,
        builds=made,
        places=places,
        environment=system.environment(),
        code=system.code(candidate.dataset),
        report=report,
        policy=policy.digest,
        created_at=system.clock.now(),
    )
    manifest = papers.manifest(
        specification=registry.specification(candidate.dataset),
        release=candidate,
        builds=made,
        report=report,
        policy=policy.digest,
        catalogs=triplet,
    )
    return {"report": report, "receipt": receipt, "manifest": manifest}


def again(system: System, run: str, target: Release, changes: Mapping[str, Change]) -> None:
    """See that what a rollback would make live has verdicts under today's policy; judge what has none."""
    for change in changes.values():
        if change.after:
            _judge_build(system, change.after, change.holder)
    if not record.decide(system, target.dataset, release=target.id).opens:
        release(system, run, target, changes)


def seal(system: System, intent: Intent) -> Digest:
    """Keep the promotion manifest of a release as its intent seals it, with `released_at`; return its digest."""
    unsealed, _ = papers.read(papers.MANIFEST, system.state.documents.get(system.state.release(intent.target).manifest))
    return system.state.documents.put(canonical_json(papers.seal(unsealed, intent.at)))


def _judge_build(system: System, subject: Digest, ref: str) -> None:
    """Record a verdict by each gate on builds that has none to go by."""
    build = record.build(system, subject)
    policy = system.policy(build.dataset)
    missing = [gate for gate in policy.build_gates if gate in BUILD_GATES and not _stands(system, subject, gate, build)]
    if not missing:
        return
    evidence = _evidence(system, build, subject, ref)
    judgements = {gate: BUILD_GATES[gate](evidence, policy) for gate in missing}
    with system.state.together():
        for gate, judgement in judgements.items():
            _record(system, subject, gate, judgement)


def _stands(system: System, subject: Digest, gate: Gate, build: Build) -> bool:
    """Say whether there is a sound, firm verdict (PASS or FAIL) under today's policy, with half of its time left."""
    policy = system.policy(build.dataset)
    found = record.to_go_by(system, subject, gate, policy.digest)
    if found is None or found.outcome not in {Outcome.PASS, Outcome.FAIL}:
        return False
    age: timedelta | None = policy.most_age.get(gate.value)
    return age is None or system.clock.now() - found.at <= age / 2


def _record(system: System, subject: Digest, gate: Gate, judgement: Judgement, evidence: Iterable[Digest] = ()) -> None:
    report = system.state.documents.put(canonical_json(judgement.report))
    policy = Digest(str(judgement.report["policy"]))
    verdict = Verdict(
        subject, gate, policy, judgement.outcome, judgement.findings, (report, *evidence), system.clock.now()
    )
    system.state.record_verdict(verdict)


def _evidence(system: System, build: Build, subject: Digest, ref: str) -> BuildEvidence:
    """Read back what a build stored, and count its wire rows anew; what cannot be read is named as such."""
    spec = registry.specification(build.dataset)
    evidence = BuildEvidence(specification=spec, build=build, subject=subject, now=system.clock.now())
    contents: dict[str, bytes] = {}
    unreadable: dict[str, str] = {}
    for artifact in build.artifacts:
        try:
            contents[artifact.path] = system.lake.read(ref, f"{build.dataset}/{artifact.path}")
        except (IntegrityError, NotFound) as error:
            unreadable[_evidence_name(artifact.path)] = str(error)
    held = contents.get(making.held_path(build.partition))
    with suppress(NotFound, IntegrityError):
        evidence = replace(evidence, terms=system.lake.read(raw.RAW, raw.terms_path(build.dataset, build.terms)))
    try:
        files = [parsed(system, registry.program(build.dataset), acquired) for acquired in raw.acquired(system, build)]
        evidence = replace(evidence, counted=making.counted(files, build.partition))
    except (NotFound, IntegrityError, BadInput) as error:
        unreadable["counted"] = str(error)
    return replace(
        evidence,
        tables=making.tables_of(spec, build.partition, contents),
        quarantine=tables.decode_quarantine(held) if held is not None else None,
        account=contents.get(making.account_path(build.partition)),
        unreadable=unreadable,
    )


def _evidence_name(path: str) -> str:
    """Return what the gates call a stored file: `quarantine`, `account`, or its table's name."""
    zone, file = path.split("/", 1)[0], path.rsplit("/", 1)[-1]
    return Zone.QUARANTINE.value if zone == Zone.QUARANTINE else file.partition(".")[0]


def _kept(system: System, changes: Mapping[str, Change], builds: Mapping[Digest, Build]) -> set[Digest]:
    """Return the digests of the builds' inputs and artifacts that are found: files in the lake, builds on record."""
    found: set[Digest] = set()
    for change in changes.values():
        build = builds.get(change.after) if change.after else None
        if build is None:
            continue
        found |= _stored(system, raw.RAW, (path for _, path in raw.places(build)))
        found |= _stored(system, change.holder, (f"{build.dataset}/{artifact.path}" for artifact in build.artifacts))
        for item in build.inputs:
            if item.digest not in found:
                with suppress(IntegrityError):
                    system.state.documents.get(item.digest)
                    found.add(item.digest)
    return found


def _stored(system: System, ref: str, paths: Iterable[str]) -> set[Digest]:
    stored: set[Digest] = set()
    for path in paths:
        with suppress(NotFound):
            stored |= {file.digest for file in system.lake.files(ref, path)}
    return stored
