"""Collect: remove from the lake what nothing names any more, after a time in which somebody may still want it."""

from __future__ import annotations

from datetime import timedelta

from kfm_assets.engine.build import run_branch
from kfm_assets.engine.targets import audit_branch
from kfm_assets.ports import Collected, System

RETENTION = timedelta(days=7)
"""How long a run's branch, and bytes that nothing names, are kept."""


def collect(system: System, *, dry_run: bool = False, retention: timedelta = RETENTION) -> Collected:
    """Remove old run and audit branches, then old bytes that no branch, tag or commit reaches.

    The branches of builds that wait and of plans that are unfinished stay. Every release that was staged has a tag, and
    what is raw lies on a branch of its own, so neither is ever removed.
    """
    keep = {run_branch(pending.run) for pending in system.state.pending()}
    keep |= {audit_branch(intent.txn) for intent in system.state.unfinished()}
    return system.lake.collect(keep=keep, before=system.clock.now() - retention, dry_run=dry_run)
