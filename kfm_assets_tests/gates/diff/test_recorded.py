"""The gate `diff` on the recorded storm years: what was tampered with is stopped, and what is honest is not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from kfm_assets.adapters.policies import load
from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.diff.gate import DiffEvidence, Found, diff
from kfm_assets.gates.diff.pairs import pair
from kfm_assets.gates.diff.profile import Profile, profile
from kfm_assets.gates.diff.report import Replaced
from kfm_assets_tests.gates.diff.storms import DAMAGE, STORMS, build, failed

RECORDED = Path(__file__).parents[4] / "shared" / "data"
LONG = bool(os.environ.get("KFM_TEST_LONG"))
POLICY, SPEC = load(registry.DATASETS)[STORMS], registry.specification(STORMS)
YEARS = tuple(str(year) for year in range(1950, 1993))
LEAST_MONTH = 8
"""A month of fewer rows has no third that chance could not take."""

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"there is no recorded data at {RECORDED}")

ROW = pl.int_range(pl.len())
MONTH = pl.col("begin_utc").dt.month()


@cache
def counties() -> bytes:
    key = "geography/counties"
    program = registry.program(key)
    (file,) = (RECORDED / "census").glob("*.zip")
    payload = Payload(
        program.specification.upstream.feeds[0].wire, file.name, file.read_bytes(), digest_bytes(file.read_bytes())
    )
    made, _ = making.make(program, "static", [(payload, program.parse(payload))], {}, Origin.REAL)
    return next(one.content for one in made if one.path.endswith(".parquet"))


@cache
def year(name: str) -> Mapping[str, pl.DataFrame]:
    """Return a recorded year's tables as they are published."""
    program = registry.program(STORMS)
    files = []
    for wire in ("details", "fatalities"):
        for file in sorted((RECORDED / "noaa_storm_events").glob(f"*{wire}*_d{name}_*")):
            payload = Payload(wire, file.name, file.read_bytes(), digest_bytes(file.read_bytes()))
            files.append((payload, program.parse(payload)))
    made, _ = making.make(program, name, files, {"geography/counties": counties()}, Origin.REAL)
    return making.tables_of(SPEC, name, {one.path: one.content for one in made})


@cache
def totals(name: str) -> Profile:
    return profile(SPEC, year(name))


def judge(name: str, after: pl.DataFrame, *, new: bool = False) -> Found:
    """Hear the gate on a release in which one year's details are others, or which has that year for the first time."""
    before, now = year(name), {**year(name), "details": after}
    builds = [None if new else build(name, before["details"]), build(name, after)]
    if builds[0] == builds[1]:  # honest, and rebuilt: held against itself all the same
        builds[0] = build(name, before["details"].head(0))
    evidence = DiffEvidence(
        SPEC,
        Digest("sha256:" + "1" * 64),
        {name: Replaced(*builds)},
        {
            table.name: [pair(name, None if new else before[table.name], now[table.name], table.key)]
            for table in SPEC.tables
        },
        YEARS,
        lambda other: profile(SPEC, now) if other == name else totals(other),
    )
    return diff(evidence, POLICY)


def scaled(name: str, county: int, by: float = 1000) -> pl.DataFrame:
    damage = pl.when(pl.col("county_fips") == county).then(pl.col(DAMAGE) * by).otherwise(pl.col(DAMAGE))
    return year(name)["details"].with_columns(damage.alias(DAMAGE))


def damaged(name: str) -> list[int]:
    """Return the counties with damage in a year, the most first."""
    rows = year(name)["details"].drop_nulls("county_fips").group_by("county_fips").agg(pl.col(DAMAGE).sum())
    return (
        rows.filter(pl.col(DAMAGE) > 0).sort(DAMAGE, "county_fips", descending=[True, False])["county_fips"].to_list()
    )


@pytest.mark.parametrize("name", YEARS)
def test_damage_a_thousand_times_in_one_county_is_stopped(name):
    found = damaged(name)
    for county in found if LONG else {found[0], found[len(found) // 2], found[-1]}:
        heard = judge(name, scaled(name, county))
        assert heard.closing == {name}
        assert "magnitude" in failed(heard)


@pytest.mark.parametrize("name", YEARS)
def test_a_month_that_lost_a_third_is_stopped(name):
    details = year(name)["details"]
    months = dict(details.group_by(MONTH).len().filter(pl.col("len") >= LEAST_MONTH).sort("len").iter_rows())
    for month in months if LONG else [*months][:1] + [*months][-1:]:
        kept = details.filter((month != MONTH) | (ROW.over(MONTH) % 3 > 0))
        heard = judge(name, kept)
        assert heard.closing == {name}
        assert "group_removed" in failed(heard)


@pytest.mark.parametrize("name", YEARS)
def test_an_honest_revision_closes_nothing(name):
    details = year(name)["details"]
    mended = pl.when(ROW % -(-details.height // 5) == 0).then(pl.lit("Mended.")).otherwise("event_narrative")
    halved = pl.when(ROW % -(-details.height // 5) == 1).then(pl.col(DAMAGE) / 2).otherwise(DAMAGE)
    for after in (
        details,
        details.filter(details.height // 2 != ROW),
        details.with_columns(mended.alias("event_narrative"), halved.alias(DAMAGE)),
    ):
        heard = judge(name, after)
        assert (failed(heard), heard.closing) == (set(), frozenset())


def test_an_honest_new_year_closes_nothing_and_the_margin_is_as_told():
    used = {}
    for name in YEARS:
        heard = judge(name, year(name)["details"], new=True)
        assert heard.judgement.outcome is Outcome.PASS
        used[name] = max(float(one["amount"]) for one in heard.judgement.report["measures"])
    worst = max(used, key=used.__getitem__)
    assert (worst, round(used[worst], 1)) == ("1966", 8.9)
    assert float(POLICY.thresholds["diff_total_most_times"]) > 2 * used[worst]


def test_a_new_year_with_damage_a_thousand_times_in_its_worst_county_is_stopped_where_that_is_no_weather():
    stopped = [name for name in YEARS if judge(name, scaled(name, damaged(name)[0]), new=True).closing]
    assert len(stopped) >= 26
    heard = judge("1991", scaled("1991", 173), new=True)
    (finding,) = [one for one in heard.judgement.findings if one.outcome is Outcome.FAIL]
    assert "county_fips 173, event_type Tornado" in finding.message
    assert "1991" in finding.message


@pytest.mark.parametrize(
    ("what", "check"),
    [
        ("six hours", "column_changed"),
        ("swapped", "distribution_shift"),
        ("a new type", "column_changed"),
        ("hail in inches", "distribution_shift"),
    ],
)
def test_other_tampering_with_a_live_year_is_stopped(what, check):
    details = year("1991")["details"]
    after = {
        "six hours": details.with_columns(pl.col("begin_utc", "end_utc") + pl.duration(hours=6)),
        "swapped": details.with_columns(begin_lon="begin_lat", begin_lat="begin_lon"),
        "a new type": details.with_columns(
            pl.when(ROW % 5 == 0).then(pl.lit("Sandstorm")).otherwise("event_type").alias("event_type")
        ),
        "hail in inches": details.with_columns(pl.col("hail_size_mm") / 25.4),
    }[what]
    heard = judge("1991", after)
    assert heard.closing == {"1991"}
    assert check in failed(heard)
