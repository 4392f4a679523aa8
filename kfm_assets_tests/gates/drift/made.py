"""A small dataset that is watched for drift, rows of it for tests, and a policy's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from kfm_assets.adapters.policies import load
from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest, digest_of
from kfm_assets.domain.dataset import Column, Dataset, Grain, Partitions, Table
from kfm_assets.domain.drift import Drift, DriftColumn, Part, Practice, Scale
from kfm_assets.domain.policy import Policy
from kfm_assets.gates.drift import DriftEvidence, bins, counting, limits
from kfm_assets.gates.drift.judging import History

STORMS = "hazards/storm_events"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ROOT = digest_of("the map of builds")

COLUMNS = (
    DriftColumn("kind", Scale.CATEGORICAL, "kinds"),
    DriftColumn("amount", Scale.CONTINUOUS, "amounts", bins=4, zero=True),
    DriftColumn("paid", Scale.CONTINUOUS, "amounts of hail", column="amount", only=("kind", "hail"), positive=True),
    DriftColumn("place", Scale.SPATIAL, "places", at=("east", "north")),
    DriftColumn("hour", Scale.CIRCULAR, "hours", column="begin", part=Part.HOUR, period=24),
)

TABLE = Table(
    name="events",
    description="events",
    columns=(
        Column("number", "int64", "number"),
        Column("kind", "string", "kind", nullable=True),
        Column("amount", "float64", "amount", nullable=True),
        Column("place", "int32", "place", nullable=True),
        Column("east", "float64", "longitude", nullable=True),
        Column("north", "float64", "latitude", nullable=True),
        Column("begin", "timestamp", "begin", nullable=True),
    ),
    key=("number",),
    time_column="begin",
)


def specification(*columns: DriftColumn, grain: Grain = Grain.YEAR, practices: Sequence[Practice] = ()) -> Dataset:
    first = "1900" if grain is Grain.YEAR else "1900-01"
    return replace(
        registry.specification(STORMS),
        tables=(TABLE,),
        partitions=Partitions(grain, first),
        drift=Drift(columns or COLUMNS, tuple(practices), utc_offset_hours=-6),
    )


def rows(year: int, count: int = 200, seed: int = 0, *, kinds: Sequence[float] = (0.5, 0.3, 0.2)) -> pl.DataFrame:
    """Return events of a year: hail, wind and tornadoes of one place in ten, in the afternoons of spring and summer."""
    rng = np.random.default_rng([year, seed])
    begin = [
        datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=int(day), hours=float(hour))
        for day, hour in zip(rng.normal(160, 40, count).clip(1, 363), rng.normal(23, 3, count), strict=True)
    ]
    place = rng.integers(1, 11, count)
    return pl.DataFrame(
        {
            "number": np.arange(count),
            "kind": rng.choice(["hail", "wind", "tornado"], count, p=kinds),
            "amount": np.where(rng.random(count) < 0.7, 0.0, rng.lognormal(8, 2, count)),
            "place": place,
            "east": place / 10 - 100.0,
            "north": 38.0 + place % 3,
            "begin": begin,
        },
        schema_overrides={"place": pl.Int32, "begin": pl.Datetime("us", "UTC")},
    )


def policy(**thresholds: str) -> Policy:
    """Return the policy that comes with the package, with some thresholds replaced."""
    packaged = load(registry.DATASETS)[STORMS]
    return replace(packaged, thresholds={**packaged.thresholds, **thresholds})


def build_of(partition: str) -> Digest:
    return digest_of(partition)


def history(
    spec: Dataset, frames: Mapping[str, pl.DataFrame], cut: bins.Bins | None = None, **thresholds: str
) -> History:
    cut = cut or bins.freeze(spec, ROOT, frames)
    counts = [counting.count(spec, cut, name, build_of(name), frame) for name, frame in sorted(frames.items())]
    return History(spec, cut, counts, limits.read(policy(**thresholds)), NOW)


def evidence(spec: Dataset, frames: Mapping[str, pl.DataFrame], changed: Sequence[str]) -> DriftEvidence:
    cut = bins.freeze(spec, ROOT, frames)
    return DriftEvidence(
        specification=spec,
        subject=digest_of("release"),
        mapped={name: build_of(name) for name in frames},
        changed=frozenset(changed),
        bins=cut.content,
        counts={name: counting.count(spec, cut, name, build_of(name), frame).content for name, frame in frames.items()},
        rows=frames.__getitem__,
        now=NOW,
    )
