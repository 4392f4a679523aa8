"""What a change comes from: the partition, the unit, the types of rows that most of it falls upon.

Each row has a signed weight (a value that came or one that is gone, or just a row); the change is the sum of them.
For each column that sorts rows into groups, a group's share is its part of that sum. A share says little where the
group has as many of the rows anyway, so columns are taken by how far the share of their largest group is over its share
of the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Dataset, Grain, Table
from kfm_assets.gates.diff.pairs import PARTITION, Pair, stacked
from kfm_assets.gates.diff.quantities import Floats, decimal, share

MONTH = "month"
"""Stands for the month of a table's time column, 01 to 12, in UTC, where a partition is a year."""

NONE = "none"
"""Stands for null."""

_MOST_WORDS, _MOST_UNITS = 60, 400
_MOST_TOLD = 3
_MOST_LETTERS = 40
_LEAST_SHARE = 0.5
_LEAST_OVER = 0.05
_MOST_SHARE = 1.5
"""Where a group has more than that, others go the opposite way, and a share says nothing."""

_STEPS = 2
_KEPT_SHARE = 0.9
"""A further group is named where at least so much of what was explained falls upon it too."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows with one value of a column, and which share of a change falls upon them; 1 is all of it."""

    column: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A change, the groups that it comes from, the share of it that all of these have together, and each column's most.

    There is no group where none has half of the change, and clearly more of it than of the rows.
    """

    change: float
    together: float
    groups: tuple[Group, ...]
    largest: tuple[Group, ...]

    def document(self) -> dict[str, Json]:
        """Return it with numbers as decimal text."""
        return {
            "change": decimal(self.change),
            "share_percent": share(self.together, 1),
            "groups": [_told(group) for group in self.groups],
            "largest": [_told(group) for group in self.largest],
        }


def _told(group: Group) -> dict[str, Json]:
    return {"column": group.column, "value": group.value, "share_percent": share(group.share, 1)}


@dataclass(frozen=True)
class Stack:
    """All rows before and, below them, all rows after, sorted into groups by each column that does."""

    frame: pl.DataFrame = field(repr=False)
    rows_before: int
    dimensions: tuple[str, ...]

    @cached_property
    def grouped(self) -> Mapping[str, tuple[NDArray[np.integer[Any]], list[str]]]:
        """Of each column that sorts the rows into several groups: the group of each row, and the groups' values."""
        found = {}
        for name in self.dimensions:
            if name in self.frame.columns:
                column = self.frame[name]
                most = _MOST_WORDS if column.dtype == pl.String and name != PARTITION else _MOST_UNITS
                if not _is_prose(column) and column.head(4 * most).n_unique() <= most and 1 < column.n_unique() <= most:
                    words = column.cast(pl.String).fill_null(NONE)
                    # Sorted, so that of groups with the same share the same one is named on any machine.
                    values = words.unique().sort()
                    found[name] = (words.cast(pl.Enum(values)).to_physical().to_numpy(), values.to_list())
        return found

    def explain(self, weights: Floats) -> Explanation:
        """Say what a change comes from. The weights are those of all rows, before and after."""
        change = math.fsum(weights.tolist())
        # Where several say nearly as much, the partition and the unit come first, and then as they are specified.
        groups = sorted(self._largest(weights, change), key=lambda one: -round(one[1] * _STEPS))
        chosen: list[Group] = []
        together, inside = 0.0, np.ones(len(weights), np.bool_)
        for group, over in groups:
            codes, values = self.grouped[group.column]
            narrower = inside & (codes == values.index(group.value))
            part = float(weights[narrower].sum()) / change
            enough = part >= (_KEPT_SHARE * together if chosen else _LEAST_SHARE)
            if enough and part <= _MOST_SHARE and over > _LEAST_OVER and len(chosen) < _MOST_TOLD:
                together, inside = part, narrower
                chosen.append(group)
        return Explanation(change, together, tuple(chosen), tuple(group for group, _ in groups))

    def _largest(self, weights: Floats, change: float) -> Iterable[tuple[Group, float]]:
        """Yield each column's largest group, with how far its share is over its share of the rows."""
        if change == 0 or not len(weights):
            return
        for name, (codes, values) in self.grouped.items():
            shares = np.bincount(codes, weights, minlength=len(values)) / change
            if NONE in values and self.frame.schema[name] == pl.String:
                shares[values.index(NONE)] = 0.0  # That a word is missing says nothing; that a unit is, does.
            place = int(np.argmax(shares))
            rows = np.count_nonzero(codes == place) / len(weights)
            yield Group(name, values[place], float(shares[place])), float(shares[place]) - rows


def _is_prose(column: pl.Series) -> bool:
    """Say whether a column's first values are too long to be words for groups."""
    longest = column.head(_MOST_UNITS).str.len_chars().max() if column.dtype == pl.String else None
    return isinstance(longest, int) and longest > _MOST_LETTERS


def stack(spec: Dataset, table: Table, pairs: Sequence[Pair], more: Iterable[str] = ()) -> Stack:
    """Put the rows of some partitions together, with `more` columns, whose values weights are made of."""
    words = [column.name for column in table.columns if column.dtype == "string" and column.name not in table.key]
    names = {column.name for column in table.columns}
    units = [name for name in dict.fromkeys((spec.unit_column, "county_fips")) if name in names]
    times = [table.time_column] if table.time_column and spec.partitions.grain is Grain.YEAR else []
    columns = list(dict.fromkeys((*units, *words, *times, *more)))
    sides = [stacked(((one.partition, getattr(one, side)) for one in pairs), columns) for side in ("before", "after")]
    frame = sides[1] if not sides[0].height else pl.concat(sides, how="diagonal_relaxed")
    if times and times[0] in frame.columns:
        frame = frame.with_columns(pl.col(times[0]).dt.strftime("%m").alias(MONTH))
    return Stack(frame, sides[0].height, (PARTITION, *units, *words, *([MONTH] if times else [])))
