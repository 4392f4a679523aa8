"""`kfm rollback`: make an earlier release live again, or show what that would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import dataset_argument, parse, partitions_option
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import specification

if TYPE_CHECKING:
    from kfm_assets.engine.rollback import Rollback

EXAMPLES = """\b
Examples:
  kfm rollback hazards/earthquakes --to previous --dry-run
  kfm rollback hazards/earthquakes --to previous --reason "wrong depths"
  kfm rollback hazards/storm_events --to v3 --partitions 1975..1977 \\
      --reason "damage misread" --category data-quality

\b
Going forward again is a rollback too: --to the release that was left.
The reason is kept in the journal, in a PROV record and in an incident.
"""


@click.command("rollback", cls=Command, epilog=EXAMPLES)
@dataset_argument
@partitions_option
@click.option("--to", required=True, metavar="RELEASE", help="An id, its first digits, v3, or `previous`.")
@click.option("--reason", default="", metavar="TEXT", help="What went wrong; required unless it is a dry run.")
@click.option("--category", default="", metavar="WORD", help="The reason in one word, to count by.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@printing.json_option
@pass_session
def command(
    session: Session,
    *,
    dataset: str,
    partitions: str | None,
    to: str,
    reason: str,
    category: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make an earlier release live again, whole or for some partitions."""
    from kfm_assets.domain.journal import Action
    from kfm_assets.engine.promote import Cause
    from kfm_assets.engine.rollback import roll_back

    names = parse(partitions, specification(dataset))
    system = session.acting()
    done = roll_back(system, dataset, to, Cause(Action.ROLLBACK, reason, category), names, dry_run=dry_run)
    if as_json:
        printing.json_line(_document(done, dry_run=dry_run))
    else:
        _tell(done, dry_run=dry_run)


def _document(done: Rollback, *, dry_run: bool) -> dict[str, object]:
    return {
        "dataset": done.dataset,
        "from": done.source,
        "to": done.target,
        "version": done.version or None,
        "changes": {
            partition: {"before": change.before, "after": change.after} for partition, change in done.changes.items()
        },
        "dry_run": dry_run,
        "changed": done.intent is not None,
        "txn": done.intent.txn if done.intent else None,
        "reason": done.intent.reason if done.intent else None,
        "at": done.intent.at if done.intent else None,
    }


def _tell(done: Rollback, *, dry_run: bool) -> None:
    if done.changes:
        printing.table(
            ("PARTITION", "BUILD NOW" if dry_run else "BUILD BEFORE", "BUILD THEN" if dry_run else "BUILD NOW"),
            [
                (partition, printing.short(change.before), printing.short(change.after))
                for partition, change in done.changes.items()
            ],
        )
        click.echo()
    target = f"v{done.version} ({printing.short(done.target)})" if done.version else "a new release"
    changes = printing.counted(len(done.changes), "partition")
    if not done.changes:
        printing.paragraph(f"{done.dataset} stands there already; nothing changed.")
    elif dry_run:
        printing.paragraph(f"{done.dataset} would go back to {target}: {changes}. Nothing was changed.")
        printing.paragraph('The same without --dry-run and with --reason "…" does it.')
    else:
        printing.paragraph(f"{done.dataset} stands at {target}: {changes} changed.")
        forward = f'kfm rollback {done.dataset} --to {printing.short(done.source)} --reason "…"'
        printing.paragraph(f"`kfm status {done.dataset}` shows it; `{forward}` goes forward again.")
