"""Publish: carry a plan out, and finish or undo what a crash left. Journal before effect, all under one lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Action, Intent, Mark
from kfm_assets.domain.operation import POINTER, Course, Plan, recovery
from kfm_assets.engine import record
from kfm_assets.engine.freeze import freeze
from kfm_assets.engine.targets import audit_branch, targets
from kfm_assets.errors import Conflict, NotFound
from kfm_assets.ports import PRODUCTION, System

_LEASE_SECONDS = 120.0


@contextmanager
def production(system: System) -> Iterator[None]:
    """Hold production alone, with nothing left unfinished by whoever held it before. Raises Conflict."""
    with system.state.lease(PRODUCTION, _LEASE_SECONDS):
        for intent in system.state.unfinished():
            settle(system, intent)
        yield


def carry_out(system: System, intent: Intent) -> None:
    """Journal an intent and carry its plan out, to DONE. What it names must exist. The lease must be held.

    Raises:
        Conflict: when a reference was moved by somebody else; what was done is undone, and an incident is open.
    """
    system.state.begin(intent)
    try:
        _swap(system, intent, intent.plan, Mark.DONE)
    except Conflict as conflict:
        if settle(system, intent) is Mark.UNDONE:
            raise Conflict(
                f"{intent.action.value} {intent.txn} was undone: {conflict}", advice=conflict.advice
            ) from None


def settle(system: System, intent: Intent) -> Mark:
    """Finish an unfinished plan, or undo it where somebody else moved one of its references. The lease must be held."""
    references = targets(system, intent)
    observed = [references[operation.target].observe(operation.key) for operation in intent.plan]
    course = recovery(intent.plan, observed)
    if course.course is Course.FINISH:
        _swap(system, intent, course.remaining, Mark.DONE)
        return Mark.DONE
    moved = ", ".join(f"{operation.target} {operation.key}" for operation in course.foreign)
    system.state.open_incident(
        Incident(
            id=f"conflict-{intent.txn}",
            dataset=intent.dataset,
            subject=intent.target,
            severity=Severity.SEV2,
            state=IncidentState.OPEN,
            summary=f"{intent.action.value} {intent.txn} was undone: somebody else moved {moved}",
            opened_at=system.clock.now(),
        )
    )
    _swap(system, intent, course.remaining, Mark.UNDONE)
    return Mark.UNDONE


def _swap(system: System, intent: Intent, plan: Plan, mark: Mark) -> None:
    """Carry operations out in order. A pointer that comes last moves in one transaction with the mark."""
    references = targets(system, intent)
    last = plan[-1] if plan and plan[-1].target == POINTER else None
    for operation in plan[:-1] if last else plan:
        references[operation.target].swap(operation)
    system.state.finish(intent.txn, mark, system.clock.now(), last)
    if mark is Mark.DONE and intent.action is not Action.REHEARSAL:
        freeze(system, intent)
        _tell(system, intent)
    with suppress(NotFound):
        system.lake.delete_branch(audit_branch(intent.txn))


def _tell(system: System, intent: Intent) -> None:
    """Tell the observer which builds readers get now, and of which partitions they get none."""
    live = system.state.release(intent.target).release
    builds = {partition: record.build_id(system, live, partition) for partition in intent.partitions}
    why = f": {intent.reason}" if intent.reason else ""
    system.observer.published(
        intent.dataset, builds, intent.target, f"{intent.action.value} by {intent.principal}{why}"
    )
