"""What a partition's tables say otherwise than before, as a document and in a line. Nothing is read or kept here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Table
from kfm_assets.gates.diff.rows import RowChanges, compare, said

_WORDS = {"changed": "{} changed", "added": "{} added", "removed": "{} removed"}
_MOST_COLUMNS = 6


def revision(
    tables: Iterable[Table], before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]
) -> dict[str, Json]:
    """Return what changed in each table that did, by its name, as `rows` has it; empty where no row and column did.

    A table that only one side has is compared with one that has neither rows nor columns. RECORDED is left out.
    """
    found = {table.name: _compared(table, before, after) for table in tables}
    return {name: changes.document() for name, changes in found.items() if changes}


def _compared(table: Table, before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]) -> RowChanges:
    old, new = (said(side.get(table.name, pl.DataFrame()), table.key) for side in (before, after))
    return compare(old, new, table.key)


def told(document: Mapping[str, Json], main: str) -> str:
    """Say what `revision` found: `3 rows changed (discharge_m3s 3, approval 3), 1 added`.

    Other tables than the main one are named.
    """
    parts = {name: _table(_mapping(table)) for name, table in document.items()}
    named = [words if name == main else f"{name}: {words}" for name, words in parts.items()]
    return "; ".join(named) or "no row changed"


def _table(table: Mapping[str, Json]) -> str:
    rows, columns = _mapping(table["rows"]), _mapping(table["columns"])
    parts = [words.format(f"{rows[name]:,}") for name, words in _WORDS.items() if rows[name]]
    if parts:
        count, _, verb = parts[0].partition(" ")
        parts[0] = f"{count} {'row' if count == '1' else 'rows'} {verb}"
    counts = {name: count for name, count in _mapping(columns["changed"]).items() if isinstance(count, int)}
    # Canonical JSON sorts by name; here the column that changed most comes first.
    changed = [f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if changed:
        some = [*changed[:_MOST_COLUMNS], *(["…"] if len(changed) > _MOST_COLUMNS else [])]
        parts[0] += f" ({', '.join(some)})"
    for what in ("added", "removed", "retyped"):
        names = columns[what]
        if isinstance(names, Mapping | list) and names:
            parts.append(f"{'column' if len(names) == 1 else 'columns'} {', '.join(map(str, names))} {what}")
    return ", ".join(parts)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
