"""The report: it keeps its schema, its counts add up, and it is the same for the same content."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.gates.diff.report import problems
from kfm_assets_tests.gates.diff.storms import DAMAGE, report, storms
from kfm_assets_tests.gates.rounds import rounds

YEAR = storms("1991")


def revised(frame: pl.DataFrame, marks: pl.Series) -> pl.DataFrame:
    damage = pl.when(marks).then(pl.col(DAMAGE) + 1000).otherwise(pl.col(DAMAGE))
    return frame.with_columns(damage.alias(DAMAGE))


@rounds(60)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 50), st.booleans())
def test_it_keeps_its_schema_and_its_counts_add_up(removed, changed, added, second):
    after = revised(YEAR, pl.Series(range(200)) < changed).head(200 - removed)
    after = pl.concat([after, storms("1991", 200 + added).tail(added)])
    years = {"1991": (YEAR, after)} | ({"1992": (None, storms("1992", 40))} if second else {})
    found = report(years)
    assert problems(found) == []
    table = found["tables"]["details"]
    rows = table["rows"]
    assert rows["removed"] == removed
    assert rows["changed"] == min(changed, 200 - removed)
    assert rows["added"] == added + 40 * second
    assert rows["before"] - rows["removed"] + rows["added"] == rows["after"]
    assert rows["same"] + rows["changed"] + rows["removed"] == rows["before"]
    for where in ("spatial", "temporal"):
        for kind in ("added", "removed", "changed"):
            assert sum(cell[kind] for cell in table[where]["counts"].values()) == rows[kind]
    assert json.loads(canonical_json(found)) == found


def test_it_is_the_same_whatever_the_order_of_rows_and_columns():
    after = revised(YEAR, pl.Series(range(200)) % 7 == 0).tail(190)
    shuffled = after.sample(fraction=1, shuffle=True, seed=3).select(sorted(after.columns)).sort("event_id")
    assert canonical_json(report({"1991": (YEAR, after)})) == canonical_json(report({"1991": (YEAR, shuffled)}))


def test_a_rise_is_told_with_its_county_type_and_year():
    at = (pl.col("county_fips") == 13) & (pl.col("event_type") == "Tornado") & (pl.col(DAMAGE) > 0)
    after = YEAR.with_columns(pl.when(at).then(pl.col(DAMAGE) * 1000).otherwise(pl.col(DAMAGE)).alias(DAMAGE))
    quiet = storms("1990")
    found = report({"1990": (quiet, revised(quiet, pl.Series(range(200)) == 5)), "1991": (YEAR, after)})
    (rise,) = [one for one in found["tables"]["details"]["contributors"] if one["of"] == DAMAGE]
    assert float(rise["share_percent"]) > 99
    assert {(one["column"], one["value"]) for one in rise["groups"]} == {
        ("partition", "1991"),
        ("county_fips", "13"),
        ("event_type", "Tornado"),
    }


def test_what_says_where_a_row_was_read_is_no_change():
    found = report({"1991": (YEAR, YEAR.with_columns(pl.col("source_line") + 1))})
    assert found["tables"]["details"]["rows"]["changed"] == 0


def test_a_schema_that_changed_is_told():
    after = YEAR.drop("event_narrative").with_columns(pl.lit(1).alias("new"), pl.col(DAMAGE).cast(pl.String))
    found = report({"1991": (YEAR, after)})
    assert problems(found) == []
    columns = found["tables"]["details"]["columns"]
    assert (columns["added"], columns["removed"]) == (["new"], ["event_narrative"])
    assert columns["retyped"] == {DAMAGE: ["Float64", "String"]}


def test_the_partitions_say_what_became_of_them():
    same = {"1988": (YEAR, YEAR), "1989": (YEAR, None), "1990": (None, YEAR), "1991": (YEAR, YEAR.head(199))}
    found = report(same)
    assert problems(found) == []
    kinds = {one["partition"]: one["kind"] for one in found["partitions"]["differ"]}
    assert kinds == {"1988": "rebuilt", "1989": "removed", "1990": "added", "1991": "revised"}


@pytest.mark.parametrize("break_it", ["kfm_diff_version", "tables", "bytes"])
def test_the_schema_misses_what_is_not_there(break_it):
    found = report({"1991": (YEAR, YEAR.head(100))})
    assert problems({name: value for name, value in found.items() if name != break_it})
    assert problems(found | {"more": 1})
