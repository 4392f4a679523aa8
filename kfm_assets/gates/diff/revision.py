"""What a partition's tables say otherwise than before, as a document and in a line. Nothing is read or kept here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Table
from kfm_assets.gates.diff.rows import compare

RECORDED = ("retrieved_utc", "source_file", "source_line")
"""Columns that say when and where a row was read: another retrieval changes them in every row, and revises none."""

_WORDS = {"changed": "{} changed", "added": "{} added", "removed": "{} removed"}
_MOST_COLUMNS = 6


def revision(
    tables: Iterable[Table], before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]
) -> dict[str, Json]:
    """Return what changed in each table that did, by its name, as `rows` has it; empty where no row and column did.

    A table that only one side has is compared with one that has neither rows nor columns. RECORDED is left out.
    """
    found = {table.name: compare(_said(before, table), _said(after, table), table.key) for table in tables}
    return {name: changes.document() for name, changes in found.items() if changes}


def _said(frames: Mapping[str, pl.DataFrame], table: Table) -> pl.DataFrame:
    frame = frames.get(table.name, pl.DataFrame())
    return frame.drop(name for name in RECORDED if name in frame.columns and name not in table.key)


def told(document: Mapping[str, Json], main: str) -> str:
    """Say what `revision` found: `3 rows changed (discharge_m3s 3, approval 3), 1 added`.

    Other tables than the main one are named.
    """
    parts = {name: _table(_mapping(table)) for name, table in document.items()}
    named = [said if name == main else f"{name}: {said}" for name, said in parts.items()]
    return "; ".join(named) or "no row changed"


def _table(table: Mapping[str, Json]) -> str:
    rows, columns = _mapping(table["rows"]), _mapping(table["columns"])
    said = [words.format(f"{rows[name]:,}") for name, words in _WORDS.items() if rows[name]]
    if said:
        count, _, verb = said[0].partition(" ")
        said[0] = f"{count} {'row' if count == '1' else 'rows'} {verb}"
    counts = {name: count for name, count in _mapping(columns["changed"]).items() if isinstance(count, int)}
    # Canonical JSON sorts by name; here the column that changed most comes first.
    changed = [f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if changed:
        some = [*changed[:_MOST_COLUMNS], *(["…"] if len(changed) > _MOST_COLUMNS else [])]
        said[0] += f" ({', '.join(some)})"
    for what in ("added", "removed", "retyped"):
        names = columns[what]
        if isinstance(names, Mapping | list) and names:
            said.append(f"{'column' if len(names) == 1 else 'columns'} {', '.join(map(str, names))} {what}")
    return ", ".join(said)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
