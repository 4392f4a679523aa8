"""Which partitions of a required dataset a partition is made from, of those that there are. Names alone, no builds."""

from __future__ import annotations

from collections.abc import Iterable

from kfm_assets.domain.dataset import STATIC, Reach, Requirement


def named(requirement: Requirement, partition: str) -> str:
    """Return the latest partition that is asked for, without which a partition cannot be made."""
    match requirement.reach:
        case Reach.STATIC:
            return STATIC
        case Reach.UP_TO:
            return partition
        case Reach.BEFORE:
            return f"{int(partition) - 1:04}"


def reached(requirement: Requirement, partition: str, there: Iterable[str]) -> tuple[str, ...]:
    """Return the partitions that one is made from, sorted, of those that are there."""
    last = named(requirement, partition)
    if requirement.reach is not Reach.UP_TO:
        return tuple(name for name in there if name == last)
    return tuple(sorted(name for name in there if requirement.first <= name <= last))


def problem(requirement: Requirement, partition: str, found: tuple[str, ...]) -> str:
    """Say in a few words what is wrong with the partitions that one is made from; empty where nothing is."""
    last = named(requirement, partition)
    if last not in found:
        return f"there is no {last}"
    if requirement.reach is Reach.UP_TO:
        years = range(int(found[0]), int(last) + 1)
        gaps = [f"{year:04}" for year in years if f"{year:04}" not in found]
        if gaps:
            return f"there is no {gaps[0]}, between {found[0]} and {last}"
    if len(found) < requirement.least:
        return f"there are {len(found)} up to {last}, and {requirement.least} are needed"
    return ""
