"""Storm Events files to wire frames: dated by the four-digit year, refused where they are something else."""

from __future__ import annotations

import re

import pytest

from kfm_assets.datasets.program import LINE, PARTITION
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.geography.made import payload
from kfm_assets_tests.datasets.hazards.storm_events.rows import NAMES, PROGRAM, death, event, written

FEEDS = {feed.wire: feed for feed in PROGRAM.specification.upstream.feeds}


def parsed(wire: str, name: str, *rows):
    return PROGRAM.parse(payload(wire, name, written(wire, rows)))


def test_rows_belong_to_the_year_of_their_file():
    frame = parsed("details", NAMES["details"], event(), event(BEGIN_YEARMONTH="197412"), event(BEGIN_YEARMONTH="1975"))
    assert frame[PARTITION].to_list() == ["1975", "1975", None]
    assert frame[LINE].to_list() == [2, 3, 4]


def test_without_a_year_in_the_name_the_row_says_its_own():
    undated = [event(BEGIN_YEARMONTH=text) for text in ("197513", "187504", "97504", "", "1975041", "١٩٧٥٠٤")]
    frame = parsed("details", "mine.csv", event(BEGIN_YEARMONTH="195512"), *undated)
    assert frame[PARTITION].to_list() == ["1955", *[None] * len(undated)]


def test_deaths_belong_to_the_year_of_their_event():
    frame = parsed("fatalities", "mine.csv", death(FAT_YEARMONTH="197601"), death(EVENT_YEARMONTH="x"))
    assert frame[PARTITION].to_list() == ["1975", None]


def test_a_file_of_the_other_wire_is_refused():
    with pytest.raises(BadInput, match="its first line is not the header"):
        PROGRAM.parse(payload("details", NAMES["details"], written("fatalities", [death()])))


@pytest.mark.parametrize("prefix", ["", "KS_", "storms/", "a/b/national-"])
def test_files_are_known_by_the_upstreams_names(prefix):
    found = re.search(FEEDS["details"].file_name, prefix + "StormEvents_details-ftp_v1.0_d1950_c20170120.csv")
    assert found
    assert (found["partition"], found["vintage"]) == ("1950", "20170120")
    assert not re.search(FEEDS["details"].file_name, prefix + "StormEvents_fatalities-ftp_v1.0_d1950_c20170120.csv")
    assert not re.search(FEEDS["details"].file_name, prefix + "StormEvents_details-ftp_v1.0_d1950_c20170120.csv.part")


def test_deaths_may_be_absent_and_events_may_not():
    assert FEEDS["details"].required
    assert not FEEDS["fatalities"].required
