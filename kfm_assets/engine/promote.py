"""Promote: make judged builds live, as one journalled plan that ends at the pointer. Fails closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.release import Release
from kfm_assets.engine import incidents, judge, record, rehearsal
from kfm_assets.engine.choose import Chosen, held_back, refused, settle
from kfm_assets.engine.notes import note
from kfm_assets.engine.publish import carry_out, production
from kfm_assets.engine.staging import Change, stage
from kfm_assets.engine.targets import LAKE, audit_branch, pointer_operation
from kfm_assets.errors import GateClosed
from kfm_assets.ports import PRODUCTION, Pending, System


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion did: which release is live now, which partitions it changed, and which it left out and why."""

    release: Digest | None
    changed: tuple[str, ...]
    held: dict[str, str]


def promote(system: System, dataset: str, partitions: Sequence[str] | None = None, run: str = "") -> Promotion:
    """Publish the builds that wait, of some partitions or of all; a build with a closed gate stays out alone.

    Raises:
        GateClosed: when a gate of the release is closed, real data would be replaced by synthetic, or the release has
            not stood on the stage environment for as long as the policy asks.
        Conflict: when somebody else published the same partitions in between.
    """
    registry.specification(dataset)
    with production(system):
        chosen = choose(system, dataset, partitions, run)
        if chosen.release is None:
            stable = system.state.pointer(dataset).stable
            return _ended(system, run, dataset, partitions, Promotion(stable, (), chosen.held))
        release, names = chosen.release, chosen.partitions
        if not chosen.changes:
            system.state.drop_pending(dataset, names)
            return _ended(system, run, dataset, partitions, Promotion(release.id, (), chosen.held))
        rehearsal.demand(system, release)
        publish(system, Cause(Action.PROMOTION), chosen.stable, release, chosen.changes)
        never = [pending.partition for pending in system.state.pending(dataset) if refused(system, pending)]
        system.state.drop_pending(dataset, [*names, *never])
        incidents.resolve(system, dataset, tuple(chosen.changes))
        done = Promotion(release.id, tuple(sorted(chosen.changes)), chosen.held)
        return _ended(system, run, dataset, partitions, done)


def choose(system: System, dataset: str, partitions: Sequence[str] | None, run: str = "") -> Chosen:
    """Put the builds that wait and have open gates together, and see that the release's own gates are open.

    Raises:
        GateClosed: when a gate of the release is closed, or real data would be replaced by synthetic.
        Conflict: when somebody else published the same partitions in between.
    """
    waiting = _waiting(system, dataset, partitions)
    chosen = settle(system, run, dataset, waiting, held_back(system, waiting))
    if chosen.release is None or not chosen.changes:
        return chosen
    kept = [pending.build for pending in waiting if pending.partition in chosen.partitions]
    decision = record.decide(system, dataset, kept, chosen.release.id)
    if not decision.opens:
        raise GateClosed("; ".join(decision.reasons), advice=f"`kfm show {chosen.release.id[7:19]}` has the verdicts")
    return chosen


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a release is made live."""

    action: Action
    reason: str = ""
    category: str = ""


def publish(
    system: System, cause: Cause, stable: Release | None, release: Release, changes: Mapping[str, Change]
) -> Intent:
    """Stage a release, journal the plan and carry it out. The lease must be held. Raises Conflict, IntegrityError."""
    dataset, txn = release.dataset, system.clock.fresh()
    stage(system, txn, release, changes)
    before, after = (system.lake.tree(ref, dataset) for ref in (PRODUCTION, audit_branch(txn)))
    lake = Operation(LAKE, dataset, before, after)
    pointer = pointer_operation(system.state.pointer(dataset), release.id)
    intent = Intent(
        txn=txn,
        action=cause.action,
        dataset=dataset,
        source=stable.id if stable else None,
        target=release.id,
        partitions=tuple(sorted(changes)),
        reason=cause.reason,
        category=cause.category,
        principal=system.principal,
        plan=(lake, pointer) if cause.action is Action.PROMOTION else (pointer, lake),
        at=system.clock.now(),
    )
    judge.seal(system, intent)
    carry_out(system, intent)
    return intent


def _ended(system: System, run: str, dataset: str, partitions: Sequence[str] | None, promotion: Promotion) -> Promotion:
    """Note what a run's promotion came to, of each of its partitions."""
    if run:
        names = partitions or [*promotion.changed, *promotion.held]
        note(system, run, dataset, names, changed=promotion.changed, held=promotion.held)
    return promotion


def _waiting(system: System, dataset: str, partitions: Sequence[str] | None) -> list[Pending]:
    return [
        pending for pending in system.state.pending(dataset) if partitions is None or pending.partition in partitions
    ]
