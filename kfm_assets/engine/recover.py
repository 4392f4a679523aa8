"""Recover: finish or undo what a crash left, and write the papers that it kept from being written."""

from __future__ import annotations

from dataclasses import dataclass

from kfm_assets.domain.journal import Intent, Mark
from kfm_assets.engine import corrections, freeze
from kfm_assets.engine.publish import settle
from kfm_assets.ports import PRODUCTION, System

_LEASE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What recovery did: each unfinished plan with its mark now, the rollbacks that got their record, new snapshots."""

    plans: tuple[tuple[Intent, Mark], ...]
    corrections: tuple[str, ...]
    snapshots: tuple[str, ...]


def recover(system: System) -> Recovered:
    """Bring every unfinished plan to an end. Doing it again does nothing. Raises Conflict while production is held."""
    with system.state.lease(PRODUCTION, _LEASE_SECONDS):
        plans = tuple((intent, settle(system, intent)) for intent in system.state.unfinished())
    return Recovered(plans, corrections.keep(system), freeze.keep(system))
