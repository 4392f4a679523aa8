"""What a policy file may hold, and nothing else: every key, and of which kind (`kinds`) its threshold is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kfm_assets.adapters.policies.kinds import (
    Count,
    Days,
    Hours,
    Names,
    Number,
    Percentage,
    Reason,
    Rows,
    Rule,
    Strict,
    once,
)
from kfm_assets.domain.verdict import ACCEPTABLE, Gate, Outcome

BUILD_GATES = (Gate.IDENTITY, Gate.RIGHTS, Gate.SENSITIVITY, Gate.QUALITY)
RELEASE_GATES = (Gate.CATALOGS, Gate.DRIFT, Gate.DIFF, Gate.MODEL, Gate.RECEIPT, Gate.MANIFEST)


def _among(known: tuple[Gate, ...], subject: str) -> Callable[[tuple[Gate, ...]], tuple[Gate, ...]]:
    def check(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
        strangers = [gate.value for gate in gates if gate not in known]
        if strangers:
            names = ", ".join(gate.value for gate in known)
            raise ValueError(f"{', '.join(strangers)} does not judge a {subject}; write some of {names}")
        return once(gates)

    return check


BuildGates = Annotated[tuple[Gate, ...], Field(min_length=1), AfterValidator(_among(BUILD_GATES, "build"))]
ReleaseGates = Annotated[tuple[Gate, ...], Field(min_length=1), AfterValidator(_among(RELEASE_GATES, "release"))]
Labels = Annotated[tuple[Reason, ...], Field(min_length=1), AfterValidator(once)]


class Acceptable(Strict):
    """Which outcomes of a gate a person may accept with a reason, and why; none where the list is empty."""

    outcomes: Annotated[tuple[Outcome, ...], AfterValidator(once)]
    why: Reason


def _within(approvals: dict[Gate, Acceptable]) -> dict[Gate, Acceptable]:
    for gate, allowed in approvals.items():
        if gate not in ACCEPTABLE:
            names = ", ".join(known.value for known in ACCEPTABLE)
            raise ValueError(f"nobody may accept what gate {gate.value} says; write some of {names}")
        strangers = [outcome.value for outcome in allowed.outcomes if outcome not in ACCEPTABLE[gate]]
        if strangers:
            names = ", ".join(sorted(outcome.value for outcome in ACCEPTABLE[gate]))
            raise ValueError(f"nobody may accept {', '.join(strangers)} of gate {gate.value}; write some of {names}")
    return approvals


Approvals = Annotated[dict[Gate, Acceptable], AfterValidator(_within)]


class QualityThresholds(Strict):
    """What gate E knows. Without `rows_least` a partition may be empty."""

    quarantine_most_percent: Percentage | None = None
    rows_least: Rows | None = None


class DiffThresholds(Strict):
    """What the gate `diff` knows; it needs all of them but the last two. `gates.diff.limits` says what each bounds."""

    diff_rows_removed_most_percent: Percentage | None = None
    diff_rows_added_most_percent: Number | None = None
    diff_key_churn_most_percent: Percentage | None = None
    diff_cells_changed_most_percent: Percentage | None = None
    diff_column_changed_most_percent: Percentage | None = None
    diff_group_removed_most_percent: Percentage | None = None
    diff_group_rows_least: Count | None = None
    diff_withdrawn_rows_most: Count | None = None
    diff_correction_rows_most: Count | None = None
    diff_total_shift_most_percent: Number | None = None
    diff_distribution_shift_most_percent: Number | None = None
    diff_magnitude_most_times: Number | None = None
    diff_columns_lost_most: Count | None = None
    diff_total_most_times: Number | None = None
    diff_window_most: Count | None = None
    diff_window_least: Count | None = None
    diff_totals: Names | None = None
    diff_synthetic: Rule[Literal["pass", "hold"]] | None = None


def _inner(share: Percentage | None) -> Percentage | None:
    if share is not None and not 0 < Decimal(share.value) < 100:  # noqa: PLR2004 - per cent
        raise ValueError("write a percentage above 0 and below 100")
    return share


Confidence = Annotated[Percentage | None, AfterValidator(_inner)]


class DriftThresholds(Strict):
    """What the gate `drift` knows; it needs all of them.

    A distribution may be `psi_most` apart from what came before, or as far as one more of those partitions is likely to
    be from the others (`variation_percent` of them), and `long_psi_most` apart from all that came before. The interval
    of the PSI (`confidence_percent`) must lie beyond that
    to fail. Compared are at least `rows_least` rows with at least `window_least` and at most `window_most` partitions
    of `reference_rows_least` rows, in bins of `bin_rows_least`; months are widened to seasons and to the year as far as
    `widen_most`. So many rows must be able to tell a PSI of `detectable_most`. Numbers of rows may be `rate_factor`
    times more or fewer. `bootstrap` and `few_rows` say what stands in for a comparison that cannot be made.
    """

    drift_psi_most: Number | None = None
    drift_long_psi_most: Number | None = None
    drift_confidence_percent: Confidence = None
    drift_variation_percent: Confidence = None
    drift_rows_least: Count | None = None
    drift_reference_rows_least: Count | None = None
    drift_bin_rows_least: Count | None = None
    drift_window_least: Count | None = None
    drift_window_most: Count | None = None
    drift_widen_most: Rule[Literal["month", "season", "year"]] | None = None
    drift_detectable_most: Number | None = None
    drift_rate_factor: Number | None = None
    drift_bootstrap: Rule[Literal["pass", "hold"]] | None = None
    drift_few_rows: Rule[Literal["pass", "hold"]] | None = None


class ModelThresholds(Strict):
    """What gate `model` knows. What is missing is INCONCLUSIVE."""

    deviance_worse_most_percent: Percentage | None = None
    calibration_worse_most_percent: Percentage | None = None
    prediction_shift_most_percent: Percentage | None = None
    retrospect_worse_most_percent: Percentage | None = None
    retrospect_better_most_percent: Percentage | None = None
    attribution_moved_most_percent: Percentage | None = None
    attribution_ranks_least_percent: Percentage | None = None
    attribution_cells_least_percent: Percentage | None = None
    bootstrap_worse_most_percent: Percentage | None = None
    panel_years_least: Count | None = None
    within_noise: Rule[Literal["PASS", "INCONCLUSIVE"]] | None = None
    monotone_columns: Names | None = None
    forbidden_columns: Names | None = None


class Thresholds(Strict):
    """Every threshold there is, under the gate that it is for. No two gates have one of the same name."""

    E: QualityThresholds = QualityThresholds()
    drift: DriftThresholds = DriftThresholds()
    diff: DiffThresholds = DiffThresholds()
    model: ModelThresholds = ModelThresholds()


REQUIRED = (("E", "quarantine_most_percent"),)
"""The thresholds that the defaults must have."""


def _complete(thresholds: Thresholds) -> Thresholds:
    for gate, name in REQUIRED:
        if getattr(getattr(thresholds, gate), name) is None:
            raise ValueError(f"add {gate}.{name}")
    return thresholds


class Defaults(Strict):
    """What holds for a dataset that says nothing else."""

    build_gates: BuildGates
    release_gates: ReleaseGates
    labels: Labels
    thresholds: Annotated[Thresholds, AfterValidator(_complete)]
    most_days: dict[Gate, Days]
    stage_hours: Hours
    approvals: Approvals = Field(default_factory=dict)


class Override(Strict):
    """What a dataset replaces. Gates and labels are replaced as a whole, thresholds, ages and approvals one by one."""

    build_gates: BuildGates | None = None
    release_gates: ReleaseGates | None = None
    labels: Labels | None = None
    thresholds: Thresholds = Thresholds()
    most_days: dict[Gate, Days] = Field(default_factory=dict)
    stage_hours: Hours | None = None
    approvals: Approvals = Field(default_factory=dict)


class Document(Strict):
    """A policy file."""

    version: Literal[1]
    name: Reason
    defaults: Defaults
    datasets: dict[str, Override] = Field(default_factory=dict)
