"""The pointer: one row per dataset that readers follow. Every swap, an undo included, writes a new generation."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from kfm_assets.domain.canonical import Digest, canonical_json


class Step(StrEnum):
    """How much of a candidate is exposed: none yet, or this percentage of the dataset's units."""

    SHADOW = "shadow"
    ONE = "1"
    FIVE = "5"
    QUARTER = "25"
    HALF = "50"
    FULL = "100"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which release readers of a dataset get. A dataset that nothing was published of has generation 0."""

    dataset: str
    stable: Digest | None = None
    candidate: Digest | None = None
    step: Step | None = None
    generation: int = 0

    def moved_to(self, stable: Digest | None) -> Pointer:
        """Return the next generation of this pointer, at another release and with no rollout."""
        return replace(self, stable=stable, candidate=None, step=None, generation=self.generation + 1)

    def encode(self) -> str:
        """Return the text that stands for this pointer in a plan."""
        return canonical_json(self).decode()

    @classmethod
    def decode(cls, text: str) -> Pointer:
        """Read what `encode` wrote."""
        document = json.loads(text)
        document["step"] = Step(document["step"]) if document["step"] else None
        return cls(**document)
