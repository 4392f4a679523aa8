"""The limits of the gate `diff`, as its policy has them. What each is for stands in the policy, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation

PREFIX = "diff_"
HOLD, PASS = "hold", "pass"


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of the policy, by name without its prefix.

    Of a partition that is revised: shares of its rows (`rows_removed`, `rows_added`), of the keys before and after that
    are in one only (`key_churn`), of the cells of rows that are in both (`cells_changed`), of the rows in which one
    column changed (`column_changed`), of a month's, a day's or a unit's rows (`group_removed`, where there are
    `group_rows_least`), the shift of a total and of a distribution, all in percent; and how many times a single number
    may grow (`magnitude_most_times`). Up to `withdrawn_rows_most` rows may go or come, and up to `correction_rows_most`
    change in a column, whatever share they are. `columns_lost_most` columns may go or change their type.

    Of a new one: how many times the largest total of `window_most` partitions around it its own may be, where there are
    `window_least`. `totals` names the columns whose sum means something.

    `synthetic` is `hold` or `pass`: whether what is beyond a limit closes the gate on a release of synthetic data too.
    """

    rows_removed_most_percent: Decimal
    rows_added_most_percent: Decimal
    key_churn_most_percent: Decimal
    cells_changed_most_percent: Decimal
    column_changed_most_percent: Decimal
    group_removed_most_percent: Decimal
    group_rows_least: Decimal
    withdrawn_rows_most: Decimal
    correction_rows_most: Decimal
    total_shift_most_percent: Decimal
    distribution_shift_most_percent: Decimal
    magnitude_most_times: Decimal
    columns_lost_most: Decimal
    total_most_times: Decimal
    window_most: Decimal
    window_least: Decimal
    totals: tuple[str, ...]
    synthetic: str


def missing(thresholds: Mapping[str, str]) -> list[str]:
    """Return the names of the thresholds that a policy does not have, or that are no numbers."""
    return [name for name in _NUMBERS if not _number(thresholds.get(PREFIX + name, "NaN")).is_finite()]


def limits(thresholds: Mapping[str, str]) -> Limits:
    """Read the limits of a policy of which none is missing."""
    numbers = {name: _number(thresholds[PREFIX + name]) for name in _NUMBERS}
    return Limits(
        **numbers,
        totals=tuple(thresholds.get(PREFIX + "totals", "").split()),
        synthetic=thresholds.get(PREFIX + "synthetic", HOLD),
    )


_NUMBERS = tuple(field.name for field in fields(Limits) if field.type == "Decimal")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")
