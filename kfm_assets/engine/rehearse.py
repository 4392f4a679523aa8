"""Rehearse: put what would be promoted on the stage environment, by a plan of its own. Readers see nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from kfm_assets.datasets import registry
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.operation import Operation
from kfm_assets.engine.promote import Promotion, choose
from kfm_assets.engine.publish import carry_out, production
from kfm_assets.engine.staging import stage
from kfm_assets.engine.targets import REHEARSED, audit_branch
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION, STAGE, System


def rehearse(system: System, dataset: str, partitions: Sequence[str] | None = None) -> Promotion:
    """Put the builds that wait on the stage environment, as the release that promoting them would make live.

    They go on waiting. Raises GateClosed and Conflict as `promote` does.
    """
    registry.specification(dataset)
    with production(system):
        chosen = choose(system, dataset, partitions)
        if chosen.release is None or not chosen.changes:
            return Promotion(chosen.release.id if chosen.release else None, (), chosen.held)
        with suppress(Conflict):
            system.lake.create_branch(STAGE, PRODUCTION)
        txn = system.clock.fresh()
        stage(system, txn, chosen.release, chosen.changes)
        before, after = (system.lake.tree(ref, dataset) for ref in (STAGE, audit_branch(txn)))
        intent = Intent(
            txn=txn,
            action=Action.REHEARSAL,
            dataset=dataset,
            source=chosen.stable.id if chosen.stable else None,
            target=chosen.release.id,
            partitions=tuple(sorted(chosen.changes)),
            reason="",
            category="",
            principal=system.principal,
            plan=(Operation(REHEARSED, dataset, before, after),),
            at=system.clock.now(),
        )
        carry_out(system, intent)
        return Promotion(chosen.release.id, intent.partitions, chosen.held)
