"""Bins: how the values of each drift column are cut, frozen with a reference and kept as a content-addressed document.

Once a release has them they stay, whatever comes later, until the declaration in the specification changes or, where
their reference was too small to cut by, until there are more rows. What is in them is `counting`'s.

The document has no floats: an edge is the shortest decimal text that reads back as the same double.
"""

from __future__ import annotations

import json
from calendar import month_abbr
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_bytes, digest_of
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.drift import DriftColumn, Part, Scale
from kfm_assets.gates.drift.places import neighbours
from kfm_assets.gates.drift.values import mask, name, values

VERSION = "v1"

ENOUGH_ROWS = 500
"""Bins that were cut by fewer rows are provisional: they are cut anew with the next release."""

MOST_CATEGORIES = 200
"""More names than these, and a column is no category; the rarest fall in with the unseen."""

MISSING, UNSEEN, ZERO = "missing", "unseen", "zero"

_NAMED = {Scale.CATEGORICAL, Scale.SPATIAL}

_JUST_ABOVE_ZERO = float(np.nextafter(0.0, 1.0))


@dataclass(frozen=True)
class ColumnBins:
    """The bins of one drift column.

    Of numbers: below the first edge, from each edge up to the next, from the last edge on; last of all, missing. Of
    names: each of `categories`, then unseen, then missing. `positions` are where the numbers of a bin lie (the
    reference's median in it), for measures that move rows from one to another; none for missing.
    """

    name: str
    labels: tuple[str, ...]
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    positions: tuple[float, ...] = ()

    @cached_property
    def cuts(self) -> NDArray[np.float64]:
        """The edges as an array."""
        return np.asarray(self.edges, dtype=np.float64)


@dataclass(frozen=True)
class Bins:
    """All bins of a dataset: by which declaration, and by which rows they were cut.

    `builds` is the root of the map of builds of the release whose `partitions` they were cut by.
    """

    dataset: str
    declaration: Digest
    builds: Digest
    partitions: tuple[str, ...]
    rows: int
    columns: tuple[ColumnBins, ...]

    @property
    def provisional(self) -> bool:
        """Whether there were too few rows to cut by."""
        return self.rows < ENOUGH_ROWS

    @cached_property
    def content(self) -> bytes:
        """The document, in canonical JSON."""
        columns: list[Json] = [
            {
                "name": column.name,
                "labels": list(column.labels),
                "edges": [repr(edge) for edge in column.edges],
                "categories": list(column.categories),
                "positions": [repr(position) for position in column.positions],
            }
            for column in self.columns
        ]
        reference: Json = {"builds": self.builds, "partitions": list(self.partitions), "rows": self.rows}
        return canonical_json(
            {
                "kfm_drift_bins_version": VERSION,
                "dataset": self.dataset,
                "declaration": self.declaration,
                "reference": reference,
                "columns": columns,
            }
        )

    @cached_property
    def digest(self) -> Digest:
        """The digest of the document."""
        return digest_bytes(self.content)


@lru_cache(maxsize=64)
def read(content: bytes) -> Bins:
    """Read a document. Raises ValueError, KeyError or TypeError for what is none."""
    document: Mapping[str, Any] = json.loads(content)
    if document["kfm_drift_bins_version"] != VERSION:
        raise ValueError(f"bins of version {document['kfm_drift_bins_version']} cannot be read")
    return Bins(
        dataset=document["dataset"],
        declaration=Digest(document["declaration"]),
        builds=Digest(document["reference"]["builds"]),
        partitions=tuple(document["reference"]["partitions"]),
        rows=int(document["reference"]["rows"]),
        columns=tuple(
            ColumnBins(
                name=one["name"],
                labels=tuple(one["labels"]),
                edges=tuple(map(float, one["edges"])),
                categories=tuple(one["categories"]),
                positions=tuple(map(float, one["positions"])),
            )
            for one in document["columns"]
        ),
    )


def declaration(spec: Dataset) -> Digest:
    """Return the digest of what bins depend on beside the rows: the columns that are watched, and their clock."""
    watched = spec.drift
    return digest_of([watched.columns, watched.utc_offset_hours] if watched else None)


def freeze(spec: Dataset, builds: Digest, partitions: Mapping[str, pl.DataFrame]) -> Bins:
    """Cut the bins of a dataset's drift columns by the rows of some partitions of a release, whose map is `builds`."""
    rows = pl.concat(partitions.values())
    columns = spec.drift.columns if spec.drift else ()
    names = {column.name: _names(column, rows) for column in columns if column.scale in _NAMED}
    _, found = values(rows, spec, names)
    cut = tuple(
        _named(column.name, names[column.name]) if column.name in names else _cut(column, found[column.name].values)
        for column in columns
    )
    return Bins(spec.key, declaration(spec), builds, tuple(partitions), rows.height, cut)


def _cut(column: DriftColumn, found: NDArray[np.float64] | NDArray[np.int64]) -> ColumnBins:
    return _sectors(column) if column.scale is Scale.CIRCULAR else _quantiles(column, found.astype(np.float64))


def _named(column: str, names: tuple[str, ...]) -> ColumnBins:
    return ColumnBins(column, (*names, UNSEEN, MISSING), categories=names)


def _names(column: DriftColumn, rows: pl.DataFrame) -> tuple[str, ...]:
    """Return the names that get a bin: places beside their neighbours, others in the order of how often they occur."""
    looked = mask(column)
    mine = rows if looked is None else rows.filter(looked)
    texts = mine.select(name(column)).to_series()
    counted = texts.drop_nulls().value_counts().sort(["count", texts.name], descending=[True, False])
    names: tuple[str, ...] = tuple(counted[texts.name].head(MOST_CATEGORIES))
    return neighbours(names, texts, mine, column.at) if column.at else names


def _sectors(column: DriftColumn) -> ColumnBins:
    width = column.period / column.bins
    edges = tuple(width * place for place in range(1, column.bins))
    labels = [f"{width * place:g} to {width * (place + 1):g}" for place in range(column.bins)]
    if column.part is Part.MONTH and width == 1:
        labels = list(month_abbr[1:])
    middles = tuple(width * (place + 0.5) for place in range(column.bins))
    return ColumnBins(column.name, (*labels, MISSING), edges, positions=middles)


def _quantiles(column: DriftColumn, values: NDArray[np.float64]) -> ColumnBins:
    """Cut at quantiles of the values that are there; the ends stay open, so an outlier counts as the end's.

    A quantile is a value that occurs, so that a value which repeats is in one bin with all of its like.
    """
    there = values[~np.isnan(values)]
    spread = there[there != 0] if column.zero else there
    at = np.arange(1, column.bins) / column.bins
    edges = np.unique(np.quantile(spread, at, method="inverted_cdf")) if spread.size else np.empty(0)
    if column.zero:
        edges = np.unique(np.concatenate([[0.0, _JUST_ABOVE_ZERO], edges[edges > 0]]))
    texts = ["0" if edge == _JUST_ABOVE_ZERO else f"{edge:g}" for edge in edges]
    labels = _between(texts)
    if column.zero:
        labels[1] = ZERO
    return ColumnBins(column.name, (*labels, MISSING), tuple(map(float, edges)), positions=_medians(there, edges))


def _between(texts: Sequence[str]) -> list[str]:
    if not texts:
        return ["any"]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *inner, f"{texts[-1]} and more"]


def _medians(values: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[float, ...]:
    """Return where the values of each bin lie; of a bin without any, its edge."""
    place = np.searchsorted(edges, values, "right")
    found: list[float] = []
    for number in range(edges.size + 1):
        inside = values[place == number]
        if inside.size:
            found.append(float(np.median(inside)))
        elif number == 0:
            found.append(float(np.nextafter(edges[0], -np.inf)) if edges.size else 0.0)
        else:
            found.append(float(edges[number - 1]))
    return tuple(found)
