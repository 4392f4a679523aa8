"""Counts: of every row once, by month of the local clock, exact sums of their parts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.gates.drift import bins, counting
from kfm_assets_tests.gates.drift.made import ROOT, build_of, rows, specification
from kfm_assets_tests.gates.rounds import rounds

SPEC = specification()
CUT = bins.freeze(SPEC, ROOT, {"1990": rows(1990)})

AWKWARD = st.fixed_dictionaries(
    {
        "number": st.integers(0, 9),
        "kind": st.sampled_from(["hail", "wind", "sleet", None]),
        "amount": st.sampled_from([0.0, -1.0, 5e-324, 1e300, float("inf"), float("nan"), None, 250.0]),
        "place": st.sampled_from([1, 2, 99, None]),
        "east": st.none(),
        "north": st.none(),
        "begin": st.sampled_from([None, datetime(1990, 1, 1, 3, tzinfo=UTC), datetime(1990, 7, 1, 12, tzinfo=UTC)]),
    }
)


def framed(drawn: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(drawn, schema=rows(1990, 1).schema)


def counted(frame: pl.DataFrame, name: str = "1990") -> counting.Counts:
    return counting.count(SPEC, CUT, name, build_of(name), frame)


@rounds(25)
@given(st.lists(st.lists(AWKWARD, max_size=6), min_size=1, max_size=4))
def test_the_sum_of_the_parts_is_the_count_of_the_whole(parts: list[list[dict]]) -> None:
    frames = [framed(part) for part in parts]
    whole = counted(pl.concat(frames))
    total = counting.added(map(counted, frames))
    assert total.keys() == whole.columns.keys()
    for name, table in whole.columns.items():
        assert np.array_equal(total[name], table)
    for name in ("kind", "amount", "place", "hour"):
        assert whole.columns[name].sum() == whole.rows.sum() == sum(map(len, parts))


@rounds(25)
@given(st.lists(AWKWARD, max_size=8))
def test_a_document_is_read_back_as_it_was(drawn: list[dict]) -> None:
    made = counted(framed(drawn))
    read = counting.read(made.content)
    assert read.same_as(made)
    assert read.content == made.content


def test_each_value_lies_where_it_belongs() -> None:
    frame = framed(
        [
            {"kind": "hail", "amount": 0.0, "place": 1, "begin": datetime(1990, 1, 1, 3, tzinfo=UTC)},
            {"kind": "sleet", "amount": None, "place": 99, "begin": datetime(1990, 7, 1, 12, tzinfo=UTC)},
            {"kind": None, "amount": 1e9, "place": None, "begin": None},
        ]
    )
    made, labels = counted(frame), {one.name: one.labels for one in CUT.columns}

    def found(column: str) -> list[tuple[int, str]]:
        return [(int(month), labels[column][place]) for month, place in np.argwhere(made.columns[column])]

    # 03:00 UTC of New Year's Day is 21:00 of 31 December by Central Standard Time.
    assert found("kind") == [(0, "missing"), (7, "unseen"), (12, "hail")]
    assert found("amount") == [(0, labels["amount"][-2]), (7, "missing"), (12, "zero")]
    assert found("place") == [(0, "missing"), (7, "unseen"), (12, "1")]
    assert found("hour") == [(0, "missing"), (7, "6 to 9"), (12, "21 to 24")]
    assert found("paid") == []


def test_only_the_rows_that_a_column_looks_at_are_counted() -> None:
    frame = rows(1991)
    paid = frame.filter((pl.col("kind") == "hail") & (pl.col("amount") > 0)).height
    assert counted(frame, "1991").columns["paid"].sum() == paid > 0


def test_a_count_that_was_altered_is_not_the_same() -> None:
    made = counted(rows(1991), "1991")
    document = json.loads(made.content)
    document["rows"][6] += 1
    assert not counting.read(json.dumps(document).encode()).same_as(made)
