"""Roll back: a new plan towards an earlier release, whole or for named partitions. Pointer first, then production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Intent
from kfm_assets.domain.release import Release, compose, origin_conflict
from kfm_assets.engine import corrections, judge, record
from kfm_assets.engine.promote import Cause, publish
from kfm_assets.engine.publish import production
from kfm_assets.engine.staging import Change, foresee
from kfm_assets.engine.trial import on_trial
from kfm_assets.errors import GateClosed, NotFound, UsageError
from kfm_assets.ports import System


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback does, or did: from which release to which, and what becomes of each partition.

    `intent` is None for a dry run, and where the dataset stands there already.
    """

    dataset: str
    source: Digest
    target: Digest
    version: int
    changes: dict[str, Change]
    intent: Intent | None


def roll_back(
    system: System,
    dataset: str,
    to: str,
    cause: Cause,
    partitions: Sequence[str] | None = None,
    *,
    dry_run: bool = False,
) -> Rollback:
    """Make an earlier release live again, or its builds of some partitions in a new release.

    `to` is a release's id or the start of it, its version (`3`, `v3`), or `previous`. The verdicts on what becomes live
    must stand under today's policy; builds that have none are judged now. A dry run writes nothing, and raises what the
    rollback itself would.

    Raises:
        UsageError: without a reason.
        NotFound: when there is no such release, it was never live, or it does not have these partitions.
        GateClosed: when a gate of what would become live is closed.
        Conflict: when production is held or was moved by somebody else.
        IntegrityError: when what would become live is damaged.
    """
    registry.specification(dataset)
    if not cause.reason.strip() and not dry_run:
        raise UsageError("a rollback needs a reason", advice='add --reason "what went wrong"')
    if dry_run:
        trial = on_trial(system)
        planned, stable, release = _prepare(trial, dataset, to, partitions)
        _refuse(trial, planned, stable, release)
        foresee(trial, dataset, planned.changes)
        return planned
    with production(system):
        planned, stable, release = _prepare(system, dataset, to, partitions)
        if not planned.changes:
            return planned
        _refuse(system, planned, stable, release)
        intent = publish(system, cause, stable, release, planned.changes)
    corrections.keep(system, dataset)
    return Rollback(dataset, planned.source, planned.target, planned.version, planned.changes, intent)


def _refuse(system: System, planned: Rollback, stable: Release, release: Release) -> None:
    """Raise GateClosed where something may not become live."""
    if not planned.changes:
        return
    for refusal in filter(None, [origin_conflict(stable, release.origin)]):
        raise GateClosed(refusal, advice="roll back to a release of real data")
    builds = [change.after for change in planned.changes.values() if change.after]
    decision = record.decide(system, planned.dataset, builds, release.id)
    if not decision.opens:
        raise GateClosed("; ".join(decision.reasons), advice=f"`kfm show {release.id[7:19]}` has the verdicts")


def _prepare(
    system: System, dataset: str, to: str, partitions: Sequence[str] | None
) -> tuple[Rollback, Release, Release]:
    stable = record.stable(system, dataset)
    if stable is None:
        raise NotFound(f"nothing of {dataset} was ever published", advice=f"`kfm run {dataset}` publishes it")
    earlier = record.find(system, to, dataset)
    if not record.was_live(system, earlier.release):
        raise NotFound(
            f"release v{earlier.version} of {dataset} was never live", advice="`kfm releases` shows which were"
        )
    release = earlier.release if partitions is None else _partly(system, stable, earlier.release, partitions)
    changes = {
        partition: Change(before, after, record.tag(earlier.release.id))
        for partition, (before, after) in record.changes(system, stable, release).items()
    }
    if changes:
        judge.again(system, system.clock.fresh(), release, changes)
    version = earlier.version if release.id == earlier.release.id else 0
    return Rollback(dataset, stable.id, release.id, version, changes, None), stable, release


def _partly(system: System, stable: Release, earlier: Release, partitions: Sequence[str]) -> Release:
    """Return the stable release with some partitions as an earlier release had them."""
    if stable.origin != earlier.origin:
        raise GateClosed(
            f"{stable.dataset} and the earlier release are of different origin, and the two never mix",
            advice="roll back the whole dataset",
        )
    wanted: dict[str, Digest | None] = {}
    for partition in partitions:
        wanted[partition] = record.build_id(system, earlier, partition)
        if wanted[partition] is None and record.build_id(system, stable, partition) is None:
            raise NotFound(
                f"neither release of {stable.dataset} has partition {partition}",
                advice="`kfm releases` shows what they hold",
            )
    return compose(system.state.documents, stable.dataset, stable, wanted, stable.origin)
