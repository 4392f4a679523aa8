"""What a revision's document holds, and the words for it."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.dataset import Column, Table
from kfm_assets.gates.diff.revision import revision, told

MAIN, OTHER = (
    Table(name, "for tests", (Column("id", "int64", "a number"), Column("flow", "float64", "a flow")), ("id",))
    for name in ("main", "other")
)
BEFORE = pl.DataFrame({"id": [1, 2, 3], "flow": [0.1, 0.0, None], "code": ["P", "P", "A"]})
READ = {"retrieved_utc": datetime(2015, 8, 1, tzinfo=UTC), "source_file": "a.rdb", "source_line": 7}


def said(before: pl.DataFrame, after: pl.DataFrame, table: Table = MAIN) -> str:
    document = revision([MAIN, OTHER], {table.name: before}, {table.name: after})
    canonical_json(document)
    return told(document, MAIN.name)


def with_row(identity: int, **cells: object) -> pl.DataFrame:
    changes = [pl.when(id=identity).then(pl.lit(value)).otherwise(name).alias(name) for name, value in cells.items()]
    return BEFORE.with_columns(changes)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE, "no row changed"),
        (BEFORE.reverse(), "no row changed"),
        (with_row(2, flow=0.5), "1 row changed (flow 1)"),
        (with_row(2, flow=0.5, code="A"), "1 row changed (code 1, flow 1)"),
        (BEFORE.with_columns(code=pl.lit("A"), flow=pl.col("flow") + 1), "2 rows changed (code 2, flow 2)"),
        (
            pl.concat([with_row(3, flow=1.0), BEFORE.head(1).with_columns(id=pl.lit(9, pl.Int64()))]),
            "1 row changed (flow 1), 1 added",
        ),
        (BEFORE.head(1), "2 rows removed"),
        (BEFORE.with_columns(new=1), "column new added"),
        (BEFORE.with_columns(code=pl.lit(1)), "column code retyped"),
        (BEFORE.drop("code", "flow"), "columns flow, code removed"),
    ],
)
def test_it_is_told_in_a_line(after: pl.DataFrame, words: str) -> None:
    assert said(BEFORE, after) == words


def test_another_table_is_named() -> None:
    assert said(BEFORE, BEFORE.head(2), OTHER) == "other: 1 row removed"


def test_reading_it_again_revises_nothing() -> None:
    later = {**READ, "retrieved_utc": datetime(2016, 8, 1, tzinfo=UTC), "source_line": 9}
    before, after = (
        BEFORE.with_columns(**{name: pl.lit(value) for name, value in one.items()}) for one in (READ, later)
    )
    assert said(before, after) == "no row changed"
    assert said(before, after.with_columns(flow=pl.lit(7.0))) == "3 rows changed (flow 3)"


def test_a_table_that_was_not_there_is_all_added() -> None:
    document = revision([MAIN], {}, {"main": BEFORE})
    assert told(document, "main") == "3 rows added, columns id, flow, code added"
