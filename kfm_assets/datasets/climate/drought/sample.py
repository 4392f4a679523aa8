"""Synthetic statistics of a year: the index and the categories of Kansas and other states, defects included.

Severity wanders from week to week; each category's share follows from it, and the index from the shares. One week is
missing. The second half of the year's categories comes as an export in the categorical form.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from kfm_assets.datasets.climate.drought.parser import HEADERS
from kfm_assets.datasets.climate.drought.specification import CATEGORIES_WIRE, DSCI_WIRE

PARTITIONS = ("2022", "2023", "2024")
"""What the sample offers when nobody asks for particular partitions. The last Tuesday of 2024 is its last day."""

_ELSEWHERE = (("Nebraska", "NE"), ("Oklahoma", "OK"), ("Missouri", "MO"), ("Colorado", "CO"), ("Iowa", "IA"))
_WEEKS = 53
_WORST = 480.0

_Week = tuple[date, list[float]]
"""A Tuesday, and the shares of D0 to D4, cumulative, in percent."""


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write about `size` rows of a year, at least those of Kansas and one of another state, as three files."""
    chance = random.Random(f"{partition} {seed}")  # noqa: S311 - not for secrets
    first = date(int(partition), 1, 1)
    first += timedelta(days=(1 - first.weekday()) % 7)
    tuesdays = [first + timedelta(weeks=week) for week in range(_WEEKS)]
    tuesdays = [day for day in tuesdays if day.year == int(partition)]
    kansas = [week for week in _year(tuesdays, chance) if week[0] != tuesdays[40]]
    others = [_year(tuesdays, chance) for _ in range(max(0, size // (2 * len(tuesdays)) - 1))]
    others = others or [_year(tuesdays[:1], chance)]
    states = [(_ELSEWHERE[place % len(_ELSEWHERE)], weeks) for place, weeks in enumerate(others)]
    indices = [_index("Kansas", week) for week in kansas if week[0] != tuesdays[5]]
    indices += [_index(name, week) for (name, _), weeks in states for week in weeks]
    shares = [_shares("KS", week) for week in kansas[:26]]
    shares += [_shares(code, week) for (_, code), weeks in states for week in weeks]
    exported = [_shares("KS", week, categorical=True) for week in kansas[26:]]
    year = f"{partition}0701_{partition}1231"
    return {
        f"dsci_{partition}.csv": _csv(HEADERS[DSCI_WIRE][0], [*indices, *_bad_indices(tuesdays, indices)]),
        f"categories_{partition}.csv": _csv(HEADERS[CATEGORIES_WIRE][0], _damaged(shares)),
        f"dm_export_{year}.csv": _csv(HEADERS[CATEGORIES_WIRE][0], exported),
    }


def _year(tuesdays: Sequence[date], chance: random.Random) -> list[_Week]:
    weeks: list[_Week] = []
    severity = chance.uniform(0, 300)
    for day in tuesdays:
        severity = min(_WORST, max(0.0, severity + chance.uniform(-40, 40)))
        weeks.append((day, [round(min(100.0, max(0.0, severity - 80 * category)), 2) for category in range(5)]))
    return weeks


def _index(name: str, week: _Week) -> list[str]:
    day, shares = week
    return [name, f"{day:%Y%m%d}", str(round(sum(shares)))]


def _shares(code: str, week: _Week, *, categorical: bool = False) -> list[str]:
    day, shares = week
    sent = [more - less for more, less in zip(shares, [*shares[1:], 0.0], strict=True)] if categorical else shares
    numbers = [f"{number:.2f}" for number in (100 - shares[0], *sent)]
    end = day + timedelta(days=6)
    return [f"{day:%Y%m%d}", code, *numbers, f"{day}", f"{end}", "2" if categorical else "1"]


def _bad_indices(tuesdays: Sequence[date], good: list[list[str]]) -> list[list[str]]:
    """Write a row that repeats another, one that contradicts another, and one of each kind that cannot be used."""
    return [
        good[10],
        [*good[15][:2], str((int(good[15][2]) + 100) % 500)],
        ["Kansas", f"{tuesdays[5]:%Y%m%d}", "n/a"],
        ["Kansas", f"{tuesdays[7] + timedelta(days=2):%Y%m%d}", "120"],
        ["Kansas", "", "97"],
        ["", f"{tuesdays[8]:%Y%m%d}", "97"],
    ]


def _damaged(rows: list[list[str]]) -> list[list[str]]:
    """Damage some weeks of Kansas, each in its own way."""
    damages = {3: (8, "2001-01-02"), 6: (4, "-1.00"), 9: (10, "3"), 12: (2, "101.00"), 20: (2, "55.55")}
    damaged = [list(row) for row in rows]
    for place, (column, text) in damages.items():
        damaged[place][column] = text
    return damaged


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    return "".join(f"{','.join(line)}\r\n" for line in (header, *rows)).encode()
