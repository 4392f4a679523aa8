"""A small table of storms, made from a seed, and what the gate `diff` says of changes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl

from kfm_assets.adapters.policies import load
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.domain.artifact import PARQUET, Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.dataset import Column, Dataset, Table
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.diff import report as reports
from kfm_assets.gates.diff.gate import DiffEvidence, Found, diff, unnamed
from kfm_assets.gates.diff.pairs import Pair, pair
from kfm_assets.gates.diff.profile import profile
from kfm_assets.gates.diff.report import Replaced, Report

STORMS = "hazards/storm_events"
DAMAGE = "damage_property_usd"
POLICY = load(DATASETS)[STORMS]

TABLE = Table(
    "details",
    "storms",
    (
        Column("event_id", "int64", "number"),
        Column("event_type", "string", "type"),
        Column("begin_utc", "timestamp", "beginning"),
        Column("county_fips", "int32", "county", nullable=True),
        Column("begin_lat", "float64", "north", nullable=True, unit="degree"),
        Column(DAMAGE, "float64", "damage", nullable=True, unit="USD"),
        Column("event_narrative", "string", "words", nullable=True),
        Column("source_line", "int64", "line"),
    ),
    key=("event_id",),
    time_column="begin_utc",
)
SPEC: Dataset = replace(specification(STORMS), tables=(TABLE,))
YEARS = tuple(str(year) for year in range(1980, 1992))


def storms(year: str, rows: int = 200) -> pl.DataFrame:
    """Return a year's storms, sorted by key as stored tables are; no year has the same ones."""
    draw = np.random.default_rng(int(year))
    months = draw.integers(1, 13, rows)
    return pl.DataFrame(
        {
            "event_id": np.arange(rows) + int(year) * 10_000,
            "event_type": draw.choice(["Hail", "Tornado", "Thunderstorm Wind"], rows),
            "begin_utc": [datetime(int(year), int(month), 3, tzinfo=UTC) for month in months],
            "county_fips": (draw.integers(0, 20, rows) * 2 + 1).astype(np.int32),
            "begin_lat": draw.uniform(37, 40, rows).round(2),
            DAMAGE: draw.choice([0.0, 250.0, 2500.0, 25_000.0, 250_000.0], rows),
            "event_narrative": [f"What was seen of storm {number}, and by whom it was seen" for number in range(rows)],
            "source_line": np.arange(rows),
        },
        schema_overrides={"begin_utc": pl.Datetime("us", "UTC")},
    )


def build(year: str, frame: pl.DataFrame | None) -> Build | None:
    """Return a build of some rows: another one for other rows."""
    if frame is None:
        return None
    digest = digest_bytes(str(frame.hash_rows(seed=1).to_list()).encode())
    artifact = Artifact(f"processed/{year}/details.parquet", digest, frame.estimated_size(), PARQUET)
    nothing = Digest("sha256:" + "0" * 64)
    return Build(STORMS, year, nothing, nothing, Origin.REAL, (), nothing, (artifact,))


Changed = Mapping[str, tuple[pl.DataFrame | None, pl.DataFrame | None]]


def pairs(changed: Changed) -> dict[str, list[Pair]]:
    """Return the pairs of some years' rows before and after."""
    return {"details": [pair(year, *frames, TABLE.key) for year, frames in sorted(changed.items())]}


def replaced(changed: Changed) -> dict[str, Replaced]:
    """Return what became of some years."""
    return {year: Replaced(*(build(year, frame) for frame in frames)) for year, frames in sorted(changed.items())}


def report(changed: Changed) -> Report:
    """Return the report on a release that changes some years."""
    before, after = (Release(STORMS, digest_bytes(side), Origin.REAL) for side in (b"before", b"after"))
    return reports.document(SPEC, (before, after), 3, replaced(changed), pairs(changed))


def judge(changed: Changed, years: Sequence[str] = YEARS, policy: Policy = POLICY, **more: object) -> Found:
    """Return what the gate says of a release that changes some years; by default under the package's policy."""
    tables = {year: storms(year) for year in years} | {
        year: frame for year, (_, frame) in changed.items() if frame is not None
    }
    evidence = DiffEvidence(
        specification=SPEC,
        subject=Digest("sha256:" + "1" * 64),
        replaced=replaced(changed),
        pairs=pairs(changed),
        partitions=sorted(tables),
        profile=lambda year: profile(SPEC, {"details": tables[year]}),
        **{"name": unnamed, **more},
    )
    return diff(evidence, policy)


def failed(found: Found) -> set[str]:
    """Return the checks that failed."""
    return {finding.check for finding in found.judgement.findings if finding.outcome is Outcome.FAIL}
