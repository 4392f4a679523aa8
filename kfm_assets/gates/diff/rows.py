"""Two tables compared row by row, by key: rows added, removed and changed, and which columns changed in them.

What the changes mean, and whether they may be published, is judged elsewhere. The comparison is exact: null equals
null, NaN equals NaN, other numbers are equal as IEEE 754 has it (so 0.0 equals -0.0) and without any tolerance, and
geometries are compared as their bytes. Rows are paired by one integer that stands for the whole key; tables that are
sorted by their key, as stored ones are, are then merged and not hashed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Json, digest_bytes
from kfm_assets.domain.period import instant

Positions = NDArray[np.int64]
Marks = NDArray[np.bool_]

RECORDED = ("retrieved_utc", "source_file", "source_line")
"""Columns that say when and where a row was read: another retrieval changes them in every row, and revises none."""

MOST_EXAMPLES = 5
_MOST_BYTES = 64
_MOST_CODE = 2**62
_LONG_RUN = 4
"""From so many rows of the same value on, on average, runs are worth finding."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How two tables' columns differ: names added and removed, and of each retyped one its types before and after."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: Mapping[str, tuple[str, str]]

    def __bool__(self) -> bool:
        """Say whether they differ."""
        return bool(self.added or self.removed or self.retyped)


@dataclass(frozen=True, slots=True, eq=False)
class RowChanges:
    """What changed between two tables.

    `removed` are positions of rows in `before`, `added` in `after`, both ascending. `changed` are the pairs of
    positions, before and after, of rows with the same key and other values; `cells` marks, for each column that changed
    anywhere, those of these rows in which it did. Columns that only one table has, or that changed their type, are in
    `columns` and are not compared. Where a column of the key is among those, no row is the same: all are removed, and
    all are added. Of rows that share a key against the rules, the first is paired with the first, and so on.
    """

    key: tuple[str, ...]
    before: pl.DataFrame = field(repr=False)
    after: pl.DataFrame = field(repr=False)
    columns: Columns
    removed: Positions
    added: Positions
    changed: tuple[Positions, Positions]
    cells: Mapping[str, Marks]

    def __bool__(self) -> bool:
        """Say whether anything changed: a row, or a column."""
        return bool(self.columns or self.removed.size or self.added.size or self.changed[0].size)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows were `added`, `removed` and `changed`, and how many are `same`."""
        changed = self.changed[0].size
        same = self.before.height - self.removed.size - changed
        return {"added": self.added.size, "removed": self.removed.size, "changed": changed, "same": same}

    @property
    def rows_by_column(self) -> dict[str, int]:
        """Return in how many rows each column changed, the most first, then by name."""
        found = {name: int(np.count_nonzero(marks)) for name, marks in self.cells.items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def document(self, most: int = MOST_EXAMPLES) -> dict[str, Json]:
        """Return the counts and at most so many examples of each sort of change, as plain JSON without floats."""
        return {
            "key": list(self.key),
            "rows": {"before": self.before.height, "after": self.after.height, **self.counts},
            "columns": {
                "changed": self.rows_by_column,
                "added": list(self.columns.added),
                "removed": list(self.columns.removed),
                "retyped": {name: list(types) for name, types in self.columns.retyped.items()},
            },
            "examples": {
                "added": [self._key(self.after, row) for row in self.added[:most].tolist()],
                "removed": [self._key(self.before, row) for row in self.removed[:most].tolist()],
                "changed": list(self._examples(most)),
            },
        }

    def _key(self, frame: pl.DataFrame, row: int) -> dict[str, Json]:
        return {name: text(frame.item(row, name)) for name in self.key if name in frame.columns}

    def _examples(self, most: int) -> Iterator[dict[str, Json]]:
        """Yield rows that changed, with values before and after; of each column the first, while there is room."""
        firsts = dict.fromkeys(int(np.argmax(marks)) for marks in self.cells.values())
        others = (place for place in range(min(most, self.changed[0].size)) if place not in firsts)
        for place in sorted([*firsts, *others][:most]):
            old, new = int(self.changed[0][place]), int(self.changed[1][place])
            cells = {
                name: {"before": text(self.before.item(old, name)), "after": text(self.after.item(new, name))}
                for name, marks in self.cells.items()
                if marks[place]
            }
            yield {"key": self._key(self.after, new), "cells": cells}


def compare(before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str]) -> RowChanges:
    """Compare two tables, whatever the order of their rows and columns.

    Their columns are of the types that stored tables have: text, integers, floats, booleans, dates, times, bytes.
    """
    columns = _columns(before.schema, after.schema)
    shared = [name for name in after.columns if before.schema.get(name) == after.schema[name]]
    if set(key) <= set(shared):
        left, right = _pairs(before.select(key), after.select(key))
    else:
        left = right = np.empty(0, np.int64)
    old, new = _taker(left, before.height), _taker(right, after.height)
    differ = {name: old(before[name]).ne_missing(new(after[name])) for name in shared if name not in key}
    differ = {name: marks for name, marks in differ.items() if marks.any()}
    anywhere = reduce(pl.Series.__or__, differ.values()).arg_true().to_numpy() if differ else np.empty(0, np.int64)
    return RowChanges(
        key=tuple(key),
        before=before,
        after=after,
        columns=columns,
        removed=_others(left, before.height),
        added=_others(right, after.height),
        changed=(left[anywhere], right[anywhere]),
        cells={name: marks.gather(anywhere).to_numpy() for name, marks in differ.items()},
    )


def said(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return what a table says of its subject: it without RECORDED."""
    return frame.drop(name for name in RECORDED if name in frame.columns and name not in key)


def text(value: object) -> str | int | bool | None:
    """Return a cell as documents tell it: a float as its shortest exact decimal, bytes as hexadecimal or a digest."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, datetime):
        return instant(value) if value.tzinfo else value.isoformat()
    if isinstance(value, bytes):
        return value.hex() if len(value) <= _MOST_BYTES else f"{len(value)} bytes, {digest_bytes(value)}"
    return str(value)


def _columns(before: pl.Schema, after: pl.Schema) -> Columns:
    retyped = {
        name: (str(before[name]), str(dtype)) for name, dtype in after.items() if before.get(name, dtype) != dtype
    }
    return Columns(
        tuple(name for name in after if name not in before),
        tuple(name for name in before if name not in after),
        retyped,
    )


def _taker(positions: Positions, height: int) -> Callable[[pl.Series], pl.Series]:
    """Return what takes the values at some positions out of a column of a table, without a copy where that is all."""
    if not (positions[1:] > positions[:-1]).all():
        return lambda values: values.gather(positions)
    if positions.size == height:
        return lambda values: values
    marks = np.zeros(height, np.bool_)
    marks[positions] = True
    chosen = pl.Series(marks)
    return lambda values: values.filter(chosen)


def _others(positions: Positions, height: int) -> Positions:
    left_over = np.ones(height, np.bool_)
    left_over[positions] = False
    return np.flatnonzero(left_over)


def _pairs(before: pl.DataFrame, after: pl.DataFrame) -> tuple[Positions, Positions]:
    """Return the positions of rows that have the same key, before and after, in the order of the rows before."""
    same_rows = before.height == after.height
    if same_rows and not any(before[name].ne_missing(after[name]).any() for name in before.columns):
        every = np.arange(before.height)
        return every, every
    codes = _codes(pl.concat([before, after]))
    sides = codes.head(before.height), codes.slice(before.height)
    ascend = all(_ascends(side) for side in sides)
    if not ascend and any(side.n_unique() < len(side) for side in sides):
        sides = _numbered(codes, before.height)
    old, new = (pl.DataFrame({"code": side}).with_row_index("row").cast({"row": pl.Int64}) for side in sides)
    if ascend:  # which polars can join by merging
        old, new = old.set_sorted("code"), new.set_sorted("code")
    joined = old.join(new, on="code", how="inner")
    partner = np.full(before.height, -1, np.int64)
    partner[joined["row"].to_numpy()] = joined["row_right"].to_numpy()
    left = np.flatnonzero(partner >= 0)
    return left, partner[left]


def _numbered(codes: pl.Series, rows: int) -> tuple[pl.Series, pl.Series]:
    """Return codes for the rows before and after that tell the rows of a repeated key apart, by their order."""
    frame = pl.DataFrame({"code": _ranked(codes), "side": np.arange(len(codes)) >= rows})
    numbered = frame.select(pl.col("code") * len(codes) + pl.int_range(pl.len()).over("code", "side")).to_series()
    return numbered.head(rows), numbered.slice(rows)


def _codes(keys: pl.DataFrame) -> pl.Series:
    """Return an integer for each row, the same for the same key and no other; in the order of the keys."""
    codes, *others = (_code(keys[name]) for name in keys.columns)
    for code in others:
        if (_most(codes) + 1) * (_most(code) + 1) > _MOST_CODE:
            codes, code = _ranked(codes), _ranked(code)  # noqa: PLW2901 - the same codes, closer together
        codes = codes * (_most(code) + 1) + code
    return codes


def _code(values: pl.Series) -> pl.Series:
    """Return an integer for each value, in the order of the values: 0 for null, and from 1 for the least."""
    if values.dtype.is_integer() or values.dtype.is_temporal():
        numbers = values.to_physical().cast(pl.Int64)
        least = cast("int", numbers.min() or 0)
        # Beyond these bounds the difference itself could overflow.
        if abs(least) < _MOST_CODE // 4 and _most(numbers) < _MOST_CODE // 4:
            return (numbers - (least - 1)).fill_null(0)
    return _ranked(values)


def _ranked(values: pl.Series) -> pl.Series:
    """Return each value's place among the distinct ones; a run of the same value is looked up once."""
    starts = np.ones(len(values), np.bool_)
    starts[1:] = values.slice(1).ne_missing(values.slice(0, max(len(values) - 1, 0))).to_numpy()
    if np.count_nonzero(starts) * _LONG_RUN > len(values):
        return _places(values)
    return _places(values.filter(pl.Series(starts))).gather(np.cumsum(starts) - 1)


def _places(values: pl.Series) -> pl.Series:
    return values.rank("dense").cast(pl.Int64).fill_null(0)


def _most(values: pl.Series) -> int:
    return cast("int", values.max() or 0)


def _ascends(codes: pl.Series) -> bool:
    return bool((codes.slice(1) > codes.slice(0, max(len(codes) - 1, 0))).all())
