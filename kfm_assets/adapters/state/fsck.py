"""The state's check: every row is read as what it should be, and every document's digest is recomputed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from kfm_assets.adapters.state import rows
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import IntegrityError
from kfm_assets.ports import Intake, Pending, Problem

_READ: dict[str, tuple[str, Callable[..., object]]] = {
    "pointer": (
        "SELECT dataset, dataset, value FROM pointers ORDER BY dataset",
        lambda dataset, value: rows.pointer(value).dataset == dataset,
    ),
    "transaction": (
        "SELECT txn, txn, dataset, intent, mark, marked_at FROM journal ORDER BY rowid",
        lambda txn, dataset, *row: (rows.entry(*row).intent.txn, rows.entry(*row).intent.dataset) == (txn, dataset),
    ),
    "verdict": (
        "SELECT number, subject, verdict FROM verdicts ORDER BY number",
        lambda subject, row: rows.verdict(row).subject == subject,
    ),
    "release": (
        "SELECT release, dataset, release, content, version, at, receipt, manifest FROM releases ORDER BY release",
        lambda dataset, *row: rows.release(*row).release.dataset == dataset,
    ),
    "intake": (
        "SELECT dataset || ' ' || partition, dataset, partition, content FROM intakes ORDER BY 1",
        lambda dataset, partition, row: _place(rows.intake(row)) == (dataset, partition),
    ),
    "waiting build": (
        "SELECT dataset || ' ' || partition, dataset, partition, content FROM pending ORDER BY 1",
        lambda dataset, partition, row: _place(rows.pending(row)) == (dataset, partition),
    ),
    "note": ("SELECT number, facts FROM notes ORDER BY number", lambda row: rows.facts(row) is not None),
    "incident": (
        "SELECT id, id, content FROM incidents ORDER BY number",
        lambda number, row: rows.incident(row).id == number,
    ),
}
"""Of each kind of row: how to ask for it, its name first, and whether what the rest of it says agrees with itself."""


def problems(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Yield what does not hold in any row, and each document that is not what its digest says."""
    for kind, (query, agrees) in _READ.items():
        for name, *row in connection.execute(query):
            try:
                if not agrees(*row):
                    yield Problem(f"{kind} {name}", "is on record under another name than its own")
            except IntegrityError as error:
                yield Problem(f"{kind} {name}", str(error))
    for digest, content in connection.execute("SELECT digest, content FROM documents ORDER BY digest"):
        if digest_bytes(stored(content)) != digest:
            yield Problem(f"document {digest}", "its bytes are not what its digest says")


def stored(value: object) -> bytes:
    """Return a document's bytes, whatever somebody may have put in their place."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def _place(noun: Intake | Pending) -> tuple[str, str]:
    return noun.dataset, noun.partition
