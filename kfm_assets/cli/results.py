"""What a person reads after `kfm run`: a table for each dataset, what went wrong, what to look at next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing

if TYPE_CHECKING:
    from kfm_assets.domain.canonical import Json

    Facts = Mapping[str, Json]

_COUNTS = ("rows_in", "rows_out", "rows_quarantined", "rows_out_of_scope")


def tell(found: Mapping[tuple[str, str], Facts], *, publish: bool, source: str) -> None:
    """Print what a run noted of each partition, and of the rows that belong to none."""
    notes = {at: facts for at, facts in found.items() if at[1]}
    for key in dict.fromkeys(dataset for dataset, _ in notes):
        rows = {partition: facts for (dataset, partition), facts in notes.items() if dataset == key}
        printing.table(
            ("PARTITION", ">ROWS IN", ">OUT", ">HELD BACK", ">OUT OF SCOPE", "BUILD", "STATE"),
            [_row(partition, facts, publish=publish) for partition, facts in sorted(rows.items())],
            title=key,
        )
        click.echo()
    failed = [(f"{dataset} {name}", facts["error"]) for (dataset, name), facts in notes.items() if facts.get("error")]
    for where, error in failed if len(failed) > 1 else ():
        printing.paragraph(f"{where}: {error}")
    for (dataset, partition), facts in notes.items():
        older = facts.get("passed_over")
        if isinstance(older, Sequence) and older:
            printing.paragraph(f"{dataset} {partition}: passed over for a newer edition: {', '.join(map(str, older))}")
    for (dataset, partition), facts in notes.items():
        if facts.get("revision"):
            printing.paragraph(f"{dataset} {partition}: {facts['revision']}")
    _tell_undated(found)
    _sum_up(notes, publish=publish, source=source)


def _tell_undated(notes: Mapping[tuple[str, str], Facts]) -> None:
    """Print of which datasets rows came that belong to no partition: no table counts them."""
    for (dataset, partition), facts in notes.items():
        files = facts.get("undated")
        if not partition and isinstance(files, Mapping):
            rows = printing.counted(sum(int(str(count)) for count in files.values()), "row")
            printing.paragraph(
                f"{dataset}: {rows} cannot be dated, so they are held back outside of all partitions. "
                f"`kfm quarantine {dataset}` shows them."
            )


def _row(partition: str, facts: Facts, *, publish: bool) -> tuple[object, ...]:
    counts = ("-" if facts.get(name) is None else facts[name] for name in _COUNTS)
    build = facts.get("build")
    return (partition, *counts, printing.short(str(build) if build else None), _state(facts, publish=publish))


def _state(facts: Facts, *, publish: bool) -> str:
    if facts.get("published"):
        return "published" if facts.get("changed") else "unchanged"
    if facts.get("error"):
        return "held" if facts.get("build") else "failed"
    return "held" if publish else "waits"


def _sum_up(notes: Mapping[tuple[str, str], Facts], *, publish: bool, source: str) -> None:
    states = [_state(facts, publish=publish) for facts in notes.values()]
    counts = {state: states.count(state) for state in ("published", "unchanged", "waits", "held", "failed")}
    told = ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)
    datasets = printing.counted(len({dataset for dataset, _ in notes}), "dataset")
    of = f"{source} (synthetic data)" if source == "sample" else source
    printing.paragraph(f"{datasets}, {printing.counted(len(states), 'partition')} from {of}: {told or 'nothing'}.")
    if counts["waits"]:
        key = next(dataset for (dataset, _), facts in notes.items() if _state(facts, publish=publish) == "waits")
        printing.paragraph(f"Next: `kfm promote {key}` publishes what waits.")
    elif counts["held"] or counts["failed"]:
        printing.paragraph("Next: `kfm status` has the incidents, `kfm quarantine DATASET` the rows held back.")
    else:
        key = next(iter(notes), ("DATASET", ""))[0]
        printing.paragraph(
            f"Next: `kfm status`, `kfm diff {key}`, `kfm read {key}`, or `kfm ui` (`make ui`) for the graph."
        )
