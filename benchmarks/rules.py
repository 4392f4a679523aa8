"""Schema and quality rules on 5 million rows of 12 columns, against the same rules written by hand in polars.

The rival is what somebody would write who knows polars and this table: one `select` of aggregates that says which rules
hold, and who knows that the table is sorted by its key, so that a key which ascends does not repeat.
pandera's own polars engine runs the same specification for comparison. `KFM_BENCH_ROWS` sets another number of rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import polars as pl

from benchmarks.figures import Figure
from kfm_assets.domain.dataset import Column, Rule, Table
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.quality import judge

ROWS = 5_000_000
ROUNDS = 5
TARGET = 1.5
STATUSES = ("automatic", "reviewed", "deleted")

TABLE = Table(
    "events",
    "events of the kind that the datasets hold",
    (
        Column("id", "string", "identifier"),
        Column("time", "timestamp", "beginning"),
        Column("end", "timestamp", "end", nullable=True),
        Column("latitude", "float64", "north", unit="degree"),
        Column("longitude", "float64", "east", unit="degree"),
        Column("depth_km", "float64", "depth", nullable=True, unit="km"),
        Column("magnitude", "float64", "magnitude", nullable=True),
        Column("stations", "int32", "stations", nullable=True),
        Column("status", "string", "status"),
        Column("network", "string", "network"),
        Column("county_fips", "int32", "county"),
        Column("felt", "bool", "felt", nullable=True),
    ),
    ("id",),
    (
        Rule(
            "in_time",
            "in_range",
            ("time",),
            "since 1950",
            {"min_value": "1950-01-01T00Z", "max_value": "2100-01-01T00Z"},
        ),
        Rule("ends_later", "not_after", ("time", "end"), "an event ends after it begins"),
        Rule("latitude", "in_range", ("latitude",), "on Earth", {"min_value": -90, "max_value": 90}),
        Rule("longitude", "in_range", ("longitude",), "on Earth", {"min_value": -180, "max_value": 180}),
        Rule("depth", "in_range", ("depth_km",), "in the crust", {"min_value": -10, "max_value": 700}),
        Rule("magnitude", "in_range", ("magnitude",), "as scales go", {"min_value": -2, "max_value": 10}),
        Rule("stations", "greater_than_or_equal_to", ("stations",), "a number", {"min_value": 0}),
        Rule("status", "isin", ("status",), "a known one", {"allowed_values": STATUSES}),
        Rule("network", "str_matches", ("network",), "two letters", {"pattern": "[a-z]{2}$"}),
        Rule("county", "in_range", ("county_fips",), "in Kansas", {"min_value": 1, "max_value": 209}),
    ),
)


def frame(rows: int) -> pl.DataFrame:
    """Make events that keep every rule, sorted by key as stored tables are, with nulls where there may be some."""
    at = pl.int_range(rows, eager=True).alias("at")
    spread = (at * 2_654_435_761 % 4_294_967_296).cast(pl.Float64) / 4_294_967_296
    numbers = pl.DataFrame({"at": at, "spread": spread})
    time_ = pl.lit(0).cast(pl.Datetime("us", "UTC")) + pl.duration(microseconds=pl.col("spread") * 1.5e15)
    some = pl.col("at") % 17 > 0
    return numbers.select(
        id=pl.format("us{}", (pl.col("at") + 10_000_000).cast(pl.String)),
        time=time_,
        end=pl.when(some).then(time_ + pl.duration(minutes=5)),
        latitude=37 + pl.col("spread") * 3,
        longitude=-102 + pl.col("spread") * 7.5,
        depth_km=pl.when(some).then(pl.col("spread") * 30),
        magnitude=pl.when(some).then(pl.col("spread") * 6 - 1),
        stations=pl.when(some).then((pl.col("spread") * 40).cast(pl.Int32)),
        status=pl.lit(pl.Series(STATUSES)).gather(pl.col("at") % 3),
        network=pl.lit(pl.Series(["us", "ok", "nn"])).gather(pl.col("at") % 3),
        county_fips=((pl.col("at") % 105) * 2 + 1).cast(pl.Int32),
        felt=pl.when(some).then(pl.col("at") % 2 == 0),
    )


def by_hand(events: pl.DataFrame) -> bool:
    """Say whether the table keeps its schema and rules, as one would write it for this table alone."""
    col = pl.col
    holds = events.select(
        (col("id") > col("id").shift(1)).all().alias("key"),
        pl.sum_horizontal(col("id", "time", "latitude", "longitude", "status", "network", "county_fips").null_count())
        .eq(0)
        .alias("nulls"),
        pl.any_horizontal(col("latitude", "longitude", "depth_km", "magnitude").is_nan().any()).not_().alias("nan"),
        col("time")
        .is_between(pl.datetime(1950, 1, 1, time_zone="UTC"), pl.datetime(2100, 1, 1, time_zone="UTC"))
        .all(),
        (col("time") <= col("end")).all().alias("end"),
        col("latitude").is_between(-90, 90).all(),
        col("longitude").is_between(-180, 180).all(),
        col("depth_km").is_between(-10, 700).all(),
        col("magnitude").is_between(-2, 10).all(),
        (col("stations") >= 0).all(),
        col("status").is_in(STATUSES).all(),
        col("network").str.contains("^[a-z]{2}$").all(),
        col("county_fips").is_between(1, 209).all(),
    )
    return list(events.schema) == [column.name for column in TABLE.columns] and all(holds.row(0))


def by_pandera(events: pl.DataFrame) -> bool:
    """Say the same through pandera; it raises where a rule does not hold."""
    from kfm_assets.gates.oracle import to_pandera

    to_pandera(TABLE).validate(events)
    return True


def by_gates(events: pl.DataFrame) -> bool:
    """Say the same through the gates."""
    return all(result.finding.outcome is Outcome.PASS for result in judge(events, TABLE))


def seconds(work: Callable[[pl.DataFrame], bool], events: pl.DataFrame, rounds: int = ROUNDS) -> float:
    """Return the best time of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        assert work(events)
        best = min(best, time.perf_counter() - began)
    return best


def measure() -> list[Figure]:
    """Measure, after seeing that all three find the same thing wrong."""
    events = frame(int(os.environ.get("KFM_BENCH_ROWS", ROWS)))
    wrong = events.head(10_000).with_columns(
        pl.when(pl.col("id") == "us10000007").then(91.0).otherwise("latitude").alias("latitude")
    )
    assert not by_gates(wrong)
    assert not by_hand(wrong)
    hand, gates = float("inf"), float("inf")
    for _ in range(ROUNDS):  # in turns, so that a busy machine slows both
        hand = min(hand, seconds(by_hand, events, 1))
        gates = min(gates, seconds(by_gates, events, 1))
    pandera = seconds(by_pandera, events, 1)
    ratio = gates / hand
    note = f"by hand {hand:.2f} s, gates {gates:.2f} s, pandera's polars engine {pandera:.2f} s ({pandera / hand:.1f}x)"
    name = f"schema + quality rules on {events.height:,} rows x {events.width} columns"
    return [Figure(name, f"<= {TARGET}x", f"{ratio:.2f}x", ratio <= TARGET, note)]


if __name__ == "__main__":
    for figure in measure():
        print(figure)
