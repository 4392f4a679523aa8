"""Resolve: what an evidence reference names, without guessing: found by digest, by key or by name, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest, canonical_json
from kfm_assets.domain.catalog import PROV, release_path
from kfm_assets.domain.evidence_ref import (
    BuildRef,
    DatasetRef,
    DecisionRef,
    DocumentRef,
    EvidenceRef,
    RawRef,
    ReleaseRef,
    RunRef,
    parse,
)
from kfm_assets.domain.release import Release
from kfm_assets.engine import catalog_map, raw, record
from kfm_assets.errors import IntegrityError, KfmError, NotFound
from kfm_assets.gates.papers import run_id
from kfm_assets.ports import Recorded, System


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a reference names: its digest, and where its bytes lie: at a reference of the lake, or among documents."""

    digest: Digest
    ref: str = ""
    path: str = ""


def content(system: System, resolved: Resolved) -> bytes:
    """Return the bytes of what was resolved, checked. Raises IntegrityError, NotFound."""
    if resolved.ref:
        return system.lake.read(resolved.ref, resolved.path)
    return system.state.documents.get(resolved.digest)


def resolve(system: System, text: str) -> Resolved:
    """Return what a reference names; of one with a fragment, as catalogs have them, the whole that this is a part of.

    Raises:
        UsageError: for what is no evidence reference.
        NotFound: where nothing is of that name.
    """
    found = Resolver(system).find(parse(text.partition("#")[0]))
    if found is None:
        raise NotFound(f"{text} names nothing here", advice="references are of one home; `kfm doctor` says which it is")
    return found


@dataclass
class Resolver:
    """Finds what references name: what is on record, and a candidate release with the commits where its builds lie."""

    system: System
    candidate: Release | None = None
    holders: Mapping[Digest, str] = field(default_factory=dict)

    def digest(self, text: str) -> Digest | None:
        """Return the digest of what a reference names; None where it names nothing, or is no reference."""
        try:
            found = self.find(parse(text))
        except KfmError:
            return None
        return found.digest if found else None

    def find(self, ref: EvidenceRef) -> Resolved | None:
        """Return what a reference names, or None."""
        match ref:
            case DatasetRef(dataset):
                return self._dataset(dataset)
            case ReleaseRef(digest, path):
                return self._release(digest, path)
            case BuildRef(digest, path):
                return self._build(digest, path)
            case DocumentRef(digest) | DecisionRef(digest):
                return self._document(digest)
            case RawRef(dataset, digest, file):
                return self._raw(dataset, digest, file)
            case RunRef(name):
                return self._run(name)

    def _dataset(self, dataset: str) -> Resolved | None:
        """Return the dataset's specification, as it is today."""
        try:
            specification = registry.specification(dataset)
        except NotFound:
            return None
        return Resolved(self.system.state.documents.put(canonical_json(specification.document)))

    def _release(self, digest: Digest, path: str) -> Resolved | None:
        release = self.candidate if self.candidate and self.candidate.id == digest else self._recorded(digest)
        if release is None:
            return None
        if not path:
            return Resolved(self.system.state.documents.put(canonical_json(release)))
        return self._file(record.tag(digest), f"{release.dataset}/{path}")

    def _build(self, digest: Digest, path: str) -> Resolved | None:
        try:
            build = record.build(self.system, digest)
        except (IntegrityError, KeyError, ValueError):
            return None
        if not path:
            return Resolved(digest)
        return self._file(self._holder(build.dataset, build.partition, digest), f"{build.dataset}/{path}")

    def _document(self, digest: Digest) -> Resolved | None:
        with suppress(IntegrityError):
            self.system.state.documents.get(digest)
            return Resolved(digest)
        return None

    def _raw(self, dataset: str, digest: Digest, file: str) -> Resolved | None:
        """Return an acquired file by its name, or the snapshot of the terms with that digest."""
        path = raw.raw_path(dataset, file, digest) if file else raw.terms_path(dataset, digest)
        found = self._file(raw.RAW, path)
        return found if found and found.digest == digest else None

    def _run(self, name: str) -> Resolved | None:
        """Return the receipt of a run, or the PROV of a release that it put together, whose receipt is newer by now."""
        documents, reference = self.system.state.documents, run_id(name)
        for recorded in reversed(self._known):
            if json.loads(documents.get(recorded.receipt))["run_id"] == reference:
                return Resolved(recorded.receipt)
        for recorded in reversed(self._known):
            told = catalog_map.lookup(
                self.system, catalog_map.root_of(self.system, recorded.release), release_path(PROV)
            )
            if told and json.dumps(reference).encode() in documents.get(told.digest):
                return Resolved(told.digest)
        return None

    def _file(self, ref: str, path: str) -> Resolved | None:
        if not ref:
            return None
        with suppress(NotFound):
            return Resolved(self.system.lake.stat(ref, path).digest, ref, path)
        return None

    def _holder(self, dataset: str, partition: str, build: Digest) -> str:
        """Return where a build lies in the lake: what was said, a branch where it waits, or a release that has it."""
        if build in self.holders:
            return self.holders[build]
        for pending in self.system.state.pending(dataset):
            if pending.build == build:
                return pending.commit
        for release in self._tagged(dataset):
            if record.build_id(self.system, release, partition) == build:
                return record.tag(release.id)
        return ""

    def _recorded(self, digest: Digest) -> Release | None:
        try:
            return self.system.state.release(digest).release
        except NotFound:
            return None

    def _tagged(self, dataset: str) -> Iterator[Release]:
        """Yield the releases whose data lie in the lake, newest first."""
        for recorded in reversed(self._known):
            if recorded.release.dataset == dataset and record.tag(recorded.release.id) in self._tags:
                yield recorded.release

    @cached_property
    def _known(self) -> Sequence[Recorded]:
        return self.system.state.releases()

    @cached_property
    def _tags(self) -> Mapping[str, str]:
        return self.system.lake.tags()
