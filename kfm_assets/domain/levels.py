"""Service levels: what a dataset's pipeline is held to over time, in place of one build or release. Data, never code.

An indicator (SLI) is what is measured, an objective (SLO) what it should be. A gate decides about one content; a level
decides about nothing, and says whether the pipeline as a whole is well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kfm_assets.domain.canonical import Digest, digest_of


@dataclass(frozen=True)
class ServiceLevels:
    """What applies to one dataset: its objectives and its ceilings as decimals, by name.

    An objective whose name ends in `_least` or in `_most` is met from there on, or up to there. An error budget is what
    a percentage leaves to 100. A ceiling is what one run may cost at the very most.
    """

    name: str
    dataset: str
    objectives: Mapping[str, str]
    ceilings: Mapping[str, str]

    @cached_property
    def digest(self) -> Digest:
        """The digest of what applied."""
        return digest_of(self)
