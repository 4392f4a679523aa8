"""Real releases of the registered datasets, made from their samples in memory, with catalogs and all that is evidence.

What `resolve` finds is what was kept: builds, their files, acquired files, terms, specifications, policy, run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import polars as pl

from kfm_assets.catalogs import Run, partition_documents, release_documents
from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, Json, digest_bytes, digest_of
from kfm_assets.domain.catalog import ITEM, partition_path
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.domain.evidence_ref import BuildRef, DatasetRef, DocumentRef, RawRef, ReleaseRef, RunRef
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release, compose
from kfm_assets.domain.verdict import Gate
from kfm_assets.gates.catalogs import CatalogEvidence, Observed
from kfm_assets_tests.gates.cases import Nodes

COUNTIES, QUAKES, STORMS = "geography/counties", "hazards/earthquakes", "hazards/storm_events"
TERMS = b"Terms as they were quoted."
COMMIT = "c0ffee"
RUN = "20261121t031500-1f9a2c4b"
AT = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
POLICY = Policy("test", "any", (), (Gate.CATALOGS,), thresholds={}, most_days={})


@dataclass(frozen=True)
class Made:
    """A build with what it is made of and what it holds."""

    spec: Dataset
    build: Build
    account: Mapping[str, Json]
    contents: Mapping[str, bytes]
    raw: Mapping[Digest, tuple[str, str]]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        return making.tables_of(self.spec, self.build.partition, self.contents)

    @property
    def documents(self) -> dict[str, bytes]:
        return partition_documents(self.spec, self.build, self.account, self.raw)


@cache
def made(dataset: str, partition: str, origin: Origin = Origin.REAL, seed: int = 1, rows: int = 60) -> Made:
    """Make one partition from the dataset's sample, as the engine does, upstream builds first."""
    program, spec = registry.program(dataset), registry.specification(dataset)
    upstream = {key: made(key, STATIC, origin, seed) for key in spec.requires}
    files = []
    for name, content in program.sample(partition, rows, seed).items():
        feed = next(feed for feed in spec.upstream.feeds if re.search(feed.file_name, name))
        payload = Payload(feed.wire, name, content, digest_bytes(content))
        files.append((payload, program.parse(payload)))
    main = {key: one.contents[making.table_path(STATIC, one.spec.main.name)] for key, one in upstream.items()}
    stored, account = making.make(program, partition, files, main, origin)
    inputs = [Input(payload.name, payload.digest) for payload, _ in files]
    inputs += [Input(f"{key}@{STATIC}", one.build.id) for key, one in upstream.items()]
    build = Build(
        dataset=dataset,
        partition=partition,
        spec_hash=spec.spec_hash,
        code=digest_of({"code": dataset}),
        origin=origin,
        inputs=tuple(sorted(inputs)),
        terms=digest_bytes(TERMS),
        artifacts=tuple(
            Artifact(file.path, digest_bytes(file.content), len(file.content), file.media_type) for file in stored
        ),
    )
    raw = {payload.digest: (dataset, payload.name) for payload, _ in files}
    return Made(spec, build, account, {file.path: file.content for file in stored}, raw)


@dataclass(frozen=True)
class World:
    """A release with its catalogs, and what was kept."""

    spec: Dataset
    release: Release
    parts: Mapping[str, Made]
    changed: tuple[str, ...]
    documents: Mapping[str, bytes]
    kept: Mapping[str, Digest]

    def resolve(self, ref: str) -> Digest | None:
        return self.kept.get(ref)

    def evidence(self, **changes: object) -> CatalogEvidence:
        """Return the evidence that gate D is given of this release; some of it exchanged."""
        documents = dict(self.documents)
        documents.update(changes.pop("written", {}))
        listed = {path: digest_bytes(content) for path, content in documents.items()}
        given = {
            path: content
            for path, content in documents.items()
            if path.endswith("item.json") or path.count("/") == 1 or path.split("/")[1] in self.changed
        }
        evidence = CatalogEvidence(
            specification=self.spec,
            release=self.release,
            subject=self.release.id,
            changed={name: self.parts[name].build for name in self.changed},
            mapped={name: part.build.id for name, part in self.parts.items()},
            documents=given,
            listed=listed,
            tables=lambda name: self.parts[name].tables,
            resolve=self.resolve,
            before={
                path: digest_bytes(content)
                for path, content in self.documents.items()
                if path.count("/") > 1 and path.split("/")[1] not in self.changed
            },
            run=observed(self.parts, self.release, self.changed),
        )
        return replace(evidence, **changes)


def run(parts: Mapping[str, Made], release: Release) -> Run:
    return Run(
        name=RUN,
        started=AT,
        created=AT + timedelta(seconds=90),
        principal="somebody",
        branch=f"run-{RUN}",
        commits=dict.fromkeys(parts, COMMIT),
        own=frozenset([COMMIT]),
        tag=f"rel-{release.id[7:]}",
        environment={"git_commit": "", "kfm_assets": "0.1.0", "python": "3.11.7"},
        policy=POLICY.digest,
    )


def observed(parts: Mapping[str, Made], release: Release, changed: tuple[str, ...]) -> Observed:
    """Return what is seen of the same run."""
    told = run(parts, release)
    return Observed(
        name=told.name,
        principal=told.principal,
        branch=told.branch,
        commits={name: told.commits[name] for name in changed},
        own=told.own,
        tag=told.tag,
        environment=told.environment,
        at=told.created + timedelta(seconds=1),
    )


@cache
def world(
    dataset: str,
    partitions: tuple[str, ...],
    changed: tuple[str, ...] = (),
    origin: Origin = Origin.REAL,
    empty: tuple[str, ...] = (),
) -> World:
    """Make a release of some partitions, all of them changed unless some are named, with its catalogs."""
    parts = {name: made(dataset, name, origin, rows=0 if name in empty else 60) for name in partitions}
    spec = registry.specification(dataset)
    release = compose(Nodes(), dataset, None, {name: part.build.id for name, part in parts.items()}, origin)
    documents = {path: content for part in parts.values() for path, content in part.documents.items()}
    items = {name: json.loads(documents[partition_path(name, ITEM)]) for name in parts}
    changed = changed or partitions
    documents |= release_documents(spec, release, items, run(parts, release), changed)
    return World(spec, release, parts, changed, documents, kept(spec, release, parts.values()))


def kept(spec: Dataset, release: Release, parts: Iterable[Made]) -> dict[str, Digest]:
    """Return what every reference leads to, by reference."""
    found = {
        str(DatasetRef(spec.key)): spec.spec_hash,
        str(ReleaseRef(release.id)): release.id,
        str(RunRef(RUN)): digest_of("receipt"),
        str(DocumentRef(spec.spec_hash)): spec.spec_hash,
        str(DocumentRef(POLICY.digest)): POLICY.digest,
        **{str(DatasetRef(key)): registry.specification(key).spec_hash for key in spec.requires},
    }
    for part in parts:
        build = part.build
        found[str(BuildRef(build.id))] = build.id
        found |= {str(BuildRef(build.id, one.path)): one.digest for one in build.artifacts}
        found |= {str(RawRef(key, digest, file)): digest for digest, (key, file) in part.raw.items()}
        found |= {str(BuildRef(one.digest)): one.digest for one in build.inputs if "@" in one.name}
        found[str(RawRef(spec.key, build.terms))] = build.terms
        found[str(DocumentRef(build.code))] = build.code
    return found
