"""What gate D is given of a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import BuildRef
from kfm_assets.domain.release import Release


@dataclass(frozen=True, slots=True)
class Observed:
    """The run that put a release together, as it was seen at work.

    `commits` says at which commit of the lake the build of each partition that it brings was found; those in `own` are
    on the run's `branch`, which is there. `tag` is what the release is to be read at, `at` the time of the hearing.
    """

    name: str
    principal: str
    branch: str
    commits: Mapping[str, str]
    own: frozenset[str]
    tag: str
    environment: Mapping[str, str]
    at: datetime


@dataclass(frozen=True)
class CatalogEvidence:
    """A release, its catalogs as they are stored, and how to look up what they refer to.

    `subject` is the id under which the release is on record. `changed` are the builds of the partitions that it
    changes, None for one that it removes; `mapped` is the build of every partition, as the release's own map has it.
    `documents` are kept bytes by path below the dataset's prefix: the release's three, the three of each changed
    partition, and the STAC item of every other partition. `listed` is every path of the release's tree below `catalog`,
    with its digest. `tables` reads back the stored tables of a changed partition; what it raises of polars' and of this
    project's errors is evidence that could not be read. `resolve` returns the digest of what an evidence reference
    names, None where it names nothing that is kept; a dataset or a run may have any.
    `base` is the release that this one follows, and `before` is `listed` of it, where gate D let it pass: a document of
    a partition that is not among the changed ones must be the one that was judged then. `run` is what was seen of the
    run that put the release together. It is None for a release that was judged before, and is judged again to go back
    to it: what it said of its base, its policy and its changes then is no longer what it would say now, and its
    specification may have been worded differently.
    """

    specification: Dataset
    release: Release
    subject: Digest
    changed: Mapping[str, Build | None]
    mapped: Mapping[str, Digest]
    documents: Mapping[str, bytes]
    listed: Mapping[str, Digest]
    tables: Callable[[str], Mapping[str, pl.DataFrame]]
    resolve: Callable[[str], Digest | None]
    before: Mapping[str, Digest]
    run: Observed | None
    base: Digest | None = None

    @property
    def fresh(self) -> bool:
        """Whether the release was just put together."""
        return self.run is not None

    @cached_property
    def builds(self) -> Mapping[str, Build]:
        """The changed partitions that the release has, sorted."""
        return {name: build for name, build in sorted(self.changed.items()) if build}

    def ref(self, partition: str, path: str = "") -> str:
        """Return the reference to a partition's build, or to a file of it, after the release's map."""
        return str(BuildRef(self.mapped[partition], path))

    @cached_property
    def worded(self) -> Mapping[str, Build]:
        """Those of them of which catalogs must say what the specification says today."""
        today = self.specification.spec_hash
        return {name: build for name, build in self.builds.items() if self.fresh or build.spec_hash == today}

    @property
    def is_worded(self) -> bool:
        """Whether the release's own documents must say what the specification says today."""
        return self.fresh or (bool(self.builds) and len(self.worded) == len(self.builds))
