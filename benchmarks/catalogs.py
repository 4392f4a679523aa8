"""STAC items created and validated, against pystac; and gate D on 10,000 items, against 1,000.

The items are of a build of the earthquakes' sample, given to as many months as there are items. Ours are made from the
build. pystac is handed all values, makes the same items of them by its own classes, and validates them against the same
schemas by its own `validate()`; it is spared the links to the root and the parent, which it would read.
Gate D is given releases of which every partition is changed: it reads all documents and tables, and resolves all links.
`KFM_BENCH_ITEMS` sets another number of items.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import polars as pl

from benchmarks.figures import Figure
from kfm_assets.catalogs import Run, partition_documents, release_documents, stac
from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, Json, digest_bytes, digest_of
from kfm_assets.domain.catalog import EXTENSIONS, ITEM, partition_path
from kfm_assets.domain.dataset import STATIC
from kfm_assets.domain.evidence_ref import BuildRef, DatasetRef, DocumentRef, RawRef, ReleaseRef, RunRef
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import compose
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.gates.catalogs import CatalogEvidence, Observed, catalogs
from kfm_assets.gates.catalogs.schemas import problem, schema

ITEMS = 10_000
RIVALS = 100
ROUNDS = 3
FASTER = 50.0
MOST = 12.0

COUNTIES, QUAKES = "geography/counties", "hazards/earthquakes"
MONTH = "2015-08"
RUN = "20261121t031500-1f9a2c4b"
POLICY = Policy("benchmark", QUAKES, (), (Gate.CATALOGS,), thresholds={}, most_days={})


class Nodes(dict[Digest, bytes]):
    """Documents in memory."""

    def get(self, digest: Digest) -> bytes:  # type: ignore[override]
        """Return a document."""
        return self[digest]

    def put(self, content: bytes) -> Digest:
        """Keep a document."""
        return self.setdefault(digest_bytes(content), content) and digest_bytes(content)


@dataclass(frozen=True)
class Month:
    """A build of one month, the account of its rows, its tables, and where its acquired files lie."""

    build: Build
    account: Mapping[str, Json]
    tables: Mapping[str, pl.DataFrame]
    raw: Mapping[Digest, tuple[str, str]]


@cache
def month() -> Month:
    """Make a month of the earthquakes' sample."""
    _, counties, _ = _made(COUNTIES, STATIC, {})
    main = making.table_path(STATIC, registry.specification(COUNTIES).main.name)
    inputs, files, account = _made(QUAKES, MONTH, {COUNTIES: next(one.content for one in counties if one.path == main)})
    spec = registry.specification(QUAKES)
    build = Build(
        dataset=QUAKES,
        partition=MONTH,
        spec_hash=spec.spec_hash,
        code=digest_of("code"),
        origin=Origin.SYNTHETIC,
        inputs=(Input(f"{COUNTIES}@{STATIC}", digest_of("counties")), *inputs),
        terms=digest_of("terms"),
        artifacts=tuple(
            Artifact(one.path, digest_bytes(one.content), len(one.content), one.media_type) for one in files
        ),
    )
    tables = making.tables_of(spec, MONTH, {one.path: one.content for one in files})
    return Month(build, account, tables, {one.digest: (QUAKES, one.name) for one in inputs})


def _made(
    dataset: str, partition: str, upstream: Mapping[str, bytes]
) -> tuple[list[Input], list[making.File], Mapping[str, Json]]:
    program = registry.program(dataset)
    (feed,) = program.specification.upstream.feeds
    payloads = [
        Payload(feed.wire, name, content, digest_bytes(content))
        for name, content in program.sample(partition, 60, 1).items()
    ]
    files = [(payload, program.parse(payload)) for payload in payloads]
    made, account = making.make(program, partition, files, upstream, Origin.SYNTHETIC)
    return sorted(Input(payload.name, payload.digest) for payload in payloads), made, account


def months(items: int) -> list[Build]:
    """Return as many builds, each of a month of its own."""
    made = month().build
    names = [f"{1000 + at // 12}-{at % 12 + 1:02}" for at in range(items)]
    return [
        replace(
            made,
            partition=name,
            artifacts=tuple(replace(one, path=one.path.replace(MONTH, name)) for one in made.artifacts),
        )
        for name in names
    ]


def ours(builds: list[Build]) -> list[stac.Document]:
    """Create and validate the items of some builds."""
    spec = registry.specification(QUAKES)
    items = [stac.item(spec, build, month().account, month().raw) for build in builds]
    assert not any(map(problem, items))
    return items


def pystacs(plains: list[stac.Document]) -> list[dict[str, Json]]:
    """Create and validate the same items by pystac's classes."""
    import pystac

    made = []
    for plain in plains:
        item = pystac.Item(
            id=plain["id"],
            geometry=plain["geometry"],
            bbox=plain["bbox"],
            datetime=None,
            start_datetime=datetime.fromisoformat(plain["properties"]["start_datetime"]),
            end_datetime=datetime.fromisoformat(plain["properties"]["end_datetime"]),
            properties=plain["properties"],
            stac_extensions=list(EXTENSIONS),
            collection=plain["collection"],
        )
        for key, asset in plain["assets"].items():
            item.add_asset(key, pystac.Asset.from_dict(asset))
        for link in _others(plain["links"]):
            item.add_link(pystac.Link(link["rel"], link["href"], link.get("type"), link.get("title")))
        item.validate()
        made.append(item.to_dict(include_self_link=False, transform_hrefs=False))
    return made


def _others(links: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the links but those that pystac would follow."""
    return [link for link in links if link["rel"] not in {"root", "parent"}]


def gate(items: int) -> float:
    """Return how many seconds gate D takes for a release of so many partitions."""
    spec, builds = registry.specification(QUAKES), months(items)
    documents: dict[str, bytes] = {}
    for build in builds:
        documents |= partition_documents(spec, build, month().account, month().raw)
    release = compose(Nodes(), QUAKES, None, {build.partition: build.id for build in builds}, Origin.SYNTHETIC)
    parsed = {build.partition: json.loads(documents[partition_path(build.partition, ITEM)]) for build in builds}
    at = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
    run = Run(
        name=RUN,
        started=at,
        created=at,
        principal="benchmark",
        branch=f"run-{RUN}",
        commits=dict.fromkeys(parsed, "c0ffee"),
        own=frozenset(["c0ffee"]),
        tag=f"rel-{release.id[7:]}",
        environment={"python": "3"},
        policy=POLICY.digest,
    )
    documents |= release_documents(spec, release, parsed, run, parsed)
    kept = _kept(builds, release.id)
    evidence = CatalogEvidence(
        specification=spec,
        release=release,
        subject=release.id,
        changed={build.partition: build for build in builds},
        mapped={build.partition: build.id for build in builds},
        documents=documents,
        listed={path: digest_bytes(content) for path, content in documents.items()},
        tables=lambda _: month().tables,
        resolve=kept.get,
        before={},
        run=Observed(
            name=run.name,
            principal=run.principal,
            branch=run.branch,
            commits=run.commits,
            own=run.own,
            tag=run.tag,
            environment=run.environment,
            at=at,
        ),
    )
    began = time.perf_counter()
    judgement = catalogs(evidence, POLICY)
    seconds = time.perf_counter() - began
    assert judgement.outcome is Outcome.PASS, judgement.findings
    lost = replace(evidence, resolve=lambda ref: None if ref == str(BuildRef(builds[-1].id)) else kept.get(ref))
    assert items > 1000 or catalogs(lost, POLICY).outcome is Outcome.FAIL
    return seconds


def _kept(builds: list[Build], release: Digest) -> dict[str, Digest]:
    """Return what every reference leads to."""
    spec = registry.specification(QUAKES)
    documents = [builds[0].code, spec.spec_hash, POLICY.digest]
    found = {str(DocumentRef(digest)): digest for digest in documents}
    found |= {str(ReleaseRef(release)): release, str(RunRef(RUN)): release}
    found |= {str(DatasetRef(key)): registry.specification(key).spec_hash for key in (QUAKES, *spec.requires)}
    found |= {str(RawRef(key, digest, name)): digest for digest, (key, name) in month().raw.items()}
    found[str(RawRef(QUAKES, builds[0].terms))] = builds[0].terms
    for build in builds:
        found[str(BuildRef(build.id))] = build.id
        found |= {str(BuildRef(build.id, one.path)): one.digest for one in build.artifacts}
        found |= {str(BuildRef(one.digest)): one.digest for one in build.inputs}
    return found


def _rate(work: Callable[[list[Any]], object], given: list[Any]) -> float:
    began = time.perf_counter()
    work(given)
    return len(given) / (time.perf_counter() - began)


def measure() -> list[Figure]:
    """Measure both, after seeing that pystac makes the same items and that a wrong one is refused."""
    from pystac.validation import RegisteredValidator

    cached = RegisteredValidator.get_validator().schema_cache
    cached.update({address: schema(address) for address in EXTENSIONS})
    one = months(1)
    assert _plain(ours(one)) == _plain(pystacs(ours(one)))
    wrong = json.loads(json.dumps(ours(one)[0]))
    wrong["assets"]["events"]["file:size"] = -1
    assert problem(wrong)
    plains = ours(months(RIVALS))
    rates: dict[str, float] = {"ours": 0.0, "pystac": 0.0}
    for _ in range(ROUNDS):  # in turns, so that a busy machine slows both
        rates["ours"] = max(rates["ours"], _rate(ours, months(RIVALS * 20)))
        rates["pystac"] = max(rates["pystac"], _rate(pystacs, plains))
    faster = rates["ours"] / rates["pystac"]
    many = int(os.environ.get("KFM_BENCH_ITEMS", ITEMS))
    few = many // 10
    small, large = gate(few), gate(many)
    return [
        Figure(
            name="STAC items created and validated",
            target=f">= {FASTER:.0f}x pystac's own",
            value=f"{faster:.0f}x",
            met=faster >= FASTER,
            note=f"{rates['ours']:,.0f} /s against {rates['pystac']:,.0f} /s, best of {ROUNDS} turns; four extensions",
        ),
        Figure(
            name=f"gate D at {many:,} items, all links and digests resolved",
            target=f"<= {MOST:.0f}x at {few:,}",
            value=f"{large / small:.1f}x",
            met=large <= MOST * small,
            note=f"{large:.0f} s against {small:.1f} s; every partition changed, tables read",
        ),
    ]


def _plain(items: list[Mapping[str, Json]]) -> object:
    """Return items as they are in JSON, with links in one order, and times in one spelling."""
    read = json.loads(json.dumps(items))
    for item in read:
        item["links"] = sorted(_others(item["links"]), key=lambda link: (link["rel"], link["href"]))
        for name in ("start_datetime", "end_datetime"):
            item["properties"][name] = datetime.fromisoformat(item["properties"][name]).isoformat()
    return read


if __name__ == "__main__":
    for figure in measure():
        print(figure)
