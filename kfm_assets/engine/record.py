"""What is on record: the stable release of a dataset, the build of a partition, and where each lies in the lake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, hexadecimal, plain
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Decision, Finding, Gate, Outcome, Verdict, acceptance_check, fold
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.ports import Recorded, System

_LEAST_PREFIX = 6


def tag(release: Digest) -> str:
    """Return the tag at which a release's data are read."""
    return f"rel-{hexadecimal(release)}"


def build(system: System, digest: Digest) -> Build:
    """Return a build on record. Raises IntegrityError where it is missing or damaged."""
    try:
        return Build.from_json(json.loads(system.state.documents.get(digest)))
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"document {digest} is no build", advice="`kfm verify --all` says what else is") from error


def stable(system: System, dataset: str) -> Release | None:
    """Return the release that readers of a dataset get."""
    pointed = system.state.pointer(dataset).stable
    return system.state.release(pointed).release if pointed else None


def build_id(system: System, release: Release | None, partition: str) -> Digest | None:
    """Return which build of a partition a release holds."""
    if release is None:
        return None
    found = merkle.lookup(system.state.documents, release.builds, partition)
    return Digest(str(found)) if found else None


def builds(system: System, release: Release) -> dict[str, Digest]:
    """Return all builds of a release by partition, sorted."""
    found = merkle.items(system.state.documents, release.builds)
    return {partition: Digest(str(digest)) for partition, digest in sorted(found)}


def changes(system: System, before: Release | None, after: Release) -> dict[str, tuple[Digest | None, Digest | None]]:
    """Return the partitions on which two releases differ, each with its build before and after."""
    left = before.builds if before else merkle.EMPTY
    found = merkle.diff(system.state.documents, left, after.builds)
    return {
        item.name: (Digest(str(item.before)) if item.before else None, Digest(str(item.after)) if item.after else None)
        for item in sorted(found)
    }


def newest(system: System, dataset: str, partition: str, origin: Origin) -> tuple[str, Build | None]:
    """Return where the newest accepted build of a partition lies, and the build: a waiting or the published one."""
    for pending in system.state.pending(dataset):
        if pending.partition == partition:
            waiting = build(system, pending.build)
            if waiting.origin is origin and decide(system, dataset, builds=[pending.build]).opens:
                return pending.commit, waiting
    release = stable(system, dataset)
    digest = build_id(system, release, partition)
    if release is None or digest is None or release.origin is not origin:
        return "", None
    return tag(release.id), build(system, digest)


def decide(system: System, dataset: str, builds: Iterable[Digest] = (), release: Digest | None = None) -> Decision:
    """Fold the recorded verdicts on some builds, and on a release, under the dataset's policy."""
    applied = system.policy(dataset)
    required: list[tuple[Digest, Gate]] = [(build, gate) for build in builds for gate in applied.build_gates]
    if release:
        required += [(release, gate) for gate in applied.release_gates]
    now = system.clock.now()
    found = counted(system, (subject for subject, _ in required), applied.digest, now)
    return fold(required, found, applied.digest, now, applied.most_age, approvals=applied.approvals)


def was_live(system: System, release: Release) -> bool:
    """Say whether readers ever got this release."""
    return any(entry.went_live and entry.intent.target == release.id for entry in system.state.journal(release.dataset))


def live_at(system: System, dataset: str, instant: datetime) -> Digest:
    """Return the release that readers got at an instant. Raises NotFound."""
    live = [entry for entry in system.state.journal(dataset) if entry.went_live and entry.marked_at <= instant]
    if not live:
        raise NotFound(
            f"nothing of {dataset} was live at {instant.isoformat()}", advice="`kfm releases` shows since when what was"
        )
    return max(live, key=lambda entry: entry.marked_at).intent.target


def find(system: System, name: str, dataset: str | None = None) -> Recorded:
    """Return the release that a person means: an id or the start of it, a version (`3`, `v3`), or `previous`.

    Raises:
        NotFound: when none or several are meant.
    """
    known = system.state.releases(dataset)
    wanted = name.strip().lower()
    if wanted == "previous" and dataset:
        return _previous(system, dataset)
    digits = wanted.removeprefix("v")
    if digits.isdecimal() and len(digits) < _LEAST_PREFIX:
        found = [recorded for recorded in known if recorded.version == int(digits)]
    else:
        found = [recorded for recorded in known if hexadecimal(recorded.release.id).startswith(hexadecimal(wanted))]
        found = found if len(hexadecimal(wanted)) >= _LEAST_PREFIX else []
    if len(found) == 1:
        return found[0]
    where = f" of {dataset}" if dataset else ""
    what = "names no release" if not found else "names several releases"
    raise NotFound(f"{name!r} {what}{where}", advice="`kfm releases` lists their ids and versions")


def _previous(system: System, dataset: str) -> Recorded:
    """Return the release that was live before the stable one."""
    stable = system.state.pointer(dataset).stable
    lived = [entry.intent.target for entry in system.state.journal(dataset) if entry.went_live]
    earlier = [release for release in lived if release != stable]
    if not earlier:
        raise NotFound(f"{dataset} has no earlier release to go back to", advice=f"`kfm releases {dataset}` lists them")
    return system.state.release(earlier[-1])


def to_go_by(system: System, subject: Digest, gate: Gate, policy: Digest) -> Verdict | None:
    """Return the newest verdict of a gate under a policy; None where there is none, or no trust in what came after."""
    for verdict in reversed(system.state.verdicts([subject])):
        if verdict.gate is gate and not is_supported(system, verdict):
            return None
        if verdict.gate is gate and verdict.policy == policy:
            return verdict
    return None


def counted(system: System, subjects: Iterable[Digest], policy: Digest, now: datetime) -> list[Verdict]:
    """Return the verdicts on some subjects as they may be counted under a policy.

    One that is not what its evidence concludes may have said anything, at any time and under any policy: it closes the
    gate until a later one is on record. No older one comes to count again in its place.
    """
    sound: list[Verdict] = []
    doubted: dict[tuple[Digest, Gate], Verdict] = {}
    for verdict in system.state.verdicts(subjects):
        key = (verdict.subject, verdict.gate)
        if is_supported(system, verdict):
            sound.append(verdict)
            if verdict.policy == policy:
                doubted.pop(key, None)
        else:
            doubted[key] = replace(verdict, policy=policy, at=now, outcome=Outcome.ERROR, findings=_closed(verdict))
    return [*sound, *doubted.values()]


def _closed(verdict: Verdict) -> tuple[Finding, ...]:
    """Return why a verdict in doubt is an ERROR, whatever it says: an ERROR is what nobody can accept."""
    if verdict.outcome is not Outcome.PASS and verdict.gate is not Gate.APPROVAL:
        return verdict.findings
    return (Finding("evidence", Outcome.ERROR, "the verdict is not what its evidence concludes; run again"),)


def is_supported(system: System, verdict: Verdict) -> bool:
    """Say whether a verdict is what the report that it names as its first evidence concludes.

    The report is content-addressed, so a verdict that was altered where it is stored no longer agrees with it.
    """
    report = _report(system, verdict.evidence[:1])
    said = ("subject", "gate", "policy", "outcome", "findings")
    if not report or any(report.get(name) != plain(getattr(verdict, name)) for name in said):
        return False
    return verdict.gate is not Gate.APPROVAL or _is_acceptance(system, verdict, report)


def _is_acceptance(system: System, verdict: Verdict, report: Mapping[str, object]) -> bool:
    """Say whether an approval's report names who and why, and a kept report on the same subject under the same policy.

    What that one says of its gate and outcome must be what the approval says that it accepts.
    """
    accepted = _report(system, verdict.evidence[1:])
    outcome = {"gate": accepted.get("gate"), "outcome": accepted.get("outcome"), "report": verdict.evidence[-1]}
    return (
        report.get("accepted") == outcome
        and (accepted.get("subject"), accepted.get("policy")) == (verdict.subject, verdict.policy)
        and [finding.check for finding in verdict.findings] == [acceptance_check(str(outcome["gate"]))]
        and bool(report.get("principal"))
        and bool(report.get("reason"))
    )


def _report(system: System, evidence: Sequence[Digest]) -> Mapping[str, object]:
    """Return the report that is kept under the first of some digests; nothing where there is none to be read."""
    try:
        report = json.loads(system.state.documents.get(evidence[0])) if evidence else {}
    except (IntegrityError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
