"""What goes to standard output: JSON lines for programs, tables that fit the terminal for people. No decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import click

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
    """Print a table. A column whose name begins with `>` is aligned to the right; text that is too long is folded."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        right = name.startswith(">")
        made.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        made.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row))
    console = Console(highlight=False, markup=False, emoji=False)
    if title:
        console.print(Text(title, style="bold"))
    console.print(made)


def paragraph(text: str, *, bold: bool = False) -> None:
    """Print a line or more of prose, folded at words."""
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(text, style="bold" if bold else None)


def facts(title: str, entries: Mapping[str, str]) -> None:
    """Print a heading, and below it a name and a value on each line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(Text(title, style="bold"))
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in entries.items():
        made.add_row(f"  {name}", Text(value))
    console.print(made)
