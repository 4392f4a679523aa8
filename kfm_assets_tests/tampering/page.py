"""The tables of docs/gates/tampering.md, as the tests hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from kfm_assets.domain.verdict import Gate
from kfm_assets_tests.docs.documents import ROOT, sections

PAGE = ROOT / "docs" / "gates" / "tampering.md"

_COLUMNS = 5
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Row:
    """A line of a table: what was done, the gates that stop it, those that may close as well, what was said."""

    done: str
    stops: frozenset[Gate]
    may: frozenset[Gate]
    said: str

    def is_said(self, messages: Iterable[str], *, figures: bool = True) -> bool:
        """Say whether a message is the one of the page, or begins with it where that ends with dots."""
        said, told = self.said, list(messages)
        if not figures:
            said, told = _FIGURE.sub("#", said), [_FIGURE.sub("#", one) for one in told]
        start = said.removesuffix("…")
        return any(one == said if start == said else one.startswith(start) for one in told)


@cache
def listed() -> dict[str, tuple[Row, ...]]:
    """Return the page's tables by their headings."""
    return {title: found for title, text in sections(PAGE).items() if (found := tuple(_rows(text)))}


def _rows(text: str) -> Iterable[Row]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == _COLUMNS and cells[0] not in {"what was done", "---"}:
            yield Row(cells[0], _gates(cells[2]), _gates(cells[3]), cells[4])


def _gates(cell: str) -> frozenset[Gate]:
    return frozenset(Gate(name) for name in re.findall(r"`(\w+)`", cell))
