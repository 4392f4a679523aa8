"""The comparison by key against one that is written with dictionaries, and what its document says."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import UTC, date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.gates.diff.rows import MOST_EXAMPLES, RowChanges, compare
from kfm_assets_tests.gates.rounds import rounds

TYPES = {
    "string": (pl.String(), st.sampled_from(["", "a", "b", "é", "a" * 20, "a" * 19 + "b"])),
    "int32": (pl.Int32(), st.sampled_from([-(2**31), -1, 0, 1, 2**31 - 1])),
    "int64": (pl.Int64(), st.sampled_from([-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1])),
    "float64": (pl.Float64(), st.sampled_from([math.nan, -math.inf, -0.0, 0.0, 0.1, 0.1 + 2**-56, math.inf])),
    "bool": (pl.Boolean(), st.booleans()),
    "date": (pl.Date(), st.sampled_from([date(1, 1, 1), date(2015, 8, 1), date(9999, 12, 31)])),
    "timestamp": (
        pl.Datetime("us", "UTC"),
        st.sampled_from(
            [
                datetime(1, 1, 1, tzinfo=UTC),
                datetime(2015, 8, 1, microsecond=1, tzinfo=UTC),
                datetime(2015, 8, 1, tzinfo=UTC),
            ]
        ),
    ),
    "geometry": (pl.Binary(), st.sampled_from([b"", b"\x00", b"\x01\x01\x00\x00\x00", b"\xff" * 100])),
}


def equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return one == other


def same_key(value: object) -> object:
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def by_key(frame: pl.DataFrame, key: list[str]) -> dict[object, int]:
    """Return each row's position by its key and by how many rows of the same key come before it."""
    seen: dict[object, int] = defaultdict(int)
    found = {}
    for position, row in enumerate(frame.iter_rows(named=True)):
        name = tuple((same_key(row[column]), row[column] is None) for column in key)
        found[name, seen[name]] = position
        seen[name] += 1
    return found


def naive(before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> dict[str, object]:
    shared = [name for name in before.columns if name in after.columns and before.schema[name] == after.schema[name]]
    if not set(key) <= set(shared):
        return {"removed": set(range(before.height)), "added": set(range(after.height)), "changed": {}}
    old, new = by_key(before, key), by_key(after, key)
    removed, added = {old[k] for k in old.keys() - new.keys()}, {new[k] for k in new.keys() - old.keys()}
    changed = {}
    for name in old.keys() & new.keys():
        left, right = before.row(old[name], named=True), after.row(new[name], named=True)
        columns = {column for column in shared if not equal(left[column], right[column])}
        if columns - set(key):
            changed[old[name], new[name]] = columns - set(key)
    return {"removed": removed, "added": added, "changed": changed}


def measured(found: RowChanges) -> dict[str, object]:
    pairs = list(zip(*(side.tolist() for side in found.changed), strict=True))
    changed = {pair: {name for name, marks in found.cells.items() if marks[at]} for at, pair in enumerate(pairs)}
    assert len(changed) == len(pairs)
    assert found.added.tolist() == sorted(found.added.tolist())
    assert found.removed.tolist() == sorted(found.removed.tolist())
    return {"removed": set(found.removed.tolist()), "added": set(found.added.tolist()), "changed": changed}


@st.composite
def frames(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Return a table, another one that shares rows with it, and columns that may or may not be a key of both."""
    kinds = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=5))
    schema = {f"{kind} {at}": TYPES[kind][0] for at, kind in enumerate(kinds)}
    row = st.tuples(*(st.none() | TYPES[kind][1] for kind in kinds))
    before = draw(st.lists(row, max_size=12))
    kept = draw(st.lists(st.sampled_from(before), max_size=12)) if before else []
    after = draw(st.permutations(draw(st.just(before) | st.just(kept)) + draw(st.lists(row, max_size=3))))
    key = draw(st.lists(st.sampled_from(sorted(schema)), min_size=1, unique=True))
    left, right = (pl.DataFrame(rows, schema=schema, orient="row") for rows in (before, after))
    if draw(st.booleans()):
        left, right = (frame.unique(key, keep="first", maintain_order=True) for frame in (left, right))
    if draw(st.booleans()):
        left, right = left.sort(key), right.sort(key)
    changes = draw(st.sets(st.sampled_from(["drop", "add", "retype", "reorder"])))
    name = draw(st.sampled_from(sorted(schema)))
    if "reorder" in changes:
        right = right.select(sorted(right.columns, reverse=True))
    if "add" in changes:
        right = right.with_columns(new=pl.lit(1))
    if "retype" in changes:
        right = right.with_columns(pl.Series(name, ["text"] * right.height, pl.Categorical()))
    elif "drop" in changes:
        right = right.drop(name)
    return left, right, key


@rounds(400)
@given(frames())
def test_it_finds_what_dictionaries_find(given: tuple[pl.DataFrame, pl.DataFrame, list[str]]) -> None:
    before, after, key = given
    found = compare(before, after, key)
    assert measured(found) == naive(before, after, key)
    counts = found.counts
    assert counts["same"] + counts["changed"] + counts["removed"] == before.height
    assert counts["same"] + counts["changed"] + counts["added"] == after.height
    assert all(found.rows_by_column.values())
    document = found.document()
    assert json.loads(canonical_json(document)) == document
    shown = document["examples"]["changed"]
    assert len(shown) == min(MOST_EXAMPLES, counts["changed"])
    if len(found.cells) == 1 and shown:
        assert [list(example["cells"]) for example in shown] == [list(found.cells)] * len(shown)


@rounds(100)
@given(frames())
def test_a_table_is_as_itself_in_any_order(given: tuple[pl.DataFrame, pl.DataFrame, list[str]]) -> None:
    before, _, key = given
    unique = before.unique(key, keep="first", maintain_order=True)
    assert not compare(unique, unique.reverse(), key)
    assert not compare(before, before.clone(), key)
