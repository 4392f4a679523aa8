"""What the engine costs per partition in a backfill of fifty, beyond the transform, beside an empty Dagster asset."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

PARTITIONS = 50
ROUNDS = 3
ROWS = 60
KEY = "hazards/storm_events"
YEARS = [str(year) for year in range(1951, 1951 + PARTITIONS)]
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_TARGET = 0.050


def measure() -> list[Figure]:
    """Return the figure: seconds per partition, everything from files to readers, less transform, less the rival."""
    with tempfile.TemporaryDirectory() as place:
        folder = _feeds(Path(place) / "feeds")
        taken = [_backfill(folder, Path(place) / f"home-{at}") for at in range(ROUNDS)]
        rival = statistics.median(_empty(Path(place) / f"rival-{at}") for at in range(ROUNDS))
    total = statistics.median(whole for whole, _ in taken)
    transform = statistics.median(part for _, part in taken)
    more = total - transform - rival
    return [
        Figure(
            name=f"the engine's cost per partition, backfill of {PARTITIONS}",
            target=f"<= {_TARGET * 1000:.0f} ms more than an empty Dagster asset",
            value=f"{more * 1000:.0f} ms more",
            met=more <= _TARGET,
            note=f"median of {ROUNDS}: {total * 1000:.0f} ms from file to reader with five assets and 24 checks, of which"
            f" {transform * 1000:.0f} ms parse, transform and encode; an empty asset {rival * 1000:.0f} ms",
        )
    ]


def _feeds(folder: Path) -> Path:
    """Write fifty years and the counties into a folder."""
    from kfm_assets.datasets.registry import program

    folder.mkdir()
    for dataset, partitions in (("geography/counties", ["static"]), (KEY, ["1950", *YEARS])):
        for partition in partitions:
            for name, content in program(dataset).sample(partition, ROWS, 1).items():
                (folder / name).write_bytes(content)
    return folder


def _backfill(folder: Path, home: Path) -> tuple[float, float]:
    """Return seconds per partition of a run of fifty, and those that parsing and transforming took of it."""
    from kfm_assets import settings
    from kfm_assets.datasets import making
    from kfm_assets.defs.launch import run
    from kfm_assets.engine import build, parsing
    from kfm_assets.wiring import wire

    chosen = settings.load(home=home, source=str(folder))
    run(chosen, [KEY], ["1950"])  # the counties, the imports, Dagster's tables
    parsing._KEPT.__init__()  # noqa: SLF001 - what an earlier round parsed must be parsed again
    spent: list[float] = []
    program = parsing.Program
    del program
    with _timed(making, "make", spent), _timed(parsing, "_parse", spent) if hasattr(parsing, "_parse") else _nothing():
        started = time.perf_counter()
        name = run(chosen, [KEY], YEARS)
        taken = time.perf_counter() - started
    notes = wire(chosen).state.notes(name)
    assert [facts["published"] for (dataset, _), facts in notes.items() if dataset == KEY] == [True] * PARTITIONS
    assert build.making is making
    shutil.rmtree(home)
    return taken / PARTITIONS, sum(spent) / PARTITIONS
