"""Incidents: something that a person must look at, from open to resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How loudly an incident calls."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"


class IncidentState(StrEnum):
    """How far an incident has come."""

    OPEN = "open"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident: what it is about, how bad it is, what happened in one line, and where it stands."""

    id: str
    dataset: str
    subject: str
    severity: Severity
    state: IncidentState
    summary: str
    opened_at: datetime
