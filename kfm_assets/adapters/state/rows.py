"""The text forms in which nouns lie in the tables. What is in which table is `schema.sql`'s."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, plain
from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.ports import Acquired, Intake, Pending


def text(noun: object) -> str:
    """Return a noun as JSON; instants become ISO 8601 text."""
    return json.dumps(_timed(noun), separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=4096)
def verdict(row: str) -> Verdict:
    """Read a verdict. The same text is the same verdict, and a run asks for each of its own about three times."""
    fields = json.loads(row)
    return Verdict(
        subject=Digest(fields["subject"]),
        gate=Gate(fields["gate"]),
        policy=Digest(fields["policy"]),
        outcome=Outcome(fields["outcome"]),
        findings=tuple(Finding(f["check"], Outcome(f["outcome"]), f["message"]) for f in fields["findings"]),
        evidence=tuple(Digest(digest) for digest in fields["evidence"]),
        at=datetime.fromisoformat(fields["at"]),
    )


def intent(row: str) -> Intent:
    """Read an intent."""
    fields = json.loads(row)
    return Intent(
        txn=fields["txn"],
        action=Action(fields["action"]),
        dataset=fields["dataset"],
        source=fields["source"] and Digest(fields["source"]),
        target=Digest(fields["target"]),
        partitions=tuple(fields["partitions"]),
        reason=fields["reason"],
        category=fields["category"],
        principal=fields["principal"],
        plan=tuple(Operation(**operation) for operation in fields["plan"]),
        at=datetime.fromisoformat(fields["at"]),
    )


def intake(row: str) -> Intake:
    """Read an intake."""
    fields = _dated(row)
    fields["origin"] = Origin(fields["origin"])
    for name in ("acquired", "witness"):  # homes of before have no witness
        fields[name] = tuple(Acquired(**entry) for entry in fields.get(name, ()))
    return Intake(**fields)


def pending(row: str) -> Pending:
    """Read a pending build."""
    return Pending(**_dated(row))


def incident(row: str) -> Incident:
    """Read an incident."""
    fields = json.loads(row)
    fields["opened_at"] = datetime.fromisoformat(fields["opened_at"])
    fields["severity"] = Severity(fields["severity"])
    fields["state"] = IncidentState(fields["state"])
    return Incident(**fields)


def _dated(row: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(row)
    fields["at"] = datetime.fromisoformat(fields["at"])
    return fields


def _timed(noun: object) -> object:
    names = noun.__dataclass_fields__ if hasattr(noun, "__dataclass_fields__") else ()
    return {
        name: value.isoformat() if isinstance(value := getattr(noun, name), datetime) else plain(value)
        for name in names
    }
