"""`kfm recover`: finish or undo the plans that a crash left unfinished."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session

EXAMPLES = """\b
Examples:
  kfm recover

\b
Doing it again does nothing. A run, a promotion and a rollback do it by
themselves before they begin.
"""


@click.command("recover", cls=Command, epilog=EXAMPLES)
@printing.json_option
@pass_session
def command(session: Session, *, as_json: bool) -> None:
    """End the plans that a crash left, one way or the other."""
    from kfm_assets.engine.recover import recover

    done = recover(session.acting())
    if as_json:
        for intent, mark in done.plans:
            printing.json_line({"txn": intent.txn, "action": intent.action, "dataset": intent.dataset, "mark": mark})
        for txn in done.corrections:
            printing.json_line({"txn": txn, "record": "written"})
        for path in done.snapshots:
            printing.json_line({"snapshot": path})
        return
    for intent, mark in done.plans:
        click.echo(f"{intent.action} {intent.txn} of {intent.dataset}: {mark.value.lower()}")
    for txn in done.corrections:
        click.echo(f"rollback {txn}: its record is written")
    for path in done.snapshots:
        click.echo(f"{path}: the snapshot is written")
    if done.plans or done.corrections or done.snapshots:
        printing.paragraph("`kfm status` shows where everything stands; `kfm verify --all` checks it.")
    else:
        printing.paragraph("Nothing was left unfinished.")
