"""`kfm approve`: accept, by name and with a reason, what a gate could not pass, where the policy allows it."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.records import find
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.domain.verdict import ACCEPTABLE, Gate

EXAMPLES = """\b
Examples:
  kfm policy explain hazards/storm_events    what is closed, and why
  kfm show 3f2a91c0e1b2                      what the gate found
  kfm approve 3f2a91c0e1b2 --gate drift --reason "the first April on record"
  kfm promote hazards/storm_events

\b
Opens exactly the verdict that stands now. If the gate finds anything else
later, or the policy changes, it is closed again. Who and why are kept with
the verdict, and `kfm show` prints them. Exits with 3 where the policy does
not let a person accept it.
"""


@click.command("approve", cls=Command, epilog=EXAMPLES)
@click.argument("name", metavar="ID")
@click.option(
    "--gate",
    required=True,
    type=click.Choice([gate.value for gate in Gate if gate is not Gate.APPROVAL]),
    help=f"Whose verdict; a policy can allow {', '.join(gate.value for gate in ACCEPTABLE)}.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why it may be published all the same; it is kept.")
@click.option("--dataset", metavar="DATASET", help="Whose version it is, where ID is one, as in v3.")
@printing.json_option
@pass_session
def command(session: Session, *, name: str, gate: str, reason: str, dataset: str | None, as_json: bool) -> None:
    """Accept a verdict that is no PASS, by name and with a reason."""
    from kfm_assets.engine.approve import approve

    system = session.open()
    found = find(system, name, dataset)
    subject, of = (
        (found[0], found[1].dataset) if isinstance(found, tuple) else (found.release.id, found.release.dataset)
    )
    done = approve(system, of, subject, Gate(gate), reason)
    if as_json:
        printing.json_line(
            {
                "dataset": of,
                "subject": subject,
                "gate": gate,
                "outcome": done.accepted.outcome,
                "accepted": done.accepted.evidence[0],
                "approval": done.verdict.evidence[0],
                "policy": done.verdict.policy,
                "principal": done.principal,
                "reason": done.reason,
                "at": done.verdict.at,
            }
        )
        return
    for finding in done.accepted.findings:
        if finding.outcome.value != "PASS":
            printing.paragraph(f"{gate}: {finding.outcome.value}: {finding.message}")
    printing.paragraph(f"{done.principal} accepts that of {printing.short(subject)}: {done.reason}")
    printing.paragraph(f"Gate {gate} is open for exactly this verdict. `kfm promote {of}` publishes what waits.")
