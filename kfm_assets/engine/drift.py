"""Drift: the frozen bins and the counts that a release carries, and the evidence on them for the gate `drift`.

They lie among the files of a release, beside its catalogs: sealed, exported and verified with it, and for good where it
has its tag. A partition is counted once; a later release takes over the counts of what it does not change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfm_assets.datasets import making, registry, tables
from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest, Json, digest_bytes
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Gate
from kfm_assets.engine import catalog_map, record
from kfm_assets.engine.brought import brought, is_tagged
from kfm_assets.engine.candidacy import Candidacy, Heard
from kfm_assets.engine.staging import Change
from kfm_assets.errors import IntegrityError
from kfm_assets.ports import System

if TYPE_CHECKING:
    import polars as pl

    from kfm_assets.gates.drift.bins import Bins

BINS = "drift/bins.json"
COUNTS = "drift/counts/"

REFERENCE_MOST_ROWS = 1_000_000
"""Bins are cut by the first partitions of a release, up to so many rows."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """The documents that the gate goes by: the bins, and the counts of each partition."""

    bins: bytes
    counts: Mapping[str, bytes]


def files(system: System, candidate: Release, changes: Mapping[str, Change], root: Digest) -> dict[str, bytes | None]:
    """Return the files of drift in which a release differs from what the map `root` has of them; None removes one."""
    if not _watched(candidate.dataset):
        return {}
    counted = _counted(system, candidate, changes, root)
    wanted: dict[str, bytes | None] = {BINS: counted.bins}
    wanted |= {f"{COUNTS}{partition}.json": content for partition, content in counted.counts.items()}
    there = {path: file.digest for path, file in catalog_map.listed(system, root).items() if path.startswith("drift/")}
    gone: dict[str, bytes | None] = dict.fromkeys(there.keys() - wanted.keys())
    return gone | {
        path: content for path, content in wanted.items() if content and digest_bytes(content) != there.get(path)
    }


def hear(system: System, candidacy: Candidacy, policy: Policy) -> Heard:
    """Hear the gate `drift` on a candidate release."""
    from kfm_assets.gates.drift import DriftEvidence, drift  # noqa: PLC0415 - numpy, which the CLI's start avoids

    release, spec = candidacy.release, registry.specification(candidacy.release.dataset)
    changes = brought(system, release, candidacy.changes)
    counted = _counted(system, release, changes, candidacy.catalogs) if _watched(spec.key) else _Counted(b"{}", {})
    mapped = record.builds(system, release)
    evidence = DriftEvidence(
        specification=spec,
        subject=release.id,
        mapped=mapped,
        changed=frozenset(name for name, change in changes.items() if change.after),
        bins=counted.bins,
        counts=counted.counts,
        rows=_Rows(system, spec, release, mapped, changes),
        now=system.clock.now(),
    )
    judgement, closing = drift(evidence, policy)
    with system.state.together():
        kept = [system.state.documents.put(content) for content in (counted.bins, *counted.counts.values())]
    sealed = () if candidacy.catalogs == merkle.EMPTY else (candidacy.catalogs,)
    return Heard(judgement, (*sealed, kept[0]), closing)


def found(system: System, release: Digest) -> Mapping[str, Json]:
    """Return what the newest verdict on a release found of each partition, as its report has it; empty without one."""
    verdicts = [one for one in system.state.verdicts([release]) if one.gate is Gate.DRIFT and one.evidence]
    report = json.loads(system.state.documents.get(verdicts[-1].evidence[0])) if verdicts else {}
    partitions: Mapping[str, Json] = report.get("partitions", {})
    return partitions


def _watched(dataset: str) -> bool:
    return registry.specification(dataset).drift is not None


def _counted(system: System, release: Release, changes: Mapping[str, Change], root: Digest) -> _Counted:
    """Return the counts of a release: those that the map `root` has, and the others counted anew."""
    from kfm_assets.gates.drift import counting  # noqa: PLC0415 - numpy and polars, which the CLI's start avoids

    spec, documents = registry.specification(release.dataset), system.state.documents
    listed = {path: file for path, file in catalog_map.listed(system, root).items() if path.startswith("drift/")}
    mapped = record.builds(system, release)
    read = _Rows(system, spec, release, mapped, changes)
    cut = _bins(spec, release, read, documents.get(listed[BINS].digest) if BINS in listed else b"")
    counts: dict[str, bytes] = {}
    for partition, build in mapped.items():
        file = listed.get(f"{COUNTS}{partition}.json")
        content = documents.get(file.digest) if file else b""
        known = counting.read(content) if content else None
        if known is None or (known.build, known.bins) != (build, cut.digest):
            content = counting.count(spec, cut, partition, build, read(partition)).content
        counts[partition] = content
    return _Counted(cut.content, counts)


def _bins(spec: Dataset, release: Release, read: _Rows, there: bytes) -> Bins:
    """Return the bins that the release before has, where they are for good and of today's declaration; or cut some."""
    from kfm_assets.gates.drift import bins  # noqa: PLC0415 - as above

    known = bins.read(there) if there else None
    if (
        known
        and known.declaration == bins.declaration(spec)
        and (not known.provisional or known.builds == release.builds)
    ):
        return known
    frames: dict[str, pl.DataFrame] = {}
    for partition in read.mapped:
        frames[partition] = read(partition)
        if sum(frame.height for frame in frames.values()) >= REFERENCE_MOST_ROWS:
            break
    return bins.freeze(spec, release.builds, frames)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Reads what drift looks at of the main table of a release's partitions; the release need not be staged yet."""

    system: System
    spec: Dataset
    release: Release
    mapped: Mapping[str, Digest]
    changes: Mapping[str, Change]

    def __call__(self, partition: str) -> pl.DataFrame:
        """Return a partition's rows. Raises IntegrityError where the stored table is not that of its build."""
        from kfm_assets.gates.drift.values import needed  # noqa: PLC0415 - as above

        path = making.table_path(partition, self.spec.main.name)
        content = self.system.lake.read(self._holder(partition), f"{self.spec.key}/{path}")
        build = record.build(self.system, self.mapped[partition])
        if digest_bytes(content) not in {artifact.digest for artifact in build.artifacts if artifact.path == path}:
            raise IntegrityError(f"{path} is not what the build of {partition} lists", advice="run again")
        return tables.decode(content, needed(self.spec))

    def _holder(self, partition: str) -> str:
        change = self.changes.get(partition)
        if change and change.after:
            return change.holder
        stable = record.stable(self.system, self.spec.key)
        staged = self.release if is_tagged(self.system, self.release) else stable
        return record.tag(staged.id) if staged else ""
