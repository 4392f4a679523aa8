"""What a partition's tables say otherwise than before, as a document and in a line. Nothing is read or kept here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Table
from kfm_assets.gates.diff.rows import compare

_WORDS = {"changed": "{} changed", "added": "{} added", "removed": "{} removed"}
_MOST_COLUMNS = 6


def revision(
    tables: Iterable[Table], before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]
) -> dict[str, Json]:
    """Return what changed in each table that did, by its name, as `rows` has it; empty where no row and column did.

    A table that only one side has is compared with one that has neither rows nor columns.
    """
    nothing = pl.DataFrame()
    found = {
        table.name: compare(before.get(table.name, nothing), after.get(table.name, nothing), table.key)
        for table in tables
    }
    return {name: changes.document() for name, changes in found.items() if changes}


def told(document: Mapping[str, Json]) -> str:
    """Say what `revision` found: `3 rows changed (discharge_m3_s 3, qualification 3), 1 added`.

    Where several tables changed, or another one than a dataset's only one, each is named.
    """
    parts = {name: _table(_mapping(table)) for name, table in document.items()}
    if not parts:
        return "no row changed"
    return next(iter(parts.values())) if len(parts) == 1 else "; ".join(f"{name}: {one}" for name, one in parts.items())


def _table(table: Mapping[str, Json]) -> str:
    rows, columns = _mapping(table["rows"]), _mapping(table["columns"])
    said = [words.format(f"{rows[name]:,}") for name, words in _WORDS.items() if rows[name]]
    if said:
        count, _, verb = said[0].partition(" ")
        said[0] = f"{count} {'row' if count == '1' else 'rows'} {verb}"
    changed = [f"{name} {count:,}" for name, count in _mapping(columns["changed"]).items()]
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
