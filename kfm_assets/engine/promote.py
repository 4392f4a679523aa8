"""Promote: make judged builds live, as one journalled plan that ends at the pointer. Fails closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kfm_assets.datasets import registry
from kfm_assets.domain.build import Input
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.release import Release, compose, origin_conflict
from kfm_assets.engine import incidents, judge, record, rehearsal
from kfm_assets.engine.notes import note
from kfm_assets.engine.publish import carry_out, production
from kfm_assets.engine.staging import Change, stage
from kfm_assets.engine.targets import LAKE, audit_branch, pointer_operation
from kfm_assets.errors import Conflict, GateClosed
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


@dataclass(frozen=True, slots=True)
class Chosen:
    """What may go on: the release that the open builds make upon the stable one, what it changes, and who stays out.

    `release` is None where no build that waits may go on, `changes` empty where the release is the stable one.
    """

    stable: Release | None
    release: Release | None
    partitions: tuple[str, ...]
    changes: Mapping[str, Change]
    held: dict[str, str]


def choose(system: System, dataset: str, partitions: Sequence[str] | None, run: str = "") -> Chosen:
    """Put the builds that wait and have open gates together, and see that the release's own gates are open.

    Raises:
        GateClosed: when a gate of the release is closed, or real data would be replaced by synthetic.
        Conflict: when somebody else published the same partitions in between.
    """
    waiting = _waiting(system, dataset, partitions)
    held = held_back(system, waiting)
    open_ones = [pending for pending in waiting if pending.partition not in held]
    stable, names = record.stable(system, dataset), tuple(pending.partition for pending in open_ones)
    if not open_ones:
        return Chosen(stable, None, names, {}, held)
    release, changes = candidate(system, dataset, stable, open_ones)
    if stable and release.id == stable.id:
        return Chosen(stable, release, names, {}, held)
    staged = {pending.release for pending in open_ones}
    if staged != {release.id} or not record.decide(system, dataset, release=release.id).opens:
        judge.release(system, run or open_ones[-1].run, release, changes)
    decision = record.decide(system, dataset, [pending.build for pending in open_ones], release.id)
    if not decision.opens:
        raise GateClosed("; ".join(decision.reasons), advice=f"`kfm show {release.id[7:19]}` has the verdicts")
    return Chosen(stable, release, names, changes, held)


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


def candidate(
    system: System, dataset: str, stable: Release | None, waiting: Sequence[Pending]
) -> tuple[Release, dict[str, Change]]:
    """Return `stable ⊕ builds`, and what it changes.

    Raises:
        GateClosed: when synthetic builds would replace real ones.
        Conflict: when a partition was published by somebody else since its build was made.
    """
    builds = {pending.partition: record.build(system, pending.build) for pending in waiting}
    origins = {build.origin for build in builds.values()}
    if len(origins) != 1:
        raise GateClosed(f"the builds of {dataset} that wait are of mixed origin", advice="promote fewer partitions")
    (origin,) = origins
    refusal = origin_conflict(stable, origin)
    if refusal:
        raise GateClosed(refusal, advice="run with --source live or a folder, or use another --home")
    base = stable if stable and stable.origin == origin else None
    for pending in waiting:
        live = record.build_id(system, base, pending.partition)
        if live not in (pending.base, pending.build):
            raise Conflict(
                f"{dataset} {pending.partition} was published by somebody else since this build was made",
                advice="run again to build upon it",
            )
    with system.state.together():
        wanted = {pending.partition: pending.build for pending in waiting}
        release = compose(system.state.documents, dataset, stable, wanted, origin)
    holders = {pending.build: pending.commit for pending in waiting}
    changes = {
        partition: Change(before, after, holders[after] if after else "")
        for partition, (before, after) in record.changes(system, stable, release).items()
    }
    return release, changes


def held_back(system: System, waiting: Sequence[Pending], *, upon_live: bool = True) -> dict[str, str]:
    """Return the builds that may not be published, by partition, each with the reason in one line.

    `upon_live` asks that the builds of other datasets that one was made from are live; a release that is only put
    together need not wait for that.
    """
    held: dict[str, str] = {}
    for pending in waiting:
        refusal = refused(system, pending)
        if refusal:
            held[pending.partition] = refusal
            continue
        decision = record.decide(system, pending.dataset, [pending.build])
        if not decision.opens:
            held[pending.partition] = "; ".join(decision.reasons)
            continue
        inputs = record.build(system, pending.build).inputs if upon_live else ()
        missing = _unpublished_input(system, inputs, pending.dataset)
        if missing:
            held[pending.partition] = missing
    return held


def refused(system: System, pending: Pending) -> str:
    """Say why a build can never follow what is live, whatever its verdicts; empty where it may."""
    origin = record.build(system, pending.build).origin
    return origin_conflict(record.stable(system, pending.dataset), origin)


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


def _unpublished_input(system: System, inputs: Sequence[Input], dataset: str) -> str:
    """Say which input of a build is a build of another dataset that is not live; empty where all are."""
    for item in inputs:
        key, _, partition = item.name.rpartition("@")
        if key not in registry.specification(dataset).requires:
            continue
        if record.build_id(system, record.stable(system, key), partition) != item.digest:
            return f"it was built upon a build of {key} that is not published; promote {key} first, or run again"
    return ""
