"""Assemble: put judged builds together into a candidate release, with its receipt and manifest, and judge that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kfm_assets.engine import incidents, record, revisions
from kfm_assets.engine.choose import held_back, settle
from kfm_assets.engine.notes import note
from kfm_assets.errors import Conflict, GateClosed
from kfm_assets.ports import Recorded, System


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate release, the partitions that it brings, and those that a closed gate keeps out, each with the reason.

    `release` is None where no build that waits may go on.
    """

    release: Recorded | None
    partitions: tuple[str, ...]
    held: dict[str, str]


def assemble(system: System, run: str, dataset: str, partitions: Sequence[str]) -> Candidate:
    """Compose `stable ⊕ builds` of the builds that wait and have open gates; record its papers and its verdicts.

    A build whose gate is closed stays out, alone, and an incident is opened for it.
    """
    waiting = [pending for pending in system.state.pending(dataset) if pending.partition in partitions]
    held = held_back(system, waiting, upon_live=False)
    ready, recorded = [pending for pending in waiting if pending.partition not in held], None
    try:
        chosen = settle(system, run, dataset, ready, held)
        held, ready = chosen.held, [pending for pending in ready if pending.partition in chosen.partitions]
        if chosen.release:
            recorded = system.state.release(chosen.release.id)
            system.state.set_pending([replace(pending, release=chosen.release.id) for pending in ready])
    except (GateClosed, Conflict) as error:
        held |= {pending.partition: str(error) for pending in ready}
        ready = []
    incidents.held(system, dataset, held)
    _look_again(system, dataset, set(partitions) - {pending.partition for pending in waiting})
    note(system, run, dataset, partitions, release=recorded.release.id if recorded else None, held=held)
    if recorded:
        for partition, revision in revisions.of_release(system, recorded.release.id).items():
            system.state.note(run, dataset, partition, {"revision": revision})
    return Candidate(recorded, tuple(pending.partition for pending in ready), held)


def _look_again(system: System, dataset: str, partitions: Iterable[str]) -> None:
    """Open an incident for what is live and would not be let in today; resolve those about what would."""
    stable = record.stable(system, dataset)
    live = {partition: record.build_id(system, stable, partition) for partition in partitions}
    decisions = {name: record.decide(system, dataset, [build]) for name, build in live.items() if build}
    closed = {name: decision for name, decision in decisions.items() if not decision.opens}
    incidents.held(system, dataset, {name: f"is live: {'; '.join(one.reasons)}" for name, one in closed.items()})
    incidents.resolve(system, dataset, decisions.keys() - closed.keys())
