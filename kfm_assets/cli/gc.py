"""`kfm gc`: remove from the lake what nothing names any more."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session

EXAMPLES = """\b
Examples:
  kfm gc --dry-run
  kfm gc

\b
Nothing is removed that a release, a pointer, a waiting build or the raw zone
names, nor anything younger than a week. A run may go on beside it.
"""

_STEP = 1000


@click.command("gc", cls=Command, epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
@printing.json_option
@pass_session
def command(session: Session, *, dry_run: bool, as_json: bool) -> None:
    """Free the space of what nothing names any more."""
    from kfm_assets.engine.collect import RETENTION, collect

    done = collect(session.open(), dry_run=dry_run)
    if as_json:
        document = {"objects": done.objects, "bytes": done.bytes, "branches": done.branches, "dry_run": dry_run}
        printing.json_line(document)
        return
    files, branches = printing.counted(done.objects, "file"), printing.counted(len(done.branches), "branch", "branches")
    verb = "Would remove" if dry_run else "Removed"
    printing.paragraph(
        f"{verb} {files} ({_size(done.bytes)}) and {branches}. Younger than {RETENTION.days} days stays."
    )


def _size(number: int) -> str:
    size, units = float(number), ["B", "kB", "MB", "GB"]
    while size >= _STEP and len(units) > 1:
        size /= _STEP
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"
