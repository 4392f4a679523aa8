"""What goes to standard output: JSON lines for programs, tables that fit the terminal for people. No decisions."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from kfm_assets.cli import layout
from kfm_assets.domain.canonical import Json, plain

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines, one object for each thing.")


def json_line(document: Mapping[str, object]) -> None:
    """Print one object on one line; instants as RFC 3339 has them."""
    click.echo(json.dumps({name: _plain(value) for name, value in document.items()}, ensure_ascii=False))


def _plain(value: object) -> Json:
    return instant(value) if isinstance(value, datetime) else plain(value)


def instant(at: datetime) -> str:
    """Return an instant in UTC, to the microsecond where it has them."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def minute(at: datetime) -> str:
    """Return an instant to the minute, for people."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def age(at: datetime | None, now: datetime) -> str:
    """Say how long ago something was: `3 min ago`; a dash where it never was."""
    if at is None:
        return "-"
    seconds = max(now - at, timedelta()).total_seconds()
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "now"


def short(digest: str | None) -> str:
    """Return the twelve digits by which people name a release or a build; a dash for none."""
    return digest.removeprefix("sha256:")[:12] if digest else "-"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 partition`, `2 partitions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print a table as wide as the terminal. A column whose name begins with `>` is aligned to the right."""
    right = [name.startswith(">") for name in columns]
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    head = [name.removeprefix(">") for name in columns]
    if title:
        paragraph(title, bold=True)
    for number, line in enumerate(layout.columns([head, *cells], right, width())):
        _print(line, bold=number == 0)


def facts(title: str, entries: Mapping[str, str]) -> None:
    """Print a heading, and below it a name and a value on each line."""
    paragraph(title, bold=True)
    longest = max(map(len, entries), default=0)
    rows = [(f"  {name.ljust(longest)}", value) for name, value in entries.items()]
    for line in layout.columns(rows, (True, False), width()) if rows else ():
        _print(line)


def paragraph(text: str, *, bold: bool = False) -> None:
    """Print a line or more of prose, folded at words."""
    for line in layout.fold(typable(text), width()):
        _print(line, bold=bold)


def typable(text: str) -> str:
    """Return prose whose commands can be typed as they stand, with a path where the shell would not find `kfm`."""
    ours = Path(sys.argv[0])
    if ours.name != "kfm" or shutil.which("kfm"):
        return text
    path = ours.relative_to(Path.cwd()) if ours.is_relative_to(Path.cwd()) else ours
    return text.replace("`kfm ", f"`{path} ")


def width() -> int:
    """Return how wide the terminal is; 80 where there is none that says."""
    return shutil.get_terminal_size().columns


def _print(line: str, *, bold: bool = False) -> None:
    """Print a line, in bold where that is asked for, there is a terminal and nobody said NO_COLOR (no-color.org)."""
    styled = bold and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    click.echo(click.style(line, bold=True) if styled else line)
