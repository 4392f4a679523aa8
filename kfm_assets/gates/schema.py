"""A frame's schema against a specified table: which columns, in which order, of which types; nulls; the key.

The checks are those of a strict, ordered pandera schema with a unique key, and one more: a float column that may be
null holds no NaN either, since what is unknown is null. Rules on values stand in `quality`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import polars as pl

from kfm_assets.domain.dataset import Column, Table
from kfm_assets.gates.checks import CheckResult, Measure, Part, settled, unmeasured

DTYPES: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "float64": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
    "geometry": pl.Binary(),
}
"""The polars type of each type that a specification names. A geometry is WKB."""


def fits(frame: pl.DataFrame, column: Column) -> bool:
    """Say whether a frame has a column, with the type that the specification gives it."""
    there = frame.get_column(column.name, default=None)
    return there is not None and there.dtype == DTYPES.get(column.dtype)


def structure(frame: pl.DataFrame, table: Table) -> list[CheckResult]:
    """Check what the frame's header tells: columns that are missing, added, out of order, of another type."""
    wanted, there = [column.name for column in table.columns], frame.columns
    missing = [name for name in wanted if name not in there]
    added = [name for name in there if name not in wanted]
    present = [name for name in there if name in wanted]
    ordered = [name for name in wanted if name in there]
    moved = next((name for name, other in zip(present, ordered, strict=True) if name != other), "")
    types = [
        f"{column.name} is {frame.schema[column.name]}, not {column.dtype}"
        for column in table.columns
        if column.name in there and not fits(frame, column)
    ]
    return [
        _header(frame, table, "columns_present", missing and f"missing: {', '.join(missing)}", "no column is missing"),
        _header(frame, table, "columns_added", added and f"added: {', '.join(added)}", "no column was added"),
        _header(frame, table, "columns_order", moved and f"out of order from {moved} on", "columns are in order"),
        _header(frame, table, "types", "; ".join(types), "each column has its type"),
    ]


def _header(frame: pl.DataFrame, table: Table, check: str, problem: str | list[str], holds: str) -> CheckResult:
    broken = frame.height if problem else 0
    return settled(table.name, check, Part.SCHEMA, frame.height, broken, problem=str(problem or ""), holds=holds)


def content(frame: pl.DataFrame, table: Table) -> list[Measure | CheckResult]:
    """Say how to check what the rows tell: nulls where none may be, NaN anywhere, keys that repeat."""
    return [_nullability(frame, table), _key(frame, table)]


def _nullability(frame: pl.DataFrame, table: Table) -> Measure | CheckResult:
    """A null, or NaN, in a column that has none; NaN in any column."""
    quick: list[pl.Expr] = []
    broken: list[pl.Expr] = []
    for column in table.columns:
        there = frame.get_column(column.name, default=None)
        if there is None:
            continue
        at = pl.col(column.name)
        if not column.nullable:
            quick.append(at.null_count())
            broken.append(at.is_null())
        if there.dtype.is_float():
            quick.append(at.is_nan().sum())
            broken.append(at.is_nan().fill_null(value=False))
    name, holds = "nullability", "no null where there may be none, and no NaN"
    if not broken:
        return settled(table.name, name, Part.SCHEMA, frame.height, 0, problem="", holds=holds)
    total = reduce(lambda one, other: one + other, (count.cast(pl.Int64) for count in quick))
    return Measure(name, Part.SCHEMA, pl.any_horizontal(broken), total, holds)


def _key(frame: pl.DataFrame, table: Table) -> Measure | CheckResult:
    missing = [name for name in table.key if name not in frame.columns]
    if missing or not table.key:
        why = f"the key's column {', '.join(missing)} is missing" if missing else "the table has no key"
        return unmeasured(table.name, "key_unique", Part.SCHEMA, why)
    holds = f"no two rows share a key ({', '.join(table.key)})"
    return Measure("key_unique", Part.SCHEMA, repeated(table.key), _not_ascending(frame, table.key), holds)


def repeated(columns: tuple[str, ...]) -> pl.Expr:
    """Mark the rows that share their values of some columns with another row; nulls equal one another."""
    return (pl.struct(columns) if len(columns) > 1 else pl.col(columns[0])).is_duplicated()


def _not_ascending(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.Expr:
    """Count the rows that do not come strictly after the row before them: zero proves that no key repeats.

    Tables are sorted by their key, so this is the rule; where it is not, or a key is null, `repeated` decides.
    """
    above: pl.Expr = pl.lit(value=False)
    for name in reversed(key):
        here, before = pl.col(name), pl.col(name).shift(1)
        above = (here > before) | ((here == before) & above)
    return above.fill_null(value=False).not_().sum() - min(frame.height, 1)
