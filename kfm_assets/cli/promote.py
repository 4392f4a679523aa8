"""`kfm promote`: publish what a run with `--no-publish` prepared, or what a closed gate held until it opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.exits import Held
from kfm_assets.cli.partitions import dataset_argument, parse, partitions_option
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import specification
from kfm_assets.errors import GateClosed, NotFound
from kfm_assets.ports import STAGE

if TYPE_CHECKING:
    from kfm_assets.engine.promote import Promotion
    from kfm_assets.ports import Pending, System

EXAMPLES = """\b
Examples:
  kfm run hazards/storm_events --no-publish
  kfm status hazards/storm_events
  kfm promote hazards/storm_events --partitions 1975..1980
  kfm promote hazards/storm_events --rehearse
  kfm promote hazards/storm_events

\b
Exits with 3 where a closed gate keeps a partition back; the others are
published. Where nothing waits it says so and exits with 0.
"""


@click.command("promote", cls=Command, epilog=EXAMPLES)
@dataset_argument
@partitions_option
@click.option("--rehearse", is_flag=True, help="Put them on the stage environment only; readers see nothing of it.")
@printing.json_option
@pass_session
def command(session: Session, *, dataset: str, partitions: str | None, rehearse: bool, as_json: bool) -> None:
    """Publish the builds that wait and have open gates."""
    from kfm_assets.engine.promote import promote
    from kfm_assets.engine.rehearse import rehearse as put_on_stage

    names = parse(partitions, specification(dataset))
    system = session.acting()
    waiting = [item for item in system.state.pending(dataset) if names is None or item.partition in names]
    missing = set(names or ()) - {item.partition for item in waiting}
    if missing:
        _see_live(system, dataset, missing)
    done = put_on_stage(system, dataset, names) if rehearse else promote(system, dataset, names)
    if as_json:
        for item in waiting:
            printing.json_line(_document(item, done, rehearse=rehearse))
    elif rehearse and waiting:
        _tell_rehearsed(system, dataset, done)
    else:
        _tell(dataset, waiting, done)
    if done.held:
        raise Held(GateClosed.exit_code)


def _see_live(system: System, dataset: str, partitions: set[str]) -> None:
    """Raise NotFound for a partition that neither waits nor is published: there is nothing to promote."""
    from kfm_assets.engine import record

    stable = record.stable(system, dataset)
    for partition in sorted(partitions):
        if record.build_id(system, stable, partition) is None:
            raise NotFound(
                f"{dataset} {partition} has no build that waits",
                advice=f"`kfm run {dataset} --no-publish` makes builds",
            )


def _document(item: Pending, done: Promotion, *, rehearse: bool) -> dict[str, object]:
    held = done.held.get(item.partition)
    return {
        "dataset": item.dataset,
        "partition": item.partition,
        "build": item.build,
        "release": None if held else done.release,
        **({"rehearsed": held is None} if rehearse else {"published": held is None}),
        "changed": item.partition in done.changed,
        **({"error": held} if held else {}),
    }


def _tell_rehearsed(system: System, dataset: str, done: Promotion) -> None:
    from kfm_assets.engine.status import status

    for partition, reason in done.held.items():
        printing.paragraph(f"{partition}: {reason}")
    if done.release:
        many = len(done.changed) != 1
        stands, what = ("stand", "them") if many else ("stands", "it")
        at = status(system, dataset).promotable_at
        when = f" from {at:%Y-%m-%d %H:%M:%S} UTC on" if at else ""
        printing.paragraph(
            f"{printing.counted(len(done.changed), 'partition')} of {dataset} {stands} on {STAGE} "
            f"as release {printing.short(done.release)}; readers see nothing of it. "
            f"`kfm promote {dataset}` publishes {what}{when}."
        )


def _tell(dataset: str, waiting: list[Pending], done: Promotion) -> None:
    if not waiting:
        printing.paragraph(f"Nothing of {dataset} waits. `kfm run {dataset} --no-publish` prepares builds.")
        return
    printing.table(
        ("PARTITION", "BUILD", "STATE"),
        [(item.partition, printing.short(item.build), _state(item.partition, done)) for item in waiting],
        title=dataset,
    )
    click.echo()
    for partition, reason in done.held.items():
        printing.paragraph(f"{partition}: {reason}")
    changed = printing.counted(len(done.changed), "partition")
    held = f", {len(done.held)} held by a gate" if done.held else ""
    live = f" Release {printing.short(done.release)} is live." if done.release else ""
    printing.paragraph(f"{changed} published{held}.{live}")
    where = f"`kfm show {printing.short(done.release)}` has its papers, " if done.release else ""
    printing.paragraph(f"{where}`kfm status {dataset}` where it stands.")


def _state(partition: str, done: Promotion) -> str:
    if partition in done.held:
        return "held"
    return "published" if partition in done.changed else "live already"
