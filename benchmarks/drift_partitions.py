"""Drift of 100 partitions of which one is new, beside judging that partition alone.

The dataset is storms of 5 million rows in 100 years, drawn by the distributions of a sample year. To judge the new year
with its history is to count it, to read the sealed counts of the 99 others, and to compare. The rival counts the new
year and compares it with a reference that is given as counts already: nothing else is read. `KFM_BENCH_ROWS` sets
another number of rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from kfm_assets.adapters.policies import load
from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes, digest_of
from kfm_assets.gates.drift import bins, counting, limits, values
from kfm_assets.gates.drift.judging import History, Judged

COUNTIES, STORMS = "geography/counties", "hazards/storm_events"
PARTITIONS = 100
ROWS = 5_000_000
ROUNDS = 25
MOST = 1.3
NOW = datetime(2100, 1, 1, tzinfo=UTC)


def year(name: str, rows: int, sample: pl.DataFrame) -> pl.DataFrame:
    """Return rows of a year, drawn from a sample's."""
    return sample.sample(rows, with_replacement=True, seed=int(name))


def sampled() -> pl.DataFrame:
    """Return what drift looks at of a sample year of storms."""
    tables: dict[str, bytes] = {}
    for key, partition in ((COUNTIES, "static"), (STORMS, "2019")):
        program = registry.program(key)
        files = [
            (payload, program.parse(payload))
            for name, content in program.sample(partition, 1_000, 1).items()
            for feed in program.specification.upstream.feeds
            if feed.wire in name or len(program.specification.upstream.feeds) == 1
            for payload in [Payload(feed.wire, name, content, digest_bytes(content))]
        ]
        upstream = {COUNTIES: tables[COUNTIES]} if tables else {}
        made, _ = making.make(program, partition, files, upstream, Origin.SYNTHETIC)
        path = making.table_path(partition, program.specification.main.name)
        tables[key] = next(file.content for file in made if file.path == path)
    return making.tables.decode(tables[STORMS], values.needed(registry.specification(STORMS)))


def seconds(*works: Callable[[], object]) -> list[float]:
    """Return the middle of several timings of each, taken by turns."""
    timings: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, timings, strict=True):
            begun = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begun)
    return [median(taken) for taken in timings]


def measure() -> Iterator[Figure]:
    """Yield the figure."""
    rows = int(os.environ.get("KFM_BENCH_ROWS", ROWS)) // PARTITIONS
    spec, sample = registry.specification(STORMS), sampled()
    names = [str(1950 + number) for number in range(PARTITIONS)]
    *earlier, new = names
    cut = bins.freeze(spec, digest_of("builds"), {names[0]: year(names[0], rows, sample)})
    sealed = [counting.count(spec, cut, name, digest_of(name), year(name, rows, sample)).content for name in earlier]
    frame, borne = year(new, rows, sample), limits.read(load(registry.DATASETS)[STORMS])
    known = [counting.read(content) for content in sealed]
    older, near = known[: -borne.drift_window_most], known[-borne.drift_window_most :]
    rows_of_older = np.sum([one.rows for one in older], axis=0)
    together = np.sum([one.whole for one in older], axis=0)
    given = (replace(older[0], rows=rows_of_older, whole=together), *near)

    def counted() -> counting.Counts:
        return counting.count(spec, cut, new, digest_of(new), frame)

    def whole() -> Judged:
        counting.read.cache_clear()
        history = [counting.read(content) for content in sealed]
        return History(spec, cut, (*history, counted()), borne, NOW).judge(new)

    def alone() -> Judged:
        return History(spec, cut, (*given, counted()), borne, NOW).judge(new)

    if {name: one.outcome for name, one in whole().columns.items()} != {
        name: one.outcome for name, one in alone().columns.items()
    }:
        raise SystemExit("the two ways do not say the same")
    with_history, by_itself = seconds(whole, alone)
    yield Figure(
        f"drift of {PARTITIONS} partitions of {rows:,} rows, one of them new",
        f"at most {MOST} times that partition alone",
        f"{with_history / by_itself:.2f} times",
        with_history <= MOST * by_itself,
        f"{1000 * with_history:.0f} ms, alone {1000 * by_itself:.0f} ms; all measures of {len(cut.columns)} columns",
    )
