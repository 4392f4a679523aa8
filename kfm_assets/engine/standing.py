"""How each gate stands on some builds and releases: which verdict counts, and whether it opens. Decides nothing new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.verdict import Decision, Gate, Verdict, fold, newest
from kfm_assets.engine import record
from kfm_assets.ports import System


@dataclass(frozen=True, slots=True)
class Standing:
    """One gate on one subject: the verdict that counts under today's policy, None for none, and what it comes to."""

    subject: Digest
    gate: Gate
    verdict: Verdict | None
    decision: Decision


def standings(system: System, dataset: str, required: Iterable[tuple[Digest, Gate]]) -> list[Standing]:
    """Return how some gates stand, in their order, each by itself, as `record.decide` has it of all together."""
    asked, policy, now = list(dict.fromkeys(required)), system.policy(dataset), system.clock.now()
    known: dict[Digest, list[Verdict]] = {subject: [] for subject, _ in asked}
    for verdict in record.counted(system, known, policy.digest, now):
        known[verdict.subject].append(verdict)
    found: list[Standing] = []
    for subject, gate in asked:
        mine = known[subject]
        decision = fold([(subject, gate)], mine, policy.digest, now, policy.most_age, approvals=policy.approvals)
        found.append(Standing(subject, gate, newest(mine, policy.digest).get((subject, gate)), decision))
    return found


def standing(system: System, dataset: str, subject: Digest, gate: Gate) -> Standing:
    """Return how one gate stands on one build or release."""
    (found,) = standings(system, dataset, [(subject, gate)])
    return found


@dataclass(frozen=True, slots=True)
class Placed:
    """How a gate stands on something that is `live`, or that `waits`: a partition's build, or a release by version."""

    where: str
    kind: str
    name: str
    standing: Standing


def everything(system: System, dataset: str) -> list[Placed]:
    """Return how each gate that today's policy asks stands on what is live of a dataset, and on what waits."""
    policy, stable = system.policy(dataset), record.stable(system, dataset)
    pending = system.state.pending(dataset)
    live = record.builds(system, stable) if stable else {}
    builds = [("live", "build", name, build) for name, build in live.items()]
    builds += [("waits", "build", one.partition, one.build) for one in pending if live.get(one.partition) != one.build]
    candidates = dict.fromkeys(
        one.release for one in pending if one.release and (not stable or one.release != stable.id)
    )
    releases = [("live", stable.id)] if stable else []
    releases += [("waits", release) for release in candidates]
    versions = [(where, "release", f"v{system.state.release(one).version}", one) for where, one in releases]
    asked = [(*one, gate) for one in builds for gate in policy.build_gates]
    asked += [(*one, gate) for one in versions for gate in policy.release_gates]
    found = {(one.subject, one.gate): one for one in standings(system, dataset, [(one[3], one[4]) for one in asked])}
    return [Placed(where, kind, name, found[subject, gate]) for where, kind, name, subject, gate in asked]
