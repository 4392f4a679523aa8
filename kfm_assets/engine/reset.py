"""Reset: break glass. Production's branch itself goes back to an earlier release of a dataset, and drops the rest.

A rollback is the ordinary way: it keeps history and touches one dataset. This is for a lake whose history must go.
"""

from __future__ import annotations

from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.release import Release
from kfm_assets.engine import corrections, judge, record
from kfm_assets.engine.promote import Cause
from kfm_assets.engine.publish import carry_out, production
from kfm_assets.engine.staging import Change
from kfm_assets.engine.targets import HEAD, pointer_operation
from kfm_assets.errors import Conflict, GateClosed, NotFound, UsageError
from kfm_assets.ports import PRODUCTION, Commit, System

_ORDINARY = "`kfm rollback` undoes a release and keeps history"


def reset(system: System, dataset: str, to: str, cause: Cause) -> Intent:
    """Move production's branch back to where it held an earlier release of a dataset; the pointer follows, last.

    Raises:
        UsageError: without a reason.
        NotFound: when production's history does not have the release.
        GateClosed: when the branch is protected, another dataset's release would be dropped, a release that would be
            dropped has no tag, or a gate of what would become live is closed.
        Conflict: when production is held or was moved by somebody else.
    """
    registry.specification(dataset)
    if not cause.reason.strip():
        raise UsageError("a reset needs a reason", advice='add --reason "what went wrong"')
    with production(system):
        if system.lake.is_protected(PRODUCTION):
            raise GateClosed(
                f"{PRODUCTION} is protected and is not reset", advice=f"{_ORDINARY}; or lift its protection in the lake"
            )
        stable, target = record.stable(system, dataset), record.find(system, to, dataset).release
        head = system.lake.resolve(PRODUCTION)
        good = _good(system, dataset, target)
        if stable is None or good.id == head.id:
            raise UsageError(f"{PRODUCTION} holds that release already", advice=_ORDINARY)
        _demand_open(system, stable, target)
        intent = Intent(
            txn=system.clock.fresh(),
            action=Action.RESET,
            dataset=dataset,
            source=stable.id,
            target=target.id,
            partitions=tuple(sorted(record.changes(system, stable, target))),
            reason=cause.reason,
            category=cause.category,
            principal=system.principal,
            plan=(
                Operation(HEAD, PRODUCTION, head.id, good.id),
                pointer_operation(system.state.pointer(dataset), target.id),
            ),
            at=system.clock.now(),
        )
        judge.seal(system, intent)
        carry_out(system, intent)
    corrections.keep(system, dataset)
    return intent


def _good(system: System, dataset: str, target: Release) -> Commit:
    """Return the newest commit of production at which a dataset is a release; all after it are to be dropped."""
    tags = system.lake.tags()
    for commit in system.lake.log(PRODUCTION):
        of, release = commit.metadata.get("dataset"), commit.metadata.get("release")
        if of == dataset and release == target.id:
            if system.lake.tree(commit.id, dataset) != system.lake.tree(record.tag(target.id), dataset):
                raise Conflict(f"{commit.id} does not hold {target.id}", advice="`kfm verify --all` says what is there")
            return commit
        if of != dataset:
            raise GateClosed(f"the reset would drop a commit of {of or 'nobody'}, {commit.id[:12]}", advice=_ORDINARY)
        if release is None or record.tag(Digest(release)) not in tags:
            raise GateClosed(f"the release {release} would be lost: it has no tag", advice=_ORDINARY)
    raise NotFound(f"{PRODUCTION} never held {target.id}", advice=f"`kfm releases {dataset}` shows what was live")


def _demand_open(system: System, stable: Release, target: Release) -> None:
    changes = {
        name: Change(before, after, record.tag(target.id))
        for name, (before, after) in record.changes(system, stable, target).items()
    }
    judge.again(system, system.clock.fresh(), target, changes)
    builds = [change.after for change in changes.values() if change.after]
    decision = record.decide(system, target.dataset, builds, target.id)
    if not decision.opens:
        raise GateClosed("; ".join(decision.reasons), advice=f"`kfm show {target.id[7:19]}` has the verdicts")
