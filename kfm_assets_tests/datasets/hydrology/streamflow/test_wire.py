"""What a file's texts and times have in common: spellings, and days in standard time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.hydrology.streamflow import wire


@given(st.lists(st.sampled_from(["A", "P", "A:e", ""]), max_size=30), st.integers(1, 5))
def test_each_row_finds_its_spelling_again(texts, times):
    rows = pl.Series([text for text in texts for _ in range(times)], dtype=pl.String)
    words, places = wire.spelled(rows)
    assert words == list(dict.fromkeys(rows))
    assert [words[place] for place in places] == rows.to_list()


@given(st.lists(st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31)), max_size=30))  # noqa: DTZ001
def test_each_instant_finds_its_day_in_standard_time_again(times):
    rows = pl.Series([at and at.replace(tzinfo=UTC) for at in times], dtype=pl.Datetime("us", "UTC"))
    every, places = wire.days(rows)
    expected = [at and (at - timedelta(hours=6)).date() for at in times]
    assert [None if place is None else every[place] for place in places] == expected


def test_days_are_themselves():
    every, places = wire.days(pl.Series([date(2024, 2, 28), None, date(2024, 3, 1)], dtype=pl.Date))
    assert every.to_list() == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert places.to_list() == [0, None, 2]
