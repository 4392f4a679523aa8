"""How far a revised partition is from what is live: each measure, its limit, and what the excess comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import polars as pl

from kfm_assets.domain.dataset import Column, Dataset, Grain, Table
from kfm_assets.gates.diff.content import row_weights, value_weights
from kfm_assets.gates.diff.contributors import Explanation, stack
from kfm_assets.gates.diff.limits import Limits
from kfm_assets.gates.diff.pairs import Pair
from kfm_assets.gates.diff.quantities import Floats, adds_up, at, quantities, values_of
from kfm_assets.gates.diff.rows import RowChanges

_LEVELS = tuple(level / 100 for level in range(5, 100, 5))
_LEAST_VALUES = 20
"""A distribution of fewer values has no shape to speak of."""

_LOWEST = 0.01

_LIMITS = {"magnitude": ("magnitude_most_times", "times"), "columns_lost": ("columns_lost_most", "columns")}
"""The limits that are no share in percent, with their units, by check."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured on a table of a partition, and how much of it the policy bears.

    `amount` and `most` are in one unit. `explain` says what it comes from, where somebody asks.
    """

    check: str
    table: str
    partition: str
    amount: float
    most: Decimal
    unit: str
    said: str
    explain: Callable[[], Explanation | None] = field(default=lambda: None, repr=False)

    @property
    def exceeds(self) -> bool:
        """Whether it is more than the policy bears. What cannot be compared is more."""
        return not self.amount <= float(self.most)


@dataclass(frozen=True, slots=True)
class Revised:
    """A table of a revised partition, with what it is measured by.

    `usual` is the median of the column's totals in the partitions around it. Of an `unfinished` period more rows are no
    excess.
    """

    spec: Dataset
    table: Table
    pair: Pair
    rows: RowChanges
    limits: Limits
    usual: Callable[[str], float]
    unfinished: bool


def measures(one: Revised) -> Iterator[Measure]:
    """Yield every measure of a revised table."""
    yield from _of_rows(one)
    yield from _of_groups(one)
    yield from _of_cells(one)
    for column in quantities(one.spec, one.table):
        if column.name in one.rows.before.columns and column.name in one.rows.after.columns:
            yield from _of_values(one, column)


# --- rows -------------------------------------------------------------------------------------------------------------


def _of_rows(one: Revised) -> Iterator[Measure]:
    counts, few = one.pair.counts, int(one.limits.withdrawn_rows_most)
    before, removed, added = counts["before"], counts["removed"], counts["added"]
    grown = 0 if one.unfinished else added
    churn = removed + grown
    yield _measure(
        one,
        "rows_removed",
        _percent(removed, before, few),
        f"{removed} of {before} rows are gone",
        _by_rows(one, "removed"),
    )
    yield _measure(
        one,
        "rows_added",
        _percent(grown, before, few),
        f"{added} rows came to {before}",
    )
    yield _measure(
        one,
        "key_churn",
        _percent(churn, before + grown, few),
        f"{churn} of {before + grown} keys are in one of both only",
        _by_rows(one, "removed"),
    )
    lost = [*one.rows.columns.removed, *one.rows.columns.retyped]
    yield _measure(
        one,
        "columns_lost",
        len(lost),
        f"columns are gone or of another type: {', '.join(lost)}" if lost else "no column is gone",
    )


def _of_groups(one: Revised) -> Iterator[Measure]:
    """Yield the largest loss of a month (or a day, where a partition is a month), and of a unit."""
    gone = np.zeros(one.rows.before.height, np.bool_)
    gone[one.rows.removed] = True
    for word, groups in _groups(one):
        counted = (
            pl.DataFrame({"group": groups, "gone": gone})
            .group_by("group")
            .agg(pl.len().alias("rows"), pl.col("gone").sum())
            .filter((pl.col("rows") >= int(one.limits.group_rows_least)) & pl.col("group").is_not_null())
            .with_columns((pl.col("gone") / pl.col("rows")).alias("share"))
            .sort("share", "gone", "group", descending=[True, True, False])
        )
        if counted.height:
            group, rows, lost, _ = counted.row(0)
            yield _measure(
                one,
                "group_removed",
                _percent(lost, rows, int(one.limits.withdrawn_rows_most)),
                f"{lost} of the {rows} rows of {word} {group} are gone",
            )


def _groups(one: Revised) -> Iterator[tuple[str, pl.Series]]:
    before, time, unit = one.rows.before, one.table.time_column, one.spec.unit_column
    if time in before.columns and one.spec.partitions.grain is not Grain.STATIC:
        months = one.spec.partitions.grain is Grain.YEAR
        yield "month" if months else "day", before[time].dt.strftime("%m" if months else "%d")
    if unit in before.columns and unit not in one.table.key:
        yield unit, before[unit].cast(pl.String)


# --- cells ------------------------------------------------------------------------------------------------------------


def _of_cells(one: Revised) -> Iterator[Measure]:
    rows, few = one.rows, int(one.limits.correction_rows_most)
    paired = rows.before.height - rows.removed.size
    width = len([name for name in rows.before.columns if name in rows.after.columns and name not in rows.key])
    changed = sum(rows.rows_by_column.values())
    yield _measure(
        one,
        "cells_changed",
        _percent(changed, paired * width, few * width),
        f"{changed} of {paired * width} cells of rows that stay are changed",
        _by_rows(one, "changed"),
    )
    for name, count in list(rows.rows_by_column.items())[:1]:
        yield _measure(
            one,
            "column_changed",
            _percent(count, paired, few),
            f"{name} is changed in {count} of {paired} rows that stay",
            _by_rows(one, "changed"),
        )


# --- values -----------------------------------------------------------------------------------------------------------


def _of_values(one: Revised, column: Column) -> Iterator[Measure]:
    before, after = (values_of(frame[column.name]) for frame in (one.rows.before, one.rows.after))
    if np.array_equal(before, after):
        return
    if column.name in one.limits.totals and adds_up(column):
        yield _total(one, column, float(before.sum()), float(after.sum()))
    moved = one.rows.rows_by_column.get(column.name, 0) + one.rows.added.size + one.rows.removed.size
    is_correction = moved <= one.limits.correction_rows_most
    if not one.unfinished and not is_correction and min(before.size, after.size) >= _LEAST_VALUES:
        yield _distribution(one, column, before, after)
    if before.size and before[0] >= 0 and column.name in one.rows.cells:
        yield from _magnitude(one, column, before)


def _total(one: Revised, column: Column, before: float, after: float) -> Measure:
    """Measure a total's shift, in percent of what it was, or of what is usual around it where that is more."""
    shift = after - before
    amount = 0.0 if one.unfinished and shift > 0 else abs(shift)
    of = max(abs(before), abs(one.usual(column.name)))
    return _measure(
        one,
        "total_shift",
        amount / of * 100 if of else (float("inf") if amount else 0.0),
        f"the sum of {column.name} goes from {before:.6g} to {after:.6g}{_unit(column)}",
        _by_values(one, column),
    )


def _distribution(one: Revised, column: Column, before: Floats, after: Floats) -> Measure:
    """Measure how far quantiles move: the mean of the 5th to 95th, in percent of the span between those two before.

    A few wrong values, however wrong, do not move it; a unit or a column that is another one does.
    """
    old, new = np.array(at(before, _LEVELS)), np.array(at(after, _LEVELS))
    span = old[-1] - old[0]
    moved = float(np.abs(new - old).mean())
    return _measure(
        one,
        "distribution_shift",
        moved / span * 100 if span else (float("inf") if moved else 0.0),
        f"the values of {column.name} move by {moved:.4g} on average, where nine in ten lay within {span:.6g}",
        _by_values(one, column) if adds_up(column) else None,
    )


def _magnitude(one: Revised, column: Column, before: Floats) -> Iterator[Measure]:
    """Measure how many times a single number grew, or shrank to; what is near nothing counts as the least that is not.

    Of columns without negative values only: elsewhere zero is a point on a scale like any other.
    """
    positive = before[before > 0]
    marks = one.rows.cells[column.name]
    if not positive.size:
        return
    least = at(positive, (_LOWEST,))[0]
    old, new = (
        frame[column.name].gather(places[marks]).cast(pl.Float64).to_numpy()
        for frame, places in zip((one.rows.before, one.rows.after), one.rows.changed, strict=True)
    )
    both = (old > 0) & (new > 0)
    if not both.any():
        return
    old, new = np.maximum(old[both], least), np.maximum(new[both], least)
    times = np.maximum(new / old, old / new)
    worst = int(np.argmax(times))
    beyond = int(np.count_nonzero(times > float(one.limits.magnitude_most_times)))
    yield _measure(
        one,
        "magnitude",
        float(times[worst]),
        f"{column.name} goes from {old[worst]:.6g} to {new[worst]:.6g}{_unit(column)} in a row, and as far in {beyond}",
        _by_values(one, column) if adds_up(column) else None,
    )


# --- forms ------------------------------------------------------------------------------------------------------------


def _measure(
    one: Revised, check: str, amount: float, said: str, explain: Callable[[], Explanation | None] | None = None
) -> Measure:
    limit, unit = _LIMITS.get(check, (f"{check}_most_percent", "%"))
    most: Decimal = getattr(one.limits, limit)
    return Measure(check, one.table.name, one.pair.partition, amount, most, unit, said, explain or (lambda: None))


def _percent(part: int, whole: int, few: int) -> float:
    """Return a share in percent; 0 of a part that is a correction."""
    if part <= few:
        return 0.0
    return part / whole * 100 if whole else float("inf")


def _unit(column: Column) -> str:
    return f" {column.unit}" if column.unit else ""


def _by_rows(one: Revised, kind: str) -> Callable[[], Explanation]:
    def explain() -> Explanation:
        rows = stack(one.spec, one.table, [one.pair])
        return rows.explain(row_weights(rows, [one.pair], kind))

    return explain


def _by_values(one: Revised, column: Column) -> Callable[[], Explanation]:
    def explain() -> Explanation:
        rows = stack(one.spec, one.table, [one.pair], [column.name])
        return rows.explain(value_weights(rows, column.name))

    return explain
