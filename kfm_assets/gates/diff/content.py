"""The deep comparison of one table: what became of its rows and columns, in figures, places, times and contributors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Column, Dataset, Kind, Table
from kfm_assets.gates.diff import places
from kfm_assets.gates.diff.contributors import Stack, stack
from kfm_assets.gates.diff.histograms import histogram
from kfm_assets.gates.diff.quantities import Summary, adds_up, decimal, quantities, share, summarise, values_of
from kfm_assets.gates.diff.rows import text

if TYPE_CHECKING:
    from kfm_assets.gates.diff.pairs import Pair

MOST_EXAMPLES = 5
MOST_EXPLAINED = 6
MOST_HISTOGRAMS = 8

_PREDICTED = ("expected", "predicted")
"""How the names of columns begin that hold what a model says; only of a dataset of that kind."""

ROWS = "rows"


def document(spec: Dataset, table: Table, pairs: Sequence[Pair]) -> dict[str, Json]:
    """Return the comparison of a table over the partitions that differ, as plain JSON without floats."""
    columns = quantities(spec, table)
    rows = stack(spec, table, pairs, [column.name for column in columns])
    figures = list(_figures(rows, columns))
    told = sorted(figures, key=lambda one: (-_moved(one[1], one[2]), not adds_up(one[0])))
    unit, time = places.by_unit(spec, table, pairs), places.by_time(spec, table, pairs)
    return {
        "key": list(table.key),
        "rows": _counts(pairs),
        "columns": _columns(pairs),
        "examples": _examples(table, pairs),
        "aggregates": [_aggregate(*one) for one in figures],
        "distributions": list(_distributions(rows, told)),
        "differences": list(_differences(pairs, columns)),
        "predictions": _predictions(spec, columns),
        "spatial": unit.document() if unit else None,
        "temporal": time.document() if time else None,
        "contributors": list(_contributors(rows, told, pairs)),
    }


def _counts(pairs: Sequence[Pair]) -> dict[str, Json]:
    found: Counter[str] = Counter()
    for one in pairs:
        found.update(one.counts)
    return {name: found[name] for name in ("before", "after", "added", "removed", "changed", "same")}


def _columns(pairs: Sequence[Pair]) -> dict[str, Json]:
    changed: Counter[str] = Counter()
    added: set[str] = set()
    removed: set[str] = set()
    retyped: dict[str, Json] = {}
    for rows in [one.rows for one in pairs if one.rows is not None]:
        changed.update(rows.rows_by_column)
        added |= set(rows.columns.added)
        removed |= set(rows.columns.removed)
        retyped |= {name: list(types) for name, types in rows.columns.retyped.items()}
    return {"changed": dict(changed), "added": sorted(added), "removed": sorted(removed), "retyped": retyped}


def _examples(table: Table, pairs: Sequence[Pair]) -> dict[str, Json]:
    """Return the first keys that came and went, and rows that changed with their cells before and after."""
    changed: list[Json] = []
    for one in pairs:
        if one.rows is not None and one.rows.changed[0].size and len(changed) < MOST_EXAMPLES:
            found = one.rows.document(MOST_EXAMPLES - len(changed))["examples"]
            told = found["changed"] if isinstance(found, Mapping) else []
            changed += [{"partition": one.partition, **row} for row in told if isinstance(row, Mapping)]  # type: ignore[union-attr]
    return {
        "added": list(_keys(table, ((one.partition, one.added) for one in pairs))),
        "removed": list(_keys(table, ((one.partition, one.removed) for one in pairs))),
        "changed": changed,
    }


def _keys(table: Table, frames: Iterable[tuple[str, pl.DataFrame | None]]) -> Iterator[Json]:
    room = MOST_EXAMPLES
    for partition, frame in frames:
        if room and frame is not None and frame.height:
            for row in (
                frame.select(name for name in table.key if name in frame.columns).head(room).iter_rows(named=True)
            ):
                room -= 1
                yield {"partition": partition, "key": {name: text(value) for name, value in row.items()}}


# --- columns in figures -----------------------------------------------------------------------------------------------


def _figures(rows: Stack, columns: Sequence[Column]) -> Iterator[tuple[Column, Summary, Summary]]:
    for column in columns:
        if column.name in rows.frame.columns and rows.frame.schema[column.name].is_numeric():
            values = rows.frame[column.name]
            yield column, summarise(values.head(rows.rows_before)), summarise(values.slice(rows.rows_before))


def _aggregate(column: Column, before: Summary, after: Summary) -> dict[str, Json]:
    shift: dict[str, Json] = {"sum": decimal(after.total - before.total) if adds_up(column) else None}
    shift["sum_percent"] = (
        share(after.total - before.total, abs(before.total)) if adds_up(column) and before.total else None
    )
    if before.count and after.count:
        shift["mean"] = decimal(after.total / after.count - before.total / before.count)
        shift["median"] = decimal(after.quantiles[3] - before.quantiles[3])
    return {
        "column": column.name,
        "unit": column.unit,
        "before": before.document(),
        "after": after.document(),
        "shift": shift,
    }


def _moved(before: Summary, after: Summary) -> float:
    """Return by how much a sum moved, from 0 to 2; what came from nothing is last of what moved."""
    most = max(abs(before.total), abs(after.total))
    if before.total == after.total or not most:
        return 0.0
    return abs(after.total - before.total) / most


def _distributions(rows: Stack, told: Sequence[tuple[Column, Summary, Summary]]) -> Iterator[dict[str, Json]]:
    moved = [
        column for column, before, after in told if (before.quantiles, before.total) != (after.quantiles, after.total)
    ]
    for column in moved[:MOST_HISTOGRAMS]:
        values = rows.frame[column.name]
        sides = values_of(values.head(rows.rows_before)), values_of(values.slice(rows.rows_before))
        bins = histogram(*sides)
        if bins:
            yield {"column": column.name, "unit": column.unit, **bins}


def _differences(pairs: Sequence[Pair], columns: Sequence[Column]) -> Iterator[dict[str, Json]]:
    """Yield how far values moved, of the rows in which they did: after less before."""
    for column in columns:
        moved = [
            rows.after[column.name].gather(rows.changed[1][marks]).cast(pl.Float64)
            - rows.before[column.name].gather(rows.changed[0][marks]).cast(pl.Float64)
            for rows in (one.rows for one in pairs)
            if rows is not None and (marks := rows.cells.get(column.name)) is not None
        ]
        if moved:
            yield {"column": column.name, "unit": column.unit, **summarise(pl.concat(moved)).document()}


def _predictions(spec: Dataset, columns: Sequence[Column]) -> list[Json]:
    """Name the columns that hold what a model says; `differences` has how far it moved."""
    return [column.name for column in columns if spec.kind is Kind.MODEL and column.name.startswith(_PREDICTED)]


# --- what it comes from -----------------------------------------------------------------------------------------------


def _contributors(
    rows: Stack, told: Sequence[tuple[Column, Summary, Summary]], pairs: Sequence[Pair]
) -> Iterator[dict[str, Json]]:
    """Yield what the largest changes of sums come from, and the rows that were removed and changed."""
    for kind in ("removed", "changed"):
        weights = row_weights(rows, pairs, kind)
        if weights.any():
            yield {"of": ROWS, "unit": kind, **rows.explain(weights).document()}
    moved = [
        column
        for column, before, after in told
        if adds_up(column) and before.total != after.total and min((*before.quantiles, *after.quantiles)) >= 0
    ]
    for column in moved[:MOST_EXPLAINED]:
        yield {"of": column.name, "unit": column.unit, **rows.explain(value_weights(rows, column.name)).document()}


def value_weights(rows: Stack, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the values that came, and those that are gone with a minus."""
    values = rows.frame[column].cast(pl.Float64).fill_nan(None).fill_null(0).to_numpy().copy()
    values[: rows.rows_before] *= -1
    return values


def row_weights(rows: Stack, pairs: Sequence[Pair], kind: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return 1 for each row that was removed (where it was) or changed (where it is)."""
    weights = np.zeros(rows.frame.height)
    start = 0 if kind == "removed" else rows.rows_before
    for one in pairs:
        side = one.before if kind == "removed" else one.after
        if side is None:
            continue
        if kind == "removed":
            weights[start + (one.rows.removed if one.rows is not None else np.arange(side.height))] = 1
        elif one.rows is not None:
            weights[start + one.rows.changed[1]] = 1
        start += side.height
    return weights
