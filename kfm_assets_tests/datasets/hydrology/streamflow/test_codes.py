"""NWIS' short codes: what each says, in whatever spelling."""

from __future__ import annotations

import pytest

from kfm_assets.datasets.hydrology.streamflow.codes import Qualification, missing, qualification, state, zone_minutes


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("A", Qualification("approved", estimated=False, reason=None)),
        ("P", Qualification("provisional", estimated=False, reason=None)),
        ("A:e", Qualification("approved", estimated=True, reason=None)),
        ("P:e", Qualification("provisional", estimated=True, reason=None)),
        ("A:[91]", Qualification("approved", estimated=False, reason=None)),
        ("P:Ice", Qualification("provisional", estimated=False, reason="Ice")),
        ("P:ZFl", Qualification("provisional", estimated=False, reason=None, zero_flow=True)),
        ("P, ***", Qualification("provisional", estimated=False, reason="***")),
        ("A:P", Qualification("provisional", estimated=False, reason=None)),
        ("", Qualification("unstated", estimated=False, reason=None)),
        ("R:~", Qualification("unstated", estimated=False, reason=None)),
        ("a:Eqp:Ice", Qualification("unstated", estimated=False, reason="Eqp")),
    ],
)
def test_qualification_codes(codes, expected):
    assert qualification(codes) == expected


@pytest.mark.parametrize(
    ("word", "code"),
    [("Ice", "Ice"), ("ICE", "Ice"), (" eqp ", "Eqp"), ("1_Ice", "Ice"), ("_Ssn", "Ssn"), ("***", "***"), ("--", "--")],
)
def test_words_that_stand_for_no_value(word, code):
    assert missing(word) == code


@pytest.mark.parametrize("word", ["", "12", "0", "-999999", "Icy", "A", "P", "e", "ZFl", "nan"])
def test_other_words_do_not(word):
    assert missing(word) is None


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        ("CST", -360),
        ("CDT", -300),
        ("MST", -420),
        ("MDT", -360),
        ("Z", 0),
        ("-05:00", -300),
        ("+0530", 330),
        ("cst", -360),
    ],
)
def test_zones(zone, minutes):
    assert zone_minutes(zone) == minutes


@pytest.mark.parametrize("zone", ["", "XST", "C", "-5", "-05:60", "America/Chicago"])
def test_what_is_no_zone(zone):
    assert zone_minutes(zone) is None


@pytest.mark.parametrize(
    ("fips", "station", "expected"),
    [
        ("20", "ANYTHING, MO", "KS"),
        ("24", "KANSAS R AT DESOTO, KS", "24"),
        ("", "KANSAS R AT DESOTO, KS", "KS"),
        ("", "AMERICAN R A FAIR OAKS CA", "CA"),
        ("", "Missouri River at Kansas City, Mo.", "MO"),
        ("", "KANSAS R NR BRIDGE XY", ""),
        ("", "KANSAS", ""),
        ("", "", ""),
    ],
)
def test_where_a_file_says_that_a_site_is(fips, station, expected):
    assert state(fips, station) == expected
