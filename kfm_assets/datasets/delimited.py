"""Comma-separated text (RFC 4180) to a frame of verbatim text, strictly. What the columns mean is not known here.

A field's value is its text without the enclosing quotes; an empty field is the empty text, whether or not quotes stood
around it, so a frame has no nulls. Nothing is stripped, guessed or left out: a file whose records do not all have the
header's fields is refused as a whole, with the line at fault.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from kfm_assets.datasets.program import LINE, Payload
from kfm_assets.errors import BadInput

_BOM = b"\xef\xbb\xbf"
_NEWLINE = 10
_QUOTE = 34
_CHUNK = 1 << 20
_FETCH_AGAIN = "look at the file; if the download was cut off, fetch it again"


def read(payload: Payload, headers: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    """Return a file's records: LINE, then one String column for each of the header's, in the file's order.

    LINE (Int64) is the physical line, from 1, on which the record begins; a quoted field may run over several.

    Args:
        payload: the file, unzipped, in UTF-8 with or without a byte-order mark.
        headers: the headers that the upstream is known to send; the file must have exactly one of them.

    Raises:
        BadInput: when the file is empty, a web page, not UTF-8, cut off, has another header, or has a record with more
            or fewer fields than the header.
    """
    content = _trimmed(payload)
    header = _header(payload, content, headers)
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            new_columns=list(header),
            skip_rows=1,
            infer_schema=False,
            empty_string_is_null=False,
        )
    except pl.exceptions.NoDataError:
        frame = pl.DataFrame(schema=dict.fromkeys(header, pl.String()))
    except pl.exceptions.PolarsError as error:
        raise _fault(payload, content, header) or _unreadable(payload, str(error).splitlines()[0]) from error
    records = _records(content, frame.height)
    if records is None or _is_ragged(content, records, frame, header):
        raise _fault(payload, content, header) or _unreadable(payload, "its quotes do not pair up")
    return frame.insert_column(0, pl.Series(LINE, records.lines))


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of the records that begin on some lines, without the line break that ends each.

    Raises:
        BadInput: when no record begins on one of the lines.
    """
    content = _trimmed(payload)
    records = _index(content)
    found = np.searchsorted(records.lines, np.asarray(lines, dtype=np.int64))
    texts: dict[int, str] = {}
    for line, position in zip(lines, found.tolist(), strict=True):
        if position >= len(records.lines) or records.lines[position] != line:
            raise BadInput(
                f"{payload.name}: no record begins on line {line}", advice="count lines of the unzipped file"
            )
        texts[line] = _text(content, records, position)
    return texts


@dataclass(frozen=True, slots=True)
class _Records:
    """Where the records after the header begin: byte offsets and lines; `end` is where the last one stops."""

    starts: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    end: int
    closed: bool
    """Whether every quote that opens is closed."""


def _trimmed(payload: Payload) -> bytes:
    """Return the bytes without a byte-order mark and without empty lines at their end."""
    content = payload.content.removeprefix(_BOM)
    if content.endswith((b"\n\n", b"\n\r\n")):
        content = content.rstrip(b"\r\n") + b"\n"
    return content


def _header(payload: Payload, content: bytes, headers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    start = content[:512].lstrip()
    if not start:
        raise BadInput(f"{payload.name} is empty", advice=_FETCH_AGAIN)
    if start.startswith(b"<"):
        raise BadInput(
            f"{payload.name} is a web page, not CSV", advice="open it in a browser: it may say what is wrong"
        )
    end = content.find(b"\n")
    line = content if end < 0 else content[:end]
    try:
        names = tuple(next(csv.reader([line.decode().rstrip("\r")]), ()))
    except UnicodeDecodeError as error:
        raise _not_utf8(payload, 1) from error
    except csv.Error as error:
        raise _unreadable_header(payload, line, error) from error
    if names not in headers:
        raise BadInput(
            f"{payload.name}: {_difference(names, headers)}", advice="look whether the upstream changed its format"
        )
    return names


def _difference(names: tuple[str, ...], headers: Sequence[tuple[str, ...]]) -> str:
    """Say in one line how a header differs from the nearest one that is known."""
    nearest = min(headers, key=lambda header: len(set(header) ^ set(names)))
    missing = [name for name in nearest if name not in names]
    added = [name for name in names if name not in nearest]
    if len(missing) > len(nearest) // 2:
        shown = ",".join(names)[:60]
        return f"its first line is not the header of such a file but {shown!r}"
    said = [f"lacks the column {', '.join(missing)}"] if missing else []
    said += [f"has an unknown column {', '.join(map(repr, added))}"] if added else []
    return "the header " + (" and ".join(said) or "has its columns in another order, or one of them twice")


def _records(content: bytes, height: int) -> _Records | None:
    """Return where the records begin, or None where that does not agree with how many polars read."""
    newlines = content.count(b"\n") + (not content.endswith(b"\n"))
    if newlines == height + 1:
        # One line each: the offsets would only be needed to look closer, so they are found then.
        return _Records(np.empty(0, np.int64), np.arange(2, height + 2, dtype=np.int64), len(content), closed=True)
    records = _index(content)
    return records if records.closed and len(records.lines) == height else None


@lru_cache(maxsize=1)
def _index(content: bytes) -> _Records:
    """Find the records by their quotes: a line break ends one where an even number of quotes stands before it.

    The last file's index is kept: quarantine asks for one row after another.
    """
    breaks, odd, closed = _lines(content)
    ends = np.flatnonzero(~odd)
    starts = breaks[ends] + 1
    inside = starts < len(content)
    end = len(content) - content.endswith(b"\n")
    return _Records(starts[inside], ends[inside] + 2, end, closed=closed)


def _lines(content: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], bool]:
    """Return the offset of each line break, whether an odd number of quotes stands before it, and whether all pair."""
    everything = np.frombuffer(content, dtype=np.uint8)
    offsets: list[npt.NDArray[np.int64]] = []
    parities: list[npt.NDArray[np.uint8]] = []
    carried = np.uint8(0)
    # A piece at a time, so that what is compared stays in the cache and no copy of the whole is made.
    for offset in range(0, len(everything), _CHUNK):
        piece = everything[offset : offset + _CHUNK]
        breaks = np.flatnonzero(piece == _NEWLINE)
        quotes = (piece == _QUOTE).view(np.uint8)
        # Before each break but the first of a piece stands what stood before the last one, and the line between them.
        sections = np.bitwise_xor.reduceat(quotes, np.concatenate([[0], breaks]))
        sections[0] ^= carried
        parity = np.bitwise_xor.accumulate(sections)
        offsets.append(breaks + offset)
        parities.append(parity[:-1])
        carried = parity[-1]
    return np.concatenate(offsets), np.concatenate(parities).astype(np.bool_), not carried


def _text(content: bytes, records: _Records, position: int) -> str:
    start = int(records.starts[position])
    last = position + 1 == len(records.starts)
    stop = records.end if last else int(records.starts[position + 1]) - 1
    return content[start:stop].removesuffix(b"\r").decode()


def _fields(record: str) -> int:
    """Count the fields of a record: the commas outside quotes, and one."""
    return sum(piece.count(",") for piece in record.split('"')[::2]) + 1


def _is_ragged(content: bytes, records: _Records, frame: pl.DataFrame, header: tuple[str, ...]) -> bool:
    """Say whether a record is short: polars fills its end with empty text, so those that end in it are counted."""
    suspects = frame.select((pl.col(header[-1]) == "").arg_true()).to_series().to_numpy()
    if not len(suspects):
        return False
    index = records if len(records.starts) else _index(content)
    cut_off = not content.endswith(b"\n") and suspects[-1] == frame.height - 1
    if cut_off or len(index.starts) != frame.height:
        return True
    return any(_fields(_text(content, index, int(position))) != len(header) for position in suspects)


def _fault(payload: Payload, content: bytes, header: tuple[str, ...]) -> BadInput | None:
    """Look for the first thing wrong in a file that could not be read; None where nothing is found."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(payload, content.count(b"\n", 0, error.start) + 1)
    records = _index(content)
    for position, line in enumerate(records.lines.tolist()):
        text = _text(content, records, position)
        last = position + 1 == len(records.lines)
        fields = _fields(text)
        if last and not content.endswith(b"\n") and (fields < len(header) or text.endswith(",") or not records.closed):
            return BadInput(f"{payload.name} is cut off in its last record, line {line}", advice="fetch it again")
        if last and not records.closed:
            message = f"{payload.name}, line {line}: a quoted field that begins here or later is never closed"
            return BadInput(message, advice=_FETCH_AGAIN)
        if fields != len(header):
            message = f"{payload.name}, line {line}: {len(header)} fields expected, {fields} found"
            return BadInput(message, advice="mend or remove that line, or fetch the file again")
    return None


def _not_utf8(payload: Payload, line: int) -> BadInput:
    advice = "convert it, for example with `iconv -f CP1252 -t UTF-8`, and keep the file's name"
    return BadInput(f"{payload.name}, line {line}: not UTF-8 text", advice=advice)


def _unreadable_header(payload: Payload, line: bytes, error: csv.Error) -> BadInput:
    if b"\r" not in line.rstrip(b"\r"):
        return _unreadable(payload, f"line 1: {error}")
    advice = "convert them, for example with `tr '\\r' '\\n'`, and keep the file's name"
    return BadInput(f"{payload.name}: its lines end in a carriage return alone, not in a line feed", advice=advice)


def _unreadable(payload: Payload, reason: str) -> BadInput:
    return BadInput(f"{payload.name} cannot be read as CSV: {reason}", advice=_FETCH_AGAIN)
