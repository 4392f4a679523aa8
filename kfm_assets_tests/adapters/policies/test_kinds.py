"""The kinds of threshold: what each takes, what it refuses, and how a policy holds it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from pydantic import ValidationError

from kfm_assets.adapters.policies import load
from kfm_assets.adapters.policies.document import Thresholds
from kfm_assets.adapters.policies.kinds import (
    Count,
    Days,
    Hours,
    Names,
    Number,
    Percentage,
    Rows,
    Rule,
    Share,
    written,
)
from kfm_assets.datasets.registry import DATASETS

Bootstrap = Rule[Literal["accept_first", "refuse"]]


@pytest.mark.parametrize(
    ("kind", "value", "unit"),
    [
        (Number, "0", "nats"),
        (Number, "0.25", "nats"),
        (Number, "1000000", "USD"),
        (Share, "0", "of all attribution"),
        (Share, "1", "of all attribution"),
        (Share, "0.5", "of all attribution"),
        (Percentage, "100", "percent of rows"),
        (Count, "30", "earlier years"),
        (Rows, "1", "rows in scope"),
        (Bootstrap, "refuse", "rule"),
    ],
)
def test_a_value_is_held_as_it_is_written(kind, value, unit):
    assert written(kind(value=value, unit=unit, why="because")) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((kind, text) for kind in (Number, Share, Percentage) for text in ("-1", "-0", "NaN", "Infinity", "-NaN")),
        *((kind, text) for kind in (Number, Share, Percentage) for text in ("", ".", "1.", ".5", "1e3", "1_0", " 1")),
        *(
            (kind, text)
            for kind in (Number, Share, Percentage, Count)
            for text in ("٣", "1 ", "+1", "few", "1,5", "0x1")
        ),
        *((kind, number) for kind in (Number, Share, Percentage, Count, Rows) for number in (1, 0.5, None, True)),
        (Share, "1.01"),
        (Percentage, "100.1"),
        (Count, "1.5"),
        (Count, "-1"),
        (Bootstrap, "accept"),
        (Bootstrap, ""),
        (Names, ("a b",)),
        (Names, ("",)),
        (Names, ("a", "a")),
        (Names, "abc"),
        (Days, 0),
        (Days, "1"),
        (Hours, -1),
    ],
)
def test_what_is_no_such_value_is_refused(kind, value):
    unit = {Percentage: "percent", Rows: "rows", Bootstrap: "rule", Days: "days", Hours: "hours"}.get(kind, "things")
    with pytest.raises(ValidationError) as caught:
        kind(value=value, unit=unit, why="because")
    assert {error["loc"][0] for error in caught.value.errors()} == {"value"}


@pytest.mark.parametrize("kind", [Number, Share, Count, Percentage, Rows])
@pytest.mark.parametrize("missing", ["value", "unit", "why"])
def test_a_value_a_unit_and_a_reason_all_stand_there(kind, missing):
    given = {"value": "1", "unit": {Percentage: "percent", Rows: "rows"}.get(kind, "things"), "why": "because"}
    kind(**given)
    for worse in ({name: text for name, text in given.items() if name != missing}, {**given, missing: ""}):
        with pytest.raises(ValidationError) as caught:
            kind(**worse)
        assert [error["loc"] for error in caught.value.errors()] == [(missing,)]


def test_names_come_back_as_words():
    policy = load(DATASETS)[DATASETS[0]]
    for words in ((), ("one",), ("county_fips", "damage_property_usd")):
        named = written(Names(value=words, unit="columns", why="because"))
        assert replace(policy, thresholds={"forbidden": named}).words("forbidden") == words
    assert policy.words("absent") == ()


def test_no_two_gates_have_a_threshold_of_one_name():
    names = [name for field in Thresholds.model_fields.values() for name in type(field.default).model_fields]
    assert len(set(names)) == len(names) > 0
