"""Verdicts: what a gate found about exactly one build or release, and the fold that opens or closes the way.

Only PASS opens. Absence closes: no verdict, a verdict on other content, under another policy, or too old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """What the fold of verdicts says: PASS opens; otherwise `reasons` has a line for each gate that stays closed."""

    outcome: Outcome
    reasons: tuple[str, ...]

    @property
    def opens(self) -> bool:
        """Whether the way is open."""
        return self.outcome is Outcome.PASS


_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes; INCONCLUSIVE where there are none."""
    seen = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in seen), Outcome.INCONCLUSIVE)


def fold(
    required: Iterable[tuple[Digest, Gate]],
    verdicts: Iterable[Verdict],
    policy: Digest,
    now: datetime,
    most_age: Mapping[str, timedelta],
) -> Decision:
    """Decide from recorded verdicts alone whether every required gate is open for exactly this content.

    Of several verdicts on one subject and gate under this policy the newest counts, of equally new ones the worst. A
    verdict from the future is no verdict. Nothing required is INCONCLUSIVE, never PASS.
    """
    newest: dict[tuple[Digest, Gate], Verdict] = {}
    foreign: set[tuple[Digest, Gate]] = set()
    for verdict in verdicts:
        key = (verdict.subject, verdict.gate)
        if verdict.policy != policy:
            foreign.add(key)
        elif key not in newest or _supersedes(verdict, newest[key]):
            newest[key] = verdict
    outcomes: list[Outcome] = []
    reasons: list[str] = []
    for subject, gate in dict.fromkeys(required):
        outcome, reason = _read(newest.get((subject, gate)), now, most_age.get(gate.value))
        if not reason and outcome is not Outcome.PASS:
            reason = _explain(newest[subject, gate])
        if outcome is Outcome.INCONCLUSIVE and (subject, gate) in foreign and (subject, gate) not in newest:
            reason = "its verdict is under another policy; run again to have it judged under this one"
        outcomes.append(outcome)
        if outcome is not Outcome.PASS:
            reasons.append(f"gate {gate.value} of {subject[7:19]} is closed: {reason}")
    if not outcomes:
        reasons.append("no gate is required, so none is open")
    return Decision(worst(outcomes), tuple(reasons))


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
