"""NWIS' WaterML 1.1 as JSON to wire rows: `value.timeSeries[].values[].value[]`, one row for each of the last.

Format: https://waterservices.usgs.gov/docs/instantaneous-values/instantaneous-values-details/ (WaterML 1.1, CUAHSI,
translated to JSON element by element). Names of variables and units carry HTML entities (`ft&#179;/s`).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import codes
from kfm_assets.datasets.hydrology.streamflow.specification import DISCHARGE
from kfm_assets.datasets.hydrology.streamflow.wire import RETRIEVED, SCHEMA, retrieved
from kfm_assets.datasets.program import Payload
from kfm_assets.errors import BadInput

_AGAIN = "look at the file; if the download was cut off, fetch it again"
_CHANGED = "look whether the upstream changed its format, and whether this is an answer of the service that it is for"
_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers keep the text that they came in.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_SERVICE = re.compile(r"/nwis/(iv|dv)")
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_FT3S = {"ft3/s", "ft³/s", "cfs", ""}

_Json = Any


def read(payload: Payload) -> pl.DataFrame:
    """Return a row for each value of each time series, in the form of `wire.SCHEMA`; no time series have no rows.

    LINE counts the values of the whole file, from 1. `tz_cd` is the offset that a time ends in; some have none.

    Raises:
        BadInput: when the file is not UTF-8, whole JSON and WaterML, is an answer of the other service, or gives
            discharge in another unit.
    """
    document = _document(payload)
    told = re.search(_SERVICE, _text(_at(document, "value", "queryInfo", "queryURL")))
    if told and told[1] != payload.wire:
        raise BadInput(f"{payload.name} is an answer of NWIS' service {told[1]}, not {payload.wire}", advice=_CHANGED)
    notes = _list(_at(document, "value", "queryInfo", "note"))
    asked = next((_text(_at(note, "value")) for note in notes if _at(note, "title") == "requestDT"), "")
    rows = [row for series in document["value"]["timeSeries"] for row in _rows(payload, series)]
    frame = pl.DataFrame(
        [(line, *row, retrieved(asked)) for line, row in enumerate(rows, 1)], schema=SCHEMA, orient="row"
    )
    return frame.with_columns(pl.col(RETRIEVED).cast(SCHEMA[RETRIEVED]))


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of some values by their position, from 1. Raises BadInput."""
    text = payload.content.decode("utf-8-sig")
    spans = _spans(payload)
    if any(not 1 <= line <= len(spans) for line in lines):
        raise BadInput(f"{payload.name} has {len(spans)} values only", advice="count the values of all time series")
    return {line: text[slice(*spans[line - 1])] for line in lines}


def _document(payload: Payload) -> dict[str, _Json]:
    try:
        document = _DECODER.decode(payload.content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{payload.name} is not UTF-8 at byte {error.start}", advice=_AGAIN) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"{payload.name} is not whole JSON: {error.msg} at {where}", advice=_AGAIN) from error
    except RecursionError as error:
        raise BadInput(f"{payload.name} is nested too deeply to be WaterML", advice=_AGAIN) from error
    if not isinstance(_at(document, "value", "timeSeries"), list):
        raise BadInput(f"{payload.name} is not WaterML: it has no list value.timeSeries", advice=_CHANGED)
    return dict(document)


# --- fields -----------------------------------------------------------------------------------------------------------


def _rows(payload: Payload, series: _Json) -> Iterator[tuple[str, ...]]:
    """Yield the fields of each value of a time series, as `wire.TEXTS` and the state have them."""
    site = _text(_at(series, "sourceInfo", "siteCode", 0, "value"))
    station = html.unescape(_text(_at(series, "sourceInfo", "siteName")))
    fips = next((_text(_at(one, "value")) for one in _properties(series) if _at(one, "name") == "stateCd"), "")
    parameter = _text(_at(series, "variable", "variableCode", 0, "value"))
    statistic = _text(_at(series, "variable", "options", "option", 0, "optionCode"))
    no_data = _text(_at(series, "variable", "noDataValue"))
    unit = html.unescape(_text(_at(series, "variable", "unit", "unitCode")))
    if parameter == DISCHARGE and unit not in _FT3S:
        raise BadInput(f"{payload.name} gives the discharge of site {site} in {unit!r}, not ft3/s", advice=_CHANGED)
    for group in _list(_at(series, "values")):
        ts_id = _text(_at(group, "method", 0, "methodID"))
        told = (site, station, ts_id, parameter, statistic)
        for value in _list(_at(group, "value")):
            time = _text(_at(value, "dateTime"))
            offset = _OFFSET.search(time) if "T" in time else None
            zone = offset[0] if offset else ""
            reported = (_text(_at(value, "value")), _qualifiers(_at(value, "qualifiers")))
            yield (*told, time, zone, *reported, no_data, codes.state(fips, station))


def _properties(series: _Json) -> list[_Json]:
    return _list(_at(series, "sourceInfo", "siteProperty"))


def _qualifiers(value: _Json) -> str:
    return ":".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _at(value: _Json, *path: str | int) -> _Json:
    """Follow a path into what JSON holds; None where it leads nowhere."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def _list(value: _Json) -> list[_Json]:
    return value if isinstance(value, list) else []


def _text(value: _Json) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    # A JSON string may escape half a surrogate pair, which no UTF-8 text can hold.
    return text.encode("utf-8", "backslashreplace").decode()


# --- where the values stand -------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _spans(payload: Payload) -> list[tuple[int, int]]:
    """Return where each value begins and ends. Kept for a while: rows held back ask for their text one by one."""
    text = payload.content.decode("utf-8-sig")
    everything = (_after(text, 0), len(text))
    spans = [_member(text, everything, "value")]
    for name in ("timeSeries", "values", "value"):
        spans = [element for span in spans for element in _elements(text, _member(text, span, name))]
    return spans


def _member(text: str, span: tuple[int, int], name: str) -> tuple[int, int]:
    """Return where an object's last member of a name stands; an empty span where there is none, or no object."""
    position, found = span[0], (0, 0)
    if span == found or text[position] != "{":
        return found
    position = _after(text, position + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        start = _after(text, _after(text, position) + 1)
        _, end = _DECODER.raw_decode(text, start)
        found = (start, end) if key == name else found
        position = _after_comma(text, end)
    return found


def _elements(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield where each element of an array stands; nothing for what is no array."""
    position, end = span
    if position == end or text[position] != "[":
        return
    position = _after(text, position + 1)
    while text[position] != "]":
        _, end = _DECODER.raw_decode(text, position)
        yield position, end
        position = _after_comma(text, end)


def _after(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _after_comma(text: str, position: int) -> int:
    position = _after(text, position)
    return _after(text, position + 1) if text[position] == "," else position
