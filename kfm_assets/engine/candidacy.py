"""A candidate release as it stands before the gates, and what a gate says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.engine.staging import Change
from kfm_assets.gates.evidence import Judgement
from kfm_assets.ports import System


@dataclass(frozen=True, slots=True)
class Candidacy:
    """A candidate release, the run that put it together, what it changes in the stable one, and its catalogs' root."""

    run: str
    release: Release
    changes: Mapping[str, Change]
    catalogs: Digest


class Heard(NamedTuple):
    """What a gate says of a candidate, the digests of the documents that it saw, and the partitions that close it."""

    judgement: Judgement
    evidence: tuple[Digest, ...]
    closing: frozenset[str] = frozenset()


Hearing = Callable[[System, Candidacy, Policy], Heard]
"""Gathers the evidence that a gate asks for, and hears it."""
