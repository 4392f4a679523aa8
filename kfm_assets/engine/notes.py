"""Notes: what a run did of each partition, as `kfm run --json` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.verdict import Gate, Verdict
from kfm_assets.engine import record
from kfm_assets.ports import System


def note(
    system: System,
    run: str,
    dataset: str,
    partitions: Iterable[str],
    *,
    release: Digest | None = None,
    changed: Iterable[str] = (),
    held: Mapping[str, str] | None = None,
) -> None:
    """Note for each partition how its build stands: release, verdicts, whether it is live and whether this made it so.

    `release` is the candidate that holds it, the stable one by default; `held` has the reason of each that stays out.
    """
    state, stable = system.state, record.stable(system, dataset)
    candidate = state.release(release).release if release else stable
    for partition in partitions:
        facts = state.notes(run).get((dataset, partition), {})
        build = facts.get("build")
        inside = candidate if build and record.build_id(system, candidate, partition) == build else None
        reason = (held or {}).get(partition)
        entry: dict[str, Json] = {
            "release": inside.id if inside else None,
            "verdicts": verdicts(system, dataset, [Digest(str(build))] if build else [], inside.id if inside else None),
            "published": bool(build) and record.build_id(system, stable, partition) == build,
            "changed": partition in changed or bool(facts.get("changed")),
        }
        if reason:
            entry |= {"error": reason, "exit_code": 3}
        state.note(run, dataset, partition, entry)


def verdicts(system: System, dataset: str, builds: list[Digest], release: Digest | None) -> dict[str, Json]:
    """Return the newest outcome of each required gate on some builds and a release; None where there is no verdict."""
    policy = system.policy(dataset)
    subjects = [*builds, *([release] if release else [])]
    newest: dict[Gate, Verdict] = {}
    for verdict in system.state.verdicts(subjects):
        if verdict.policy == policy.digest:
            newest[verdict.gate] = verdict
    gates = [*policy.build_gates, *policy.release_gates]
    return {gate.value: newest[gate].outcome.value if gate in newest else None for gate in gates}
