"""Periods: names, instants, and which there are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kfm_assets.adapters.sources.periods import bounds, current, demand, previous
from kfm_assets.domain.dataset import Grain, Partitions
from kfm_assets.errors import InvalidPolicy, NotFound
from kfm_assets_tests.adapters.sources.worlds import COUNTIES, NOW, QUAKES, STORMS

YEARS = Partitions(Grain.YEAR, "1950")
MONTHS = Partitions(Grain.MONTH, "2010-01")
KANSAS = Partitions(Grain.MONTH, "2010-01", "Etc/GMT+6")


@pytest.mark.parametrize(
    ("partitions", "name", "start", "end"),
    [
        (YEARS, "1999", datetime(1999, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)),
        (MONTHS, "2015-08", datetime(2015, 8, 1, tzinfo=UTC), datetime(2015, 9, 1, tzinfo=UTC)),
        (MONTHS, "2015-12", datetime(2015, 12, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC)),
        (KANSAS, "2015-12", datetime(2015, 12, 1, 6, tzinfo=UTC), datetime(2016, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_bounds(partitions, name, start, end):
    assert bounds(partitions, name) == (start, end)


def test_a_static_dataset_has_no_bounds():
    with pytest.raises(InvalidPolicy):
        bounds(Partitions(Grain.STATIC), "static")


@pytest.mark.parametrize(
    ("partitions", "name", "before"),
    [(YEARS, "2000", "1999"), (MONTHS, "2016-01", "2015-12"), (MONTHS, "2015-12", "2015-11")],
)
def test_previous(partitions, name, before):
    assert previous(partitions, name) == before


def test_the_current_period_is_that_of_the_datasets_own_zone():
    new_year = datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert current(MONTHS, new_year) == "2026-01"
    assert current(KANSAS, new_year) == "2025-12"
    assert current(Partitions(Grain.STATIC), new_year) == "static"


@pytest.mark.parametrize(
    ("spec", "name"), [(STORMS, "1950"), (STORMS, "2026"), (QUAKES, "2026-03"), (COUNTIES, "static")]
)
def test_what_a_dataset_can_have_is_let_through(spec, name):
    demand(spec, [name], NOW)


@pytest.mark.parametrize(
    ("spec", "name", "advice"),
    [
        (STORMS, "1949", "1950 to 2026"),
        (STORMS, "2027", "1950 to 2026"),
        (STORMS, "2015-08", "1950 to 2026"),
        (STORMS, "", "1950 to 2026"),
        (QUAKES, "2015-13", "2010-01 to 2026-03"),
        (QUAKES, "2015", "2010-01 to 2026-03"),
        (COUNTIES, "2014", "static"),
    ],
)
def test_what_it_cannot_have_is_not_found(spec, name, advice):
    with pytest.raises(NotFound, match="no partition") as caught:
        demand(spec, ["static" if spec is COUNTIES else "2015-08" if spec is QUAKES else "1975", name], NOW)
    assert caught.value.advice.endswith(f": {advice}")
