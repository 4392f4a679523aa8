"""`kfm releases`: the releases on record, with when each was what readers got."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import any_dataset_argument
from kfm_assets.cli.session import Command, Session, pass_session

if TYPE_CHECKING:
    from kfm_assets.domain.canonical import Digest
    from kfm_assets.ports import Recorded, System

EXAMPLES = """\b
Examples:
  kfm releases
  kfm releases hazards/earthquakes
  kfm releases --json | jq -r 'select(.live) | .release'
"""

Span = tuple[datetime, datetime | None]
"""From when to when a release was live; None is still."""


@click.command("releases", cls=Command, epilog=EXAMPLES)
@any_dataset_argument
@printing.json_option
@pass_session
def command(session: Session, *, dataset: str | None, as_json: bool) -> None:
    """List releases: version, id, and when readers got them."""
    system = session.open()
    found = system.state.releases(dataset)
    spans: dict[str, dict[Digest, list[Span]]] = {}
    for recorded in found:
        spans.setdefault(recorded.release.dataset, lived(system, recorded.release.dataset))
    if as_json:
        for recorded in found:
            printing.json_line(_document(system, recorded, spans[recorded.release.dataset]))
        return
    for key, lives in spans.items():
        mine = [recorded for recorded in found if recorded.release.dataset == key]
        printing.table(
            ("VER", "RELEASE", "ORIGIN", ">PARTS", "STAGED (UTC)", "LIVE (UTC)"),
            [_row(system, recorded, lives) for recorded in mine],
            title=key,
        )
        click.echo()
    if found:
        printing.paragraph("`kfm show RELEASE` has its papers; `kfm rollback DATASET --to RELEASE` goes back to it.")
    else:
        printing.paragraph(f"No release{f' of {dataset}' if dataset else ''} yet. `kfm run` makes some.")


def lived(system: System, dataset: str) -> dict[Digest, list[Span]]:
    """Return when each release of a dataset was live, from the journal."""
    done = sorted(
        ((entry.marked_at, entry.intent.target) for entry in system.state.journal(dataset) if entry.went_live),
    )
    ends: list[datetime | None] = [at for at, _ in done[1:]]
    found: dict[Digest, list[Span]] = {}
    for (begin, release), end in zip(done, [*ends, None], strict=False):
        found.setdefault(release, []).append((begin, end))
    return found


def _document(system: System, recorded: Recorded, spans: dict[Digest, list[Span]]) -> dict[str, object]:
    release = recorded.release
    return {
        "dataset": release.dataset,
        "version": recorded.version,
        "release": release.id,
        "origin": release.origin,
        "partitions": _partitions(system, recorded),
        "staged_at": recorded.at,
        "live": any(end is None for _, end in spans.get(release.id, [])),
        "was_live": [
            {"from": printing.instant(begin), "until": printing.instant(end) if end else None}
            for begin, end in spans.get(release.id, [])
        ],
        "receipt": recorded.receipt,
        "manifest": recorded.manifest,
    }


def _row(system: System, recorded: Recorded, spans: dict[Digest, list[Span]]) -> tuple[object, ...]:
    release = recorded.release
    return (
        f"v{recorded.version}",
        printing.short(release.id),
        release.origin,
        _partitions(system, recorded),
        printing.minute(recorded.at),
        life(spans.get(release.id, [])),
    )


def life(spans: list[Span]) -> str:
    """Say in a few words when a release was live."""
    if not spans:
        return "never"
    begin, end = spans[-1]
    times = f", {len(spans)} times" if len(spans) > 1 else ""
    return (f"until {printing.minute(end)}" if end else f"since {printing.minute(begin)}") + times


def _partitions(system: System, recorded: Recorded) -> int:
    from kfm_assets.domain import merkle

    return merkle.size(system.state.documents, recorded.release.builds)
