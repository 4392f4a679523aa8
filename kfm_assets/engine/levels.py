"""Service levels: what the record says today of each indicator, and how that stands to its objective.

Measured is what is on record already: verdicts of gate E with their reports, and the seconds that runs noted. What
nothing measures yet is said to be so, and is neither met nor missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.levels import ServiceLevels
from kfm_assets.domain.verdict import Gate, Outcome, Verdict
from kfm_assets.engine import record
from kfm_assets.ports import System


class State(StrEnum):
    """How an indicator stands."""

    MET = "met"
    MISSED = "missed"
    UNMEASURED = "not measured yet"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What was measured, None for nothing, and of what; `budget` says what a percentage leaves, and what is spent."""

    part: str
    name: str
    state: State
    value: Decimal | None = None
    of: str = ""
    budget: str = ""


@dataclass(frozen=True, slots=True)
class _Measured:
    """A share of builds, or another value."""

    value: Decimal
    of: str
    bad: int = 0
    total: int = 0


def indicators(system: System, dataset: str, levels: ServiceLevels) -> list[Indicator]:
    """Return how each objective and each ceiling of a dataset stands, in the order in which they are written."""
    measured = _measured(system, dataset)
    found = [_held("objectives", name, target, measured) for name, target in levels.objectives.items()]
    return found + [_held("ceilings", name, target, measured) for name, target in levels.ceilings.items()]


def _held(part: str, name: str, target: str, measured: Mapping[str, _Measured]) -> Indicator:
    least = name.endswith("_least")
    seen = measured.get(name.removesuffix("_least").removesuffix("_most"))
    if seen is None:
        return Indicator(part, name, State.UNMEASURED)
    held = seen.value >= Decimal(target) if least else seen.value <= Decimal(target)
    budget = ""
    if least and seen.total:
        may = (100 - Decimal(target)) * seen.total / 100
        budget = f"{may.normalize():f} of {seen.total} builds may miss it, {seen.bad} do"
    return Indicator(part, name, State.MET if held else State.MISSED, seen.value, seen.of, budget)


def _measured(system: System, dataset: str) -> dict[str, _Measured]:
    verdicts = _quality(system, dataset)
    found: dict[str, _Measured] = {}
    if verdicts:
        valid = [_keeps_its_schema(system, verdict) for verdict in verdicts]
        found["schema_valid_percent"] = _share(valid)
        found["dq_valid_percent"] = _share([verdict.outcome is Outcome.PASS for verdict in verdicts])
    seconds = _seconds(system, dataset)
    if seconds:
        of = f"the costliest of {len(seconds)} runs" if len(seconds) > 1 else "the one run"
        found["cost_per_run"] = _Measured(max(seconds.values()), f"{of} that what is kept came by")
    return found


def _share(valid: list[bool]) -> _Measured:
    good, total = sum(valid), len(valid)
    percent = (Decimal(100) * good / total).quantize(Decimal("0.01"))
    return _Measured(percent, f"{total} builds that are live or wait", total - good, total)


def _quality(system: System, dataset: str) -> list[Verdict]:
    """Return the newest verdict of gate E on each build that is live or waits, under any policy."""
    stable = record.stable(system, dataset)
    builds = set(record.builds(system, stable).values()) if stable else set[Digest]()
    builds |= {pending.build for pending in system.state.pending(dataset)}
    found = [verdict for verdict in system.state.verdicts(sorted(builds)) if verdict.gate is Gate.QUALITY]
    return list({verdict.subject: verdict for verdict in found if record.is_supported(system, verdict)}.values())


def _keeps_its_schema(system: System, verdict: Verdict) -> bool:
    """Say whether a build's tables have the columns, types and keys that are specified, by the report of gate E."""
    checks = json.loads(system.state.documents.get(verdict.evidence[0])).get("checks", [])
    schema = [one["finding"]["outcome"] for one in checks if one["part"] == "schema"]
    return bool(schema) and all(outcome == Outcome.PASS for outcome in schema)


def _seconds(system: System, dataset: str) -> dict[str, Decimal]:
    """Return how long each run was making builds of a dataset, of the runs that what is kept came by."""
    runs = {intake.run for intake in system.state.intakes(dataset).values()}
    runs |= {pending.run for pending in system.state.pending(dataset)}
    found: dict[str, Decimal] = {}
    for run in sorted(runs):
        noted = _noted(facts.get("seconds") for (key, _), facts in system.state.notes(run).items() if key == dataset)
        if noted:
            found[run] = sum(noted, Decimal(0))
    return found


def _noted(values: Iterable[object]) -> list[Decimal]:
    return [Decimal(str(value)) for value in values if isinstance(value, int | float)]
