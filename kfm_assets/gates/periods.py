"""Which partitions a dataset can have: names and their order in time. Which of them exist is not known here."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from kfm_assets.domain.dataset import STATIC, Grain, Partitions

_NAMES = {Grain.YEAR: re.compile(r"[0-9]{4}"), Grain.MONTH: re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")}
_CURRENT = {Grain.YEAR: "%Y", Grain.MONTH: "%Y-%m"}


def problem(partitions: Partitions, name: str, now: datetime) -> str:
    """Say in one line why a partition cannot be one of a dataset's; empty where it can.

    A period is legal from the dataset's first to the current, unfinished one in the dataset's own time zone. `now` is
    aware. Names of one grain sort as their periods do.
    """
    if partitions.grain is Grain.STATIC:
        return "" if name == STATIC else f"{name!r} is not {STATIC!r}, the only partition"
    if not _NAMES[partitions.grain].fullmatch(name):
        return f"{name!r} is not a {partitions.grain.value}"
    if name < partitions.first:
        return f"{name} is before {partitions.first}, the first"
    current = now.astimezone(ZoneInfo(partitions.timezone)).strftime(_CURRENT[partitions.grain])
    return f"{name} is after {current}, the current one" if name > current else ""
