"""The fused pass against pandera: the same verdict and the same rows, for every kind of rule and awkward value."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaError

from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.oracle import to_pandera
from kfm_assets.gates.quality import judge
from kfm_assets_tests.gates.rounds import rounds
from kfm_assets_tests.gates.tables_for_tests import COLUMNS, MAIN, RULES, bent_frames, column, frames, good, rule, table


def refusal(frame, schema):
    """Return the error with which pandera refuses a frame, or None. Not lazily: it cannot list rows with WKB."""
    try:
        schema.validate(frame)
    except SchemaError as error:
        return error
    return None


def accepted(frame, checked):
    return refusal(frame, to_pandera(checked, MAIN)) is None


def passes(frame, checked):
    return all(result.finding.outcome is Outcome.PASS for result in judge(frame, checked, MAIN))


# Each rule is tried alone, on a table that asks nothing else: any column may be null, the key is the row's number.
NULLABLE = tuple(column(item.name, item.dtype) for item in COLUMNS if item.name != "row")
NUMBER = column("number", "int64", nullable=False)


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.name)
def test_each_rule_has_panderas_verdict_and_marks_panderas_rows(each):
    alone = table(each, columns=(NUMBER, *NULLABLE), key=("number",))
    schema = to_pandera(alone, MAIN)
    for item in schema.columns.values():
        item.checks = [check for check in item.checks if check.name == each.name]  # NaN is another check's affair
    seen = set()

    @rounds(40)
    @given(frames())
    def agree(frame):
        frame = frame.drop("row").with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
        result = judge(frame, alone, MAIN)[-1]
        error = refusal(frame, schema)
        assert (result.finding.outcome is Outcome.PASS) == (error is None)
        seen.add(result.finding.outcome)
        # pandera stops at the first of several columns, so the rows are compared where there is one.
        if error and each.check != "row_count" and (len(each.columns) == 1 or each.check != "in_range"):
            assert error.check.name == each.name
            marked = failing_rows(error)
            assert result.broken == len(marked)
            assert result.examples == tuple(str(row) for row in marked[:5])

    agree()
    assert seen == {Outcome.PASS, Outcome.FAIL}, "the examples must show both"


def failing_rows(error):
    output = error.check_output
    output = output.collect() if isinstance(output, pl.LazyFrame) else output
    series = output.to_series() if isinstance(output, pl.DataFrame) else output
    return series.fill_null(value=False).not_().arg_true().to_list()


def test_a_whole_table_has_panderas_verdict():
    seen = set()

    @rounds(120)
    @given(bent_frames(), st.lists(st.sampled_from(RULES), max_size=4, unique_by=lambda each: each.name))
    def agree(frame, rules):
        checked = table(*rules)
        verdict = passes(frame, checked)
        assert verdict == accepted(frame, checked)
        seen.add(verdict)

    agree()
    assert seen == {True, False}, "the examples must show both"


@rounds(80)
@given(frames(nulls=False, most=4), st.data())
def test_schema_alone_has_panderas_verdict(frame, data):
    """With frames that are mostly right: one thing is bent at a time, or none."""
    names = data.draw(st.permutations(frame.columns)) if data.draw(st.booleans()) else frame.columns
    frame = frame.select(names)
    if data.draw(st.booleans()):
        frame = frame.with_columns(pl.int_range(pl.len()).alias("row"), pl.col("magnitude", "depth").fill_nan(0.0))
    bend = data.draw(st.sampled_from(["nothing", "drop", "add", "retype"]))
    name = data.draw(st.sampled_from(frame.columns))
    if bend == "drop" and name != "row":
        frame = frame.drop(name)
    elif bend == "add":
        frame = frame.with_columns(pl.lit(1).alias("stranger"))
    elif bend == "retype" and name != "row":
        frame = frame.with_columns(pl.lit(None).cast(pl.UInt8).alias(name))
    assert passes(frame, table()) == accepted(frame, table())


@pytest.mark.parametrize("key", [("code",), ("code", "magnitude"), ("day", "begin", "count")])
def test_keys_of_any_columns_have_panderas_verdict(key):
    @rounds(50)
    @given(frames(), st.booleans())
    def agree(frame, ascending):
        frame = frame.sort(key) if ascending else frame
        loose = table(columns=tuple(column(item.name, item.dtype) for item in COLUMNS), key=key)
        repeats = frame.select(pl.struct(key).is_duplicated().any()).item()
        result = next(result for result in judge(frame, loose) if result.check == "key_unique")
        assert (result.finding.outcome is Outcome.FAIL) == repeats
        if frame.select(pl.any_horizontal(pl.col("magnitude", "depth").is_nan().any())).item() is False:
            assert accepted(frame, loose) == (not repeats)

    agree()


def test_the_oracle_is_not_asleep():
    """On lazy frames pandera skips data checks without a word; on these it must refuse what is wrong."""
    assert accepted(good(), table(*RULES))
    assert not accepted(good().with_columns(depth=pl.lit(-1.0)), table(*RULES))
    assert not accepted(good(3), table(rule("row_count", equal_to=2)))
