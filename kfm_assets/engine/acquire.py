"""Acquire: bring upstream files into the raw zone, byte for byte, and say which partitions they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kfm_assets.datasets import making, registry
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import STATIC, Dataset, Grain
from kfm_assets.domain.release import origin_conflict
from kfm_assets.engine import derive, incidents, record, witness
from kfm_assets.engine.parsing import parsed
from kfm_assets.engine.raw import RawZone, opened
from kfm_assets.errors import BadInput, GateClosed, KfmError, NotFound, Unavailable
from kfm_assets.ports import Acquired, Intake, Offer, System

UNDATED = ""
"""Where a run's notes have, instead of a partition, the rows that belong to none: how many of each file."""

_PERIODS = {
    Grain.STATIC: re.compile(r"(?!)"),
    Grain.YEAR: re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)"),
    Grain.MONTH: re.compile(r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?!\d)"),
}


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What a source gave: the partitions that can be built, those that cannot and why, and what was left aside.

    `passed_over` are the names of older editions; `undated` counts the rows that belong to no partition.
    """

    partitions: tuple[str, ...]
    failed: Mapping[str, KfmError]
    passed_over: tuple[str, ...]
    undated: int


@dataclass(slots=True)
class _Sorted:
    """Files sorted into partitions, as they come."""

    files: dict[str, list[Acquired]] = field(default_factory=dict)
    failed: dict[str, KfmError] = field(default_factory=dict)
    unplaced: dict[str, KfmError] = field(default_factory=dict)
    undated: dict[str, int] = field(default_factory=dict)


def acquire(system: System, run: str, dataset: str, partitions: Sequence[str] | None = None) -> Acquisition:
    """Bring what the source has for some partitions, or all that it has, and record an intake for each partition.

    A file that cannot be read is kept, and fails the partition that its name tells or hints at; the others go on. Where
    its name says nothing, any partition may lack its rows: then none goes on.

    Raises:
        GateClosed: when the source is synthetic and real data are live.
        NotFound: when the source has nothing of the dataset.
        BadInput: when a file cannot be read that may be for any partition.
        Unavailable: when the source does not answer.
    """
    spec = registry.specification(dataset)
    for key in (dataset, *spec.requires):
        refusal = origin_conflict(record.stable(system, key), system.source.origin)
        if not refusal:
            continue
        raise GateClosed(refusal, advice="name a folder or `live` with --source, or another home with --home")
    if spec.is_derived:
        return _prepare(system, run, spec, derive.offered(system, spec) if partitions is None else partitions)
    offers = system.source.offers(spec, partitions)
    done = _Sorted()
    with opened(system, run, spec) as zone:
        terms = zone.keep_terms()
        for offer in offers:
            _sort(system, zone, offer, terms, done)
    _note_undated(system, run, dataset, done.undated)
    _fail_closed(system, run, dataset, done)
    now = system.clock.now()
    wanted = set(done.files) if partitions is None else set(partitions)
    for partition in sorted(wanted - set(done.files) - set(done.failed)):
        done.failed[partition] = NotFound(
            f"{system.source.name} has nothing for {dataset} {partition}",
            advice="leave --partitions out to see what it has",
        )
    ready = sorted(wanted & set(done.files) - set(done.failed))
    heard = witness.summoned(system, run, spec, partitions) if ready else ()
    with system.state.together():
        for partition in ready:
            files = tuple(sorted(done.files[partition], key=lambda item: (item.wire, item.name, item.digest)))
            system.state.set_intake(Intake(dataset, partition, system.source.origin, files, terms, run, now, heard))
            system.progress(dataset, partition, "acquired")
    for partition, error in done.failed.items():
        system.state.note(run, dataset, partition, {"error": str(error), "exit_code": error.exit_code})
    for offer in offers:
        if offer.passed_over and offer.partition in ready:
            system.state.note(run, dataset, offer.partition, {"passed_over": list(offer.passed_over)})
    unreadable = {name: error for name, error in done.failed.items() if not isinstance(error, NotFound)}
    incidents.held(system, dataset, {name: str(error) for name, error in unreadable.items()})
    passed_over = tuple(name for offer in offers for name in offer.passed_over)
    return Acquisition(tuple(ready), done.failed, passed_over, sum(done.undated.values()))


def _prepare(system: System, run: str, spec: Dataset, partitions: Sequence[str]) -> Acquisition:
    """Record an intake without a file for each partition of a dataset that is made from others: the terms alone."""
    with opened(system, run, spec) as zone:
        terms = zone.keep_terms()
    now = system.clock.now()
    for partition in partitions:
        system.state.set_intake(Intake(spec.key, partition, system.source.origin, (), terms, run, now))
        system.progress(spec.key, partition, "acquired")
    return Acquisition(tuple(partitions), {}, (), 0)


def _sort(system: System, zone: RawZone, offer: Offer, terms: Digest, done: _Sorted) -> None:
    """Bring one file, and note it under each partition that its rows, or its name, belong to."""
    program = registry.program(zone.dataset)
    static = program.specification.partitions.grain is Grain.STATIC
    named = STATIC if static else offer.partition
    try:
        acquired, content = zone.keep(system.source.deliver(offer, zone.known(offer)), terms)
        if not content and not offer.feed.required:
            return  # A child table's file without a byte says what its absence says: there are no rows.
        file = parsed(system, program, acquired, content)
    except (BadInput, Unavailable) as error:
        hinted = named or _hinted(program.specification, offer.name)
        (done.failed if hinted else done.unplaced)[hinted or offer.name] = error
        return
    rows = making.rows_by_partition(file[1])
    undated = rows.pop(None, 0)
    if undated:
        done.undated[acquired.name] = undated
        zone.keep_undated(acquired, making.undated(program, file))
    for partition in {*rows, named} - {None}:
        done.files.setdefault(str(partition), []).append(acquired)


def _note_undated(system: System, run: str, dataset: str, found: Mapping[str, int]) -> None:
    """Add the files that have rows of no partition to those that this run found before."""
    if found:
        before = system.state.notes(run).get((dataset, UNDATED), {}).get("undated")
        known = before if isinstance(before, Mapping) else {}
        system.state.note(run, dataset, UNDATED, {"undated": {**known, **found}})


def _hinted(spec: Dataset, name: str) -> str | None:
    """Return the only period that a file's name speaks of, as in `comcat_2015-08.csv`; None where it is not one."""
    found = set(_PERIODS[spec.partitions.grain].findall(name))
    return found.pop() if len(found) == 1 else None


def _fail_closed(system: System, run: str, dataset: str, done: _Sorted) -> None:
    """Note the files that may be for any partition and cannot be read, under their names, and stop. Raises BadInput."""
    for name, error in done.unplaced.items():
        system.state.note(run, dataset, name, {"error": str(error), "exit_code": error.exit_code})
    incidents.held(system, dataset, {name: str(error) for name, error in done.unplaced.items()})
    for error in done.unplaced.values():
        raise error
