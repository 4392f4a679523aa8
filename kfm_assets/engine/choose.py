"""Choose: what of the builds that wait may be published together, as which release, and what stays out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kfm_assets.datasets import registry
from kfm_assets.domain.build import Input
from kfm_assets.domain.release import Release, compose, origin_conflict
from kfm_assets.domain.verdict import Decision
from kfm_assets.engine import judge, record
from kfm_assets.engine.staging import Change
from kfm_assets.errors import Conflict, GateClosed
from kfm_assets.ports import Pending, System


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


def settle(system: System, run: str, dataset: str, waiting: Sequence[Pending], held: Mapping[str, str]) -> Chosen:
    """Put the builds that wait together and have the release judged, without those that `held` gives a reason against.

    A partition by which a gate closes stays out alone: the rest is put together and judged again. It goes on waiting
    in the release that closed by it, where a person finds the verdict. A release that stays closed for another reason
    is returned as it is. What was accepted is judged again: it is open for what was found, and no more.

    Raises:
        GateClosed: when synthetic builds would replace real ones.
        Conflict: when somebody else published the same partitions in between.
    """
    held, stable = dict(held), record.stable(system, dataset)
    while ready := [pending for pending in waiting if pending.partition not in held]:
        release, changes = candidate(system, dataset, stable, ready)
        names = tuple(pending.partition for pending in ready)
        if stable and release.id == stable.id:
            return Chosen(stable, release, names, {}, held)
        staged = {pending.release for pending in ready}
        if staged == {release.id} and _passes(record.decide(system, dataset, release=release.id)):
            return Chosen(stable, release, names, changes, held)
        closing = judge.release(system, run or ready[-1].run, release, changes)
        if record.decide(system, dataset, release=release.id).opens or not closing.keys() & set(names):
            return Chosen(stable, release, names, changes, held)
        held |= {name: reason for name, reason in closing.items() if name in names}
        refusing = [replace(pending, release=release.id) for pending in ready if pending.partition in closing]
        system.state.set_pending(refusing)
    return Chosen(stable, None, (), {}, held)


def _passes(decision: Decision) -> bool:
    return decision.opens and not decision.accepted


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


def _unpublished_input(system: System, inputs: Sequence[Input], dataset: str) -> str:
    """Say which input of a build is a build of another dataset that is not live; empty where all are."""
    for item in inputs:
        key, _, partition = item.name.rpartition("@")
        if key not in registry.specification(dataset).requires:
            continue
        if record.build_id(system, record.stable(system, key), partition) != item.digest:
            return f"it was built upon a build of {key} that is not published; promote {key} first, or run again"
    return ""
