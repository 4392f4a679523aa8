"""Real releases of the registered datasets, made from their samples in memory, with catalogs and all that is evidence.

What `resolve` finds is what was kept: builds, their files, acquired files, terms, specifications, policy, run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import polars as pl

from kfm_assets.catalogs import partition_documents
from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, Json, digest_bytes, digest_of
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Gate

COUNTIES, QUAKES, STORMS = "geography/counties", "hazards/earthquakes", "hazards/storm_events"
TERMS = b"Terms as they were quoted."
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
def made(dataset: str, partition: str, origin: Origin = Origin.REAL, seed: int = 1) -> Made:
    """Make one partition from the dataset's sample, as the engine does, upstream builds first."""
    program, spec = registry.program(dataset), registry.specification(dataset)
    upstream = {key: made(key, STATIC, origin, seed) for key in spec.requires}
    files = []
    for name, content in program.sample(partition, 60, seed).items():
        feed = next(feed for feed in spec.upstream.feeds if feed.wire in name or len(spec.upstream.feeds) == 1)
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
