"""`kfm resolve`: what an evidence reference names: its digest, where it lies, and its bytes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import Unavailable

EXAMPLES = """\b
Examples:
  kfm resolve kfm://dataset/hazards/earthquakes
  kfm resolve kfm://release/HEX/catalog/collection.json
  kfm resolve kfm://build/HEX/processed/2015-08/events.parquet -o a.parquet

\b
JSON is printed as such, anything else by its digest and size; -o writes the
bytes of either. HEX are the 64 digits of a digest, never fewer. Of a name
with a fragment, as BUILD#making, the whole that it is part of is printed.
"""


@click.command("resolve", cls=Command, epilog=EXAMPLES)
@click.argument("reference", metavar="KFM://…")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the bytes there.",
)
@printing.json_option
@pass_session
def command(session: Session, *, reference: str, output: Path | None, as_json: bool) -> None:
    """Print what a kfm:// reference names."""
    from kfm_assets.engine.resolve import content, resolve

    system = session.open()
    found = resolve(system, reference)
    data = content(system, found)
    if output:
        _write(output, data)
    where = {"ref": found.ref, "path": found.path} if found.ref else {}
    if as_json:
        shown = {} if output else {"document": _document(data)}
        printing.json_line({"reference": reference, "digest": found.digest, "bytes": len(data), **where, **shown})
    elif output is None and (document := _document(data)) is not None:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        lies = {"lies at": f"{found.path} of {found.ref}"} if found.ref else {}
        printing.facts(reference, {"digest": found.digest, "bytes": f"{len(data):,}", **lies})


def _document(content: bytes) -> object:
    """Return what JSON holds; None for anything else."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{output} cannot be written: {error.strerror}", advice="name another file") from error
