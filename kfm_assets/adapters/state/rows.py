"""The text forms in which nouns lie in the tables. What is in which table is `schema.sql`'s.

A row that cannot be read as what it should be is damage, and raises IntegrityError.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, plain
from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Action, Entry, Intent, Mark
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.pointer import Pointer
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.errors import IntegrityError
from kfm_assets.ports import Acquired, Intake, Pending, Recorded

P = ParamSpec("P")
R = TypeVar("R")


def _whole(read: Callable[P, R]) -> Callable[P, R]:
    """Let whoever reads a row that was damaged, or altered into what it cannot be, learn just that."""

    @wraps(read)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError(
                f"a row of the state cannot be read as {read.__name__}: {type(error).__name__} {error}",
                advice="`kfm verify --all` says which; restore state.db from a backup",
            ) from error

    return checked


def text(noun: object) -> str:
    """Return a noun as JSON; instants become ISO 8601 text."""
    return json.dumps(_timed(noun), separators=(",", ":"), ensure_ascii=False)


@_whole
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


@_whole
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


@_whole
def intake(row: str) -> Intake:
    """Read an intake."""
    fields = _dated(row)
    fields["origin"] = Origin(fields["origin"])
    for name in ("acquired", "witness"):  # homes of before have no witness
        fields[name] = tuple(Acquired(**entry) for entry in fields.get(name, ()))
    return Intake(**fields)


@_whole
def pending(row: str) -> Pending:
    """Read a pending build."""
    return Pending(**_dated(row))


@_whole
def incident(row: str) -> Incident:
    """Read an incident."""
    fields = json.loads(row)
    fields["opened_at"] = datetime.fromisoformat(fields["opened_at"])
    fields["severity"] = Severity(fields["severity"])
    fields["state"] = IncidentState(fields["state"])
    return Incident(**fields)


@_whole
def pointer(row: str) -> Pointer:
    """Read a pointer."""
    return Pointer.decode(row)


@_whole
def entry(row: str, mark: str, marked_at: str) -> Entry:
    """Read a transaction of the journal."""
    return Entry(intent(row), Mark(mark), datetime.fromisoformat(marked_at))


@_whole
def release(name: str, content: str, version: str, *papers: str) -> Recorded:
    """Read the release that is on record under a name, its id; `papers` are since when, its receipt and manifest."""
    at, receipt, manifest = papers
    found = Release.from_json(json.loads(content))
    if found.id != name:
        raise ValueError(f"{name} is on record with the content of {found.id}")
    return Recorded(found, int(version), datetime.fromisoformat(at), Digest(receipt), Digest(manifest))


@_whole
def facts(row: str) -> dict[str, Any]:
    """Read what a run noted of a partition."""
    return dict(json.loads(row))


def verdicts(subject: str, row: str) -> list[Verdict]:
    """Read the verdict that stands at its subject; where it cannot be read, any gate may have said anything then."""
    try:
        found = verdict(row)
    except IntegrityError as error:
        finding = Finding("row", Outcome.ERROR, str(error))
        return [Verdict(Digest(subject), gate, Digest(""), Outcome.ERROR, (finding,), (), _LONG_AGO) for gate in Gate]
    if found.subject == subject:
        return [found]
    return verdicts(subject, "")


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
