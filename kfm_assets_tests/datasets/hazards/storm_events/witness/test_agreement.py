"""Which tornadoes of two records are one, and what explains those that are in one of them alone."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.hazards.storm_events.witness.agreement import compare
from kfm_assets.domain.canonical import canonical_json
from kfm_assets_tests.datasets.hazards.storm_events.witness.tornadoes import held, here, later, there
from kfm_assets_tests.gates.rounds import rounds

KM_NORTH = 1 / 111.195


def counted(ours: pl.DataFrame, theirs: pl.DataFrame, kept_out: pl.DataFrame | None = None) -> dict[str, int | str]:
    counts = compare(ours, held() if kept_out is None else kept_out, theirs).counts()
    return {name: count for name, count in counts.items() if count not in (0, "0.00")}


def test_the_same_tornado_in_both():
    assert counted(here({}), there({})) == {"here": 1, "there": 1, "matched": 1, "agreement_percent": 100}


@pytest.mark.parametrize(
    ("change", "matched"),
    [
        ({"at": later(minutes=30)}, 1),
        ({"at": later(minutes=-30)}, 1),
        ({"at": later(minutes=31)}, 0),
        ({"lat": 38 + 9.99 * KM_NORTH}, 1),
        ({"lat": 38 + 10.02 * KM_NORTH}, 0),
        ({"rating": 5}, 1),
        ({"rating": None}, 1),
        ({"lon": None, "lat": None}, 0),
        ({"at": None}, 0),
        ({"state": "NE"}, 0),
    ],
)
def test_a_pair_is_near_in_time_and_place(change, matched):
    assert counted(here({}), there(change)).get("matched", 0) == matched


def test_the_nearest_is_chosen_and_of_equals_the_one_with_the_same_rating():
    ours = here({"rating": 2}, {"rating": 0, "lat": 38.02})
    theirs = there({"rating": 0}, {"rating": 2}, {"rating": 0, "lat": 38.02}, {"lat": 38.06})
    found = compare(ours, held(), theirs)
    assert found.matched["id", "id_there", "rating", "rating_there"].rows() == [(1, 2, 2, 2), (2, 3, 0, 0)]
    assert found.only_there["id_there"].to_list() == [1, 4]


def test_no_row_is_in_two_pairs():
    assert counted(here({}), there({}, {}))["only_there"] == 1
    assert counted(here({}, {}), there({}))["only_here"] == 1


def test_a_tornado_that_is_held_back_here_is_told_with_its_rule():
    found = compare(here({}), held({"id": 9}), there({}, {}))
    assert (found.held_back.height, found.only_there.height) == (1, 0)
    (told,) = (row for row in found.disagreements() if row["what"] == "held back here")
    assert (told["event_id"], told["rule"], told["point_there"]) == ("9", "repeated", "38.0000 -98.0000")


def test_the_same_place_and_time_of_day_some_days_apart_is_a_wrong_date():
    found = compare(here({"at": later(days=6)}), held(), there({}))
    (told,) = found.disagreements()
    assert told == {
        "what": "on another day",
        "event_id": "1",
        "begin": "1975-06-07T18:00+00:00",
        "point": "38.0000 -98.0000",
        "rating": "1",
        "om": "7",
        "begin_there": "1975-06-01T18:00+00:00",
        "point_there": "38.0000 -98.0000",
        "rating_there": "1",
        "km": "0.00",
        "minutes": "8640",
    }
    assert compare(here(), held({"at": later(days=-6)}), there({})).other_day["rule"].to_list() == ["repeated"]
    assert compare(here({"at": later(days=32)}), held(), there({})).other_day.is_empty()
    assert compare(here({"at": later(days=6, minutes=1)}), held(), there({})).other_day.is_empty()


TRACK = {"end_lon": -98.0, "end_lat": 38.9}


@pytest.mark.parametrize(
    ("change", "on"),
    [
        ({"lat": 38.5, "at": later(minutes=45)}, 1),
        ({"lat": 38.9, "at": later(hours=4)}, 1),
        ({"lat": 38.5, "at": later(hours=4, minutes=1)}, 0),
        ({"lat": 38.5, "at": later(minutes=-31)}, 0),
        ({"lat": 39.0, "at": later(minutes=45)}, 0),
        ({"lat": 38.5, "lon": -98.05, "at": later(minutes=45)}, 1),
        ({"lat": 38.5, "lon": -98.07, "at": later(minutes=45)}, 0),
    ],
)
def test_a_row_of_a_later_county_is_on_the_track_of_the_tornado(change, on):
    counts = counted(here({}, change), there(TRACK))
    assert (counts["matched"], counts.get("on_a_track", 0), counts.get("only_here", 0)) == (1, on, 1 - on)


def test_a_track_from_another_state_counts_and_its_tornado_does_not():
    counts = counted(here({"lat": 38.5, "at": later(minutes=45)}), there({**TRACK, "state": "OK"}))
    assert counts == {"here": 1, "on_a_track": 1, "agreement_percent": 100}


def test_what_differs_within_a_pair_is_counted_and_told():
    found = compare(
        here({}, {"lat": 39.0, "rating": None}, {"lat": 40.0, "begin_point": "outside"}),
        held(),
        there({"rating": 3}, {"lat": 39.0}, {"lat": 40.03}),
    )
    counts = found.counts()
    assert (counts["rated_differently"], counts["rated_there_alone"], counts["same_point_outside_kansas"]) == (1, 1, 1)
    assert counts["farthest_km"] == "3.34"
    assert [(row["what"], row["km"]) for row in found.disagreements()] == [("matched", "3.34"), ("matched", "0.00")]


def test_nothing_on_either_side_is_no_fault():
    assert counted(here(), there()) == {}
    assert counted(here({}), there()) == {"here": 1, "only_here": 1}


SIDES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from([None, 0, 3])), max_size=7)


@rounds(60)
@given(SIDES, SIDES, SIDES)
def test_every_row_is_told_once_and_the_report_is_one_whatever_the_order(ours, kept_out, theirs):
    def rows(drawn: list[tuple[int, int, int | None]], first: int) -> list[dict[str, object]]:
        return [
            {"id": first + number, "lat": 38 + 0.05 * place, "at": later(minutes=25 * time), "rating": rating}
            for number, (place, time, rating) in enumerate(drawn)
        ]

    sides = here(*rows(ours, 1)), held(*rows(kept_out, 100)), there(*({**row, **TRACK} for row in rows(theirs, 1)))
    found = compare(*sides)
    shown = [found.matched, found.on_a_track, found.only_here, found.other_day]
    told = [row for part in shown if "id" in part.columns for row in part["id"].to_list() if row < 100]
    assert sorted(told) == sorted(sides[0]["id"])
    told = [
        row for part in (found.matched, found.held_back, found.other_day, found.only_there) for row in part["id_there"]
    ]
    assert sorted(told) == sorted(sides[2]["id"])
    again = compare(*(side.reverse() for side in sides))
    assert canonical_json(again.report()) == canonical_json(found.report())
    assert json.loads(canonical_json(found.report()))["tolerances"]["km"] == "10.0"
