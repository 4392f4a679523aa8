"""Notes: what a run did of each partition, as `kfm run --json` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.errors import GateClosed
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
    noted = state.notes(run)
    builds = {partition: _build(noted.get((dataset, partition), {})) for partition in partitions}
    subjects = [build for build in builds.values() if build] + ([candidate.id] if candidate else [])
    outcomes = _outcomes(system, dataset, subjects)
    with state.together():
        for partition, build in builds.items():
            inside = candidate if build and record.build_id(system, candidate, partition) == build else None
            judged = [subject for subject in (build, inside and inside.id) if subject]
            entry: dict[str, Json] = {
                "release": inside.id if inside else None,
                "verdicts": {gate.value: _first(outcomes, judged, gate) for gate in _gates(system, dataset)},
                "published": bool(build) and record.build_id(system, stable, partition) == build,
                "changed": partition in changed or bool(noted.get((dataset, partition), {}).get("changed")),
            }
            if held and partition in held:
                entry |= {"error": held[partition], "exit_code": GateClosed.exit_code}
            state.note(run, dataset, partition, entry)


def verdicts(system: System, dataset: str, build: Digest, release: Digest | None) -> dict[str, Json]:
    """Return the newest outcome of each required gate on a build and a release; None where there is no verdict."""
    judged = [build, *([release] if release else [])]
    outcomes = _outcomes(system, dataset, judged)
    return {gate.value: _first(outcomes, judged, gate) for gate in _gates(system, dataset)}


def _build(facts: Mapping[str, Json]) -> Digest | None:
    return Digest(str(facts["build"])) if facts.get("build") else None


def _gates(system: System, dataset: str) -> list[Gate]:
    policy = system.policy(dataset)
    return [*policy.build_gates, *policy.release_gates]


def _outcomes(system: System, dataset: str, subjects: list[Digest]) -> dict[tuple[Digest, Gate], Outcome]:
    """Return the newest outcome of each gate on some builds and releases, under today's policy."""
    policy = system.policy(dataset).digest
    found = [verdict for verdict in system.state.verdicts(subjects) if verdict.policy == policy]
    return {(verdict.subject, verdict.gate): verdict.outcome for verdict in found}


def _first(outcomes: Mapping[tuple[Digest, Gate], Outcome], subjects: list[Digest], gate: Gate) -> str | None:
    return next((outcomes[subject, gate].value for subject in subjects if (subject, gate) in outcomes), None)
