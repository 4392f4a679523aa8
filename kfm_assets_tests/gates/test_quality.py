"""What a check's result says: shares, examples, what could not be measured, and what holds of no rows."""

from __future__ import annotations

import polars as pl
import pytest

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.checks import Part
from kfm_assets.gates.quality import judge
from kfm_assets_tests.gates.tables_for_tests import COLUMNS, MAIN, RULES, good, rule, table


def results(frame, *rules, **more):
    return {result.check: result for result in judge(frame, table(*rules, **more), MAIN)}


def outcomes(frame, *rules, **more):
    return {check: result.finding.outcome for check, result in results(frame, *rules, **more).items()}


def test_results_come_in_the_specifications_order_and_have_a_json_form():
    found = judge(good(), table(*RULES), MAIN)
    assert [result.check for result in found[:6]] == [
        "columns_present", "columns_added", "columns_order", "types", "nullability", "key_unique",
    ]  # fmt: skip
    assert [result.check for result in found[6:]] == [each.name for each in RULES]
    assert [result.part for result in found] == [Part.SCHEMA] * 6 + [Part.RULE] * len(RULES)
    assert {result.finding.outcome for result in found} == {Outcome.PASS}
    assert canonical_json(found)


def test_no_rows_break_no_rule_but_the_one_that_counts():
    found = outcomes(good(0), *RULES)
    assert found.pop("row_count of ") is Outcome.FAIL
    assert set(found.values()) == {Outcome.PASS}


@pytest.mark.parametrize(
    ("most", "outcome"), [("0", Outcome.FAIL), ("24.999", Outcome.FAIL), ("25", Outcome.PASS), ("100", Outcome.PASS)]
)
def test_a_share_within_the_bound_passes_and_is_reported(most, outcome):
    frame = good(8).with_columns(depth=pl.Series([5.0, -1.0, 5.0, None, -2.0, 5.0, 5.0, 5.0]))
    result = results(frame, rule("greater_than_or_equal_to", "depth", name="deep", most=most, min_value=0))["deep"]
    assert (result.rows, result.broken, result.examples) == (8, 2, ("1", "4"))
    assert result.finding.outcome is outcome
    assert "2 of 8 rows (25.00 %)" in result.finding.message


def test_a_share_is_exact_where_a_float_would_round():
    frame = good(3).with_columns(depth=pl.Series([-1.0, 5.0, 5.0]))
    deep = [rule("greater_than_or_equal_to", "depth", name=most, most=most, min_value=0) for most in ("33.33", "33.34")]
    found = outcomes(frame, *deep)
    assert (found["33.33"], found["33.34"]) == (Outcome.FAIL, Outcome.PASS)


def test_at_most_five_examples_are_named_by_their_key():
    frame = good(20).with_columns(code=pl.lit("?"))
    result = results(frame, rule("isin", "code", name="code", allowed_values=("C",)), key=("code", "row"))["code"]
    assert result.broken == 20
    assert result.examples == tuple(f"?, {row}" for row in range(5))


def test_schema_says_what_is_wrong_with_the_header():
    found = results(
        good().select("count", "row", *[c.name for c in COLUMNS[3:]]).with_columns(extra=1, depth=pl.lit("5"))
    )
    assert found["columns_present"].finding.message == "missing: magnitude"
    assert found["columns_added"].finding.message == "added: extra"
    assert found["columns_order"].finding.message == "out of order from count on"
    assert found["types"].finding.message == "depth is String, not float64"
    assert {found[name].finding.outcome for name in ("columns_present", "columns_added", "columns_order", "types")} == {
        Outcome.FAIL
    }


@pytest.mark.parametrize(
    ("name", "value", "broken"), [("depth", None, 1), ("depth", float("nan"), 1), ("magnitude", float("nan"), 1),
                                  ("magnitude", None, 0), ("magnitude", float("inf"), 0), ("code", None, 1)]
)  # fmt: skip
def test_nulls_and_nan(name, value, broken):
    rows = good(3).to_dicts()
    rows[1][name] = value
    result = results(pl.DataFrame(rows, schema=good().schema))["nullability"]
    assert result.broken == broken
    assert result.examples == ("1",) * broken
    assert (result.finding.outcome is Outcome.FAIL) == bool(broken)


def test_a_key_that_repeats_counts_every_row_that_shares_it():
    frame = good(5).with_columns(row=pl.Series([3, 1, 1, 2, 3]))
    result = results(frame)["key_unique"]
    assert (result.broken, result.finding.outcome) == (4, Outcome.FAIL)
    assert outcomes(frame.with_columns(row=pl.Series([5, 1, 3, 2, 4])))["key_unique"] is Outcome.PASS, (
        "unsorted is legal"
    )


@pytest.mark.parametrize(
    "broken",
    [
        rule("no_such_check", "depth"),
        rule("in_range", "depth", min_value=0),
        rule("in_range", "depth", min_value="x", max_value=1),
        rule("in_range", "depth", min_value="NaN", max_value=1),
        rule("in_range", "flag", min_value=0, max_value=1),
        rule("in_range", "begin", min_value="1950-01-01T00:00:00", max_value="2000-01-01T00:00:00Z"),
        rule("in_range", "absent", min_value=0, max_value=1),
        rule("in_range", min_value=0, max_value=1),
        rule("greater_than_or_equal_to", "depth", min_value=0, most="many"),
        rule("greater_than_or_equal_to", "depth", min_value=0, most="-1"),
        rule("greater_than_or_equal_to", "depth", min_value=0, most="NaN"),
        rule("greater_than_or_equal_to", "depth", min_value=0, most="101"),
        rule("isin", "code", allowed_values="C"),
        rule("str_matches", "code", pattern=""),
        rule("str_matches", "code", pattern="("),
        rule("str_matches", "depth", pattern="5"),
        rule("not_after", "begin", "depth"),
        rule("not_after", "begin"),
        rule("references", "event", to=("event", "place")),
        rule("references", "event", to="place"),
        rule("row_count", equal_to="2"),
    ],
    ids=lambda each: f"{each.name} {dict(each.arguments)} {each.most}",
)
def test_a_rule_that_cannot_be_measured_is_an_error_and_hides_no_other(broken):
    deep = rule("greater_than_or_equal_to", "depth", name="deep", min_value=1000)
    found = outcomes(good(), broken, deep)
    assert found[broken.name] is Outcome.ERROR
    assert found["deep"] is Outcome.FAIL


def test_a_rule_on_a_column_that_is_missing_or_of_another_type_is_an_error():
    deep = rule("greater_than_or_equal_to", "depth", name="deep", min_value=0)
    assert outcomes(good().drop("depth"), deep)["deep"] is Outcome.ERROR
    assert outcomes(good().with_columns(pl.col("depth").cast(pl.Int64)), deep)["deep"] is Outcome.ERROR
    assert outcomes(good().drop("row"))["key_unique"] is Outcome.ERROR


def test_references_without_the_main_table_are_not_measured():
    child = table(rule("references", "event", name="of an event", to="event"))
    assert judge(good(), child)[-1].finding.outcome is Outcome.ERROR
    assert judge(good(), child, MAIN.clear())[-1].broken == 2
