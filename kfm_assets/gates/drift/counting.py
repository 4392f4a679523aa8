"""Counts: how many rows of a partition fall into each bin, month by month; kept as evidence, and added up exactly.

The counts of a build under given bins depend on those two alone, so they are made once. What a whole dataset has is the
sum of its partitions.
"""

from __future__ import annotations

import base64
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

_PACKED = np.dtype("<u4")

Table = NDArray[np.int64]
"""Counts of one column: shape (STRATA, bins), row 0 for rows without a month."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one build: `rows` by month, shape (STRATA,), and a table for each drift column.

    `whole` has all tables side by side, in the order of the columns, which are parts of it.
    """

    partition: str
    build: Digest
    bins: Digest
    rows: NDArray[np.int64]
    whole: Table
    columns: Mapping[str, Table]

    def same_as(self, other: Counts) -> bool:
        """Say whether these are the same counts of the same build."""
        if (self.partition, self.build, self.bins) != (other.partition, other.build, other.bins):
            return False
        same_columns = list(self.columns) == list(other.columns)
        return same_columns and np.array_equal(self.rows, other.rows) and np.array_equal(self.whole, other.whole)

    @property
    def content(self) -> bytes:
        """The document, in canonical JSON.

        The months that have rows, the columns with how many bins each has, and for each of these months the counts of
        all bins of all columns, as unsigned 32-bit integers, little-endian, in base64 (RFC 4648). A release reads the
        counts of all its partitions, and numbers in digits would take ten times as long to read.
        """
        filled = np.flatnonzero(self.rows)
        counts = self.whole[filled]
        packed = counts.astype(_PACKED)
        if not np.array_equal(packed, counts):
            raise OverflowError("a bin has more rows than 32 bits can count")
        columns: list[Json] = [[name, table.shape[1]] for name, table in self.columns.items()]
        return canonical_json(
            {
                "kfm_drift_counts_version": VERSION,
                "partition": self.partition,
                "build": self.build,
                "bins": self.bins,
                "rows": self.rows.tolist(),
                "months": filled.tolist(),
                "columns": columns,
                "counts": base64.b64encode(packed.tobytes()).decode("ascii"),
            }
        )


def count(spec: Dataset, bins: Bins, partition: str, build: Digest, rows: pl.DataFrame) -> Counts:
    """Count the rows of a partition's main table; `rows` need not have more columns than `values.needed` names."""
    month, found = values(rows, spec, {one.name: one.categories for one in bins.columns})
    tables = {one.name: _table(one, found[one.name]) for one in bins.columns}
    each = np.bincount(month, minlength=STRATA).astype(np.int64)
    whole = np.concatenate(list(tables.values()), axis=1)
    return Counts(partition, build, bins.digest, each, whole, tables)


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
    months, widths = document["months"], [(str(name), int(width)) for name, width in document["columns"]]
    whole = np.zeros((STRATA, sum(width for _, width in widths)), dtype=np.int64)
    packed = np.frombuffer(base64.b64decode(document["counts"], validate=True), _PACKED)
    whole[months] = packed.reshape(len(months), whole.shape[1])
    _fixed(whole)
    columns: dict[str, Table] = {}
    begin = 0
    for name, width in widths:
        columns[name] = whole[:, begin : begin + width]
        begin += width
    rows = _fixed(np.asarray(document["rows"], dtype=np.int64))
    return Counts(document["partition"], Digest(document["build"]), Digest(document["bins"]), rows, whole, columns)


def _fixed(table: NDArray[np.int64]) -> NDArray[np.int64]:
    table.setflags(write=False)
    return table
