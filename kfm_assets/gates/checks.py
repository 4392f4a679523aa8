"""Checks of a table's rows: how each is measured, all in one pass. What is checked stands in `schema` and `quality`.

A measure has two expressions. `broken` marks the rows that break the check. `quick` is one number that is zero only
where no row does, and is cheaper where that can be had (a key that ascends strictly cannot repeat). One pass evaluates
every `quick`; only what is not zero there is counted by `broken`, and looked at for examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import polars as pl

from kfm_assets.domain.verdict import Finding, Outcome

MOST_EXAMPLES = 5


class Part(StrEnum):
    """What a check belongs to: the table's schema, or one of its quality rules."""

    SCHEMA = "schema"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found on one table.

    `rows` were checked and `broken` of them break it; `examples` are the keys of at most five of those.
    """

    table: str
    check: str
    part: Part
    rows: int
    broken: int
    examples: tuple[str, ...]
    finding: Finding


@dataclass(frozen=True, slots=True)
class Measure:
    """A check that is made on rows. `most` is the percentage of rows that may break it; `holds` says it in words."""

    check: str
    part: Part
    broken: pl.Expr
    quick: pl.Expr
    holds: str
    most: Decimal = Decimal(0)


def marked(broken: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return `broken` and, as `quick`, how many rows it marks; null marks none."""
    return broken, broken.sum()


def unmeasured(table: str, check: str, part: Part, why: str) -> CheckResult:
    """Return the result of a check that could not be made."""
    return CheckResult(table, check, part, 0, 0, (), Finding(f"{table}.{check}", Outcome.ERROR, f"not measured: {why}"))


def settled(table: str, check: str, part: Part, rows: int, broken: int, *, problem: str, holds: str) -> CheckResult:
    """Return the result of a check that needs no look at rows: FAIL with the problem, or else PASS with what holds."""
    finding = Finding(f"{table}.{check}", Outcome.FAIL if problem else Outcome.PASS, problem or holds)
    return CheckResult(table, check, part, rows, broken, (), finding)


def measure(frame: pl.DataFrame, table: str, key: Sequence[str], measures: Sequence[Measure]) -> list[CheckResult]:
    """Make some checks on a table's rows: all in one pass, and a second look at those that may not hold."""
    if not measures:
        return []
    try:
        quick = frame.select(one.quick.alias(str(at)) for at, one in enumerate(measures)).row(0)
    except pl.exceptions.PolarsError:
        # One expression that polars refuses must not hide what the others find.
        return [_alone(frame, table, key, one) for one in measures]
    return [
        _result(frame, table, one, 0, ()) if count == 0 else _alone(frame, table, key, one)
        for one, count in zip(measures, quick, strict=True)
    ]


def _alone(frame: pl.DataFrame, table: str, key: Sequence[str], one: Measure) -> CheckResult:
    try:
        return _looked_at(frame, table, key, one)
    except pl.exceptions.PolarsError as error:
        return unmeasured(table, one.check, one.part, str(error).strip().splitlines()[0])


def _looked_at(frame: pl.DataFrame, table: str, key: Sequence[str], one: Measure) -> CheckResult:
    broken = frame.select(one.broken.fill_null(value=False).alias("broken"))["broken"]
    first = broken.arg_true().head(MOST_EXAMPLES).to_list()
    return _result(frame, table, one, int(broken.sum()), tuple(_name(frame, key, row) for row in first))


def _name(frame: pl.DataFrame, key: Sequence[str], row: int) -> str:
    if not key or any(column not in frame.columns for column in key):
        return f"row {row + 1}"
    return ", ".join(str(frame[column][row]) for column in key)


def _result(frame: pl.DataFrame, table: str, one: Measure, broken: int, examples: tuple[str, ...]) -> CheckResult:
    name = f"{table}.{one.check}"
    if not broken:
        finding = Finding(name, Outcome.PASS, one.holds)
    else:
        share = Decimal(broken) * 100 / Decimal(frame.height)
        # Compared without a division, so that a share of exactly `most` is within it.
        outcome = Outcome.FAIL if Decimal(broken) * 100 > one.most * frame.height else Outcome.PASS
        bound = f"at most {one.most} % may" if one.most else "none may"
        some = " | ".join(examples)
        message = f"{broken} of {frame.height} rows ({share:.2f} %) break it, {bound}: {one.holds}; e.g. {some}"
        finding = Finding(name, outcome, message)
    return CheckResult(table, one.check, one.part, frame.height, broken, examples, finding)
