"""Which fields change which columns, found by altering the fields of a sample.

What specifications declare is not used to find it, but for the fields that keys are made from.

A dataset's sample of a partition is parsed (`bench`), and rows that compete for one place are thinned (`rivals`). Then
each field of each wire, and each column of each required dataset, is altered (`alterations`), and the rows that are
there before and after are compared by their keys: what becomes of the others is a matter of quarantine and scope, not
of columns. Where a parser reads a field's text into a column beside it, that is read again (`rereading`).

A field that a key is made from moves rows, which leaves no key to compare by: some of its rows are altered alone, where
the row before and the row after are the same one. A field that moves keys and does not say so changes everything.

A row that does not count may change something about the one that does. Such rows are altered each beside that one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain

import polars as pl
import shapely

from kfm_assets.datasets.program import Product
from kfm_assets_tests.datasets.bench import Bench, Pair, gathered, moves
from kfm_assets_tests.datasets.rivals import differences, differing, in_both, thinned

ALONE = 4
"""So many rows of a wire are altered alone."""

MANY = 40
"""Of so many rows, each need not be altered in every form."""

_STUMBLES = (pl.exceptions.PolarsError, ValueError)


@cache
def benches(dataset: str) -> Sequence[Bench]:
    """Return a dataset's sample, a bench for each of its partitions that is looked at."""
    return [thinned(bench) for bench in gathered(dataset)]


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


# --- seeing -----------------------------------------------------------------------------------------------------------


Seen = dict[tuple[str, str], set[str]]
"""(table, column) -> the sources that were seen to change it."""


def seen(bench: Bench, rounds: int) -> Seen:
    """Alter every field of a sample in some rounds (twice as many where there are few rows)."""
    found: Seen = defaultdict(set)
    for name, field in bench.sources():
        for at in _changes(bench, name, field, rounds * (1 if bench.inputs[name].height > MANY else 2)):
            found[at].add(f"{name}.{field}")
    return found


def sought(bench: Bench, source: str, columns: Collection[tuple[str, str]], rounds: int) -> set[tuple[str, str]]:
    """Exchange the values of one field until that has changed some columns, given as (table, column); return those.

    In so many rounds; where it moves keys, so many rows are altered alone.
    """
    name, _, field = source.partition(".")
    wanted = {table for table, _ in columns}
    stays = any(not moves(source, table) for table in bench.program.specification.tables if table.name in wanted)
    found = chain(
        _changed(bench, source, _exchanged(bench, name, field, rounds) if stays else ()),
        _changed_alone(bench, name, field, 1, rounds),
        *(_changed_beside(bench, pair, field, rounds) for pair in bench.pairs if pair.touched & {*columns}),
    )
    left = set(columns)
    while left and (at := next(found, None)):
        left.discard(at)
    return set(columns) - left


def _changes(bench: Bench, name: str, field: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield (table, column) for what changes with a field, as often as it does."""
    yield from _changed(bench, f"{name}.{field}", _altered(bench, name, field, rounds))
    yield from _changed_alone(bench, name, field, rounds, ALONE)
    for turn, pair in enumerate(pair for pair in bench.pairs if pair.wire == name):
        yield from _changed_beside(bench, pair, field, rounds, turn)


def _changed(bench: Bench, source: str, altered: Iterable[Product]) -> Iterator[tuple[str, str]]:
    """Yield what changes in rows that are there before and after, of tables whose keys the source does not move."""
    tables = [table for table in bench.program.specification.tables if not moves(source, table)]
    for after in altered if tables else ():
        for table in tables:
            yield from differing(table, *in_both(table, bench.before[table.name], after.tables[table.name]))


def _changed_alone(bench: Bench, wire: str, field: str, rounds: int, most: int) -> Iterator[tuple[str, str]]:
    """Yield what changes in tables whose keys a field moves: of some rows, each alone in its wire."""
    tables = [table for table in bench.program.specification.tables if moves(f"{wire}.{field}", table)]
    frame = bench.inputs[wire]
    for turn, at in enumerate(range(0, frame.height, -(-frame.height // most)) if tables else ()):
        alone = bench.alone(wire, frame[at : at + 1])
        for after in _altered(alone, wire, field, rounds, turn):
            for table in tables:
                before, now = alone.before[table.name], after.tables[table.name]
                if before.height == now.height:
                    yield from differing(table, before, now)


def _changed_beside(bench: Bench, pair: Pair, field: str, rounds: int, first: int = 0) -> Iterator[tuple[str, str]]:
    """Yield what changes in a row with a field of the other one of a pair.

    Where the other one is held back or left out in another way than before, or takes the row's place, which is to say
    that it changes more than it does by being there, the pair says nothing.
    """
    for values in alterations(pair.other[field], bench.pool(pair.wire, field), rounds, first):
        after = pair.made.with_values(pair.wire, pl.concat([pair.counting[field], values]))
        changed = set(differences(bench, pair.made.before, after.tables))
        if changed <= pair.touched and _left_out(after) == _left_out(pair.made.product()):
            yield from changed


def _left_out(product: Product) -> tuple[object, list[str]]:
    return product.out_of_scope, product.quarantine["rule"].sort().to_list()


def _altered(bench: Bench, name: str, field: str, rounds: int, first: int = 0) -> Iterator[Product]:
    """Yield what the sample becomes after each alteration of a field.

    A transform may rely on what its parser lets through. Where it stumbles over a value, only values that the parser
    gave for other rows stand in, and those it has to take.
    """
    values, pool = bench.inputs[name][field], bench.pool(name, field)
    try:
        for altered in alterations(values, pool, rounds, first):
            yield bench.with_values(name, altered)
    except _STUMBLES:
        yield from (bench.with_values(name, exchanged) for exchanged in exchanges(values, pool, rounds))


def _exchanged(bench: Bench, name: str, field: str, rounds: int) -> Iterator[Product]:
    """Yield what the sample becomes with others' values in a field: of each row's other fields, of other rows.

    What stands in another field, the transform need not take in this one.
    """
    frame = bench.inputs[name]
    values = frame[field]
    fields = (other for wire, other in bench.sources() if wire == name and other != field)
    others = [other for other in fields if frame.schema[other] == values.dtype]
    for other in others:
        with suppress(*_STUMBLES):
            yield bench.with_values(name, frame[other].alias(field))
    for exchanged in exchanges(values, bench.pool(name, field), rounds):
        yield bench.with_values(name, exchanged)
