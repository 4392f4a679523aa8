"""Verdicts: what a gate found about exactly one build or release, and the fold that opens or closes the way.

Only PASS opens. Absence closes: no verdict, a verdict on other content, under another policy, or too old. One thing
alone opens what is no PASS: an acceptance of exactly that verdict, where the policy allows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kfm_assets.domain.canonical import Digest


class Outcome(StrEnum):
    """What a gate can say."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"


class Gate(StrEnum):
    """The promotion contract's gates, and those that stand between a candidate and its exposure."""

    IDENTITY = "A"
    RIGHTS = "B"
    SENSITIVITY = "C"
    CATALOGS = "D"
    QUALITY = "E"
    RECEIPT = "F"
    MANIFEST = "G"
    DRIFT = "drift"
    DIFF = "diff"
    MODEL = "model"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a gate saw: the check's name, what it means for the gate, and one line that a person understands."""

    check: str
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's recorded judgement (SLSA Verification Summary). `evidence` are digests of kept documents."""

    subject: Digest
    gate: Gate
    policy: Digest
    outcome: Outcome
    findings: tuple[Finding, ...]
    evidence: tuple[Digest, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What the fold of verdicts says: PASS opens; otherwise `reasons` has a line for each gate that stays closed.

    `accepted` has a line for each gate that an acceptance opens; `acceptable` are the closed ones that one may open.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    acceptable: tuple[tuple[Digest, Gate], ...] = ()

    @property
    def opens(self) -> bool:
        """Whether the way is open."""
        return self.outcome is Outcome.PASS


_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes; INCONCLUSIVE where there are none."""
    seen = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in seen), Outcome.INCONCLUSIVE)


ACCEPTABLE: Mapping[Gate, frozenset[Outcome]] = {
    Gate.DRIFT: frozenset({Outcome.INCONCLUSIVE}),
    Gate.MODEL: frozenset({Outcome.INCONCLUSIVE}),
    Gate.DIFF: frozenset({Outcome.INCONCLUSIVE, Outcome.FAIL}),
}
"""The most that a policy may let a person accept: too little to tell, and a change that is large and was expected.

An ERROR has measured nothing that could be accepted. What the gates A to G ask holds of content or it does not.
"""


def acceptance_check(gate: str) -> str:
    """Return the name of the one check that an acceptance of a gate's verdict has."""
    return f"accepts.{gate}"


def accepts(acceptance: Verdict, verdict: Verdict) -> bool:
    """Say whether an acceptance is one of exactly this verdict: of its subject, gate and policy, and of its report.

    Its evidence is its own report, and then the report that it accepts. The same report found anew is the same verdict.
    """
    return (
        acceptance.gate is Gate.APPROVAL
        and acceptance.outcome is Outcome.PASS
        and (acceptance.subject, acceptance.policy) == (verdict.subject, verdict.policy)
        and [finding.check for finding in acceptance.findings] == [acceptance_check(verdict.gate)]
        and bool(verdict.evidence)
        and acceptance.evidence[1:] == verdict.evidence[:1]
    )


def newest(verdicts: Iterable[Verdict], policy: Digest) -> dict[tuple[Digest, Gate], Verdict]:
    """Return the verdict that counts of each subject and gate under a policy: the newest, of equally new the worst."""
    found: dict[tuple[Digest, Gate], Verdict] = {}
    for verdict in verdicts:
        key = (verdict.subject, verdict.gate)
        if verdict.policy == policy and (key not in found or _supersedes(verdict, found[key])):
            found[key] = verdict
    return found


def fold(
    required: Iterable[tuple[Digest, Gate]],
    verdicts: Iterable[Verdict],
    policy: Digest,
    now: datetime,
    most_age: Mapping[str, timedelta],
    *,
    approvals: Mapping[str, Collection[Outcome]] | None = None,
) -> Decision:
    """Decide from recorded verdicts alone whether every required gate is open for exactly this content.

    Of several verdicts on one subject and gate under this policy the newest counts, of equally new ones the worst. A
    verdict from the future is no verdict. Nothing required is INCONCLUSIVE, never PASS. `approvals` are the outcomes
    that may be accepted, by gate, as far as `ACCEPTABLE` goes; an acceptance ages as gate `approval` does.
    """
    known = list(verdicts)
    counted = newest(known, policy)
    foreign = {(verdict.subject, verdict.gate) for verdict in known if verdict.policy != policy}
    acceptances = [one for one in known if one.gate is Gate.APPROVAL and _is_in_time(one, now, most_age)]
    outcomes: list[Outcome] = []
    reasons: list[str] = []
    accepted: list[str] = []
    acceptable: list[tuple[Digest, Gate]] = []
    for subject, gate in dict.fromkeys(required):
        name, verdict = f"gate {gate.value} of {subject[7:19]}", counted.get((subject, gate))
        outcome, reason = _read(verdict, now, most_age.get(gate.value))
        if verdict is None and (subject, gate) in foreign:
            reason = "its verdict is under another policy; run again to have it judged under this one"
        if verdict and not reason and outcome is not Outcome.PASS:
            reason = _explain(verdict)
            if outcome in ACCEPTABLE.get(gate, ()) and outcome in (approvals or {}).get(gate.value, ()):
                opening = [one for one in acceptances if accepts(one, verdict)]
                if opening:
                    outcome = Outcome.PASS
                    accepted.append(f"{name} is open: {opening[-1].findings[0].message}")
                else:
                    acceptable.append((subject, gate))
        outcomes.append(outcome)
        if outcome is not Outcome.PASS:
            reasons.append(f"{name} is closed: {reason}")
    if not outcomes:
        reasons.append("no gate is required, so none is open")
    return Decision(worst(outcomes), tuple(reasons), tuple(accepted), tuple(acceptable))


def _is_in_time(verdict: Verdict, now: datetime, most_age: Mapping[str, timedelta]) -> bool:
    return not _read(verdict, now, most_age.get(verdict.gate.value))[1]


def _supersedes(one: Verdict, other: Verdict) -> bool:
    return one.at > other.at or (one.at == other.at and worst([one.outcome, other.outcome]) is one.outcome)


def _read(verdict: Verdict | None, now: datetime, most_age: timedelta | None) -> tuple[Outcome, str]:
    if verdict is None:
        return Outcome.INCONCLUSIVE, "there is no verdict on this content"
    if verdict.at > now:
        return Outcome.INCONCLUSIVE, f"its verdict is dated {verdict.at.isoformat()}, in the future"
    if most_age is not None and now - verdict.at > most_age:
        return Outcome.INCONCLUSIVE, f"its verdict of {verdict.at.isoformat()} is older than {most_age.days} days"
    return verdict.outcome, ""


def _explain(verdict: Verdict) -> str:
    messages = [finding.message for finding in verdict.findings if finding.outcome is not Outcome.PASS]
    return f"{verdict.outcome.value}: " + ("; ".join(messages[:3]) or "no finding says why")
