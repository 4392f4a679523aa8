"""`kfm quarantine`: the rows that were held back, verbatim, with the rule that held each and where it came from."""

from __future__ import annotations

import json
from collections import Counter

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import dataset_argument, parse, partitions_option
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import specification

EXAMPLES = """\b
Examples:
  kfm quarantine hazards/storm_events
  kfm quarantine hazards/storm_events --partitions 1975..1980
  kfm quarantine hazards/storm_events --json | jq -r .row
"""

_MOST_FILES, _MOST_LINES = 12, 8

Row = dict[str, str | int]


@click.command("quarantine", cls=Command, epilog=EXAMPLES)
@dataset_argument
@partitions_option
@printing.json_option
@pass_session
def command(session: Session, *, dataset: str, partitions: str | None, as_json: bool) -> None:
    """Show the rows that were held back, and why."""
    from kfm_assets.engine.read import quarantined

    names = parse(partitions, specification(dataset))
    found = quarantined(session.open(), dataset, names)
    rows: list[Row] = [
        {"dataset": dataset, "partition": partition, "build": build, **json.loads(line)}
        for partition, (build, content) in found.items()
        for line in content.splitlines()
    ]
    if as_json:
        for row in rows:
            printing.json_line(row)
    else:
        _tell(dataset, len(found), rows)


def _tell(dataset: str, partitions: int, rows: list[Row]) -> None:
    if not rows:
        printing.paragraph(f"No row of {dataset} is held back in {printing.counted(partitions, 'partition')}.")
        return
    reasons = specification(dataset).quarantine
    counts = Counter(str(row["rule"]) for row in rows)
    printing.table(
        (">ROWS", "RULE", "WHY"),
        [(count, rule, reasons.get(rule, "")) for rule, count in counts.most_common()],
        title=dataset,
    )
    click.echo()
    files = list(dict.fromkeys((str(row["partition"]), str(row["source_file"])) for row in rows))
    for partition, file in files[:_MOST_FILES]:
        mine = [row for row in rows if (row["partition"], row["source_file"]) == (partition, file)]
        printing.facts(f"{partition}  {file}", _lines(mine))
    click.echo()
    more = f" Those of {len(files) - _MOST_FILES} more files are not shown." if len(files) > _MOST_FILES else ""
    held = printing.counted(len(rows), "row is held back", "rows are held back")
    printing.paragraph(f"{held} in {printing.counted(partitions, 'partition')}.{more}")
    printing.paragraph("--json prints each with its exact text.")


def _lines(rows: list[Row]) -> dict[str, str]:
    """Return the lines of a file that each rule held back."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row["rule"]), []).append(str(row["source_line"]))
    return {rule: _told(lines) for rule, lines in found.items()}


def _told(lines: list[str]) -> str:
    more = f" and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(lines[:_MOST_LINES])}{more}"
