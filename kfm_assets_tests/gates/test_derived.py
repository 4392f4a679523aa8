"""A table that is derived from another: no wire ends in it, and it must hold each value that the other stands for."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from kfm_assets.domain.dataset import Column, Derivation, Table
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.conservation import judge, read_account
from kfm_assets_tests.gates.cases import ACCOUNT, COUNTED, QUARANTINE, SPEC, TABLES

DAYS = Table(
    "days",
    "what each stone did on each day",
    (
        Column("day", "int32", "day"),
        Column("melted_mm", "float64", "melted", nullable=True),
        Column("grown_mm", "float64", "grown", nullable=True),
    ),
    ("day",),
    derived=Derivation("stones", "days", ("melted_mm", "grown_mm")),
)
DERIVING = replace(SPEC, tables=(DAYS, *SPEC.tables))
STORED = {
    **TABLES,
    "stones": TABLES["stones"].with_columns(days=pl.Series([2, 0, 1])),
    "days": pl.DataFrame({"day": [1, 2], "melted_mm": [0.5, 0.0], "grown_mm": [None, 1.5]}),
}
SAID = {**ACCOUNT, "rows_out": {**ACCOUNT["rows_out"], "days": 2}}


def failing(account=SAID, tables=STORED):
    found = judge(DERIVING, read_account(json.dumps(account).encode()), tables, QUARANTINE, COUNTED)
    return {
        finding.check.removeprefix("conservation."): finding.message
        for finding in found
        if finding.outcome is not Outcome.PASS
    }


def test_each_value_is_in_a_cell_and_no_row_is_a_wires():
    assert failing() == {}


@pytest.mark.parametrize(
    "days",
    [
        STORED["days"].with_columns(melted_mm=pl.Series([0.5, None], dtype=pl.Float64)),
        STORED["days"].with_columns(grown_mm=pl.Series([1.0, 1.5])),
        STORED["days"].drop("grown_mm"),
    ],
    ids=["one less", "one more", "no column"],
)
def test_a_value_that_was_lost_or_invented_closes_the_gate(days):
    assert failing(tables={**STORED, "days": days}).keys() == {"derived"}


def test_without_a_count_there_is_nothing_to_hold_it_to():
    told = failing(tables={**STORED, "stones": TABLES["stones"]})
    assert told == {"derived": "days: there is no days to count by"}


def test_a_derived_tables_rows_are_still_those_that_are_stored():
    assert failing(tables={**STORED, "days": STORED["days"].vstack(STORED["days"])}).keys() == {"rows_out", "derived"}


def test_a_wire_that_ends_in_a_derived_table_would_hide_its_rows():
    account = {**SAID, "yields": {"stones": "days", "seen": "sightings"}}
    assert failing(account).keys() == {"balance"}


def test_a_run_counts_the_rows_of_the_table_that_wires_end_in():
    assert DERIVING.main.name == "days"
    assert DERIVING.counted.name == SPEC.counted.name == SPEC.main.name == "stones"
