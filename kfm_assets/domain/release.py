"""A release: one immutable state of a whole dataset, partition to build. Promoting builds makes `stable ⊕ builds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, digest_of


@dataclass(frozen=True, slots=True)
class Release:
    """`builds` is the root of a Merkle map from partition to build id. All its builds are of one origin."""

    dataset: str
    builds: Digest
    origin: Origin

    @property
    def id(self) -> Digest:
        """The digest of the release's canonical JSON."""
        return digest_of(self)

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Release:
        """Read what `canonical_json(release)` wrote."""
        return cls(str(document["dataset"]), Digest(str(document["builds"])), Origin(str(document["origin"])))


def compose(
    nodes: merkle.Nodes, dataset: str, stable: Release | None, changes: Mapping[str, Digest | None], origin: Origin
) -> Release:
    """Return `stable ⊕ changes`: partitions set to a build, or removed where it is None.

    Builds of another origin than the stable release's start afresh: real replaces synthetic as a whole. The opposite is
    refused by `origin_conflict`, which whoever promotes asks first.
    """
    base = stable.builds if stable and stable.origin == origin else merkle.EMPTY
    return Release(dataset, merkle.update(nodes, base, dict(changes)), origin)


def origin_conflict(stable: Release | None, origin: Origin) -> str:
    """Say in one line why builds of this origin may not follow the stable release; empty where they may."""
    if stable and stable.origin is Origin.REAL and origin is Origin.SYNTHETIC:
        return f"{stable.dataset} holds real data, which synthetic data never replaces"
    return ""
