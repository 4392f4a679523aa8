"""The numbers of the policy that drift is judged by, read from its thresholds. What is absent is not assumed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from kfm_assets.domain.policy import Policy
from kfm_assets.errors import InvalidPolicy


class Stand(StrEnum):
    """What a policy lets stand in for a comparison that cannot be made."""

    PASS = "pass"  # noqa: S105 - not a password
    HOLD = "hold"


class Level(StrEnum):
    """How finely seasons are told apart; a reference is widened from the first towards the last."""

    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


LEVELS = (Level.MONTH, Level.SEASON, Level.YEAR)


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds of the gate `drift`, as `kfm_assets.adapters.policies.document` describes them."""

    drift_psi_most: float
    drift_long_psi_most: float
    drift_confidence_percent: float
    drift_rows_least: int
    drift_reference_rows_least: int
    drift_bin_rows_least: int
    drift_window_most: int
    drift_window_least: int
    drift_variation_percent: float
    drift_detectable_most: float
    drift_rate_factor: float
    drift_widen_most: Level
    drift_bootstrap: Stand
    drift_few_rows: Stand


def read(policy: Policy) -> Limits:
    """Return a policy's limits. Raises InvalidPolicy where one is missing or is not what it should be."""
    given: dict[str, Any] = {}
    for field in fields(Limits):
        text = policy.thresholds.get(field.name)
        if text is None:
            raise InvalidPolicy(f"the policy says no {field.name}", advice="add it under thresholds: drift:")
        try:
            given[field.name] = _KINDS[str(field.type)](text)
        except ValueError:
            raise InvalidPolicy(f"{field.name}: {text!r} is no {field.type}", advice="mend the policy") from None
    return Limits(**given)


_KINDS: dict[str, Any] = {"float": float, "int": int, "Level": Level, "Stand": Stand}
