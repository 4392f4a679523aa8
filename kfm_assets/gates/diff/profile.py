"""A partition's tables in figures, kept once for each build, so that later partitions are compared with it unread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.gates.diff.quantities import Summary, quantities, summaries

VERSION = "v1"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rows of each table of a partition, and the figures of its numeric columns, by table and column."""

    rows: Mapping[str, int]
    columns: Mapping[str, Mapping[str, Summary]]

    def document(self, build: Digest) -> dict[str, Json]:
        """Return the profile of a build as plain JSON without floats."""
        return {
            "kfm_profile_version": VERSION,
            "build": build,
            "tables": {
                table: {"rows": self.rows[table], "columns": {name: one.document() for name, one in columns.items()}}
                for table, columns in self.columns.items()
            },
        }


def profile(spec: Dataset, tables: Mapping[str, pl.DataFrame]) -> Profile:
    """Return the figures of a partition's tables."""
    known = {table.name: table for table in spec.tables if table.name in tables}
    return Profile(
        {name: tables[name].height for name in known},
        {name: summaries(tables[name], quantities(spec, table)) for name, table in known.items()},
    )


def read(document: bytes, build: Digest) -> Profile | None:
    """Return what `Profile.document` wrote of a build; None where it is another version's, or of another build."""
    told = json.loads(document)
    if not isinstance(told, dict) or (told.get("kfm_profile_version"), told.get("build")) != (VERSION, build):
        return None
    tables = told["tables"]
    return Profile(
        {name: table["rows"] for name, table in tables.items()},
        {
            name: {column: Summary.from_json(one) for column, one in table["columns"].items()}
            for name, table in tables.items()
        },
    )
