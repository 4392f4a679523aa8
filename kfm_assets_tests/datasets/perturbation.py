"""Which fields change which columns, found by altering the fields of a sample.

What specifications declare is not used to find it, but for the fields that keys are made from.

A dataset's sample of one partition is parsed, and rows that compete for one place are thinned. Then each field of each
wire, and each column of each required dataset, is altered (`alterations`), and the rows that are there before and after
are compared by their keys: what becomes of the others is a matter of quarantine and scope, not of columns.

Where a parser reads a field's text into a column beside it, what stands beside is read again (`READ_AGAIN`).

A field that a key is made from moves rows, which leaves no key to compare by: some of its rows are altered alone, where
the row before and the row after are the same one. A field that moves keys and does not say so changes everything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType

import polars as pl
import shapely

from kfm_assets.datasets import registry
from kfm_assets.datasets.program import FILE, LINE, PARTITION, Payload, Program
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.dataset import Table
from kfm_assets_tests.datasets.rereading import READ_AGAIN

Frames = Mapping[str, pl.DataFrame]

ROWS, SEED, OTHER_SEED = 500, 5, 11
ALONE = 4
"""So many rows of a wire are altered alone."""

MANY = 40
"""Of so many rows, each need not be altered in every form."""

PARTITIONS = {"climate/divisional": ("2024", "2025"), "hydrology/streamflow": ("2024-11", "2024-11")}
"""Where the first partition of the sample will not do: the one to make, and the one whose values stand in.

Of the year 2024 some months are to come, which a date of the year after makes past. In November clocks go back.
"""

_PLACE = "place in the wire"

_OURS = (LINE, PARTITION)
"""Columns of a wire frame that no upstream sent. FILE is not one: a file's name may say something of its rows."""


@dataclass(frozen=True)
class Bench:
    """A partition of a sample, ready to be made again and again with altered fields.

    `inputs`: wire, or key of a required dataset -> its frame. `pools`: field and type -> values that other rows have
    there, of this sample, of another one, or of another wire with a field of that name.
    """

    program: Program
    partition: str
    inputs: Frames
    pools: Mapping[tuple[str, pl.DataType], pl.Series]

    @cached_property
    def before(self) -> Frames:
        """What the sample becomes with nothing altered."""
        return self.tables()

    def tables(self, altered: Frames = MappingProxyType({})) -> Frames:
        """Make the partition; `altered` inputs stand in for the sample's."""
        inputs = {**self.inputs, **altered}
        required = {key: inputs[key] for key in self.program.specification.requires}
        wires = {wire: frame for wire, frame in inputs.items() if wire not in required}
        return self.program.transform(self.partition, wires, required, lambda _file, _line: "").tables

    def with_values(self, name: str, values: pl.Series) -> Frames:
        """Make the partition with other values of one field of an input."""
        altered = self.inputs[name].with_columns(values)
        again = READ_AGAIN.get(self.program.specification.key)
        if again and self.is_wire(name) and values.name in again.fields:
            altered = again.read(name, altered).filter(pl.col(PARTITION) == self.partition)
        return self.tables({name: altered})

    def pool(self, name: str, field: str) -> pl.Series | None:
        """Return other values of a field, where there are any: not for the columns of a required dataset."""
        return self.pools[field, self.inputs[name].schema[field]] if self.is_wire(name) else None

    def is_wire(self, name: str) -> bool:
        return name not in self.program.specification.requires

    def sources(self) -> Iterator[tuple[str, str]]:
        """Yield (wire or required dataset, field) for all that a column can be made from."""
        for name, frame in self.inputs.items():
            again = READ_AGAIN.get(self.program.specification.key) if self.is_wire(name) else None
            fields = (*again.fields, FILE) if again else (field for field in frame.columns if field not in _OURS)
            yield from ((name, field) for field in fields)


@cache
def bench(dataset: str) -> Bench:
    """Parse the sample of a dataset, and make what it requires from the samples of those."""
    program = registry.program(dataset)
    partition, other = PARTITIONS.get(dataset, program.sample_partitions[:1] * 2)
    wires, others = _parsed(program, partition, SEED), _parsed(program, other, OTHER_SEED)
    found: dict[tuple[str, pl.DataType], list[pl.Series]] = defaultdict(list)
    for frame in (*wires.values(), *others.values()):
        for name, dtype in frame.schema.items():
            found[name, dtype].append(frame[name])
    pools = {field: pl.concat(values).unique(maintain_order=True) for field, values in found.items()}
    required = {
        key: bench(key).tables()[registry.specification(key).main.name] for key in program.specification.requires
    }
    return _thinned(Bench(program, partition, {**wires, **required}, pools))


def _parsed(program: Program, partition: str, seed: int) -> dict[str, pl.DataFrame]:
    """Return the wire frames of one partition, as the engine gathers them."""
    feeds = program.specification.upstream.feeds
    frames: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for name, content in program.sample(partition, ROWS, seed).items():
        (wire,) = (feed.wire for feed in feeds if re.search(feed.file_name, name))
        frame = program.parse(Payload(wire, name, content, digest_bytes(content)))
        frames[wire].append(frame.filter(pl.col(PARTITION) == partition).with_columns(pl.lit(name).alias(FILE)))
    return {wire: pl.concat(parts, how="diagonal") for wire, parts in frames.items()}


def _thinned(bench: Bench) -> Bench:
    """Leave out rows that agree with another in what keys are made from, and without which nothing changes."""
    inputs = dict(bench.inputs)
    for wire in filter(bench.is_wire, bench.inputs):
        fields = [field for field in inputs[wire].columns if any(moves(f"{wire}.{field}", one) for one in _of(bench))]
        if fields:
            inputs[wire] = _needed(bench, wire, fields)
    return replace(bench, inputs=inputs)


def _needed(bench: Bench, wire: str, fields: Sequence[str]) -> pl.DataFrame:
    """Try to do without many rivals at a time, then without each half of them, the later rows first."""
    rows = bench.inputs[wire].with_row_index(_PLACE)
    chunks = [rows[_PLACE]]
    while chunks:
        rivals = rows.filter(pl.struct(fields).is_duplicated() & pl.col(_PLACE).is_in(chunks.pop().implode()))[_PLACE]
        without = rows.filter(~pl.col(_PLACE).is_in(rivals.implode()))
        if rivals.len() and _same(bench.before, bench.tables({wire: without.drop(_PLACE)})):
            rows = without
        elif rivals.len() > 1:
            half = rivals.len() // 2
            chunks += [rivals[:half], rivals[half:]]
    return rows.drop(_PLACE)


def _same(before: Frames, after: Frames) -> bool:
    return all(frame.equals(before[name]) for name, frame in after.items())


def _of(bench: Bench) -> Sequence[Table]:
    return bench.program.specification.tables


def moves(source: str, table: Table) -> bool:
    """Say whether a table's key is declared to be made from a source."""
    return any(source in column.sources for column in table.columns if column.name in table.key)


# --- altering ---------------------------------------------------------------------------------------------------------


def alterations(values: pl.Series, pool: pl.Series | None, rounds: int, first: int = 0) -> Iterator[pl.Series]:
    """Yield a field's values altered: in each round every row in another form, and the rows of one round in several.

    The forms: the value of another row, a value of another sample, a value next to it, blank.
    """
    blank = [pl.Series([""] * values.len())] if values.dtype == pl.String else []
    for turn in range(first, first + rounds):
        forms = [*_others(values, pool, turn), *_next(values), *blank]
        chosen = [(row + turn) % len(forms) for row in range(values.len())]
        yield pl.Series(values.name, [forms[form][row] for row, form in enumerate(chosen)], dtype=values.dtype)


def exchanges(values: pl.Series, pool: pl.Series | None, rounds: int) -> Iterator[pl.Series]:
    """Yield a field's values, all rows having those of others: in each round those of some others."""
    for turn in range(rounds):
        yield list(_others(values, pool, turn))[-1].alias(values.name)


def _others(values: pl.Series, pool: pl.Series | None, turn: int) -> Iterator[pl.Series]:
    rows = values.len()
    yield values.gather([(row + turn + 1) % rows for row in range(rows)])
    if pool is not None:
        yield pool.gather([(row * rows + turn + 1) % pool.len() for row in range(rows)])


def _next(values: pl.Series) -> Iterator[pl.Series]:
    if values.dtype == pl.String:
        yield values.map_elements(_next_text, return_dtype=pl.String)
    elif values.dtype == pl.Binary:
        yield values.map_elements(_next_place, return_dtype=pl.Binary)
    elif values.dtype.is_numeric():
        yield values + 1


def _next_text(text: str) -> str:
    """Count the last digit on, from 9 to 0; a text without digits gets a letter more."""
    found = re.search(r"(\d)(\D*)$", text)
    return text[: found.start()] + str((int(found[1]) + 1) % 10) + found[2] if found else text + "x"


def _next_place(wkb: bytes) -> bytes:
    """Move and stretch a geometry in degrees a little."""
    moved: bytes = shapely.to_wkb(shapely.transform(shapely.from_wkb(wkb), lambda at: at * [0.999, 1.001] + 0.1))
    return moved


# --- comparing --------------------------------------------------------------------------------------------------------


Seen = dict[tuple[str, str], set[str]]
"""(table, column) -> the sources that were seen to change it."""


def seen(bench: Bench, rounds: int) -> Seen:
    """Alter every field of a sample in some rounds (twice as many where there are few rows)."""
    found: Seen = defaultdict(set)
    for name, field in bench.sources():
        for at in _changes(bench, name, field, rounds * (1 if bench.inputs[name].height > MANY else 2)):
            found[at].add(f"{name}.{field}")
    return found


def is_seen(bench: Bench, at: tuple[str, str], source: str, rounds: int) -> bool:
    """Exchange the values of one field in some rounds, until that changes a column, given as (table, column)."""
    name, _, field = source.partition(".")
    exchanged = exchanges(bench.inputs[name][field], bench.pool(name, field), rounds)
    return at in _changed(bench, source, (bench.with_values(name, values) for values in exchanged))


def _changes(bench: Bench, name: str, field: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield (table, column) for what changes with a field, as often as it does."""
    source = f"{name}.{field}"
    yield from _changed(bench, source, _altered(bench, name, field, rounds))
    moved = [table for table in _of(bench) if moves(source, table)]
    for before, after in _altered_alone(bench, name, field, rounds) if moved else ():
        for table in moved:
            if before[table.name].height == after[table.name].height:
                yield from _differing(table, before[table.name], after[table.name])


def _changed(bench: Bench, source: str, altered: Iterable[Frames]) -> Iterator[tuple[str, str]]:
    """Yield what changes in rows that are there before and after, of tables whose keys the source does not move."""
    before = bench.before
    for after in altered:
        for table in _of(bench):
            if not moves(source, table):
                yield from _differing(table, *_in_both(table, before[table.name], after[table.name]))


def _altered(bench: Bench, name: str, field: str, rounds: int, first: int = 0) -> Iterator[Frames]:
    """Yield the tables after each alteration of a field.

    A transform may rely on what its parser lets through. Where it stumbles over a value, only values that the parser
    gave for other rows stand in, and those it has to take.
    """
    values, pool = bench.inputs[name][field], bench.pool(name, field)
    try:
        for altered in alterations(values, pool, rounds, first):
            yield bench.with_values(name, altered)
    except (pl.exceptions.PolarsError, ValueError):
        yield from (bench.with_values(name, exchanged) for exchanged in exchanges(values, pool, rounds))


def _altered_alone(bench: Bench, wire: str, field: str, rounds: int) -> Iterator[tuple[Frames, Frames]]:
    """Yield the tables of some rows, each alone in its wire, before and after each alteration of a field."""
    frame = bench.inputs[wire]
    nothing = {other: bench.inputs[other].clear() for other in bench.inputs if bench.is_wire(other) and other != wire}
    for turn, at in enumerate(range(0, frame.height, -(-frame.height // ALONE))):
        row = frame[at : at + 1]
        alone = replace(bench, inputs={**bench.inputs, **nothing, wire: row})
        if not any(table.height for table in alone.before.values()):
            # Without what the other wires have, the row is not published at all.
            alone = replace(bench, inputs={**bench.inputs, wire: row})
        before = alone.before
        yield from ((before, after) for after in _altered(alone, wire, field, rounds, turn))


def _in_both(table: Table, *frames: pl.DataFrame) -> list[pl.DataFrame]:
    key = list(table.key)
    one, other = (frame.select(key) for frame in frames)
    return [frame.join(one.join(other, on=key, how="semi"), on=key, how="semi").sort(key) for frame in frames]


def _differing(table: Table, before: pl.DataFrame, after: pl.DataFrame) -> Iterator[tuple[str, str]]:
    yield from ((table.name, name) for name in before.columns if not _equal(before[name], after[name]))


def _equal(before: pl.Series, after: pl.Series) -> bool:
    """Compare two columns; polars divides a single row and many rows with another last bit."""
    if not before.dtype.is_float():
        return before.equals(after)
    nulls = before.is_null().equals(after.is_null())
    return nulls and bool(before.is_close(after, rel_tol=1e-12, nans_equal=True).drop_nulls().all())
