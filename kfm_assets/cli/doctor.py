"""`kfm doctor`: look at the machine and the home, and say what to do. What it looks at is in `diagnosis`."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.exits import Held
from kfm_assets.cli.session import Command, Session, pass_session

EXAMPLES = """\b
Examples:
  kfm doctor
  kfm doctor --json | jq 'select(.ok | not)'

\b
Exits with the code of the worst problem, 0 where all is well.
"""


@click.command("doctor", cls=Command, epilog=EXAMPLES)
@printing.json_option
@pass_session
def command(session: Session, *, as_json: bool) -> None:
    """Check Python, packages, home, disk, lake, state, policy and Dagster."""
    from kfm_assets.cli.diagnosis import examine

    checks = list(examine(session))
    if as_json:
        for check in checks:
            document = {"check": check.name, "ok": not check.code, "code": check.code, "saw": check.saw}
            printing.json_line(document | {"advice": check.advice})
    else:
        printing.table(
            ("CHECK", "", "SAW"), [(check.name, "problem" if check.code else "ok", check.saw) for check in checks]
        )
        click.echo()
        for check in checks:
            if check.code:
                printing.paragraph(f"{check.name}: {check.advice}")
    worst = max(check.code for check in checks)
    if worst:
        raise Held(worst)
    if not as_json:
        printing.paragraph("All is well.")
