"""Rows of a sample that compete for one place: which of them counts is no matter of columns, so one of them is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from kfm_assets.domain.dataset import Table
from kfm_assets_tests.datasets.bench import Bench, Frames, Pair

_PLACE = "place in the wire"


def thinned(bench: Bench) -> Bench:
    """Leave one row of those that agree in what keys are made from; those that change something about it go beside."""
    inputs, beside = dict(bench.inputs), dict[str, pl.DataFrame]()
    for wire in filter(bench.is_wire, bench.inputs):
        fields = bench.key_fields(wire)
        if fields:
            rows = _needed(bench, wire, fields)
            counting = _counting(bench, wire, rows, fields)
            inputs[wire] = counting.drop(_PLACE)
            beside[wire] = rows.join(counting, on=_PLACE, how="anti", maintain_order="left").drop(_PLACE)
    left = replace(bench, inputs=inputs)
    return replace(left, pairs=[pair for wire, rows in beside.items() for pair in _pairs(left, wire, rows)])


def _pairs(bench: Bench, wire: str, beside: pl.DataFrame) -> Iterator[Pair]:
    """Put each row that another one counts in place of beside that one."""
    for row in range(beside.height):
        other = beside[row : row + 1]
        counting = bench.inputs[wire].join(other, on=bench.key_fields(wire), how="semi")
        made = bench.alone(wire, pl.concat([counting, other]))
        touched = frozenset(differences(bench, bench.alone(wire, counting).before, made.before))
        yield Pair(wire, counting, other, made, touched)


def _needed(bench: Bench, wire: str, fields: Sequence[str]) -> pl.DataFrame:
    """Leave out rivals without which nothing changes: as many at a time as can be, so those first that are alike."""
    alike = [field for name, field in bench.sources() if name == wire and field not in fields]
    rows = bench.inputs[wire].with_row_index(_PLACE).sort(alike, maintain_order=True)
    chunks = [rows[_PLACE]]
    while chunks:
        rivals = _rivals(rows, fields).filter(pl.col(_PLACE).is_in(chunks.pop().implode()))[_PLACE]
        without = _without(rows, rivals)
        if rivals.len() and _same(bench.before, bench.tables({wire: without.sort(_PLACE).drop(_PLACE)})):
            rows = without
        elif rivals.len() > 1:
            half = rivals.len() // 2
            chunks += [rivals[:half], rivals[half:]]
    return rows.sort(_PLACE)


def _counting(bench: Bench, wire: str, rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """Leave of rivals the one that counts: without it, the most columns change in the row that they make."""
    rivals = _rivals(rows, fields)
    most = [
        len(list(differences(bench, bench.before, bench.tables({wire: _without(rows, place).drop(_PLACE)}))))
        for place in (rivals[row : row + 1][_PLACE] for row in range(rivals.height))
    ]
    ranked = rivals.with_columns(pl.Series("most", most, pl.Int64)).sort("most", descending=True, maintain_order=True)
    return _without(rows, ranked.filter(~pl.struct(fields).is_first_distinct())[_PLACE])


def _rivals(rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    return rows.filter(pl.struct(fields).is_duplicated())


def _without(rows: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    return rows.filter(~pl.col(_PLACE).is_in(places.implode()))


def _same(before: Frames, after: Frames) -> bool:
    return all(frame.equals(before[name]) for name, frame in after.items())


# --- comparing --------------------------------------------------------------------------------------------------------


def differences(bench: Bench, before: Frames, after: Frames) -> Iterator[tuple[str, str]]:
    """Yield (table, column) for what differs in the rows that are there before and after."""
    for table in bench.program.specification.tables:
        yield from differing(table, *in_both(table, before[table.name], after[table.name]))


def in_both(table: Table, *frames: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the rows of two frames whose keys both have, in one order."""
    key = list(table.key)
    one, other = (frame.select(key) for frame in frames)
    return [frame.join(one.join(other, on=key, how="semi"), on=key, how="semi").sort(key) for frame in frames]


def differing(table: Table, before: pl.DataFrame, after: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (table, column) for what differs in rows that stand for the same."""
    yield from ((table.name, name) for name in before.columns if not _equal(before[name], after[name]))


def _equal(before: pl.Series, after: pl.Series) -> bool:
    """Compare two columns; polars divides a single row and many rows with another last bit."""
    if not before.dtype.is_float():
        return before.equals(after)
    nulls = before.is_null().equals(after.is_null())
    return nulls and bool(before.is_close(after, rel_tol=1e-12, nans_equal=True).drop_nulls().all())
