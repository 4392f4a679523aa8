"""Row conservation: no row may be lost, invented, counted twice or held back under a rule that nobody knows."""

from __future__ import annotations

import copy
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.verdict import Outcome, worst
from kfm_assets.gates.conservation import judge, read_account
from kfm_assets_tests.gates.cases import ACCOUNT, COUNTED, QUARANTINE, SPEC, TABLES
from kfm_assets_tests.gates.rounds import rounds


def judged(account=ACCOUNT, tables=TABLES, quarantine=QUARANTINE, counted=COUNTED):
    return {
        finding.check.removeprefix("conservation."): finding
        for finding in judge(SPEC, read_account(json.dumps(account).encode()), tables, quarantine, counted)
    }


def failing(**changes):
    return {name for name, finding in judged(**changes).items() if finding.outcome is not Outcome.PASS}


def bent(*path, value):
    account = copy.deepcopy(ACCOUNT)
    place = account
    for step in path[:-1]:
        place = place.setdefault(step, {})
    place[path[-1]] = value
    return account


def test_an_account_that_is_true_passes():
    assert failing() == set()
    assert set(judged()) == {"named", "rows_in", "balance", "rows_out", "quarantined"}


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (bent("rows_in", "stones", value=7), {"rows_in", "balance"}),
        (bent("rows_in", "hail", value=1), {"named", "rows_in", "balance"}),
        (bent("rows_out", "stones", value=4), {"balance", "rows_out"}),
        (bent("rows_out", "ghosts", value=0), {"named"}),
        (bent("rows_out", "ghosts", value=1), {"named", "balance", "rows_out"}),
        (bent("rows_out", value={"stones": 3}), {"named", "balance", "rows_out"}),
        (bent("out_of_scope", "stones", value={"elsewhere": 1}), {"balance"}),
        (bent("out_of_scope", "stones", value={"too_dull": 2}), {"named"}),
        (bent("out_of_scope", "hail", value={"elsewhere": 0}), {"named"}),
        (bent("quarantined", "stones", value={"orphan": 1}), {"quarantined"}),
        (bent("quarantined", "stones", value={"ugly": 1}), {"named", "quarantined"}),
        (bent("quarantined", value={}), {"balance", "quarantined"}),
        (bent("yields", value={"stones": "stones"}), {"balance"}),
        (bent("yields", "seen", value="stones"), {"balance"}),
    ],
)
def test_an_account_that_is_false_fails_where_it_lies(account, expected):
    assert failing(account=account) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tables": {**TABLES, "stones": TABLES["stones"].head(2)}}, {"rows_out"}),
        ({"tables": {"stones": TABLES["stones"]}}, {"rows_out"}),
        ({"counted": {"stones": 5, "seen": 2}}, {"rows_in"}),
        ({"counted": {"stones": 6}}, {"rows_in"}),
        ({"counted": {**COUNTED, "more": 1}}, {"rows_in"}),
        ({"quarantine": QUARANTINE.clear()}, {"quarantined"}),
        ({"quarantine": pl.concat([QUARANTINE, QUARANTINE])}, {"quarantined"}),
        ({"quarantine": QUARANTINE.drop("row")}, {"quarantined"}),
        ({"quarantine": QUARANTINE.with_columns(row=pl.lit(None, pl.String))}, {"quarantined"}),
        ({"quarantine": QUARANTINE.with_columns(rule=pl.lit(None, pl.String))}, {"quarantined"}),
    ],
)
def test_content_that_is_not_what_the_account_says_fails(changes, expected):
    assert failing(**changes) == expected


def test_a_row_held_back_twice_fails_even_where_the_account_says_two():
    account = bent("quarantined", "stones", value={"size_unreadable": 2})
    account["rows_in"]["stones"] = 7
    twice = pl.concat([QUARANTINE, QUARANTINE])
    found = judged(account=account, quarantine=twice, counted={**COUNTED, "stones": 7})
    assert {name for name, finding in found.items() if finding.outcome is not Outcome.PASS} == {"quarantined"}
    assert "twice" in found["quarantined"].message


def test_several_wires_may_end_in_one_table():
    account = bent("yields", "seen", value="stones")
    account["rows_out"] = {"stones": 5, "sightings": 0}
    tables = {"stones": pl.concat([TABLES["stones"]] * 2).head(5), "sightings": TABLES["sightings"].clear()}
    assert failing(account=account, tables=tables) == set()


def test_an_account_of_nothing_is_inconclusive():
    empty = {name: {} for name in ACCOUNT}
    assert judged(account=empty)["rows_in"].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"{}", b"null", b"\xff"]
    + [json.dumps(account).encode() for account in (
        bent("rows_in", value=[]), bent("rows_in", "stones", value=-1), bent("rows_in", "stones", value=1.5),
        bent("rows_in", "stones", value="6"), bent("rows_in", "stones", value=True),
        bent("quarantined", "stones", value=3), bent("yields", value=None),
    )],
)  # fmt: skip
def test_an_account_that_cannot_be_read_is_an_error(document):
    with pytest.raises(ValueError, match=r"."):
        read_account(document)


@rounds(60)
@given(st.tuples(*[st.integers(0, 3)] * 4), st.integers(-3, 3), st.sampled_from(["stones", "lost", "held", "scope"]))
def test_whatever_the_numbers_one_row_more_or_less_anywhere_is_seen(sizes, off, where):
    out, held, scope, seen = sizes
    account = {
        "rows_in": {"stones": out + held + scope, "seen": seen},
        "out_of_scope": {"stones": {"elsewhere": scope}},
        "quarantined": {"stones": {"orphan": held}} if held else {},
        "rows_out": {"stones": out, "sightings": seen},
        "yields": ACCOUNT["yields"],
    }
    counted, stones, rows = dict(account["rows_in"]), out, held
    if where == "stones":
        stones = max(0, out + off)
    elif where == "lost":
        counted["stones"] = max(0, counted["stones"] + off)
    elif where == "held":
        rows = max(0, held + off)
    else:
        account["out_of_scope"]["stones"]["elsewhere"] = max(0, scope + off)
    same = (stones, counted["stones"], rows, account["out_of_scope"]["stones"]["elsewhere"]) == (
        out, out + held + scope, held, scope,
    )  # fmt: skip
    tables = {"stones": pl.DataFrame({"id": range(stones)}), "sightings": pl.DataFrame({"id": range(seen)})}
    quarantine = pl.DataFrame(
        {"wire": ["stones"] * rows, "source_file": ["f"] * rows, "source_line": list(range(rows)),
         "rule": ["orphan"] * rows, "row": ["x"] * rows},
        schema=QUARANTINE.schema,
    )  # fmt: skip
    outcome = worst(finding.outcome for finding in judged(account, tables, quarantine, counted).values())
    assert outcome is (Outcome.PASS if same else Outcome.FAIL)
