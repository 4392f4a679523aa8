"""Derive: which partitions a dataset that is made from others can have, and the builds that each is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kfm_assets.datasets import making, registry
from kfm_assets.datasets.program import Material
from kfm_assets.domain import reach
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.dataset import Dataset, Grain, Reach, Requirement
from kfm_assets.domain.period import span
from kfm_assets.engine import record
from kfm_assets.errors import NotFound
from kfm_assets.ports import System


def offered(system: System, spec: Dataset) -> list[str]:
    """Return the partitions of which the newest thing that each is made from is there, and enough before it.

    Raises:
        NotFound: when there is none.
    """
    shelf = Shelf(system, system.source.origin)
    found: set[str] | None = None
    for key in spec.requires:
        requirement, there = spec.reaches[key], shelf.partitions(key)
        ripe = {
            name
            for name in _names(spec, requirement, there)
            if len(reach.reached(requirement, name, there)) >= requirement.least
            and not unsettled(system, registry.specification(key), requirement, name)
        }
        found = ripe if found is None else found & ripe
    names = sorted(name for name in found or () if name >= spec.partitions.first)
    if not names:
        raise NotFound(
            f"{spec.key} is made from {', '.join(spec.requires)}, and too little of them is there",
            advice=f"run `kfm run {spec.requires[0]}` from the same source first",
        )
    return names


def unsettled(system: System, required: Dataset, requirement: Requirement, partition: str) -> str:
    """Say why a partition is asked for too early; empty where it is not."""
    last = reach.named(requirement, partition)
    time = None if required.partitions.grain is Grain.STATIC else span(required, last)
    ripe = time[1] + timedelta(days=requirement.settles_days) if time else None
    if ripe is None or ripe <= system.clock.now():
        return ""
    return f"{required.key} {last} is not complete before {ripe:%Y-%m-%d}"


def _names(spec: Dataset, requirement: Requirement, there: Sequence[str]) -> list[str]:
    """Return the partitions that those which are there are the newest thing of."""
    if requirement.reach is Reach.BEFORE:
        return [f"{int(name) + 1:04}" for name in there]
    return [spec.partitions.first] if requirement.reach is Reach.STATIC else list(there)


@dataclass(frozen=True, slots=True)
class Given:
    """What a partition is made from: the builds as inputs, what was read of them, and whether all of it is real."""

    inputs: tuple[Input, ...]
    materials: Mapping[str, Sequence[Material]]
    origin: Origin


@dataclass
class Shelf:
    """The newest accepted builds of one origin, each looked up and read once."""

    system: System
    origin: Origin
    _names: dict[str, list[str]] = field(default_factory=dict)
    _builds: dict[tuple[str, str], tuple[str, Build | None]] = field(default_factory=dict)
    _read: dict[str, Material] = field(default_factory=dict)

    def partitions(self, key: str) -> list[str]:
        """Return the partitions of a dataset that have a build, published or waiting."""
        if key not in self._names:
            stable = record.stable(self.system, key)
            names = set(record.builds(self.system, stable)) if stable and stable.origin is self.origin else set()
            names |= {pending.partition for pending in self.system.state.pending(key)}
            self._names[key] = sorted(names)
        return self._names[key]

    def given(self, spec: Dataset, partition: str) -> Given:
        """Return what a partition is made from.

        Raises:
            NotFound: where something of it is not there yet, in one line that says what.
        """
        inputs: list[Input] = []
        materials: dict[str, list[Material]] = {}
        origin = self.origin
        for key in spec.requires:
            requirement = spec.reaches[key]
            due = reach.reached(requirement, partition, self.partitions(key))
            builds = {name: self._newest(key, name) for name in due}
            found = tuple(name for name, (_, build) in builds.items() if build)
            wrong = unsettled(self.system, registry.specification(key), requirement, partition)
            wrong = wrong or reach.problem(requirement, partition, found)
            if wrong:
                raise NotFound(
                    f"{spec.key} {partition} is made from {key} of {self.origin} data, and {wrong}",
                    advice=f"run `kfm run {key}` from the same source first",
                )
            for name, (ref, build) in builds.items():
                if build is None:
                    continue
                inputs.append(Input(f"{key}@{name}", build.id))
                materials.setdefault(key, []).append(self._material(ref, build, requirement))
                origin = build.origin if build.origin is Origin.SYNTHETIC else origin
        return Given(tuple(sorted(inputs)), materials, origin)

    def _newest(self, key: str, partition: str) -> tuple[str, Build | None]:
        if (key, partition) not in self._builds:
            self._builds[key, partition] = record.newest(self.system, key, partition, self.origin)
        return self._builds[key, partition]

    def _material(self, ref: str, build: Build, requirement: Requirement) -> Material:
        if build.id not in self._read:
            paths = {name: f"{build.dataset}/{making.file_path(build.partition, name)}" for name in requirement.files}
            files = {name: self.system.lake.read(ref, path) for name, path in paths.items()}
            self._read[build.id] = Material(build.partition, files)
        return self._read[build.id]
