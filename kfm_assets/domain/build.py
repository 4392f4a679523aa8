"""A build: what one run made of one partition of one dataset. Its id depends on content only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.canonical import Digest, digest_of


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """Something a build was made from: a file by name, or another dataset's build by key; and its digest."""

    name: str
    digest: Digest


@dataclass(frozen=True)
class Build:
    """One partition, made: which specification and code, from which inputs, into which artifacts.

    `terms` is the digest of the snapshot of the upstream's terms that held when the inputs were acquired.
    """

    dataset: str
    partition: str
    spec_hash: Digest
    code: Digest
    origin: Origin
    inputs: tuple[Input, ...]
    terms: Digest
    artifacts: tuple[Artifact, ...]

    @cached_property
    def id(self) -> Digest:
        """The digest of the build's canonical JSON."""
        return digest_of(self)

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Build:
        """Read what `canonical_json(build)` wrote."""
        return cls(
            dataset=str(document["dataset"]),
            partition=str(document["partition"]),
            spec_hash=Digest(str(document["spec_hash"])),
            code=Digest(str(document["code"])),
            origin=Origin(str(document["origin"])),
            inputs=tuple(Input(**entry) for entry in _entries(document["inputs"])),
            terms=Digest(str(document["terms"])),
            artifacts=tuple(Artifact(**entry) for entry in _entries(document["artifacts"])),
        )


def _entries(value: object) -> list[dict[str, Any]]:
    return [dict(entry) for entry in cast("list[Mapping[str, Any]]", value)]
