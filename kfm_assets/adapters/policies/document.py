"""What a policy file may hold, and nothing else: every key, its type, its range. Numbers with a unit and a reason.

A threshold is a decimal in quotes: YAML would read 0.1 as a binary fraction, which a policy's digest cannot cover.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kfm_assets.domain.verdict import Gate

BUILD_GATES = (Gate.IDENTITY, Gate.RIGHTS, Gate.SENSITIVITY, Gate.QUALITY)
RELEASE_GATES = (Gate.CATALOGS, Gate.DIFF, Gate.RECEIPT, Gate.MANIFEST)

T = TypeVar("T", bound=Hashable)
R = TypeVar("R", bound=str)


def _percentage(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("write a decimal in quotes, such as '5' or '0.5'") from None
    if not (value.is_finite() and 0 <= value <= 100):  # noqa: PLR2004 - per cent
        raise ValueError("write a percentage from 0 to 100")
    return text


def _number(text: str) -> str:
    if not (text.isascii() and text.replace(".", "", 1).isdecimal()):
        raise ValueError("write a decimal from 0 upwards in quotes, such as '5' or '0.5'")
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


class Number(_Strict):
    """A decimal from 0 upwards, in a unit that is said in words, and why it is what it is."""

    value: Annotated[str, AfterValidator(_number)]
    unit: Reason
    why: Reason


class Count(_Strict):
    """A whole number from 0 upwards, of what, and why it is what it is."""

    value: Annotated[str, AfterValidator(_whole_number)]
    unit: Reason
    why: Reason


class Rule(_Strict, Generic[R]):
    """A rule by its name, of those that a gate knows, and why it is this one."""

    value: R
    unit: Literal["rule"] = "rule"
    why: Reason


class Names(_Strict):
    """Words without spaces, each once, and what they name; there may be none. A policy parts them by single spaces."""

    value: Annotated[tuple[Annotated[str, Field(pattern=r"^\S+$")], ...], AfterValidator(_once)]
    unit: Reason
    why: Reason


class Days(_Strict):
    """A number of days, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=1)]
    why: Reason


class Hours(_Strict):
    """A number of hours, and why it is what it is."""

    value: Annotated[int, Field(strict=True, ge=0)]
    why: Reason


class QualityThresholds(_Strict):
    """What gate E knows. Without `rows_least` a partition may be empty."""

    quarantine_most_percent: Percentage | None = None
    rows_least: Rows | None = None


class DiffThresholds(_Strict):
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


class Thresholds(_Strict):
    """Every threshold there is, under the gate that it is for. No two gates have one of the same name."""

    E: QualityThresholds = QualityThresholds()
    diff: DiffThresholds = DiffThresholds()


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
