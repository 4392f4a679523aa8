"""How long a Storm Events year of 500,000 rows takes from its file's bytes to the bytes of its table."""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable

import polars as pl

from benchmarks.figures import Figure
from kfm_assets.datasets import registry, tables
from kfm_assets.datasets.making import make
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes

ROWS = 500_000
ROUNDS = 5
MOST = 3.0
YEAR = "2023"
_STORMS, _COUNTIES = "hazards/storm_events", "geography/counties"


def measure(rows: int = ROWS, rounds: int = ROUNDS) -> list[Figure]:
    """Time the project's own way and polars' reading and writing in turn, and compare the medians of their ratios."""
    payloads = _payloads(_STORMS, YEAR, rows)
    upstream = {_COUNTIES: _counties()}
    details = next(payload for payload in payloads if payload.wire == "details")
    assert _as_it_is(details.content) == _accounted(payloads, upstream), "both read the same rows"
    pairs = [
        (_seconds(lambda: _processed(payloads, upstream)), _seconds(lambda: _as_it_is(details.content)))
        for _ in range(rounds)
    ]
    ratio = statistics.median(ours / rival for ours, rival in pairs)
    ours, rival = (statistics.median(side) for side in zip(*pairs, strict=True))
    note = (
        f"{rows:,} rows, {len(details.content) / 1e6:.0f} MB: {ours:.1f} s against {rival:.1f} s; the rival is "
        f"pl.read_csv(infer_schema=False) and write_parquet; median of {rounds} rounds in turn"
    )
    name = f"Storm Events, a generated year of {rows:,} rows, wire to processed"
    return [Figure(name, f"<= {MOST:.0f}x", f"{ratio:.2f}x", ratio <= MOST, note)]


def _payloads(dataset: str, partition: str, rows: int) -> list[Payload]:
    feeds = registry.specification(dataset).upstream.feeds
    files = registry.program(dataset).sample(partition, rows, 1)
    return [
        Payload(
            next((feed.wire for feed in feeds if feed.wire in name), feeds[0].wire),
            name,
            content,
            digest_bytes(content),
        )
        for name, content in files.items()
    ]


def _counties() -> bytes:
    program = registry.program(_COUNTIES)
    files = [(payload, program.parse(payload)) for payload in _payloads(_COUNTIES, "static", 0)]
    made, _ = make(program, "static", files, {}, Origin.SYNTHETIC)
    return next(file.content for file in made if file.path.endswith("counties.parquet"))


def _processed(payloads: list[Payload], upstream: dict[str, bytes]) -> dict[str, object]:
    """Parse, transform and encode, as a build does; return the account of the rows."""
    program = registry.program(_STORMS)
    files = [(payload, program.parse(payload)) for payload in payloads]
    _, account = make(program, YEAR, files, upstream, Origin.SYNTHETIC)
    return dict(account)


def _accounted(payloads: list[Payload], upstream: dict[str, bytes]) -> int:
    account = _processed(payloads, upstream)
    return int(account["rows_in"]["details"])  # type: ignore[index]


def _as_it_is(content: bytes) -> int:
    """Read and write the same file with no rules."""
    frame = pl.read_csv(content, infer_schema=False)
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
