"""Homes with recorded years, made by the engine, and what became of a year that was run upon one."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.errors import GateClosed
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import COUNTIES, RECORDED, STORMS, opened, run
from kfm_assets_tests.tampering import editions

CLIMATE, MODEL = "climate/divisional", "models/storm_frequency"
ABSENT = f"there is no recorded data at {RECORDED}"
FIRST, LIVE, NEW = 1955, "1989", "1990"
"""Live are the years from the first in which all three sorts of storm were recorded, up to the new one."""


def of_year(year: str) -> list[Path]:
    """Return the recorded files of a year's storms."""
    return sorted((RECORDED / "noaa_storm_events").glob(f"*_d{year}_*"))


def details(year: str) -> Path:
    (found,) = (path for path in of_year(year) if "details" in path.name)
    return found


def put(folder: Path, paths: Iterable[Path]) -> Path:
    """Copy files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        shutil.copy(path, folder)
    return folder


def begun(home: Path) -> Path:
    """Return a home with counties, and nothing else."""
    folder = put(home.with_name("census"), (RECORDED / "census").iterdir())
    run(opened(home, folder), COUNTIES)
    return home


def published(home: Path, folder: Path, years: Iterable[int | str]) -> System:
    """Publish recorded years of storms together, from a folder that they are put into."""
    system = opened(home, put(folder, (path for year in years for path in of_year(str(year)))))
    run(system, STORMS)
    return system


def copied(home: Path, to: Path, source: Path) -> System:
    """Return a copy of a home, reading what lies in a folder."""
    return opened(Path(shutil.copytree(home, to)), source)


def sent(folder: Path, year: str, edit: editions.Edit) -> Path:
    """Return a folder in which an upstream has a newer edition of a recorded year beside the one it had."""
    editions.edition(put(folder, of_year(year)), details(year), edit)
    return folder


@dataclass(frozen=True)
class Came:
    """What a run led to: gates that are closed, what they said, and whether readers have something else now."""

    closed: dict[Gate, Outcome]
    said: dict[Gate, list[str]]
    published: bool


def came(system: System, dataset: str, partitions: list[str]) -> Came:
    """Run some partitions as `kfm run` does; return what is on record of it then."""
    before, prod = system.state.pointer(dataset), system.lake.branches()["env-prod"]
    known = {one.release.id for one in system.state.releases(dataset)}
    with suppress(GateClosed):
        run(system, dataset, partitions)
    after = system.state.pointer(dataset)
    assert (after == before) == (system.lake.branches()["env-prod"] == prod)
    made = [one.release.id for one in system.state.releases(dataset) if one.release.id not in known]
    builds = {one.build for one in system.state.pending(dataset)}
    if stable := record.stable(system, dataset):
        builds |= {found for name in partitions if (found := record.build_id(system, stable, name))}
    verdicts = [one for one in system.state.verdicts([*builds, *made]) if one.outcome is not Outcome.PASS]
    said: dict[Gate, list[str]] = {}
    for verdict in verdicts:
        against = [one.message for one in verdict.findings if one.outcome is not Outcome.PASS]
        said.setdefault(verdict.gate, []).extend(against)
    return Came({one.gate: one.outcome for one in verdicts}, said, after.stable != before.stable)
