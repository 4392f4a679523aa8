"""A small dataset, one build and one release of it, as evidence that passes every gate; tests bend one thing each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import JSON, NDJSON, PARQUET, Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.dataset import (
    Column,
    Dataset,
    Endpoint,
    Feed,
    Grain,
    Kind,
    Partitions,
    Rule,
    Table,
    Upstream,
)
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import compose
from kfm_assets.domain.verdict import Gate, Outcome, Verdict
from kfm_assets.gates import papers
from kfm_assets.gates.evidence import BuildEvidence, ReleaseEvidence

NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
TERMS = b"Free to use; say where it is from."

SPEC = Dataset(
    key="weather/hail",
    title="Hail",
    description="Hail stones and who saw them",
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, "1950", "America/Chicago"),
    unit="county",
    unit_column="county",
    tables=(
        Table(
            "stones",
            "one row for each stone",
            (Column("id", "int64", "id"), Column("size_mm", "float64", "size"), Column("latitude", "float64", "north")),
            ("id",),
            (Rule("size", "in_range", ("size_mm",), "stones are small", {"min_value": 1, "max_value": 300}),),
        ),
        Table(
            "sightings",
            "one row for each sighting",
            (Column("id", "int64", "id"), Column("stone", "int64", "stone")),
            ("id",),
            (Rule("of_a_stone", "references", ("stone",), "of a stone", {"to": "id"}),),
        ),
    ),
    licence="CC-BY-4.0",
    policy_label="public",
    upstream=Upstream(
        publisher="Hail Office",
        title="Hail",
        homepage="https://example.org/hail",
        terms="Free to use; say where it is from.",
        terms_url="https://example.org/terms",
        feeds=tuple(
            Feed(wire, rf"{wire}\.csv", Endpoint("file", "https://example.org")) for wire in ("stones", "seen")
        ),
        credit="Hail Office",
    ),
    quarantine={"size_unreadable": "the size is no number", "orphan": "no stone"},
    scope={"elsewhere": "not in Kansas"},
    requires=("geography/counties",),
    obligations=("remove:observer", "generalize:latitude:2"),
)

TABLES = {
    "stones": pl.DataFrame({"id": [1, 2, 3], "size_mm": [5.0, 20.0, 45.5], "latitude": [37.25, 38.0, 39.99]}),
    "sightings": pl.DataFrame({"id": [10, 11], "stone": [1, 1]}),
}
QUARANTINE = pl.DataFrame(
    {
        "wire": ["stones"],
        "source_file": ["stones.csv"],
        "source_line": [7],
        "rule": ["size_unreadable"],
        "row": ["4,big"],
    }
)
ACCOUNT = {
    "rows_in": {"stones": 6, "seen": 2},
    "out_of_scope": {"stones": {"elsewhere": 2}},
    "quarantined": {"stones": {"size_unreadable": 1}},
    "rows_out": {"stones": 3, "sightings": 2},
    "yields": {"stones": "stones", "seen": "sightings"},
    "facts": {"largest": "45.5"},
}
COUNTED = {"stones": 6, "seen": 2}

POLICY = Policy(
    name="test",
    dataset=SPEC.key,
    build_gates=(Gate.IDENTITY, Gate.RIGHTS, Gate.SENSITIVITY, Gate.QUALITY),
    release_gates=(Gate.RECEIPT, Gate.MANIFEST),
    thresholds={"quarantine_most_percent": "25"},
    most_days={},
    labels=("public",),
)


class Nodes(dict):
    """Documents in memory."""

    def get(self, digest):
        return self[digest]

    def put(self, content):
        return self.setdefault(digest_bytes(content), content) and digest_bytes(content)


def build(partition: str = "1975", **changes: object) -> Build:
    made = Build(
        dataset=SPEC.key,
        partition=partition,
        spec_hash=SPEC.spec_hash,
        code=digest_bytes(b"code"),
        origin=Origin.REAL,
        inputs=(
            Input("geography/counties@static", digest_bytes(b"counties")),
            Input(f"stones_{partition}.csv", digest_bytes(f"wire {partition}".encode())),
        ),
        terms=digest_bytes(TERMS),
        artifacts=(
            Artifact(f"processed/{partition}/sightings.parquet", digest_bytes(b"s"), 1, PARQUET),
            Artifact(f"processed/{partition}/stones.parquet", digest_bytes(partition.encode()), 4, PARQUET),
            Artifact(f"quarantine/{partition}/rows.ndjson", digest_bytes(b"q"), 1, NDJSON),
            Artifact(f"work/{partition}/account.json", digest_bytes(b"a"), 1, JSON),
        ),
    )
    return replace(made, **changes)


def build_evidence(**changes: object) -> BuildEvidence:
    made = changes.pop("build", build())
    evidence = BuildEvidence(
        specification=SPEC,
        build=made,
        subject=made.id,
        now=NOW,
        terms=TERMS,
        tables=TABLES,
        quarantine=QUARANTINE,
        account=canonical_json(ACCOUNT),
        counted=COUNTED,
    )
    return replace(evidence, **changes)


def verdicts(builds, outcome: Outcome = Outcome.PASS) -> list[Verdict]:
    return [
        Verdict(made.id, gate, POLICY.digest, outcome, (), (digest_bytes(b"evidence"),), NOW)
        for made in builds
        for gate in POLICY.build_gates
    ]


CATALOGS = {
    papers.CATALOGS_MAP: digest_bytes(b"map of catalogs"),
    "catalog/1975/item.json": digest_bytes(b"item of 1975"),
}


def written(changed, release, report) -> dict[str, bytes]:
    """Return the three papers of a release as they are kept."""
    builds = [made for made in changed.values() if made]
    receipt = papers.receipt(
        run="20261121t031500-1f9a2c4b",
        operation="promote",
        release=release,
        builds=builds,
        places={digest_bytes(b"wire 1975"): "weather/hail/raw/ab/stones_1975.csv"},
        environment={"git_commit": "", "python": "3.11.7", "platform": "Linux-6.1", "polars": "2.1.0"},
        code=digest_bytes(b"code"),
        report=report,
        policy=POLICY.digest,
        created_at=NOW,
    )
    manifest = papers.manifest(
        specification=SPEC,
        release=release,
        builds=builds,
        report=report,
        policy=POLICY.digest,
        catalogs=CATALOGS,
    )
    return {
        name: canonical_json(paper)
        for name, paper in (("report", report), ("receipt", receipt), ("manifest", manifest))
    }


def release_evidence(changed=None, **changes: object) -> ReleaseEvidence:
    """Return evidence on a release that changes two partitions and removes a third."""
    changed = changed or {"1975": build("1975"), "1976": build("1976"), "1949": None}
    nodes = Nodes()
    ids = {partition: made.id if made else None for partition, made in changed.items()}
    release = compose(nodes, SPEC.key, None, ids, Origin.REAL)
    builds = [made for made in changed.values() if made]
    removed = [partition for partition, made in changed.items() if made is None]
    report = papers.qa_report(SPEC.key, verdicts(builds), removed)
    evidence = ReleaseEvidence(
        specification=SPEC,
        release=release,
        subject=release.id,
        changed=changed,
        mapped={partition: merkle.lookup(nodes, release.builds, partition) for partition in changed},
        kept={one.digest for made in builds for one in (*made.inputs, *made.artifacts)},
        catalogs=CATALOGS,
        **written(changed, release, report),
    )
    return replace(evidence, **changes)
