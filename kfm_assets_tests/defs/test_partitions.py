"""Dagster's partitions are the dataset's: from the first to the current, unfinished one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kfm_assets.datasets.registry import specification
from kfm_assets.defs.partitions import definition, demand, spans
from kfm_assets.domain.dataset import Grain, Partitions
from kfm_assets.errors import NotFound
from kfm_assets_tests.defs.feeds import COUNTIES, QUAKES, STORMS


def test_windows_begin_with_the_first_and_end_with_the_current_one() -> None:
    now = datetime.now(UTC)
    years = definition(specification(STORMS).partitions).get_partition_keys()
    months = definition(specification(QUAKES).partitions).get_partition_keys()
    assert (years[0], years[-1], len(years)) == ("1950", str(now.year), now.year - 1949)
    assert (months[0], months[-1]) == ("1867-01", f"{now:%Y-%m}")
    assert len(months) == (now.year - 1867) * 12 + now.month
    assert definition(specification(COUNTIES).partitions) is None


def test_spans_have_no_holes() -> None:
    months = Partitions(Grain.MONTH, "2015-01")
    assert spans(months, ["2016-01", "2015-11", "2015-12", "2015-03"]) == [
        ("2015-03", "2015-03"),
        ("2015-11", "2016-01"),
    ]
    assert spans(months, []) == []
    assert spans(Partitions(Grain.STATIC), ["static"]) == [("static", "static")]


@pytest.mark.parametrize(
    ("dataset", "name"), [(STORMS, "1949"), (STORMS, "2015-08"), (QUAKES, "2015"), (COUNTIES, "1990")]
)
def test_what_is_no_partition_is_told_so(dataset: str, name: str) -> None:
    with pytest.raises(NotFound, match=name) as told:
        demand(specification(dataset), [name])
    assert "its partitions are" in told.value.advice
