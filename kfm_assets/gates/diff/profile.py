"""A partition's rows and totals, kept once for each build, so that later partitions are compared with it unread."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset, Table
from kfm_assets.gates.diff.quantities import adds_up, decimal, quantities

VERSION = "v1"


@dataclass(frozen=True, slots=True)
class Profile:
    """The number of rows of each table of a partition, and the total of each column that adds up, by table."""

    rows: Mapping[str, int]
    totals: Mapping[str, Mapping[str, float]]

    def document(self, build: Digest) -> dict[str, Json]:
        """Return the profile of a build as plain JSON without floats."""
        return {
            "kfm_profile_version": VERSION,
            "build": build,
            "rows": {**self.rows},
            "totals": {
                table: {name: decimal(total) for name, total in totals.items()} for table, totals in self.totals.items()
            },
        }


def profile(spec: Dataset, tables: Mapping[str, pl.DataFrame]) -> Profile:
    """Return the rows and totals of a partition's tables."""
    known = {table.name: table for table in spec.tables if table.name in tables}
    return Profile(
        {name: tables[name].height for name in known},
        {name: _totals(spec, table, tables[name]) for name, table in known.items()},
    )


def _totals(spec: Dataset, table: Table, frame: pl.DataFrame) -> dict[str, float]:
    """Return exact sums, rounded once: the same in any order of the rows."""
    types = dict(zip(frame.columns, frame.dtypes, strict=True))
    names = [
        one.name
        for one in quantities(spec, table)
        if adds_up(one) and one.name in types and types[one.name].is_numeric()
    ]
    if not names:
        return {}
    values = frame.select(pl.col(names).cast(pl.Float64).fill_nan(None).fill_null(0)).to_numpy()
    return {name: math.fsum(values[:, place].tolist()) for place, name in enumerate(names)}


def read(document: bytes, build: Digest) -> Profile | None:
    """Return what `Profile.document` wrote of a build; None where it is another version's, or of another build."""
    told = json.loads(document)
    if not isinstance(told, dict) or (told.get("kfm_profile_version"), told.get("build")) != (VERSION, build):
        return None
    return Profile(
        told["rows"],
        {table: {name: float(total) for name, total in totals.items()} for table, totals in told["totals"].items()},
    )
