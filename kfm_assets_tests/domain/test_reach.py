"""Which partitions of a required dataset are due, and what is wrong where some are missing."""

from __future__ import annotations

import pytest

from kfm_assets.domain.dataset import STATIC, Reach, Requirement
from kfm_assets.domain.reach import named, problem, reached

UP_TO = Requirement(Reach.UP_TO, (), first="1955", least=3)
BEFORE = Requirement(Reach.BEFORE, ())
ONLY = Requirement(Reach.STATIC, ())


def years(*each: int) -> tuple[str, ...]:
    return tuple(map(str, each))


def test_up_to_is_from_the_first_to_the_one_of_the_same_name() -> None:
    assert reached(UP_TO, "1958", years(1950, 1955, 1956, 1957, 1958, 1959)) == years(1955, 1956, 1957, 1958)


def test_before_is_the_year_before_and_static_the_only_one() -> None:
    assert (named(BEFORE, "1993"), reached(BEFORE, "1993", years(1991, 1992, 1993))) == ("1992", ("1992",))
    assert (named(ONLY, "1993"), reached(ONLY, "1993", (STATIC,))) == (STATIC, (STATIC,))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (years(1955, 1956, 1957, 1958), ""),
        (years(1956, 1957, 1958), ""),
        (years(1955, 1956, 1957), "there is no 1958"),
        ((), "there is no 1958"),
        (years(1955, 1957, 1958), "there is no 1956, between 1955 and 1958"),
        (years(1957, 1958), "there are 2 up to 1958, and 3 are needed"),
    ],
)
def test_a_gap_the_last_one_and_too_few_are_named(found: tuple[str, ...], said: str) -> None:
    assert problem(UP_TO, "1958", found) == said


def test_without_the_year_before_there_is_nothing() -> None:
    assert problem(BEFORE, "1993", ()) == "there is no 1992"
    assert problem(BEFORE, "1993", ("1992",)) == ""
