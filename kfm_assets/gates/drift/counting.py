"""Counts: how many rows of a partition fall into each bin, month by month; kept as evidence, and added up exactly.

The counts of a build under given bins depend on those two alone, so they are made once. What a whole dataset has is the
sum of its partitions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Digest, Json, canonical_json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.gates.drift.bins import Bins, ColumnBins
from kfm_assets.gates.drift.values import STRATA, Values, values

VERSION = "v1"

Table = NDArray[np.int64]
"""Counts of one column: shape (STRATA, bins), row 0 for rows without a month."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one build: `rows` by month, shape (STRATA,), and a table for each drift column."""

    partition: str
    build: Digest
    bins: Digest
    rows: NDArray[np.int64]
    columns: Mapping[str, Table]

    def same_as(self, other: Counts) -> bool:
        """Say whether these are the same counts of the same build."""
        if (self.partition, self.build, self.bins) != (other.partition, other.build, other.bins):
            return False
        if self.columns.keys() != other.columns.keys() or not np.array_equal(self.rows, other.rows):
            return False
        return all(np.array_equal(table, other.columns[name]) for name, table in self.columns.items())

    @property
    def content(self) -> bytes:
        """The document, in canonical JSON; months without a row are left out."""
        columns: dict[str, Json] = {name: _sparse(table) for name, table in self.columns.items()}
        return canonical_json(
            {
                "kfm_drift_counts_version": VERSION,
                "partition": self.partition,
                "build": self.build,
                "bins": self.bins,
                "rows": self.rows.tolist(),
                "columns": columns,
            }
        )


def count(spec: Dataset, bins: Bins, partition: str, build: Digest, rows: pl.DataFrame) -> Counts:
    """Count the rows of a partition's main table; `rows` need not have more columns than `values.needed` names."""
    month, found = values(rows, spec, {one.name: one.categories for one in bins.columns})
    tables = {one.name: _table(one, found[one.name]) for one in bins.columns}
    each = np.bincount(month, minlength=STRATA).astype(np.int64)
    return Counts(partition, build, bins.digest, each, tables)


def _table(bins: ColumnBins, found: Values) -> Table:
    width = len(bins.labels)
    place = found.values
    if not bins.categories and place.dtype.kind == "f":
        place = np.where(np.isnan(place), width - 1, np.searchsorted(bins.cuts, place, "right"))
    return np.bincount(found.months * width + place, minlength=STRATA * width).reshape(STRATA, width).astype(np.int64)


def added(counts: Iterable[Counts]) -> Mapping[str, Table]:
    """Return the counts of several partitions together, by column: exactly those of all their rows."""
    total: dict[str, Table] = {}
    for one in counts:
        for name, table in one.columns.items():
            total[name] = total[name] + table if name in total else table
    return total


@lru_cache(maxsize=4096)
def read(content: bytes) -> Counts:
    """Read a document. What it returns is shared, and cannot be written to. Raises as `bins.read` does."""
    document: Mapping[str, Any] = json.loads(content)
    if document["kfm_drift_counts_version"] != VERSION:
        raise ValueError(f"counts of version {document['kfm_drift_counts_version']} cannot be read")
    columns = {name: _dense(sparse) for name, sparse in document["columns"].items()}
    rows = _fixed(np.asarray(document["rows"], dtype=np.int64))
    return Counts(document["partition"], Digest(document["build"]), Digest(document["bins"]), rows, columns)


def _sparse(table: Table) -> Json:
    months_with_rows = {str(month): table[month].tolist() for month in np.flatnonzero(table.any(axis=1))}
    return {"bins": table.shape[1], "months": months_with_rows}


def _dense(sparse: Mapping[str, Any]) -> Table:
    table = np.zeros((STRATA, int(sparse["bins"])), dtype=np.int64)
    for month, row in sparse["months"].items():
        table[int(month)] = row
    return _fixed(table)


def _fixed(table: NDArray[np.int64]) -> NDArray[np.int64]:
    table.setflags(write=False)
    return table
