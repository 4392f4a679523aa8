"""What the source tests share: small specifications with real names, a clock that stands still, real bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kfm_assets.domain.dataset import Dataset, Endpoint, Feed, Grain, Kind, Partitions, Table, Upstream

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data"

needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded data at {RECORDED}")

LISTING = "https://upstream.example/pub/csvfiles/"
QUERY = "https://quakes.example/fdsnws/event/1/query?format=csv&starttime={start}&endtime={end}"
FILE = "https://upstream.example/geo/cb_2014_us_county_20m.zip"


class StandingClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def fresh(self) -> str:
        return "0"


def dataset(key: str, partitions: Partitions, *feeds: Feed) -> Dataset:
    return Dataset(
        key=key,
        title=key,
        description=key,
        kind=Kind.TABLE,
        partitions=partitions,
        unit="county",
        unit_column="county",
        tables=(Table("rows", "rows", (), ()),),
        licence="public domain",
        policy_label="open",
        upstream=Upstream(
            "somebody", "title", "https://upstream.example", "terms", "https://upstream.example/t", feeds
        ),
        quarantine={},
        scope={},
    )


def storm_feed(wire: str, *, required: bool = True) -> Feed:
    pattern = rf"StormEvents_{wire}-ftp_v1\.0_d(?P<partition>\d{{4}})_c(?P<vintage>\d{{8}})\.csv$"
    return Feed(wire, pattern, Endpoint("listing", LISTING), required=required)


DETAILS = storm_feed("details")
FATALITIES = storm_feed("fatalities", required=False)
STORMS = dataset("hazards/storms", Partitions(Grain.YEAR, "1950"), DETAILS, FATALITIES)
QUAKES = dataset(
    "hazards/quakes",
    Partitions(Grain.MONTH, "2010-01"),
    Feed("comcat", r"comcat_[^/]*\.csv$", Endpoint("query", QUERY)),
)
COUNTIES = dataset(
    "geography/shapes",
    Partitions(Grain.STATIC),
    Feed("shapes", r"cb_(?P<vintage>\d{4})_us_county_20m\.zip$", Endpoint("file", FILE)),
)


def named(spec: Dataset, method: str, url: str) -> Dataset:
    """Return the specification with its first feed served in another way."""
    first = replace(spec.upstream.feeds[0], endpoint=Endpoint(method, url))
    return replace(spec, upstream=replace(spec.upstream, feeds=(first,)))
