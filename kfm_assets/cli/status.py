"""`kfm status`: where each dataset stands, from the state alone, at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import any_dataset_argument
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.ports import STAGE

if TYPE_CHECKING:
    from kfm_assets.engine.status import Status

EXAMPLES = """\b
Examples:
  kfm status
  kfm status hazards/storm_events
  kfm status --json | jq 'select(.incidents != [])'
"""


@click.command("status", cls=Command, epilog=EXAMPLES)
@any_dataset_argument
@printing.json_option
@pass_session
def command(session: Session, *, dataset: str | None, as_json: bool) -> None:
    """Show what is published, how fresh it is, what waits, and what is wrong."""
    from kfm_assets.engine.status import status, statuses

    system = session.open()
    found = [status(system, dataset)] if dataset else statuses(system)
    if as_json:
        for one in found:
            printing.json_line(_document(one))
    elif dataset:
        _detail(found[0])
    else:
        _overview(found)


def _document(one: Status) -> dict[str, object]:
    return {
        "dataset": one.dataset,
        "release": one.stable,
        "version": one.version,
        "generation": one.generation,
        "origin": one.origin,
        "partitions": one.partitions,
        "published_at": one.published_at,
        "acquired_at": one.acquired_at,
        "pending": one.pending,
        "stage_hours": one.stage_hours,
        "promotable_at": one.promotable_at,
        "unfinished": one.unfinished,
        "incidents": [
            {
                "id": incident.id,
                "subject": incident.subject,
                "severity": incident.severity,
                "state": incident.state,
                "summary": incident.summary,
                "opened_at": printing.instant(incident.opened_at),
            }
            for incident in one.incidents
        ],
    }


def _overview(found: list[Status]) -> None:
    now = datetime.now(UTC)
    printing.table(
        ("DATASET", "LIVE", "ORIGIN", ">PARTS", "PUBLISHED", "FETCHED", ">WAIT", ">OPEN"),
        [
            (
                one.dataset,
                f"v{one.version}" if one.version else "-",
                one.origin or "-",
                one.partitions,
                printing.age(one.published_at, now),
                printing.age(one.acquired_at, now),
                len(one.pending),
                len(one.incidents),
            )
            for one in found
        ],
    )
    click.echo()
    for one in found:
        for line in _wrong(one):
            printing.paragraph(f"{one.dataset}: {line}")
        if one.pending:
            waiting = printing.counted(len(one.pending), "partition waits", "partitions wait")
            printing.paragraph(f"{one.dataset}: {waiting}; {_next(one)}")
    if not any(one.stable for one in found):
        printing.paragraph("Nothing is published yet. `kfm run` publishes the sample.")
    else:
        printing.paragraph("More: `kfm status DATASET`, `kfm releases`, `kfm ui`.")


def _detail(one: Status) -> None:
    now = datetime.now(UTC)
    origin = f", {one.origin} data" if one.origin else ""
    facts = {
        "live": f"v{one.version} {printing.short(one.stable)}{origin}" if one.stable else "nothing",
        "partitions": f"{one.partitions:,}",
        "published": _when(one.published_at, now),
        "fetched": _when(one.acquired_at, now),
        "pointer": f"generation {one.generation}",
        "waiting": _list(one.pending),
        "incidents": str(len(one.incidents)),
    }
    printing.facts(one.dataset, facts)
    for line in _wrong(one):
        printing.paragraph(line)
    click.echo()
    if one.pending:
        told = _next(one)
        printing.paragraph(f"{told[0].upper()}{told[1:]}")
    if one.stable:
        printing.paragraph(f"More: `kfm releases {one.dataset}`, `kfm show {printing.short(one.stable)}`.")
    else:
        printing.paragraph(f"`kfm run {one.dataset}` publishes it.")


def _next(one: Status) -> str:
    """Say how what waits is published, and when it may be."""
    promote = f"`kfm promote {one.dataset}`"
    if not one.stage_hours:
        return f"{promote} publishes what has open gates."
    if one.promotable_at is None:
        hours = printing.counted(one.stage_hours, "hour")
        return f"it must stand on {STAGE} for {hours} first, and `kfm promote {one.dataset} --rehearse` puts it there."
    return f"it stands on {STAGE}, and {promote} publishes it from {one.promotable_at:%Y-%m-%d %H:%M:%S} UTC on."


def _wrong(one: Status) -> list[str]:
    """Say in a line each what somebody must look at."""
    lines = [f"plan {txn} is unfinished; `kfm recover` ends it." for txn in one.unfinished]
    for incident in one.incidents:
        about = incident.subject.rpartition("@")[2] if "@" in incident.subject else ""
        subject = f" {about}" if about else ""
        lines.append(f"{incident.severity} {incident.state}{subject}: {incident.summary}")
    return lines


def _when(at: datetime | None, now: datetime) -> str:
    return f"{printing.minute(at)} UTC, {printing.age(at, now)}" if at else "never"


def _list(names: tuple[str, ...], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "nothing"
