"""Text in columns, folded to a width. What rich does for tables, without the time that importing it takes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

_GAP = "  "
_LEAST = 8
"""No column is folded to less than this, even where the terminal is narrower."""


def columns(rows: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> Iterator[str]:
    """Yield the lines of a table: each cell under the others, at the left or the right, folded where it is too long."""
    widths = _fitted((max(map(len, column)) for column in zip(*rows, strict=True)), right, width)
    for row in rows:
        cells = [[cell] if fixed else fold(cell, size) for cell, size, fixed in zip(row, widths, right, strict=True)]
        for line in zip_longest(*cells, fillvalue=""):
            sized = zip(line, widths, right, strict=True)
            yield _GAP.join(
                text.rjust(size) if at_right else text.ljust(size) for text, size, at_right in sized
            ).rstrip()


def fold(text: str, width: int) -> list[str]:
    """Return a text in lines of at most this width, broken at words, and within those that are longer."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _fitted(widths: Iterable[int], right: Sequence[bool], width: int) -> list[int]:
    """Return the columns' widths so that they fit: the widest ones give, those at the right keep what they have."""
    fitted = list(widths)
    spare = width - len(_GAP) * (len(fitted) - 1) - sum(fitted)
    while spare < 0:
        widest = max((number for number, fixed in enumerate(right) if not fixed), key=lambda number: fitted[number])
        if fitted[widest] <= _LEAST:
            break
        fitted[widest] -= 1
        spare += 1
    return fitted
