"""What the engine costs per partition in a backfill of fifty, beyond the transform, beside an empty Dagster asset."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from unittest.mock import patch

from benchmarks.figures import Figure

if TYPE_CHECKING:
    import dagster as dg

_P = ParamSpec("_P")
_R = TypeVar("_R")

PARTITIONS = 50
ROUNDS = 5
ROWS = 60
KEY = "hazards/storm_events"
FIRST = "1950"
YEARS = [str(year) for year in range(1951, 1951 + PARTITIONS)]
_TARGET_SECONDS = 0.050


def measure() -> list[Figure]:
    """Return the figure: seconds per partition from file to reader, less the transform, less the rival."""
    with tempfile.TemporaryDirectory() as place:
        rounds = [
            (
                *_backfill(Path(place) / str(at), at),
                _empty(Path(place) / f"rival-{at}"),
            )  # in turn: both see the same day
            for at in range(ROUNDS)
        ]
    total, transform, rival = (statistics.median(part) for part in zip(*rounds, strict=True))
    more = total - transform - rival
    return [
        Figure(
            name=f"the engine's cost per partition, backfill of {PARTITIONS}",
            target=f"<= {_TARGET_SECONDS * 1000:.0f} ms more than an empty Dagster asset",
            value=f"{more * 1000:.0f} ms more",
            met=more <= _TARGET_SECONDS,
            note=(
                f"median of {ROUNDS}: {total * 1000:.0f} ms from file to reader with 5 assets and 24 checks, of which "
                f"{transform * 1000:.0f} ms to parse, transform and encode; an empty asset {rival * 1000:.0f} ms"
            ),
        )
    ]


def _backfill(place: Path, seed: int) -> tuple[float, float]:
    """Return seconds per partition of a run of fifty, and those that parsing, transforming and encoding took of it."""
    from kfm_assets import settings
    from kfm_assets.datasets import making, registry
    from kfm_assets.defs.launch import run
    from kfm_assets.wiring import wire

    chosen = settings.load(home=place / "home", source=str(_feeds(place / "feeds", seed)))
    run(chosen, [KEY], [FIRST])  # the counties, the imports, Dagster's tables
    spent: list[float] = []
    timed = replace(registry.program(KEY), parse=_timed(registry.program(KEY).parse, spent))
    known = registry.program
    with (
        patch.object(registry, "program", lambda key: timed if key == KEY else known(key)),
        patch.object(making, "make", _timed(making.make, spent)),
    ):
        started = time.perf_counter()
        name = run(chosen, [KEY], YEARS)
        taken = time.perf_counter() - started
    notes = wire(chosen).state.notes(name)
    assert [facts["published"] for (dataset, _), facts in notes.items() if dataset == KEY] == [True] * PARTITIONS
    return taken / PARTITIONS, sum(spent) / PARTITIONS


def _feeds(folder: Path, seed: int) -> Path:
    """Write the years and the counties into a folder; each round has its own, as what was parsed is kept."""
    from kfm_assets.datasets.registry import program

    folder.mkdir(parents=True)
    for dataset, partitions in (("geography/counties", ["static"]), (KEY, [FIRST, *YEARS])):
        for partition in partitions:
            for name, content in program(dataset).sample(partition, ROWS, seed).items():
                # Of a real feed the gate `diff` would hold a year with a billion in it, and the run would not be whole.
                (folder / name).write_bytes(content.replace(b'"1B"', b'"1K"'))
    return folder


def _timed(function: Callable[_P, _R], spent: list[float]) -> Callable[_P, _R]:
    def timed(*arguments: _P.args, **named: _P.kwargs) -> _R:
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent.append(time.perf_counter() - started)

    return timed


def _empty(home: Path) -> float:
    """Return seconds per partition of a single-run backfill of an asset that does nothing, on SQLite as it comes."""
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

    names = [FIRST, *YEARS]

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(names), backfill_policy=dg.BackfillPolicy.single_run())
    def empty() -> None:
        """Do nothing."""

    defs = dg.Definitions([empty], jobs=[dg.define_asset_job("backfill")], executor=dg.in_process_executor)
    home.mkdir()
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as instance:
        _span(defs, instance, FIRST, FIRST)  # Dagster's tables
        started = time.perf_counter()
        _span(defs, instance, YEARS[0], YEARS[-1])
        return (time.perf_counter() - started) / PARTITIONS


def _span(defs: dg.Definitions, instance: dg.DagsterInstance, first: str, last: str) -> None:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    assert defs.resolve_job_def("backfill").execute_in_process(instance=instance, tags=tags, run_config=quiet).success
