"""nClimDiv's fixed-width files to wire frames of verbatim text. No value is judged here.

A record has 94 columns, and blanks may follow: the area in 4, the element's code in 2, the year in 4, and twelve months
of 7 columns each. In a file of divisions (`dv`) the area is a state's code in 2 and the division in 2; in a file of
states (`st`) it is a state's or a region's code in 3 and a 0. Format: divisional-readme.txt and state-readme.txt below
https://www.ncei.noaa.gov/pub/data/cirs/climdiv/.

There is no header, and nothing at the end says that it is the end. So a file must be what its name says in each line,
and whole as far as Kansas goes: all divisions, each with every year up to the newest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import polars as pl

from kfm_assets.datasets.climate.divisional.elements import DIVISIONS, ELEMENTS, KANSAS
from kfm_assets.datasets.climate.divisional.specification import FIRST, MONTH_FIELDS
from kfm_assets.datasets.program import LINE, PARTITION, Payload
from kfm_assets.errors import BadInput

EDITION = "edition"
"""In a wire frame: the date in the file's name, YYYYMMDD."""

_AGAIN = "look at the file; if the download was cut off, fetch it again"
_NAME = re.compile(r"climdiv-(?P<element>[a-z0-9]{4})(?P<level>dv|st)-v[\d.]+-(?P<edition>\d{8})")
_CODES = {element.name: element.code for element in ELEMENTS}
_TEXT = "text"
_RECORD = r"^\d{10}[ -~]{84} *$"
_WIDTH = 94
_LAST_CODE = {"dv": 91, "st": 465}
_DIVISIONS = {"dv": (1, 13), "st": (0, 0)}


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each record: LINE, the fields by the publisher's names, EDITION, and PARTITION, its year.

    The partition is null where the year lies before 1895 or after that of the file's date.

    Raises:
        BadInput: when the file's name tells no element and date; when it is empty, a web page, not ASCII or cut off;
            when a record has another width, another element than the name says, or an area that its kind of file does
            not have; when Kansas, one of its divisions or a year between others is absent.
    """
    element, level, edition = _told(payload.name)
    lines = _lines(payload)
    rows = pl.DataFrame({LINE: pl.int_range(1, len(lines) + 1, eager=True), _TEXT: pl.Series(lines, dtype=pl.String())})
    _demand_records(payload, rows)
    fields = _fields(rows, level)
    _demand_what_its_name_says(payload, fields, element, level)
    year, last = pl.col("YEAR"), edition[:4]
    dated = fields.with_columns(
        pl.lit(edition).alias(EDITION),
        pl.when(year.is_between(pl.lit(FIRST), pl.lit(last))).then(year).alias(PARTITION),
    )
    _demand_all_of_kansas(payload, dated, level, int(last))
    return dated


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of some lines, without the line break that ends each."""
    found = _lines(payload)
    return {line: found[line - 1] for line in lines}


def _told(name: str) -> tuple[str, str, str]:
    """Return what a file's name tells: the element, dv or st, the date."""
    told = _NAME.search(name)
    if told and told["element"] in _CODES and _is_date(told["edition"]):
        return told["element"], told["level"], told["edition"]
    message = f"{name}: the name does not tell an element and a date"
    raise BadInput(message, advice="give it the upstream's own name, such as climdiv-tmpcdv-v1.0.0-20140304")


def _is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def _lines(payload: Payload) -> list[str]:
    """Return a file's lines. Kept for a while: rows held back ask for their text one by one."""
    start = payload.content[:512].lstrip()
    if not start:
        raise BadInput(f"{payload.name} is empty", advice=_AGAIN)
    if start.startswith(b"<"):
        raise BadInput(f"{payload.name} is a web page, not nClimDiv's records", advice="open it in a browser")
    try:
        text = payload.content.decode("ascii")
    except UnicodeDecodeError as error:
        line = payload.content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{payload.name}, line {line}: not ASCII text", advice=_AGAIN) from error
    return [line.removesuffix("\r") for line in text.rstrip("\r\n").split("\n")]


def _fields(rows: pl.DataFrame, level: str) -> pl.DataFrame:
    text = pl.col(_TEXT).str
    state = 2 if level == "dv" else 3
    return rows.select(
        LINE,
        text.slice(0, state).alias("STATE-CODE"),
        text.slice(state, 4 - state).alias("DIVISION-NUMBER"),
        text.slice(4, 2).alias("ELEMENT CODE"),
        text.slice(6, 4).alias("YEAR"),
        *(text.slice(10 + 7 * place, 7).alias(field) for place, field in enumerate(MONTH_FIELDS)),
    )


def _demand_records(payload: Payload, rows: pl.DataFrame) -> None:
    for line, text in rows.filter(~pl.col(_TEXT).str.contains(_RECORD)).head(1).iter_rows():
        if line == rows.height and len(text) < _WIDTH and text[:1].isdigit():
            raise BadInput(f"{payload.name} is cut off in its last record, line {line}", advice="fetch it again")
        message = f"{payload.name}, line {line}: not a record of 10 digits and 12 values in 94 columns"
        raise BadInput(message, advice="look whether the upstream changed its format")


def _demand_what_its_name_says(payload: Payload, fields: pl.DataFrame, element: str, level: str) -> None:
    code = _CODES[element]
    for line, found in fields.filter(pl.col("ELEMENT CODE") != code)[LINE, "ELEMENT CODE"].head(1).iter_rows():
        message = f"{payload.name}, line {line}: the element's code is {found}, that of {element} is {code}"
        raise BadInput(message, advice="give the file the name of what it holds")
    state, division = (pl.col(name).cast(pl.Int32) for name in ("STATE-CODE", "DIVISION-NUMBER"))
    known = state.is_between(1, _LAST_CODE[level]) & division.is_between(*_DIVISIONS[level])
    for line, *area in fields.filter(~known)[LINE, "STATE-CODE", "DIVISION-NUMBER"].head(1).iter_rows():
        kind = "divisions" if level == "dv" else "states"
        message = f"{payload.name}, line {line}: {''.join(area)} is no area of a file of {kind}"
        raise BadInput(message, advice="look whether the file's name, with dv or st, is that of what it holds")


def _demand_all_of_kansas(payload: Payload, rows: pl.DataFrame, level: str, edition: int) -> None:
    """Refuse a file that lacks Kansas, or a part of it that others in the file have."""
    kansas = rows.filter(pl.col("STATE-CODE").cast(pl.Int32) == KANSAS).drop_nulls(PARTITION)
    if kansas.is_empty():
        message = f"{payload.name} has no record of Kansas, whose state code is {KANSAS} here (20 is Michigan)"
        raise BadInput(message, advice=_AGAIN)
    found = set(kansas.select(pl.col(PARTITION, "DIVISION-NUMBER").cast(pl.Int32)).iter_rows())
    first, last = min(found)[0], max(found)[0]
    if last < edition - 1:
        raise BadInput(f"{payload.name} ends with {last}, long before its date: it may be cut off", advice=_AGAIN)
    divisions = [number for number in DIVISIONS if number] if level == "dv" else [0]
    wanted = {(year, number) for year in range(first, last + 1) for number in divisions}
    for year, number in sorted(wanted - found)[:1]:
        where = f"division {number} of Kansas" if number else "Kansas"
        raise BadInput(f"{payload.name} has no record of {where} in {year}: it may be cut off", advice=_AGAIN)
