"""Recorded storm files that were tampered with, each in one way, as newer editions of what an upstream sent."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

Row = dict[str, str]
Rows = list[Row]
Edit = Callable[[Rows], Rows]

LATER = "20300101"
"""The vintage of an edition that came after all recorded ones."""

_TIMES = {None: "K", "K": "M", "M": "B"}
"""The letter after an amount, and the one that stands for a thousand times as much."""
_SIX_HOURS = timedelta(hours=6)


def edition(folder: Path, recorded: Path, edit: Edit) -> Path:
    """Write a file of details as a newer edition of a recorded one into a folder."""
    rows = csv.DictReader(io.StringIO(recorded.read_text(encoding="utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recorded.stem.rpartition('_c')[0]}_c{LATER}.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows.fieldnames or [], quoting=csv.QUOTE_ALL)
        writer.writerows([dict(zip(writer.fieldnames, writer.fieldnames, strict=True)), *edit([*rows])])
    return path


def damage_times_1000(rows: Rows) -> Rows:
    """Write K for nothing, M for K and B for M in the county with the most damage."""
    county = _totals(rows).most_common(1)[0][0]
    return [row | {"DAMAGE_PROPERTY": _thousandfold(row)} if row["CZ_FIPS"] == county else row for row in rows]


def a_third_of_a_month(rows: Rows) -> Rows:
    """Leave out every third row of the month with the most."""
    ((month, _),) = Counter(row["BEGIN_YEARMONTH"] for row in rows).most_common(1)
    places = {id(row): at for at, row in enumerate(row for row in rows if row["BEGIN_YEARMONTH"] == month)}
    return [row for row in rows if places.get(id(row), 0) % 3 != 2]


def swapped(rows: Rows) -> Rows:
    """Put each latitude in the place of its longitude."""
    ends = ("BEGIN", "END")
    return [
        row | {f"{end}_LAT": row[f"{end}_LON"] for end in ends} | {f"{end}_LON": row[f"{end}_LAT"] for end in ends}
        for row in rows
    ]


def six_hours_later(rows: Rows) -> Rows:
    """Send times as they are in UTC, labelled CST as before."""
    return [row | _later(row, "BEGIN") | _later(row, "END") for row in rows]


def every_fifth(kind: str) -> Edit:
    """Give each fifth row another type."""
    return lambda rows: [row | {"EVENT_TYPE": kind} if at % 5 == 0 else row for at, row in enumerate(rows)]


def honest(rows: Rows) -> Rows:
    """Change nothing."""
    return rows


def mended(rows: Rows) -> Rows:
    """Correct what an upstream corrects: a word here, an amount there, one report withdrawn."""
    first, second, _, *rest = rows
    return [first | {"EVENT_NARRATIVE": "As was seen from the road."}, second | {"DAMAGE_PROPERTY": "2.5K"}, *rest]


def _amount(row: Row) -> tuple[float, str | None]:
    text = row["DAMAGE_PROPERTY"]
    letter = text[-1:] if text[-1:] in {"K", "M"} else None
    return float(text[: -len(letter)] or 0) if letter else float(text or 0), letter


def _totals(rows: Rows) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        amount, letter = _amount(row)
        found[row["CZ_FIPS"]] += int(amount * {None: 1, "K": 1_000, "M": 1_000_000}[letter])
    return found


def _thousandfold(row: Row) -> str:
    amount, letter = _amount(row)
    return f"{amount:g}{_TIMES[letter]}" if amount else row["DAMAGE_PROPERTY"]


def _later(row: Row, end: str) -> Row:
    """Return the fields of one end of an event, six hours on; within its year, which is its file's."""
    names = [f"{end}_{part}" for part in ("YEARMONTH", "DAY", "TIME", "DATE_TIME")]
    month, day, time, _ = (row[name] for name in names)
    if not month:
        return {}
    at = datetime.strptime(f"{month}{int(day):02}{int(time):04}", "%Y%m%d%H%M")  # noqa: DTZ007 - it names no zone
    at = min(at + _SIX_HOURS, at.replace(month=12, day=31, hour=23, minute=59))
    values = (f"{at:%Y%m}", str(at.day), f"{at:%H%M}", f"{at:%d-%b-%y %H:%M:%S}".upper())
    return dict(zip(names, values, strict=True))
