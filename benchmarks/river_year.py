"""How long a river's year of quarter-hours takes from its file's bytes to the bytes of its monthly tables."""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from kfm_assets.datasets import registry, tables
from kfm_assets.datasets.hydrology.streamflow import sample
from kfm_assets.datasets.making import make
from kfm_assets.datasets.program import FILE, PARTITION, Payload
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes

QUARTERS = 365 * 96
ROUNDS = 15
MOST = 3.0
_DATASET = "hydrology/streamflow"


def measure(rows: int = QUARTERS, rounds: int = ROUNDS) -> list[Figure]:
    """Time the project's own way and polars' reading and writing in turn, and compare the medians of their ratios."""
    payload = _payload(rows)
    assert _as_it_is(payload.content) == sum(_processed(payload).values()) == rows, "both read the same rows"
    pairs = [
        (_seconds(lambda: _processed(payload)), _seconds(lambda: _as_it_is(payload.content))) for _ in range(rounds)
    ]
    ratio = statistics.median(ours / rival for ours, rival in pairs)
    ours, rival = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    note = (
        f"{rows:,} rows, {len(payload.content) / 1e6:.1f} MB: {ours:.0f} ms against {rival:.0f} ms; {_parts(payload)}; "
        f"the rival is pl.read_csv(infer_schema=False) and one write_parquet; median of {rounds} rounds in turn"
    )
    name = f"Streamflow, a generated river-year of {rows:,} rows of RDB, wire to processed"
    return [Figure(name, f"<= {MOST:.0f}x", f"{ratio:.2f}x", ratio <= MOST, note)]


def _payload(rows: int) -> Payload:
    """Write one river's year as NWIS would: from the first of May, with a change of the clocks in either direction."""
    values = sample.river(np.random.default_rng(1), datetime(2024, 5, 1, 5, tzinfo=UTC), rows)
    content = sample.instantaneous([sample.series("06892350", "56887", values)], datetime(2025, 5, 20, tzinfo=UTC))
    return Payload("iv", "06892350_iv_00060.rdb", content, digest_bytes(content))


def _processed(payload: Payload) -> dict[str, int]:
    """Parse, transform and encode every month, as a build does; return the rows of each."""
    for kept in (tables._fields, tables._without_rows, tables._empty):  # noqa: SLF001 - a run begins without them
        kept.cache_clear()
    program = registry.program(_DATASET)
    frame = program.parse(payload)
    written: dict[str, int] = {}
    for month in frame[PARTITION].unique().sort():
        _, account = make(program, month, [(payload, frame)], {}, Origin.SYNTHETIC)
        written[month] = account["rows_out"]["instantaneous"]  # type: ignore[index, call-overload, assignment]
    return written


def _parts(payload: Payload) -> str:
    """Say what parsing takes of the time, and what polars' writing of the monthly tables alone would."""
    program = registry.program(_DATASET)
    frame = program.parse(payload)
    made = [
        program.transform(month, {"iv": rows}, {}, lambda *_: "").tables["instantaneous"]
        for month, rows in _by_month(frame).items()
    ]

    def write() -> None:
        for table in made:
            table.write_parquet(io.BytesIO(), compression_level=tables.ZSTD_LEVEL)

    parsing, writing = (
        statistics.median(_seconds(action) for _ in range(ROUNDS)) * 1e3
        for action in (lambda: program.parse(payload), write)
    )
    return f"{parsing:.0f} ms is parsing, and write_parquet of the {len(made)} monthly tables alone is {writing:.0f} ms"


def _by_month(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    rows = frame.with_columns(pl.lit("06892350_iv_00060.rdb").alias(FILE))
    return {month: rows.filter(pl.col(PARTITION) == month) for month in frame[PARTITION].unique().sort()}


def _as_it_is(content: bytes) -> int:
    """Read and write the same file with no rules."""
    frame = pl.read_csv(
        content, separator="\t", comment_prefix="#", skip_rows_after_header=1, infer_schema=False, quote_char=None
    )
    frame.write_parquet(io.BytesIO(), compression_level=tables.ZSTD_LEVEL)
    return frame.height


def _seconds(action: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    for figure in measure():
        print(figure)
