"""The journal's entries: the write-ahead log of plans. The intent is durable before the first swap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.operation import Plan


class Mark(StrEnum):
    """Where a transaction stands."""

    INTENT = "INTENT"
    DONE = "DONE"
    UNDONE = "UNDONE"


class Action(StrEnum):
    """What a plan is for."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    RESET = "reset"
    """Break glass: production's branch itself is moved back, and history is dropped."""

    REHEARSAL = "rehearsal"
    """A release is put on the stage environment; readers see nothing of it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A plan that is about to be carried out: for which dataset, from which release to which, why, and by whom."""

    txn: str
    action: Action
    dataset: str
    source: Digest | None
    target: Digest
    partitions: tuple[str, ...]
    reason: str
    category: str
    principal: str
    plan: Plan
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An intent and the mark that it has reached, since when."""

    intent: Intent
    mark: Mark
    marked_at: datetime

    @property
    def went_live(self) -> bool:
        """Whether readers got the release that the plan was for."""
        return self.mark is Mark.DONE and self.intent.action is not Action.REHEARSAL
