"""A specified table as a pandera schema: the same contract in a language that others read and run.

`quality.judge` decides in production, since it takes a third of the time; tests hold its verdicts to this schema's.
What pandera has no name for is a check on the frame: `unique`, `not_after`, `references`, `row_count`, and NaN in a
column that may be null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from kfm_assets.domain.dataset import Column, Rule, Table
from kfm_assets.gates.quality import RuleError, literal, targets
from kfm_assets.gates.schema import DTYPES

_PER_COLUMN = frozenset({"in_range", "greater_than_or_equal_to", "isin", "str_matches"})


def to_pandera(table: Table, main: pl.DataFrame | None = None) -> pa.DataFrameSchema:
    """Return the pandera schema of a table: strict, ordered, its key unique. Validate eager frames with it.

    pandera knows no share of rows that may break a rule, so it decides as if each `most` were zero.

    Raises:
        RuleError: for a rule that `quality.judge` could not measure either.
    """
    return pa.DataFrameSchema(
        {column.name: _column(column, table) for column in table.columns},
        checks=[
            pa.Check(_on_frame(rule, main), name=rule.name) for rule in table.rules if rule.check not in _PER_COLUMN
        ],
        strict=True,
        ordered=True,
        unique=list(table.key),
        name=table.name,
    )


def _column(column: Column, table: Table) -> pa.Column:
    rules = [rule for rule in table.rules if rule.check in _PER_COLUMN and column.name in rule.columns]
    checks = [getattr(pa.Check, rule.check)(**_arguments(rule, column), name=rule.name) for rule in rules]
    if column.dtype == "float64" and column.nullable:
        checks.append(pa.Check(_no_nan, name="nullability"))
    return pa.Column(DTYPES[column.dtype], checks=checks, nullable=column.nullable)


def _arguments(rule: Rule, column: Column) -> dict[str, object]:
    """Return a rule's arguments as pandera takes them, each of the column's type."""
    if rule.check == "str_matches":
        return dict(rule.arguments)
    return {
        name: [literal(one, column) for one in value] if isinstance(value, tuple) else literal(value, column)
        for name, value in rule.arguments.items()
        if value is not None
    }


def _no_nan(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).is_not_nan())


def _on_frame(rule: Rule, main: pl.DataFrame | None) -> Callable[[PolarsData], pl.LazyFrame | bool]:
    if rule.check == "unique":
        return partial(_unique, rule.columns)
    if rule.check == "not_after":
        return partial(_not_after, rule.columns)
    if rule.check == "references" and main is not None:
        return partial(
            _references,
            rule.columns,
            main.select(targets(rule)).rename(dict(zip(targets(rule), rule.columns, strict=True))),
        )
    if rule.check == "row_count":
        return partial(_row_count, rule.arguments["equal_to"])
    raise RuleError(f"{rule.check!r} cannot be checked")


def _unique(columns: Sequence[str], data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.struct(columns).is_duplicated().not_())


def _not_after(columns: Sequence[str], data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(columns[0]) <= pl.col(columns[1]))


def _references(columns: Sequence[str], known: pl.DataFrame, data: PolarsData) -> pl.LazyFrame:
    """Look each row up by a join, which is another way than `quality` goes."""
    marked = known.unique().with_columns(pl.lit(value=True).alias("is known"))
    joined = data.lazyframe.join(marked.lazy(), on=list(columns), how="left", maintain_order="left")
    empty = pl.any_horizontal(pl.col(column).is_null() for column in columns)
    return joined.select(pl.when(empty).then(None).otherwise(pl.col("is known").fill_null(value=False)))


def _row_count(wanted: object, data: PolarsData) -> bool:
    return bool(data.lazyframe.select(pl.len()).collect().item() == wanted)
