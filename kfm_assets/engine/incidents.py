"""Incidents: opened when a gate stays closed, mitigated by a rollback, resolved when their cause is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Intent
from kfm_assets.ports import System

FOLDER = "data/lineage/reliability/incidents"


def held(system: System, dataset: str, reasons: Mapping[str, str]) -> None:
    """Open an incident for each partition that a gate keeps from being published; one that is open is renewed."""
    for partition, reason in reasons.items():
        subject = f"{dataset}@{partition}"
        known = [incident for incident in system.state.incidents(dataset) if incident.subject == subject]
        if any(incident.state is IncidentState.OPEN and incident.summary == reason for incident in known):
            continue
        keep(
            system,
            Incident(
                id=f"gate-{dataset.replace('/', '-')}-{partition}",
                dataset=dataset,
                subject=subject,
                severity=Severity.SEV3,
                state=IncidentState.OPEN,
                summary=reason,
                opened_at=system.clock.now(),
            ),
        )


def resolve(system: System, dataset: str, partitions: Iterable[str]) -> None:
    """Resolve what was open about partitions whose newest build is live and judged good.

    That is an incident about one of them, and a rollback of which one is replaced by something new.
    """
    about = {f"{dataset}@{partition}" for partition in partitions}
    moved = {rollback_id(entry.intent): set(entry.intent.partitions) for entry in system.state.journal(dataset)}
    for incident in system.state.incidents(dataset):
        if incident.state is IncidentState.RESOLVED:
            continue
        if incident.subject in about or moved.get(incident.id, set()) & set(partitions):
            keep(system, replace(incident, state=IncidentState.RESOLVED))


def rollback_id(intent: Intent) -> str:
    """Return the id of the incident that a rollback leaves."""
    return f"rollback-{intent.txn}"


def keep(system: System, incident: Incident) -> None:
    """Put an incident on record, and as a file where people look for it."""
    system.state.open_incident(incident)
    document = {
        "id": incident.id,
        "dataset": incident.dataset,
        "subject": incident.subject,
        "severity": incident.severity,
        "state": incident.state,
        "summary": incident.summary,
        "opened_at": incident.opened_at.isoformat(),
    }
    system.records.put(f"{FOLDER}/{incident.id}.json", canonical_json(document) + b"\n")
