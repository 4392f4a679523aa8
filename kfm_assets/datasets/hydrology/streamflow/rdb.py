"""NWIS' RDB to wire rows: comment lines, a header, a line of column types, tab-separated data, for each site anew.

Format: http://pubs.usgs.gov/of/2003/ofr03123/6.4rdb_format.pdf; the columns of instantaneous and daily values:
https://waterservices.usgs.gov/docs/instantaneous-values/instantaneous-values-details/. A value's column is called
`<ts_id>_<parameter>`, of daily values `<ts_id>_<parameter>_<statistic>`, and is followed by one of its codes, `…_cd`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from kfm_assets.datasets.hydrology.streamflow import codes
from kfm_assets.datasets.hydrology.streamflow.specification import DISCHARGE, INSTANTANEOUS_WIRE
from kfm_assets.datasets.hydrology.streamflow.wire import (
    NEXT_SERIES,
    RETRIEVED,
    SCHEMA,
    STATE,
    TEXTS,
    retrieved,
    spelled,
)
from kfm_assets.datasets.program import LINE, Payload
from kfm_assets.errors import BadInput

_COMMENTS = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
_NO_SITES = re.compile(r"no (?:sites|data|sites/data) found", re.IGNORECASE)
_RETRIEVED = re.compile(r"^#\s*retrieved:\s*([^(\n]+)", re.IGNORECASE | re.MULTILINE)
_STATION = re.compile(r"^#\s+[A-Z]\S*\s+(\d{8,15})\s+(\S.*?)\s*$", re.MULTILINE)
_DESCRIBED = re.compile(rf"^#\s+(\d+)\s+{DISCHARGE}\s+(?:\d{{5}}\s+)?(\D.*?)\s*$", re.MULTILINE)
_SERIES = {
    True: re.compile(r"(?P<ts_id>\d+)_(?P<parm_cd>\d{5})(?P<stat_cd>)"),
    False: re.compile(r"(?P<ts_id>\d+)_(?P<parm_cd>\d{5})_(?P<stat_cd>\d{5})"),
}
_TYPE = re.compile(r"\d+[sdn]")
_UNIT = "cubic feet per second"
_PIECE = 1 << 16

_AGAIN = "look at the file; if the download was cut off, fetch it again"
_CHANGED = "look whether the upstream changed its format, and whether this is an answer of the service that it is for"


@dataclass(frozen=True, slots=True)
class _Block:
    """A header with its data: the columns' names, where the data begin and end, the number of their first line."""

    header: tuple[str, ...]
    start: int
    end: int
    line: int


def read(payload: Payload) -> pl.DataFrame:
    """Return a row for each value of each time series, in the form of `wire.SCHEMA`; a file without sites has none.

    LINE is the line on which the value stands. Where lines hold several time series, a value of the second has
    100,000,000 added to it, one of the third 200,000,000, and so on.

    Raises:
        BadInput: when the file is not UTF-8, has no header or another one, has a line with more or fewer fields, is cut
            off, or gives discharge in another unit.
    """
    content = payload.content.removeprefix(b"\xef\xbb\xbf")
    _demand_text(payload, content)
    comments, blocks = _blocks(payload, content)
    if not blocks and not _NO_SITES.search(comments):
        raise BadInput(f"{payload.name} holds comments and no data, and does not say why", advice=_AGAIN)
    for series, description in _DESCRIBED.findall(comments):
        if _UNIT not in description.lower():
            said = f"calls the discharge of time series {series} {description!r}"
            raise BadInput(f"{payload.name} {said}, which is not in {_UNIT}", advice=_CHANGED)
    found = _RETRIEVED.search(comments)
    stations = dict(_STATION.findall(comments))
    at = retrieved(found[1]) if found else None
    parts = [part for block in blocks for part in _rows(payload, content, block, stations)]
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    return (parts[0] if len(parts) == 1 else pl.concat(parts)).with_columns(
        pl.lit(at, SCHEMA[RETRIEVED]).alias(RETRIEVED)
    )


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of the lines on which some values stand, without the line break. Raises BadInput."""
    texts = _lines(payload)
    found = {line: line % NEXT_SERIES - 1 for line in lines}
    if any(not 0 <= at < len(texts) for at in found.values()):
        raise BadInput(f"{payload.name} has {len(texts)} lines only", advice="count lines of the unzipped file")
    return {line: texts[at] for line, at in found.items()}


@lru_cache(maxsize=2)
def _lines(payload: Payload) -> list[str]:
    """Return a file's lines. Kept for a while: rows held back ask for their text one by one."""
    text = payload.content.removeprefix(b"\xef\xbb\xbf").decode()
    return [line.removesuffix("\r") for line in text.split("\n")]


# --- blocks -----------------------------------------------------------------------------------------------------------


def _blocks(payload: Payload, content: bytes) -> tuple[str, list[_Block]]:
    """Return all comment lines, and the blocks of data in their order."""
    comments: list[bytes] = []
    blocks: list[_Block] = []
    at, line = 0, 1
    while at < len(content):
        if blocks:
            line = blocks[-1].line + content.count(b"\n", blocks[-1].start, at)
        skipped = _COMMENTS.match(content, at)
        end = skipped.end() if skipped else at
        comments.append(content[at:end])
        line += content.count(b"\n", at, end)
        if end == len(content):
            break
        blocks.append(_block(payload, content, end, line))
        at = blocks[-1].end
    return b"".join(comments).decode(), blocks


def _block(payload: Payload, content: bytes, at: int, line: int) -> _Block:
    types_at = content.index(b"\n", at) + 1
    header = tuple(content[at : types_at - 1].decode().rstrip("\r").split("\t"))
    _demand_header(payload, header, line)
    start = content.find(b"\n", types_at) + 1 or len(content)
    types = content[types_at:start].decode().split("\t")
    if len(types) != len(header) or not all(_TYPE.fullmatch(one.strip()) for one in types):
        message = f"{payload.name}, line {line + 1}: the line of column types (5s, 15s, …) is missing below the header"
        raise BadInput(message, advice=_AGAIN)
    end = min(_line_with(content, b"#", start), _next_header(content, start))
    return _Block(header, start, end, line + 2)


def _next_header(content: bytes, start: int) -> int:
    """Return where the next header begins, or the content's end. One byte that values lack is found soonest."""
    underscore = content.find(b"_", start)
    if underscore < 0:
        return len(content)
    return _line_with(content, b"agency_cd\t", max(start, underscore - len(b"agency_cd")))


def _line_with(content: bytes, beginning: bytes, start: int) -> int:
    """Return where the next line begins in some way, or the content's end."""
    at = content.find(beginning, start)
    while at > start and content[at - 1 : at] != b"\n":
        at = content.find(beginning, at + 1)
    return at if at >= 0 else len(content)


def _demand_header(payload: Payload, header: tuple[str, ...], line: int) -> None:
    instantaneous = payload.wire == INSTANTANEOUS_WIRE
    wanted = _fixed(instantaneous=instantaneous)
    where = f"{payload.name}, line {line}"
    if header[:2] != wanted[:2]:
        raise BadInput(f"{where}: a header of RDB is expected, not {'|'.join(header)[:60]!r}", advice=_CHANGED)
    missing = [name for name in wanted if name not in header]
    if missing or header[: len(wanted)] != wanted:
        problem = f"the header lacks the column {', '.join(missing)}" if missing else "columns are in another order"
        raise BadInput(f"{where}: {problem}", advice=_CHANGED)
    rest = header[len(wanted) :]
    if not rest:
        raise BadInput(f"{where}: the header has no column of values", advice=_CHANGED)
    values, coded = rest[::2], rest[1::2]
    strange = [name for name in values if not _SERIES[instantaneous].fullmatch(name)]
    if strange:
        raise BadInput(f"{where}: the header has an unknown column {strange[0]!r}", advice=_CHANGED)
    uncoded = [name for place, name in enumerate(values) if coded[place : place + 1] != (f"{name}_cd",)]
    if uncoded or len(set(header)) != len(header):
        problem = f"column {uncoded[0]} is not followed by {uncoded[0]}_cd" if uncoded else "a column stands twice"
        raise BadInput(f"{where}: {problem}", advice=_CHANGED)


def _fixed(*, instantaneous: bool) -> tuple[str, ...]:
    return ("agency_cd", "site_no", "datetime", "tz_cd") if instantaneous else ("agency_cd", "site_no", "datetime")


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows(payload: Payload, content: bytes, block: _Block, stations: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Yield the values of each time series of a block."""
    frame = _table(payload, content, block)
    if frame.is_empty():
        return
    instantaneous = payload.wire == INSTANTANEOUS_WIRE
    fixed = len(_fixed(instantaneous=instantaneous))
    lines = pl.int_range(block.line, block.line + frame.height, dtype=pl.Int64)
    names, states = _places(frame["site_no"], stations)
    for place, value in enumerate(block.header[fixed::2]):
        series = _SERIES[instantaneous].fullmatch(value)
        told = series.groupdict() if series else {}
        columns = {
            **{name: pl.lit(text) for name, text in told.items()},
            "site_no": pl.col("site_no"),
            "station_nm": names,
            "datetime": pl.col("datetime"),
            "tz_cd": pl.col("tz_cd") if instantaneous else pl.lit(""),
            "value": pl.col(value),
            "value_cd": pl.col(f"{value}_cd"),
            "no_data": pl.lit(""),
        }
        yield frame.select_seq(
            (lines + place * NEXT_SERIES).alias(LINE),
            *(columns[name].alias(name) for name in TEXTS),
            states.alias(STATE),
        )


def _places(sites: pl.Series, stations: Mapping[str, str]) -> tuple[pl.Expr, pl.Expr]:
    """Return each row's station name and state; a block is of one site as a rule."""
    names = {site: stations.get(site, "") for site in spelled(sites)[0]}
    states = {site: codes.state("", name) for site, name in names.items()}
    if len(names) == 1:
        return pl.lit(names[sites[0]]), pl.lit(states[sites[0]])
    return tuple(pl.col("site_no").replace_strict(told, return_dtype=pl.String) for told in (names, states))  # type: ignore[return-value]


def _table(payload: Payload, content: bytes, block: _Block) -> pl.DataFrame:
    """Read a block's data, and demand that each line has the header's fields."""
    schema = dict.fromkeys(block.header, pl.String())
    end = block.end
    while end > block.start and content[end - 1] in b"\r\n":
        end -= 1
    if end == block.start:
        return pl.DataFrame(schema=schema)
    data = content[block.start : end + 1] if content[end : end + 1] == b"\n" else content[block.start : end] + b"\n"
    try:
        frame = pl.read_csv(
            data,
            separator="\t",
            quote_char=None,
            has_header=False,
            schema=schema,
            # All but the agency, which nothing is made of.
            columns=list(range(1, len(schema))),
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError as error:
        raise _fault(payload, data, block) from error
    lines, tabs = _count(data, b"\n"), _count(data, b"\t")
    if frame.height != lines or tabs != lines * (len(schema) - 1):
        raise _fault(payload, data, block)
    return frame


def _count(data: bytes, character: bytes) -> int:
    """Count one character: a piece at a time, so that what is compared stays in the cache."""
    characters, wanted = np.frombuffer(data, dtype=np.uint8), character[0]
    pieces = (characters[at : at + _PIECE] for at in range(0, len(data), _PIECE))
    return sum(int(np.count_nonzero(piece == wanted)) for piece in pieces)


def _fault(payload: Payload, data: bytes, block: _Block) -> BadInput:
    """Say which line has more or fewer fields than the header."""
    for number, line in enumerate(data.splitlines(), block.line):
        fields = line.count(b"\t") + 1
        if fields != len(block.header):
            message = f"{payload.name}, line {number}: {len(block.header)} fields expected, {fields} found"
            return BadInput(message, advice=_AGAIN)
    return BadInput(f"{payload.name} cannot be read as RDB from line {block.line} on", advice=_AGAIN)


def _demand_text(payload: Payload, content: bytes) -> None:
    if not content.endswith(b"\n"):
        line = content.count(b"\n") + 1
        raise BadInput(f"{payload.name} is cut off in line {line}: it has no line break at its end", advice=_AGAIN)
    if content.isascii():
        return
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = "convert it, for example with `iconv -f CP1252 -t UTF-8`, and keep the file's name"
        raise BadInput(f"{payload.name}, line {line}: not UTF-8 text", advice=advice) from error
