"""A table's numeric columns in figures: how many values, their sum, their quantiles. The same figures on any machine.

A sum is the exact one, rounded once (`math.fsum`), and a quantile is a value of the column (definition 1 of Hyndman
and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50, 1996), so that neither depends on the
order of the rows, on threads or on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Column, Dataset, Table

Floats = NDArray[np.float64]

LEVELS = {"min": 0.0, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}
"""The quantiles that are told, by name."""

_NUMERIC = frozenset({"int32", "int64", "float64"})
_ANGLES = frozenset({"degree", "deg"})
_IDENTIFIERS = ("_id", "_code", "_fips", "_line", "_offset_hours")
"""How the names of numbers end that name something and measure nothing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A column in figures; `quantiles` are those of LEVELS, and there are none without values. NaN counts as null."""

    count: int
    nulls: int
    total: float
    quantiles: tuple[float, ...]

    def document(self) -> dict[str, Json]:
        """Return the figures with numbers as decimal text."""
        told: dict[str, Json] = {"count": self.count, "nulls": self.nulls, "sum": decimal(self.total)}
        if self.quantiles:
            told["mean"] = decimal(self.total / self.count)
            told |= {name: decimal(value) for name, value in zip(LEVELS, self.quantiles, strict=True)}
        return told


def quantities(spec: Dataset, table: Table) -> tuple[Column, ...]:
    """Return a table's columns that measure something: numbers, but for its key, the unit and identifiers."""
    return tuple(
        column
        for column in table.columns
        if column.dtype in _NUMERIC
        and column.name not in {*table.key, spec.unit_column}
        and not column.name.endswith(_IDENTIFIERS)
    )


def adds_up(column: Column) -> bool:
    """Say whether a sum of the column's values means something; of coordinates it does not."""
    return column.unit not in _ANGLES


def values_of(series: pl.Series) -> Floats:
    """Return a column's values, ascending, without nulls and NaN."""
    found = np.sort(series.drop_nulls().cast(pl.Float64).to_numpy())
    return found[: np.searchsorted(found, np.nan)] if found.size and np.isnan(found[-1]) else found


def summarise(series: pl.Series) -> Summary:
    """Return a column in figures."""
    values = values_of(series)
    quantiles = at(values, tuple(LEVELS.values())) if values.size else ()
    return Summary(values.size, len(series) - values.size, math.fsum(values.tolist()), quantiles)


def at(values: Floats, levels: Sequence[float]) -> tuple[float, ...]:
    """Return quantiles of some ascending values: of each share the first value that so many lie at or below."""
    places = [max(math.ceil(level * values.size) - 1, 0) for level in levels]
    return tuple(values[places].tolist())


def decimal(value: float) -> str:
    """Return a number as the shortest decimal that is exactly it, a whole one without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def share(part: float, whole: float) -> str:
    """Return a part in percent of a whole, with one decimal; `0` of nothing."""
    if whole == 0 or not math.isfinite(part / whole):
        return "0"
    rounded = Decimal(part / whole * 100).quantize(Decimal("0.1"))
    return f"{rounded or abs(rounded):f}".removesuffix(".0")
