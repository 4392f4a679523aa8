"""Status: where each dataset stands, from the state alone; quick enough to ask at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kfm_assets.datasets.registry import DATASETS
from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.incident import Incident, IncidentState
from kfm_assets.engine import rehearsal
from kfm_assets.ports import System


@dataclass(frozen=True, slots=True)
class Status:
    """Where a dataset stands: what readers get and since when, what waits, what is open.

    `version`, `origin` and `published_at` are None where nothing was published. `acquired_at` is when its newest data
    were fetched. `pending` are partitions with a build that waits; `unfinished` are transactions that a crash left.
    `stage_hours` is how long what waits must stand on the stage environment first, and `promotable_at` from when on it
    may go live; None where it does not stand there.
    """

    dataset: str
    stable: Digest | None
    version: int | None
    generation: int
    origin: Origin | None
    partitions: int
    published_at: datetime | None
    acquired_at: datetime | None
    pending: tuple[str, ...]
    unfinished: tuple[str, ...]
    incidents: tuple[Incident, ...]
    stage_hours: int = 0
    promotable_at: datetime | None = None


def status(system: System, dataset: str) -> Status:
    """Return where one dataset stands."""
    state, pointer = system.state, system.state.pointer(dataset)
    recorded = state.release(pointer.stable) if pointer.stable else None
    done = [entry.marked_at for entry in state.journal(dataset) if entry.went_live]
    waiting = state.pending(dataset)
    hours = system.policy(dataset).stage_hours if waiting else 0  # policies are a file to read: only where it matters
    return Status(
        dataset=dataset,
        stable=pointer.stable,
        version=recorded.version if recorded else None,
        generation=pointer.generation,
        origin=recorded.release.origin if recorded else None,
        partitions=merkle.size(state.documents, recorded.release.builds) if recorded else 0,
        published_at=max(done, default=None),
        acquired_at=max((intake.at for intake in state.intakes(dataset).values()), default=None),
        pending=tuple(item.partition for item in waiting),
        unfinished=tuple(intent.txn for intent in state.unfinished() if intent.dataset == dataset),
        incidents=tuple(item for item in state.incidents(dataset) if item.state is not IncidentState.RESOLVED),
        stage_hours=hours,
        promotable_at=rehearsal.earliest(system, dataset, waiting) if hours else None,
    )


def statuses(system: System) -> list[Status]:
    """Return where every dataset of the registry stands."""
    return [status(system, dataset) for dataset in DATASETS]
