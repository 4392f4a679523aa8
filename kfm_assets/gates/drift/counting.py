"""Counts: how many rows of a partition fall into each bin, month by month; kept as evidence, and added up exactly.

The counts of a build under given bins depend on those two alone, so they are made once. What a whole dataset has is the
sum of its partitions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Digest, Json, canonical_json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.drift import DriftColumn, Scale
from kfm_assets.gates.drift.bins import Bins, ColumnBins
from kfm_assets.gates.drift.values import STRATA, months, named, numbers

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
    month = months(rows, spec)
    watched = spec.drift
    offset = watched.utc_offset_hours if watched else 0
    cut = {one.name: one for one in bins.columns}
    tables = {
        column.name: _table(column, cut[column.name], rows, month, offset)
        for column in (watched.columns if watched else ())
    }
    return Counts(partition, build, bins.digest, np.bincount(month, minlength=STRATA).astype(np.int64), tables)


def _table(
    column: DriftColumn, bins: ColumnBins, rows: pl.DataFrame, month: NDArray[np.int64], offset: int
) -> Table:
    width = len(bins.labels)
    if column.scale in {Scale.CATEGORICAL, Scale.SPATIAL}:
        place = _places(named(rows, column), bins)
    else:
        values = numbers(rows, column, offset)
        place = np.where(np.isnan(values), width - 1, np.searchsorted(bins.cuts, values, "right"))
    if column.only:
        mine = (rows.get_column(column.only[0]) == column.only[1]).fill_null(value=False).to_numpy()
        place, month = place[mine], month[mine]
    return np.bincount(month * width + place, minlength=STRATA * width).reshape(STRATA, width).astype(np.int64)


def _places(texts: pl.Series, bins: ColumnBins) -> NDArray[np.int64]:
    known = len(bins.categories)
    codes = texts.cast(_enum(bins.categories), strict=False).to_physical().cast(pl.Int64)
    return codes.fill_null(known).to_numpy() + texts.is_null().to_numpy().astype(np.int64)


@lru_cache(maxsize=64)
def _enum(categories: tuple[str, ...]) -> pl.Enum:
    return pl.Enum(list(categories))


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
