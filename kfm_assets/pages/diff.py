"""The page of a deep comparison: what one release changes in another, for people who look, listen or print.

It is a function of the report and of the counties' outlines alone. Every drawing has its numbers beside it as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kfm_assets.pages import drawings
from kfm_assets.pages.markup import figure, folded, listed, page, section, table, text

Report = Mapping[str, Any]
COUNTY = "county_fips"

_KINDS = ("added", "removed", "changed")
_MOST_BARS = 24
_MOST_LINES = 60
_MOST_PARTITIONS = 80
_LONGEST = 160
_MANY = 1000
_DAYS = tuple(f"{day:02}" for day in range(1, 32))


def render(report: Report, outlines: drawings.Outlines, headline: str) -> str:
    """Return the page. `outlines` are the counties' (code, name, WKB in degrees); without any there is no map."""
    title = f"What changed: {report['title']}"
    parts = [_head(report, title, headline)]
    for name, one in report["tables"].items():
        if any(one["rows"][kind] for kind in _KINDS) or _schema(one["columns"]):
            parts += _table_parts(report, name, one, outlines)
    parts.append(_partitions(report))
    parts.append(_foot(report))
    return page(title, parts)


# --- the head ---------------------------------------------------------------------------------------------------------


def _head(report: Report, title: str, headline: str) -> str:
    rows = [one["rows"] for one in report["tables"].values()]
    summed = {kind: sum(one[kind] for one in rows) for kind in ("added", "removed", "changed", "same")}
    tiles = {
        "rows added": summed["added"],
        "rows removed": summed["removed"],
        "rows changed": summed["changed"],
        "rows alike": summed["same"],
        "partitions that differ": len(report["partitions"]["differ"]),
    }
    shown = "\n".join(f"<div><dt>{text(name)}</dt><dd>{number:,}</dd></div>" for name, number in tiles.items())
    before, after = report["before"], report["after"]
    synthetic = (
        "<p><strong>This is synthetic data</strong>, made by a generator to try things with.</p>"
        if after["origin"] == "synthetic"
        else ""
    )
    nothing = (
        "<p>There was no release before it, so every row counts as added: this page shows what there is.</p>"
        if before is None
        else ""
    )
    return (
        f"<header>\n<h1>{text(title)}</h1>\n<p>{text(headline[:1].upper() + headline[1:])}.</p>\n"
        f'<p class="soft">From {_release(before)} to {_release(after)}.</p>\n{synthetic}{nothing}\n'
        f'<dl class="tiles">\n{shown}\n</dl>\n</header>'
    )


def _release(release: Mapping[str, str] | None) -> str:
    if release is None:
        return "nothing"
    return f"<code>{text(release['release'].removeprefix('sha256:')[:12])}</code> ({text(release['origin'])})"


# --- a table of the dataset -------------------------------------------------------------------------------------------


def _table_parts(report: Report, name: str, one: Report, outlines: drawings.Outlines) -> Iterator[str]:
    counties = {code: called for code, called, _ in outlines}
    lines = list(because(one["contributors"], counties))
    if lines:
        yield section(
            f"{name}-why", f"What it comes from: {name}", listed(lines), _largest(one["contributors"], counties)
        )
    if one["spatial"] and one["spatial"]["counts"]:
        yield section(f"{name}-where", f"Where: {name}", _where(one["spatial"], outlines, report["unit"]["name"]))
    if one["temporal"] and one["temporal"]["counts"]:
        yield section(f"{name}-when", f"When: {name}", _when(one["temporal"], report["partitions"]["grain"]))
    if one["distributions"] or one["aggregates"]:
        yield section(f"{name}-values", f"Values: {name}", *_values(one))
    if one["columns"]["changed"] or any(one["examples"].values()) or _schema(one["columns"]):
        yield section(f"{name}-rows", f"Rows: {name}", *_rows(one))


def because(contributors: Sequence[Report], counties: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each change that few groups explain."""
    for one in contributors:
        if one["groups"]:
            what = f"the rows {one['unit']}" if one["of"] == "rows" else f"the {_way(one['change'])} of {one['of']}"
            total = "" if one["of"] == "rows" else f" ({short(one['change'])}{_unit(one['unit'])})"
            where = ", ".join(_group(group, counties) for group in one["groups"])
            yield f"{one['share_percent']} % of {what}{total}: {where}."


def _largest(contributors: Sequence[Report], counties: Mapping[str, str]) -> str:
    rows = [
        (
            "rows " + one["unit"] if one["of"] == "rows" else one["of"],
            _group(group, counties),
            f"{group['share_percent']} %",
        )
        for one in contributors
        for group in one["largest"][:4]
    ]
    return folded(
        "The largest contributor by each column",
        table("Share of each change that falls upon one group", ("of", "group", ">share"), rows),
    )


def _way(change: str) -> str:
    return "fall" if change.startswith("-") else "rise"


def _group(group: Mapping[str, str], counties: Mapping[str, str]) -> str:
    name = counties.get(group["value"], "") if group["column"] == COUNTY else ""
    return f"{group['column']} {group['value']}" + (f" ({name})" if name else "")


def _where(spatial: Report, outlines: drawings.Outlines, unit: str) -> str:
    counts = {code: sum(found.values()) for code, found in spatial["counts"].items()}
    names = {code: called for code, called, _ in outlines} if spatial["by"] == COUNTY else {}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [(_called(code, names), *(spatial["counts"][code][kind] for kind in _KINDS)) for code, _ in ranked]
    what = "county" if spatial["by"] == COUNTY else unit
    below = folded(
        f"By {what}, as a table",
        table(f"Rows added, removed and changed by {what}", (what, *(f">{kind}" for kind in _KINDS)), rows),
    )
    most = ", ".join(f"{_called(code, names)} {count:,}" for code, count in ranked[:5])
    said = f"Rows that changed by {what}; most in {most}"
    if names:
        aside = f" {counts['none']:,} rows are in no county." if counts.get("none") else ""
        told = (
            f"Rows added, removed or changed in each county. Most in {most}.{aside} Darker is more, and hatching helps."
        )
        return figure(drawings.county_map(counts, outlines), said, told, below)
    shown = dict(ranked[:_MOST_BARS])
    told = f"Rows added, removed or changed, by {spatial['by']}" + (
        f"; the {_MOST_BARS} with most of {len(counts)}." if len(counts) > _MOST_BARS else "."
    )
    return figure(drawings.bars(shown), said, told, below)


def _called(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} ({code})" if code in names else code


def _when(temporal: Report, grain: str) -> str:
    columns = drawings.MONTHS if grain == "year" else _DAYS
    rows: dict[str, dict[str, int]] = {}
    undated = 0
    for cell, found in temporal["counts"].items():
        line, _, column = cell.rpartition("-")
        if line:
            rows.setdefault(line, {})[column] = sum(found.values())
        else:
            undated += sum(found.values())
    rows = dict(list(_filled(rows).items())[-_MOST_LINES:])
    cells = [(f"{line}-{column}", count) for line, found in rows.items() for column, count in found.items()]
    busiest = ", ".join(f"{cell} {count:,}" for cell, count in sorted(cells, key=lambda item: (-item[1], item[0]))[:3])
    each = "month" if grain == "year" else "day"
    head = ("year" if grain == "year" else "month", *(f">{column}" for column in columns))
    numbers = [(line, *(found.get(column, 0) for column in columns)) for line, found in rows.items()]
    told = f"Rows added, removed or changed in each {each}, by {temporal['by']} in UTC. Most in {busiest or 'none'}."
    told += f" {undated:,} rows have no time." if undated else ""
    if not rows:
        return f"<p>{text(told)}</p>"
    return figure(
        drawings.calendar(rows, columns),
        f"Calendar of changes; most in {busiest}",
        told,
        folded(f"By {each}, as a table", table(f"Rows added, removed or changed by {each}", head, numbers)),
    )


def _filled(rows: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the lines in order, years without a change among them, so that gaps are seen."""
    if rows and all(line.isdecimal() and len(line) == len("1991") for line in rows):
        return {str(year): rows.get(str(year), {}) for year in range(int(min(rows)), int(max(rows)) + 1)}
    return dict(sorted(rows.items()))


# --- values and rows --------------------------------------------------------------------------------------------------


def _values(one: Report) -> Iterator[str]:
    if one["distributions"]:
        names = ", ".join(column["column"] for column in one["distributions"])
        alone = not one["rows"]["before"]
        told = "How many rows have a value in each range" + (
            ". " if alone else ": hatched is before, the line is after. "
        )
        told += "A logarithmic scale leaves zeros out; they are counted above the panel."
        said = f"Distributions {'' if alone else 'before and after '}of {names}; the table below has their figures"
        yield figure(drawings.distributions(one["distributions"], alone=alone), said, told)
    if one["aggregates"] and not one["rows"]["before"]:
        rows = [_figures(column) for column in one["aggregates"]]
        yield table("Columns in figures", ("column", ">sum", ">median", ">least", ">most", ">nulls"), rows)
    elif one["aggregates"]:
        moved = [column for column in one["aggregates"] if _is_other(column["before"], column["after"])]
        alike = len(one["aggregates"]) - len(moved)
        said = f"Columns in figures, over the partitions that differ; {alike} others have the same sum and quantiles"
        head = (
            ">sum before",
            ">after",
            ">shift",
            ">median before",
            ">after",
            ">most before",
            ">after",
            ">nulls before",
            ">after",
        )
        if moved:
            yield table(said, ("column", *head), [_aggregate(column) for column in moved])
    if one["differences"]:
        rows = [
            (
                _titled(column),
                column["count"],
                *(short(column.get(name, "0")) for name in ("min", "p05", "p50", "p95", "max")),
            )
            for column in one["differences"]
        ]
        yield table(
            "By how much values moved, in rows that are in both: after less before",
            ("column", ">rows", ">least", ">5 %", ">median", ">95 %", ">most"),
            rows,
        )
    if one["predictions"]:
        yield f"<p>What a model says stands in {text(', '.join(one['predictions']))}.</p>"


def _is_other(before: Report, after: Report) -> bool:
    """Say whether a column is another one, and not merely of fewer or more rows with the same figures."""
    told = before.keys() | after.keys()
    return any(before.get(name) != after.get(name) for name in told - {"count", "nulls", "mean"})


def _figures(column: Report) -> tuple[object, ...]:
    after = column["after"]
    total = "-" if column["shift"]["sum"] is None else short(after["sum"])
    told = [short(after[name]) if name in after else "-" for name in ("p50", "min", "max")]
    return (_titled(column), total, *told, after["nulls"])


def _aggregate(column: Report) -> tuple[object, ...]:
    before, after, shift = column["before"], column["after"], column["shift"]
    sums = (
        ("-", "-", "-")
        if shift["sum"] is None
        else (short(before["sum"]), short(after["sum"]), _percent(shift["sum_percent"]))
    )
    told = [short(side[name]) if name in side else "-" for name in ("p50", "max") for side in (before, after)]
    return (_titled(column), *sums, *told, before["nulls"], after["nulls"])


def _titled(column: Report) -> str:
    return f"{column['column']} ({column['unit']})" if column["unit"] else column["column"]


def _percent(percent: str | None) -> str:
    return "-" if percent is None else f"{float(percent):+,.1f} %"


def _rows(one: Report) -> Iterator[str]:
    for line in _schema(one["columns"]):
        yield f"<p>{text(line)}</p>"
    if one["columns"]["changed"]:
        yield table(
            "Columns that changed, with the rows in which they did",
            ("column", ">rows"),
            one["columns"]["changed"].items(),
        )
    examples = one["examples"]
    cells = [
        (f"{example['partition']}: {_key(example['key'])}", column, _cell(cell["before"]), _cell(cell["after"]))
        for example in examples["changed"]
        for column, cell in example["cells"].items()
    ]
    if cells:
        yield table("Rows that changed, for example", ("row", "column", "before", "after"), cells)
    for kind in ("removed", "added"):
        if examples[kind]:
            rows = [(_key(example["key"]), example["partition"]) for example in examples[kind]]
            yield table(f"Rows {kind}, for example", ("key", "partition"), rows)


def _schema(columns: Report) -> list[str]:
    told = [f"Column {name} came." for name in columns["added"]] + [
        f"Column {name} is gone." for name in columns["removed"]
    ]
    return told + [
        f"Column {name} was {before}, and is {after} now." for name, (before, after) in columns["retyped"].items()
    ]


def _key(key: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in key.items())


def _cell(value: object) -> str:
    told = "null" if value is None else str(value)
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


# --- the end ----------------------------------------------------------------------------------------------------------


def _partitions(report: Report) -> str:
    differ = report["partitions"]["differ"]
    rows = [
        (
            one["partition"],
            one["kind"],
            *(sum(found[kind] for found in one["rows"].values()) for kind in _KINDS),
            one["bytes"]["before"],
            one["bytes"]["after"],
        )
        for one in differ[:_MOST_PARTITIONS]
    ]
    head = ("partition", "what", *(f">rows {kind}" for kind in _KINDS), ">bytes before", ">bytes after")
    more = f"<p>And {len(differ) - len(rows):,} more.</p>" if len(differ) > len(rows) else ""
    same = report["partitions"]["same"]
    said = f"<p>{same:,} partitions have the same build in both, and were not read.</p>"
    return section("partitions", "Partitions", said, table("Partitions that differ", head, rows), more)


def _foot(report: Report) -> str:
    size = report["bytes"]
    lines = [
        f"Stored bytes of the partitions that differ: {size['before']:,} before, {size['after']:,} after.",
        *_cost(report.get("run")),
        "Rows are compared by key, exactly and without tolerance; one that changed has the same key and another value.",
        "The same two releases make the same figures, on any machine.",
    ]
    return "<footer>\n" + "\n".join(f"<p>{text(line)}</p>" for line in lines) + "\n</footer>"


def _cost(run: Report | None) -> Iterable[str]:
    if run:
        spent = run["cost"]
        yield (
            f"The run {run['id']} took {spent['build_seconds']} s to build and {spent['compare_seconds']} s to "
            f"compare: about {spent['energy_joules_estimate']} J, {spent['energy_method']}."
        )


def short(told: str) -> str:
    """Return a decimal in few digits, large ones in words: for people."""
    value = float(told)
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:.4g} {word}"
    return f"{value:,.0f}" if abs(value) >= _MANY or value.is_integer() else f"{value:.4g}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
