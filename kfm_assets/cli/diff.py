"""`kfm diff`: what one release changes in another, in the terminal, as JSON, or as a page with maps and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import Unavailable

if TYPE_CHECKING:
    from kfm_assets.engine.diff import Compared
    from kfm_assets.ports import System

    Table = Mapping[str, Any]

EXAMPLES = """\b
Examples:
  kfm diff hazards/storm_events
  kfm diff hazards/storm_events --html diff.html
  kfm diff hazards/storm_events --from v1 --to v3 --json | jq .bytes

\b
Without --to: the candidate that waits, if there is one, else what readers
get. Without --from: what readers had before that; nothing, where nothing was.
A release is named by its id, the first digits of it (six or more), or its
version.
Only partitions whose builds differ are read. The report on every candidate is
kept below the home, in reports/pipelines/diff.
"""

_MOST_COLUMNS = 6
_MOST_PARTITIONS = 8


@click.command("diff", cls=Command, epilog=EXAMPLES)
@click.argument("dataset", metavar="DATASET")
@click.option("--from", "source", metavar="RELEASE", help="What to compare with.")
@click.option("--to", "target", metavar="RELEASE", help="What to compare.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
@click.option(
    "--html", "page", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to read."
)
@pass_session
def command(
    session: Session, *, dataset: str, source: str | None, target: str | None, as_json: bool, page: Path | None
) -> None:
    """Compare two releases of a dataset, row by row."""
    from kfm_assets.engine.diff import compare

    system = session.open()
    found = compare(system, dataset, source, target)
    report = found.report(system)
    if page:
        _write(system, found, report, page)
    if as_json:
        printing.json_line(report)
        return
    if page:
        printing.paragraph(f"Wrote {page} ({page.stat().st_size // 1024:,} kB): {_headline(system, found)}.")
        return
    _tell(system, found, report)


def _write(system: System, found: Compared, report: Mapping[str, Any], file: Path) -> None:
    from kfm_assets.engine.diff import outlines, run_of
    from kfm_assets.pages.diff import render

    told = {**report, "run": run_of(system, found.after.id)}
    content = render(told, outlines(system), _headline(system, found))
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be written: {error.strerror}", advice="name a file in a folder that is there"
        ) from error


def _headline(system: System, found: Compared) -> str:
    versions = {one.release.id: f"v{one.version}" for one in system.state.releases(found.spec.key)}
    before = f"release {versions.get(found.before.id, '?')}" if found.before else "nothing before it"
    return f"release {versions.get(found.after.id, '?')} of {found.spec.key} compared with {before}"


def _tell(system: System, found: Compared, report: Mapping[str, Any]) -> None:
    from kfm_assets.engine.diff import run_of

    printing.paragraph(_headline(system, found).capitalize(), bold=True)
    differ, same = report["partitions"]["differ"], report["partitions"]["same"]
    kinds = [one["kind"] for one in differ]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none differs"
    printing.paragraph(f"Partitions: {told}; {same:,} alike and not read.")
    size = report["bytes"]
    printing.paragraph(f"Bytes of those that differ: {size['before']:,} before, {size['after']:,} after.")
    run = run_of(system, found.after.id)
    if isinstance(run, dict):
        spent = run["cost"]
        printing.paragraph(
            f"The run took {spent['build_seconds']} s to build and {spent['compare_seconds']} s to compare; by "
            f"estimate {spent['energy_joules_estimate']} J (10 W for a busy core)."
        )
    for name, table in report["tables"].items():
        columns = table["columns"]
        if (
            any(table["rows"][kind] for kind in ("added", "removed", "changed"))
            or columns["added"]
            or columns["removed"]
        ):
            click.echo()
            _tell_table(system, name, table, differ)
    click.echo()
    key = found.spec.key
    printing.paragraph(
        f"`kfm diff {key} --html diff.html` has the map, the calendar and the distributions; --json has all."
    )


def _tell_table(system: System, name: str, table: Table, differ: Sequence[Mapping[str, Any]]) -> None:
    rows = [(one["partition"], one["kind"], *_counts(one["rows"][name])) for one in differ if name in one["rows"]]
    moved = [row for row in rows if any(row[4:])]
    shown = moved[:_MOST_PARTITIONS]
    if len(moved) > len(shown):
        shown.append((f"{len(moved) - len(shown)} more", "", *_summed(moved[len(shown) :])))
    printing.table(("PARTITION", "WHAT", ">BEFORE", ">AFTER", ">ADDED", ">REMOVED", ">CHANGED"), shown, title=name)
    columns = list(table["columns"]["changed"].items())
    if columns:
        told = ", ".join(f"{column} {count:,}" for column, count in columns[:_MOST_COLUMNS])
        more = f" and {len(columns) - _MOST_COLUMNS} more" if len(columns) > _MOST_COLUMNS else ""
        printing.paragraph(f"Columns that changed, with the rows in which they did: {told}{more}.")
    _tell_schema(table["columns"])
    _tell_aggregates(table["aggregates"])
    for line in because(table["contributors"], names_of(system)):
        printing.paragraph(line)
    for example in table["examples"]["changed"][:2]:
        printing.paragraph(f"For example {_example(example)}.")


def _counts(rows: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(rows[name] for name in ("before", "after", "added", "removed", "changed"))


def _summed(rows: Iterable[Sequence[Any]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*(row[2:] for row in rows), strict=True))


def _tell_schema(columns: Mapping[str, Any]) -> None:
    told = [*(f"+ {name}" for name in columns["added"]), *(f"- {name}" for name in columns["removed"])]
    told += [f"{name}: {before} is {after} now" for name, (before, after) in columns["retyped"].items()]
    if told:
        printing.paragraph(f"Schema: {', '.join(told)}.")


def _tell_aggregates(aggregates: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            one["column"],
            short(one["before"]["sum"]),
            short(one["after"]["sum"]),
            _signed(one["shift"]),
            one["unit"] or "-",
        )
        for one in aggregates
        if one["shift"]["sum"] not in {None, "0"}
    ]
    if rows:
        printing.table(("SUM OF", ">BEFORE", ">AFTER", ">SHIFT", "UNIT"), rows)


def _signed(shift: Mapping[str, str | None]) -> str:
    percent = shift["sum_percent"]
    return "-" if percent is None else f"{float(percent):+,.1f} %"


def short(text: str) -> str:
    """Return a decimal with at most six digits, and commas between thousands: for people."""
    value = float(text)
    return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:.6g}"  # noqa: PLR2004 - readable


def names_of(system: System) -> Mapping[str, str]:
    """Return the counties' names by code, as they are published."""
    from kfm_assets.engine.diff import outlines

    return {code: name for code, name, _ in outlines(system)}


def because(contributors: Sequence[Mapping[str, Any]], counties: Mapping[str, str]) -> Iterable[str]:
    """Yield a sentence for each change that a few groups explain."""
    for one in contributors:
        if one["groups"]:
            where = ", ".join(_group(group, counties) for group in one["groups"])
            of = f"the rows {one['unit']}" if one["of"] == "rows" else f"the {_way(one['change'])} of {one['of']}"
            yield f"{one['share_percent']} % of {of}: {where}."


def _way(change: str) -> str:
    return "fall" if change.startswith("-") else "rise"


def _group(group: Mapping[str, str], counties: Mapping[str, str]) -> str:
    name = counties.get(group["value"], "") if group["column"] == "county_fips" else ""
    return f"{group['column']} {_cell(group['value'])}" + (f" ({name})" if name else "")


def _example(example: Mapping[str, Any]) -> str:
    key = ", ".join(f"{name} {_cell(value)}" for name, value in example["key"].items())
    cells = [f"{name} {_cell(one['before'])} to {_cell(one['after'])}" for name, one in example["cells"].items()]
    return f"{key}: {'; '.join(cells[:3])}"


def _cell(value: object) -> str:
    """Return a value on one line, without what a terminal would obey."""
    told = "null" if value is None else " ".join(str(value).split())
    text = "".join(sign if sign.isprintable() else "?" for sign in told)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - what fits a line
