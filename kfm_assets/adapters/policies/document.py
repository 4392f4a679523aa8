"""What a policy file may hold, and nothing else: every key, its type, its range. Numbers with a unit and a reason.

A threshold is a decimal in quotes: YAML would read 0.1 as a binary fraction, which a policy's digest cannot cover.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kfm_assets.domain.verdict import Gate

BUILD_GATES = (Gate.IDENTITY, Gate.RIGHTS, Gate.SENSITIVITY, Gate.QUALITY)
RELEASE_GATES = (Gate.CATALOGS, Gate.RECEIPT, Gate.MANIFEST, Gate.MODEL)

T = TypeVar("T", bound=Hashable)


def _percentage(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("write a decimal in quotes, such as '5' or '0.5'") from None
    if not (value.is_finite() and 0 <= value <= 100):  # noqa: PLR2004 - per cent
        raise ValueError("write a percentage from 0 to 100")
    return text


def _whole_number(text: str) -> str:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("write a whole number in quotes, such as '1'")
    return text


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) < len(values):
        raise ValueError("name each one once")
    return values


def _among(known: tuple[Gate, ...], subject: str) -> Callable[[tuple[Gate, ...]], tuple[Gate, ...]]:
    def check(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
        strangers = [gate.value for gate in gates if gate not in known]
        if strangers:
            names = ", ".join(gate.value for gate in known)
            raise ValueError(f"{', '.join(strangers)} does not judge a {subject}; write some of {names}")
        return _once(gates)

    return check


Reason = Annotated[str, Field(min_length=1)]
BuildGates = Annotated[tuple[Gate, ...], Field(min_length=1), AfterValidator(_among(BUILD_GATES, "build"))]
ReleaseGates = Annotated[tuple[Gate, ...], Field(min_length=1), AfterValidator(_among(RELEASE_GATES, "release"))]
Labels = Annotated[tuple[Reason, ...], Field(min_length=1), AfterValidator(_once)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Percentage(_Strict):
    """A share: its value, what it is a share of, and why it is what it is."""

    value: Annotated[str, AfterValidator(_percentage)]
    unit: Annotated[str, Field(pattern=r"^percent\b")]
    why: Reason


class Rows(_Strict):
    """A number of rows, and why it is what it is."""

    value: Annotated[str, AfterValidator(_whole_number)]
    unit: Annotated[str, Field(pattern=r"^rows\b")]
    why: Reason


class Days(_Strict):
    """A number of days, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=1)]
    why: Reason


class Hours(_Strict):
    """A number of hours, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=0)]
    why: Reason


class Years(_Strict):
    """A number of years, and why it is what it is."""

    value: Annotated[str, AfterValidator(_whole_number)]
    unit: Annotated[str, Field(pattern=r"^years\b")]
    why: Reason


class Columns(_Strict):
    """Some columns, with a space between them, and why it is those."""

    value: Annotated[str, Field(pattern=r"^[a-z0-9_]+( [a-z0-9_]+)*$")]
    why: Reason


class WithinNoise(_Strict):
    """What a figure is taken as that lies beyond its limit, while its interval does not, and why."""

    value: Literal["PASS", "INCONCLUSIVE"]
    why: Reason


class QualityThresholds(_Strict):
    """What gate E knows. Without `rows_least` a partition may be empty."""

    quarantine_most_percent: Percentage | None = None
    rows_least: Rows | None = None


class ModelThresholds(_Strict):
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
    panel_years_least: Years | None = None
    within_noise: WithinNoise | None = None
    monotone_columns: Columns | None = None
    forbidden_columns: Columns | None = None


class Thresholds(_Strict):
    """Every threshold there is, under the gate that it is for. No two gates have one of the same name."""

    E: QualityThresholds = QualityThresholds()
    model: ModelThresholds = ModelThresholds()


REQUIRED = (("E", "quarantine_most_percent"),)
"""The thresholds that the defaults must have."""


def _complete(thresholds: Thresholds) -> Thresholds:
    for gate, name in REQUIRED:
        if getattr(getattr(thresholds, gate), name) is None:
            raise ValueError(f"add {gate}.{name}")
    return thresholds


class Defaults(_Strict):
    """What holds for a dataset that says nothing else."""

    build_gates: BuildGates
    release_gates: ReleaseGates
    labels: Labels
    thresholds: Annotated[Thresholds, AfterValidator(_complete)]
    most_days: dict[Gate, Days]
    stage_hours: Hours


class Override(_Strict):
    """What a dataset replaces. Gates and labels are replaced as a whole, thresholds and ages one by one."""

    build_gates: BuildGates | None = None
    release_gates: ReleaseGates | None = None
    labels: Labels | None = None
    thresholds: Thresholds = Thresholds()
    most_days: dict[Gate, Days] = {}
    stage_hours: Hours | None = None


class Document(_Strict):
    """A policy file."""

    version: Literal[1]
    name: Reason
    defaults: Defaults
    datasets: dict[str, Override] = {}
