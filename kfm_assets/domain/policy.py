"""A policy: which gates a dataset must pass and by what measure. Data, never code; its digest is in every verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from kfm_assets.domain.canonical import Digest, digest_of
from kfm_assets.domain.verdict import Gate, Outcome


@dataclass(frozen=True)
class Policy:
    """What applies to one dataset.

    `build_gates` judge each build, `release_gates` the release as a whole. `thresholds` are, by name, a
    decimal, the name of a rule, or words parted by a space, as texts.
    `most_days` is the age in days at which a verdict no longer opens its gate, for the gates that have one. `labels`
    are the policy labels that may be published: those named, and no other. A release must have stood on the stage
    environment for `stage_hours` before it goes live; for 0 it need not have been there.
    `approvals` are the outcomes that a person may accept in place of a PASS, by gate; none where a gate is not named.
    """

    name: str
    dataset: str
    build_gates: tuple[Gate, ...]
    release_gates: tuple[Gate, ...]
    thresholds: Mapping[str, str]
    most_days: Mapping[str, int]
    labels: tuple[str, ...] = ()
    stage_hours: int = 0
    approvals: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> Digest:
        """The digest of what applied."""
        return digest_of(self)

    def words(self, threshold: str) -> tuple[str, ...]:
        """Return the words that a threshold names; none where it is empty or not given."""
        return tuple(self.thresholds.get(threshold, "").split())

    @property
    def most_age(self) -> Mapping[str, timedelta]:
        """How old a verdict may be, by gate, for the gates that have a limit."""
        return {gate: timedelta(days=days) for gate, days in self.most_days.items()}
