"""Where and when rows changed: counts by unit, and by a cell of the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Dataset, Grain, Table
from kfm_assets.gates.diff.pairs import Pair, stacked

COUNTY = "county_fips"
"""What a map is coloured by, where a table has it: the county's code within Kansas."""

MOST_UNITS = 400
"""Units of which there are more are not told one by one."""

KINDS = ("added", "removed", "changed")
_CELLS = {Grain.YEAR: "%Y-%m", Grain.MONTH: "%Y-%m-%d"}
_NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were added, removed and changed, by what they have in common."""

    by: str
    found: dict[str, dict[str, int]]

    def document(self) -> dict[str, Json]:
        """Return the counts, by group, sorted."""
        return {"by": self.by, "counts": {name: dict(self.found[name]) for name in sorted(self.found)}}


def by_unit(spec: Dataset, table: Table, pairs: Sequence[Pair]) -> Counts | None:
    """Count changes by county where the table has that, else by the dataset's unit; None where there is neither.

    A row without a unit counts as `none`. Of units that are too many there is only how many.
    """
    names = {column.name for column in table.columns}
    column = next((name for name in (COUNTY, spec.unit_column) if name in names), None)
    if column is None:
        return None
    found = _counted(pairs, column, pl.col(column).cast(pl.String))
    return Counts(column, found) if len(found) <= MOST_UNITS else None


def by_time(spec: Dataset, table: Table, pairs: Sequence[Pair]) -> Counts | None:
    """Count changes by month, or by day where a partition is a month, in UTC; None for a table without times."""
    form = _CELLS.get(spec.partitions.grain)
    if not (form and table.time_column):
        return None
    return Counts(table.time_column, _counted(pairs, table.time_column, pl.col(table.time_column).dt.strftime(form)))


def _counted(pairs: Sequence[Pair], column: str, group: pl.Expr) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        rows = stacked(((one.partition, getattr(one, kind)) for one in pairs), [column])
        if rows.height and column in rows.columns:
            for name, count in _groups(rows, group):
                found.setdefault(name or _NOWHERE, dict.fromkeys(KINDS, 0))[kind] = count
    return found


def _groups(rows: pl.DataFrame, group: pl.Expr) -> Iterable[tuple[str | None, int]]:
    counted = rows.select(group.alias("group")).group_by("group").len()
    return cast("Iterable[tuple[str | None, int]]", counted.iter_rows())
