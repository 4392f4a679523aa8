"""Approve: a person accepts one verdict that is no PASS, by name and with a reason, where the policy allows it.

The acceptance is a verdict of gate `approval` on the same build or release. It opens exactly the verdict whose report
it names, and nothing else: a later verdict with another report, or another policy, closes the gate again.
"""

from __future__ import annotations

from dataclasses import dataclass

from kfm_assets.domain.canonical import Digest, Json, canonical_json
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import ACCEPTABLE, Finding, Gate, Outcome, Verdict, acceptance_check
from kfm_assets.engine.standing import Standing, standing
from kfm_assets.errors import GateClosed, NotFound, UsageError
from kfm_assets.gates.evidence import judged
from kfm_assets.ports import System


@dataclass(frozen=True, slots=True)
class Approval:
    """What was accepted, and the verdict of gate `approval` that says so. `principal` accepted, for `reason`."""

    accepted: Verdict
    verdict: Verdict
    principal: str
    reason: str


def approve(system: System, dataset: str, subject: Digest, gate: Gate, reason: str) -> Approval:
    """Accept the verdict of a gate that stands on a build or a release of a dataset.

    Raises:
        UsageError: without a reason or a name, for a gate that does not judge this, and for one that is open.
        GateClosed: where there is no verdict that counts, or the policy does not let a person accept its outcome.
    """
    policy, said, who = system.policy(dataset), _line(reason), _line(system.principal)
    if not said:
        raise UsageError("an approval needs a reason", advice='add --reason "why this may be published"')
    if not who:
        raise UsageError("an approval needs a name", advice="set KFM_PRINCIPAL to who you are")
    judging = _judging(system, policy, subject)
    if gate not in judging:
        names = ", ".join(one.value for one in judging)
        raise UsageError(
            f"gate {gate.value} does not judge {subject[7:19]}", advice=f"the policy asks gates {names} of it"
        )
    found = standing(system, dataset, subject, gate)
    if found.decision.opens:
        raise UsageError(
            f"gate {gate.value} of {subject[7:19]} is open already", advice=f"`kfm promote {dataset}` publishes it"
        )
    verdict = _acceptable(found, policy)
    acceptance = _record(system, policy, verdict, said, who)
    return Approval(verdict, acceptance, who, said)


def _judging(system: System, policy: Policy, subject: Digest) -> tuple[Gate, ...]:
    """Return the gates that are asked of a release, or of what is none, a build."""
    try:
        system.state.release(subject)
    except NotFound:
        return policy.build_gates
    return policy.release_gates


def _acceptable(found: Standing, policy: Policy) -> Verdict:
    """Return the verdict where it may be accepted. Raises GateClosed with what keeps it from that."""
    gate, verdict, (closed, *_) = found.gate, found.verdict, found.decision.reasons
    if verdict and found.decision.acceptable:
        return verdict
    allowed = [one for one in policy.approvals.get(gate.value, ()) if one in ACCEPTABLE.get(gate, ())]
    if not allowed:
        raise GateClosed(
            f"policy {policy.name} lets nobody accept a verdict of gate {gate.value} of {policy.dataset}",
            advice=f"what {gate.value} asks must hold; `kfm policy show {policy.dataset}` says what may be accepted",
        )
    if verdict and verdict.outcome not in allowed:
        names = " or ".join(outcome.value for outcome in allowed)
        raise GateClosed(f"{closed}; of gate {gate.value} only {names} may be accepted", advice="mend what it names")
    raise GateClosed(closed, advice=f"`kfm run {policy.dataset} --no-publish` judges again; then approve")


def _record(system: System, policy: Policy, accepted: Verdict, reason: str, principal: str) -> Verdict:
    finding = Finding(
        acceptance_check(accepted.gate), Outcome.PASS, f"{principal} accepts {accepted.outcome.value}: {reason}"
    )
    report = accepted.evidence[0]
    more: dict[str, Json] = {
        "accepted": {"gate": accepted.gate.value, "outcome": accepted.outcome.value, "report": report},
        "principal": principal,
        "reason": reason,
    }
    judgement = judged(Gate.APPROVAL, accepted.subject, policy, [finding], more)
    with system.state.together():
        # The policy is kept beside it, so that its digest resolves as long as the approval is read.
        system.state.documents.put(canonical_json(policy))
        kept = system.state.documents.put(canonical_json(judgement.report))
        verdict = Verdict(
            accepted.subject,
            Gate.APPROVAL,
            policy.digest,
            judgement.outcome,
            judgement.findings,
            (kept, report),
            system.clock.now(),
        )
        system.state.record_verdict(verdict)
    return verdict


def _line(text: str) -> str:
    """Return a text as one line of what can be printed."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
