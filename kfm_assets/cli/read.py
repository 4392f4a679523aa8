"""`kfm read`: rows of a release, streamed partition by partition to a file or to standard output."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from kfm_assets.cli import printing
from kfm_assets.cli.exits import say
from kfm_assets.cli.partitions import dataset_argument, parse, partitions_option
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import specification
from kfm_assets.domain.artifact import Origin
from kfm_assets.errors import NotFound, UsageError

if TYPE_CHECKING:
    from kfm_assets.engine.read import Reading

EXAMPLES = """\b
Examples:
  kfm read hazards/earthquakes                       a look at the rows
  kfm read hazards/earthquakes | head                CSV, as it is piped
  kfm read hazards/storm_events --partitions 1990..1992 -o storms.parquet
  kfm read hazards/storm_events --table fatalities --format ndjson
  kfm read geography/counties -o counties.geojson
  kfm read hazards/earthquakes --release v1 --format csv
  kfm read hazards/earthquakes --at 2026-11-20T12:00Z --format csv

\b
Instants are UTC. In CSV a geometry is WKT, in NDJSON a GeoJSON geometry.
GeoJSON is RFC 7946: longitude and latitude in degrees, OGC:CRS84.
"""

_ROWS, _CELL = 10, 24

_SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".geojson": "geojson",
    ".json": "geojson",
}


@click.command("read", cls=Command, epilog=EXAMPLES)
@dataset_argument
@partitions_option
@click.option("--release", metavar="ID", help="Another release than the live one: an id, its first digits, or v3.")
@click.option("--at", metavar="TIME", help="The release that was live then, as in 2026-11-20T12:00Z; UTC if not said.")
@click.option("--table", metavar="NAME", help="One of the dataset's tables; its main table by default.")
@click.option(
    "--format", "form", type=click.Choice(["parquet", "csv", "ndjson", "geojson"]), help="By default, as FILE is named."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all.",
)
@pass_session
def command(
    session: Session,
    *,
    dataset: str,
    partitions: str | None,
    release: str | None,
    at: str | None,
    table: str | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Read rows of what is published, or of what was."""
    if release and at:
        raise UsageError("--release and --at both name a release", advice="leave one of them out")
    names = parse(partitions, specification(dataset))
    chosen = form or _form(output)
    if chosen == "parquet" and output is None and _at_terminal():
        raise UsageError("Parquet is binary and this is a terminal", advice="name a file with -o, or pipe it")
    instant = _instant(at) if at else None
    from kfm_assets.engine.read import read

    found = read(session.open(), dataset, names, release=release, at=instant, table=table)
    if not found.files:
        raise NotFound(f"the release of {dataset} has no partitions", advice=f"`kfm run {dataset}` publishes some")
    if chosen is None:
        _look(found)
    else:
        _write(found, chosen, output)


def _at_terminal() -> bool:
    return sys.stdout.isatty()


def _form(output: Path | None) -> str | None:
    """Return the format that a file's name asks for; for a pipe CSV, for a terminal None, which is a look."""
    if output is None:
        return None if _at_terminal() else "csv"
    found = _SUFFIXES.get(output.suffix.lower())
    if found is None:
        raise UsageError(
            f"{output.name} does not say which format", advice="add --format parquet, csv, ndjson or geojson"
        )
    return found


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", advice="write it as 2026-11-20 or 2026-11-20T12:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _write(found: Reading, form: str, output: Path | None) -> None:
    from kfm_assets.cli.formats import write

    table = specification(found.release.dataset).table(found.table)
    files = [Path(file) for file in found.files.values()]
    release = f"release {printing.short(found.release.id)} of {found.release.dataset} ({found.release.origin})"
    if output is None:
        if found.release.origin is Origin.SYNTHETIC:
            say(release)  # CSV and NDJSON have no place for it among the rows
        write(form, files, table, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with _replacing(output) as out:
        rows = write(form, files, table, out)
    what = f"{printing.counted(rows, 'row')} of {printing.counted(len(files), 'partition')}"
    click.echo(f"{output}: {what}, {release}", err=True)


@contextmanager
def _replacing(output: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which takes the name at the end, or goes away if it did not come to that.

    A link stays a link. What is no file, as a device or a named pipe, is written to and never replaced.
    """
    if output.exists() and not output.is_file():
        with output.open("wb") as there:
            yield there
        return
    output = output.resolve()
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}", advice="make it, or name another file")
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as handle:
        beside = Path(handle.name)
        try:
            yield cast("BinaryIO", handle)
            handle.flush()
            os.fsync(handle.fileno())
            beside.chmod(0o666 & ~_umask())
            beside.replace(output)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _look(found: Reading) -> None:
    """Print the first rows, in as many columns as the terminal has room for, and how to have all of them."""
    import polars as pl

    frames = pl.scan_parquet([str(file) for file in found.files.values()], glob=False)
    dataset = found.release.dataset
    described = specification(dataset).table(found.table).columns
    names = [column.name for column in described if column.dtype != "geometry"]
    cells = frames.select(names).head(_ROWS).collect().rows()
    columns = [[name, *(_cell(row[number]) for row in cells)] for number, name in enumerate(names)]
    room = [column for column, width in zip(columns, _widths(columns), strict=True) if width <= printing.width()]
    printing.table([column[0] for column in room], list(zip(*(column[1:] for column in room), strict=True)))
    click.echo()
    height = frames.select(pl.len()).collect().item()
    unseen = len(described) - len(room)
    more = f", {printing.counted(unseen, 'more column')}" if unseen else ""
    printing.paragraph(
        f"{printing.counted(height, 'row')} of {found.table} in {printing.counted(len(found.files), 'partition')}"
        f"{more}; release {printing.short(found.release.id)} ({found.release.origin})."
    )
    printing.paragraph(f"All of it: `kfm read {dataset} -o {found.table}.parquet` (or .csv, .ndjson, .geojson).")


def _widths(columns: list[list[str]]) -> Iterator[int]:
    """Yield how wide a table is that ends with each of the columns."""
    total = 0
    for column in columns:
        total += max(map(len, column)) + (2 if total else 0)
        yield total


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return printing.minute(value)
    text = "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
