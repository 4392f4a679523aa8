"""Passed: whether what was live was let in by all the gates of one policy, today's or the one that applied then.

A policy that asks for another gate today makes nothing of what went live before it a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Literal

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.verdict import Gate, Outcome, Verdict, accepts
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.ports import System

Asked = Literal["build_gates", "release_gates"]


def never_passed(system: System, dataset: str, asked: Asked, verdicts: Sequence[Verdict]) -> tuple[Gate, ...]:
    """Return the gates that a build or a release never passed; none where it passed all that one policy asks for.

    `verdicts` are all those on it. The policies are those that they were given under, and, where there is none,
    today's; of several that it did not pass, the newest says which gates are missing.
    """
    approvals = [one for one in verdicts if one.gate is Gate.APPROVAL]
    missing: tuple[Gate, ...] = ()
    for policy in _policies(system, dataset, verdicts):
        gates = _gates(system, dataset, policy, asked)
        under = [one for one in verdicts if one.policy == policy]
        passed = {one.gate for one in under if _is_open(one, approvals)}
        missing = tuple(gate for gate in gates if gate not in passed)
        if gates and not missing:
            return ()
    return missing


def _policies(system: System, dataset: str, verdicts: Iterable[Verdict]) -> list[Digest]:
    """Return the policies that some verdicts were given under, the oldest first; today's where there is none."""
    given = dict.fromkeys(one.policy for one in sorted(verdicts, key=lambda one: one.at) if one.policy)
    return list(given) or [system.policy(dataset).digest]


def _gates(system: System, dataset: str, policy: Digest, asked: Asked) -> tuple[Gate, ...]:
    """Return the gates that a policy asks for; those of today's where that policy is not kept."""
    today = system.policy(dataset)
    if policy != today.digest:
        try:
            kept = json.loads(system.state.documents.get(policy))
            return tuple(Gate(name) for name in kept[asked])
        except (IntegrityError, NotFound, ValueError, KeyError, TypeError):
            pass
    return today.build_gates if asked == "build_gates" else today.release_gates


def _is_open(verdict: Verdict, approvals: Iterable[Verdict]) -> bool:
    return verdict.outcome is Outcome.PASS or any(accepts(approval, verdict) for approval in approvals)
