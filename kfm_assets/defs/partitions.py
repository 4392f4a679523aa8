"""Partitions as Dagster has them: definitions from a dataset's grain, and names in contiguous spans. No events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from dagster import BackfillPolicy, PartitionsDefinition, TimeWindowPartitionsDefinition

from kfm_assets.domain.dataset import STATIC, Dataset, Grain, Partitions
from kfm_assets.errors import NotFound

SINGLE_RUN = BackfillPolicy.single_run()

_FORMATS = {Grain.YEAR: ("%Y", "0 0 1 1 *"), Grain.MONTH: ("%Y-%m", "0 0 1 * *")}


@cache
def definition(partitions: Partitions) -> PartitionsDefinition[str] | None:
    """Return the periods from the first to the current, unfinished one; None for a dataset that is not cut."""
    if partitions.grain is Grain.STATIC:
        return None
    form, boundaries = _FORMATS[partitions.grain]
    return TimeWindowPartitionsDefinition(
        start=partitions.first, fmt=form, cron_schedule=boundaries, timezone=partitions.timezone, end_offset=1
    )


def event_partition(name: str) -> str | None:
    """Return what an event says of its partition: nothing, for a dataset that is not cut."""
    return None if name == STATIC else name


def demand(spec: Dataset, names: Iterable[str]) -> None:
    """Raise NotFound for a name that is no partition which the dataset can have by now."""
    for error in strays(spec, names).values():
        raise error


def strays(spec: Dataset, names: Iterable[str]) -> dict[str, NotFound]:
    """Return the names that are no partitions which the dataset can have by now, each with what to say of it."""
    periods = definition(spec.partitions)
    known = list(periods.get_partition_keys()) if periods else [STATIC]
    span = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
    return {
        name: NotFound(f"{spec.key} has no partition {name!r}", advice=f"its partitions are: {span}")
        for name in sorted(set(names).difference(known))
    }


def spans(partitions: Partitions, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the first and last name of each unbroken span of periods, in order.

    A run of a span concerns each of its partitions, so a hole must not lie in one: it would be shown as failed.
    """
    wanted, found = set(names), list[tuple[str, str]]()
    periods = definition(partitions)
    if periods is None:
        return [(STATIC, STATIC)] if wanted else []
    before = ""
    for name in periods.get_partition_keys():
        if name in wanted:
            start = found.pop()[0] if before in wanted else name
            found.append((start, name))
        before = name
    return found
