"""Periods: in the dataset's own time zone, to the last instant; static partitions have the coverage's dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from kfm_assets.domain.dataset import KANSAS, Grain, Partitions
from kfm_assets.domain.period import first_of, instant, last_of, span
from kfm_assets_tests.gates.cases import SPEC


def at(grain: Grain, zone: str, name: str) -> list[str]:
    found = span(replace(SPEC, partitions=Partitions(grain, "1950", zone)), name)
    return [instant(one) for one in found]


@pytest.mark.parametrize(
    ("grain", "zone", "name", "expected"),
    [
        (Grain.MONTH, "UTC", "2015-12", ["2015-12-01T00:00:00Z", "2015-12-31T23:59:59.999999Z"]),
        (Grain.MONTH, "UTC", "2016-02", ["2016-02-01T00:00:00Z", "2016-02-29T23:59:59.999999Z"]),
        (Grain.YEAR, "America/Chicago", "2020", ["2020-01-01T06:00:00Z", "2021-01-01T05:59:59.999999Z"]),
        (Grain.MONTH, "America/Chicago", "2020-03", ["2020-03-01T06:00:00Z", "2020-04-01T04:59:59.999999Z"]),
        (Grain.MONTH, "Etc/GMT+6", "2020-03", ["2020-03-01T06:00:00Z", "2020-04-01T05:59:59.999999Z"]),
    ],
)
def test_a_period_runs_in_its_own_time_zone(grain, zone, name, expected):
    assert at(grain, zone, name) == expected


def test_consecutive_periods_leave_no_gap_and_share_no_instant():
    for month in range(1, 12):
        _, end = span(replace(SPEC, partitions=Partitions(Grain.MONTH, "1950", "America/Chicago")), f"2020-{month:02}")
        start, _ = span(
            replace(SPEC, partitions=Partitions(Grain.MONTH, "1950", "America/Chicago")), f"2020-{month + 1:02}"
        )
        assert start - end == timedelta(microseconds=1)


def test_a_static_partition_has_the_dates_of_the_coverage_or_none():
    static = replace(SPEC, partitions=Partitions(Grain.STATIC))
    assert span(static, "static") is None
    dated = replace(static, coverage=replace(KANSAS, start="2014-01-01", end="2014-12-31"))
    assert span(dated, "static") == (first_of(date(2014, 1, 1)), last_of(date(2014, 12, 31)))


def test_an_instant_is_written_in_utc():
    assert instant(datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == "2020-01-01T00:00:00Z"
    assert instant(datetime(2020, 1, 1, 0, 0, 0, 500000, UTC)) == "2020-01-01T00:00:00.500000Z"
    with pytest.raises(ValueError, match="no offset"):
        instant(datetime(2020, 1, 1))  # noqa: DTZ001 - that is what is refused
