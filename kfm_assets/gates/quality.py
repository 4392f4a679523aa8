"""A frame against a specified table: its schema and each of its quality rules, in one pass, with pandera's verdicts.

The rules are plain data (`domain.dataset.Rule`), named as pandera names its checks; `oracle` writes the same table as a
pandera schema, and tests hold the two to one another. Whether rows are there at all is `conservation`'s question: no
rows break no rule, unless the rule counts rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import reduce

import polars as pl

from kfm_assets.domain.dataset import Column, Rule, Table
from kfm_assets.gates import schema
from kfm_assets.gates.checks import CheckResult, Measure, Part, marked, measure, settled, unmeasured

Scalar = str | int | float | bool | date | datetime


class RuleError(ValueError):
    """A rule that cannot be measured: what is wrong with it, in a few words."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a rule is read in: the frame it is for, the table, and the main table's rows where it refers to them."""

    frame: pl.DataFrame
    table: Table
    main: pl.DataFrame | None


def judge(frame: pl.DataFrame, table: Table, main: pl.DataFrame | None = None) -> tuple[CheckResult, ...]:
    """Check a table's schema and rules; `main` is the dataset's main table, for the rules that refer to it.

    A rule that cannot be measured (its column is missing or of another type, its arguments make no sense) is an ERROR.
    The results come in the specification's order: the schema's six, then each rule.
    """
    setting = Setting(frame, table, main)
    planned = [*schema.structure(frame, table), *schema.content(frame, table)]
    planned += [_planned(rule, setting) for rule in table.rules]
    measured = iter(measure(frame, table.name, table.key, [one for one in planned if isinstance(one, Measure)]))
    return tuple(next(measured) if isinstance(one, Measure) else one for one in planned)


def _planned(rule: Rule, setting: Setting) -> Measure | CheckResult:
    table = setting.table
    try:
        if rule.check == "row_count":
            return _row_count(rule, setting)
        _fit(rule, setting)
        broken, quick = _expressions(rule, setting)
        return Measure(rule.name, Part.RULE, broken, quick, rule.why, _most(rule))
    except RuleError as problem:
        return unmeasured(table.name, rule.name, Part.RULE, str(problem))


def _fit(rule: Rule, setting: Setting) -> None:
    columns = {column.name: column for column in setting.table.columns}
    if not rule.columns:
        raise RuleError("the rule names no column")
    for name in rule.columns:
        if name not in columns:
            raise RuleError(f"the table has no column {name}")
        if not schema.fits(setting.frame, columns[name]):
            raise RuleError(f"column {name} is missing or of another type")


def _most(rule: Rule) -> Decimal:
    try:
        most = Decimal(rule.most)
    except InvalidOperation:
        raise RuleError(f"{rule.most!r} is not a percentage") from None
    if not (most.is_finite() and 0 <= most <= 100):  # noqa: PLR2004 - per cent
        raise RuleError(f"{rule.most!r} is not a percentage")
    return most


def _row_count(rule: Rule, setting: Setting) -> CheckResult:
    wanted, rows = rule.arguments.get("equal_to"), setting.frame.height
    if not isinstance(wanted, int):
        raise RuleError("row_count needs equal_to, a number of rows")
    problem = "" if rows == wanted else f"{rows} rows, not {wanted}: {rule.why}"
    return settled(setting.table.name, rule.name, Part.RULE, rows, abs(rows - wanted), problem=problem, holds=rule.why)


def _expressions(rule: Rule, setting: Setting) -> tuple[pl.Expr, pl.Expr]:
    """Return what marks the rows that break a rule, and the number that is zero only where none does."""
    if rule.check == "unique":
        shared = pl.struct(rule.columns) if len(rule.columns) > 1 else pl.col(rule.columns[0])
        return schema.repeated(rule.columns), pl.len() - shared.n_unique()
    if rule.check not in _CONDITIONS:
        raise RuleError(f"there is no check {rule.check!r}")
    return marked(_CONDITIONS[rule.check](rule, setting).not_())


# --- what holds of a row, or null where there is nothing to judge ---------------------------------------------------


def _in_range(rule: Rule, setting: Setting) -> pl.Expr:
    low, high = (_bounds(rule, setting, name) for name in ("min_value", "max_value"))
    return _all(pl.col(at).is_between(pl.lit(low[at]), pl.lit(high[at])) for at in rule.columns)


def _at_least(rule: Rule, setting: Setting) -> pl.Expr:
    low = _bounds(rule, setting, "min_value")
    return _all(pl.col(at) >= pl.lit(low[at]) for at in rule.columns)


def _is_in(rule: Rule, setting: Setting) -> pl.Expr:
    allowed = rule.arguments.get("allowed_values")
    if not isinstance(allowed, tuple):
        raise RuleError("isin needs allowed_values, a tuple")
    return _all(
        pl.col(at).is_in([literal(value, _column(setting, at)) for value in allowed], nulls_equal=False)
        for at in rule.columns
    )


def _matches(rule: Rule, setting: Setting) -> pl.Expr:
    pattern = rule.arguments.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        raise RuleError("str_matches needs a pattern")
    if any(_column(setting, at).dtype != "string" for at in rule.columns):
        raise RuleError("str_matches is for text")
    anchored = pattern if pattern.startswith("^") else f"^{pattern}"
    return _all(pl.col(at).str.contains(anchored) for at in rule.columns)


def _not_after(rule: Rule, setting: Setting) -> pl.Expr:
    if len({_column(setting, at).dtype for at in rule.columns}) != 1 or len(rule.columns) != 2:  # noqa: PLR2004 - a pair
        raise RuleError("not_after compares two columns of one type")
    first, second = rule.columns
    return pl.col(first) <= pl.col(second)


def _references(rule: Rule, setting: Setting) -> pl.Expr:
    names, main = targets(rule), setting.main
    if main is None:
        raise RuleError("the main table is not there")
    for here, there in zip(rule.columns, names, strict=True):
        if there not in main.columns or main.schema[there] != setting.frame.schema[here]:
            raise RuleError(f"the main table has no column {there} of the type of {here}")
    if len(names) == 1:
        return pl.col(rule.columns[0]).is_in(main[names[0]].drop_nulls().unique().implode())
    known = main.select(pl.col(there).alias(here) for here, there in zip(rule.columns, names, strict=True))
    found = pl.struct(rule.columns).is_in(known.unique().to_struct("known").implode())
    empty = pl.any_horizontal(pl.col(at).is_null() for at in rule.columns)
    return pl.when(empty).then(None).otherwise(found)


def targets(rule: Rule) -> tuple[str, ...]:
    """Return the main table's columns by which a `references` rule finds its rows. Raises RuleError."""
    to = rule.arguments.get("to")
    names = (to,) if isinstance(to, str) else to
    if not isinstance(names, tuple) or len(names) != len(rule.columns):
        raise RuleError("references needs `to`, as many columns of the main table as it has itself")
    return names


_CONDITIONS: Mapping[str, Callable[[Rule, Setting], pl.Expr]] = {
    "in_range": _in_range,
    "greater_than_or_equal_to": _at_least,
    "isin": _is_in,
    "str_matches": _matches,
    "not_after": _not_after,
    "references": _references,
}


def _all(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(lambda one, other: one & other, conditions)


def _column(setting: Setting, name: str) -> Column:
    return next(column for column in setting.table.columns if column.name == name)


def _bounds(rule: Rule, setting: Setting, name: str) -> dict[str, Scalar]:
    value = rule.arguments.get(name)
    if value is None or isinstance(value, tuple):
        raise RuleError(f"{rule.check} needs {name}")
    return {at: literal(value, _column(setting, at)) for at in rule.columns}


def literal(value: str | float, column: Column) -> Scalar:
    """Return a rule's argument as a column's type has it; an integer column may be compared with a decimal.

    Raises:
        RuleError: when it does not read as that type.
    """
    try:
        return _READERS[column.dtype](str(value))
    except (KeyError, ValueError, InvalidOperation, OverflowError):
        raise RuleError(f"{value!r} does not read as {column.dtype}") from None


def _number(text: str) -> int | float:
    exact = Decimal(text)
    if not exact.is_finite():
        raise ValueError(text)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant.astimezone(UTC)


_READERS: Mapping[str, Callable[[str], Scalar]] = {
    "string": str,
    "int32": _number,
    "int64": _number,
    "float64": lambda text: float(_number(text)),
    "date": date.fromisoformat,
    "timestamp": _instant,
}
