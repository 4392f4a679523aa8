"""What a file of service levels may hold, and nothing else. Its numbers are of the same `kinds` as a policy's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kfm_assets.adapters.policies.kinds import Count, Number, Percentage, Reason, Strict


class Seconds(Number):
    """A number of seconds, and of what."""

    unit: Annotated[str, Field(pattern=r"^seconds\b")]


class Objectives(Strict):
    """What each indicator should be: `_least` from there on, `_most` up to there."""

    schema_valid_percent_least: Percentage | None = None
    dq_valid_percent_least: Percentage | None = None
    drift_score_most: Number | None = None
    anomaly_count_most: Count | None = None
    cost_per_run_most: Seconds | None = None


class Ceilings(Strict):
    """What one run may cost at the very most."""

    cost_per_run: Seconds | None = None
    retries_per_run: Count | None = None


def _complete(levels: Levels) -> Levels:
    for part, given in levels:
        for name, value in given:
            if value is None:
                raise ValueError(f"add {part}.{name}")
    return levels


class Levels(Strict):
    """The objectives and the ceilings of a dataset, or what it replaces of the defaults, one by one."""

    objectives: Objectives = Objectives()
    ceilings: Ceilings = Ceilings()


class LevelsDocument(Strict):
    """A file of service levels. The defaults name each objective and each ceiling."""

    version: Literal[1]
    name: Reason
    defaults: Annotated[Levels, AfterValidator(_complete)]
    datasets: dict[str, Levels] = Field(default_factory=dict)
