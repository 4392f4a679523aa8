"""Homes that hold something: made by the engine itself, from small samples, without Dagster."""

from __future__ import annotations

from pathlib import Path

from kfm_assets import settings, wiring
from kfm_assets.engine.acquire import acquire
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.build import build
from kfm_assets.engine.judge import judge
from kfm_assets.engine.promote import promote
from kfm_assets.ports import System

COUNTIES, EARTHQUAKES, STORMS = "geography/counties", "hazards/earthquakes", "hazards/storm_events"
DROUGHT = "climate/drought"


def prepare(
    home: Path, dataset: str, *, seed: int = 1, partitions: list[str] | None = None, source: str = "sample"
) -> System:
    """Make and judge what the sample, or another source, has of a dataset, and leave it waiting."""
    system = wiring.wire(settings.load(home=home, source=source, sample_seed=seed, sample_size=60))
    run = system.clock.fresh()
    ready = acquire(system, run, dataset, partitions).partitions
    build(system, run, dataset, ready)
    judge(system, run, dataset, ready)
    assemble(system, run, dataset, ready)
    return system


def publish(
    home: Path, dataset: str, *, seed: int = 1, partitions: list[str] | None = None, source: str = "sample"
) -> System:
    """Make, judge and publish what the sample, or another source, has of a dataset."""
    system = prepare(home, dataset, seed=seed, partitions=partitions, source=source)
    promote(system, dataset, partitions)
    return system
