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

\b
On a lakeFS server only branches are removed. Bytes are the server's: it
collects them by its own rules, which must keep them for as long as somebody
may want to roll back.
"""

_SERVERS = (
    "Bytes are the server's to remove, by its own garbage collection: see that its retention rules keep them for "
    "as long as a rollback may reach back."
)

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
        objects, size = (None, None) if done.by_server else (done.objects, done.bytes)
        printing.json_line({"objects": objects, "bytes": size, "branches": done.branches, "dry_run": dry_run})
        return
    verb, stays = "Would remove" if dry_run else "Removed", f"Younger than {RETENTION.days} days stays."
    files, branches = printing.counted(done.objects, "file"), printing.counted(len(done.branches), "branch", "branches")
    if done.by_server:
        printing.paragraph(f"{verb} {branches}. {stays} {_SERVERS}")
    else:
        printing.paragraph(f"{verb} {files} ({_size(done.bytes)}) and {branches}. {stays}")


def _size(number: int) -> str:
    size, units = float(number), ["B", "kB", "MB", "GB"]
    while size >= _STEP and len(units) > 1:
        size /= _STEP
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"
