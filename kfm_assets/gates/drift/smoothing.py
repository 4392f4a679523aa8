"""How counts become shares that a logarithm can bear: each rule by name, with where it comes from.

What is measured of the shares is `measures`'s. Counts have their bins along the last axis, so that many tables can be
smoothed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]


@unique
class Rule(StrEnum):
    """What is done about bins that one side does not have."""

    NONE = "none"
    """Shares as they are. A bin that one side lacks makes PSI and KL infinite; JS, KS and Wasserstein bear it."""
    HALF_ROW = "half_row"
    """Add `amount` rows of the smaller side, as the same share, to each bin that either side has, and renormalise.

    With half a row the smaller side's shares are the means under Jeffreys' prior (Jeffreys, 1946, "An invariant form
    for the prior probability in estimation problems"; Krichevsky and Trofimov, 1981). The larger side gets the same
    share, not the same count: rows added to both would push the two apart wherever their sizes differ, and a bin that
    neither has would count as drift, as it does under ADD and, at times, REPLACE_ZEROS."""
    ADD = "add"
    """Add `amount` rows to each bin of each side: Laplace's rule with 1, Jeffreys' with 0.5 (Laplace, 1774)."""
    REPLACE_ZEROS = "replace_zeros"
    """Put `amount` for a share of zero, or a millionth of that side's least share if that is no more than `amount`.

    Evidently's rule with 0.0001 (`get_binned_data`, evidently 0.7): for PSI as it is, for KL renormalised."""
    FLOOR = "floor"
    """Raise shares to at least `amount`: deepchecks' rule with 0.01 (`psi`, deepchecks 0.19), not renormalised."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A rule and its amount: rows for HALF_ROW and ADD, a share for REPLACE_ZEROS and FLOOR, nothing for NONE.

    `renormalised` says whether shares that REPLACE_ZEROS or FLOOR raised are brought back to a sum of one; those of the
    other rules have it anyway.
    """

    rule: Rule
    amount: float = 0.0
    renormalised: bool = False

    def __post_init__(self) -> None:
        """Refuse an amount that the rule cannot use: ValueError."""
        if self.rule is not Rule.NONE and not 0 < self.amount < np.inf:
            raise ValueError(f"smoothing {self.rule} needs an amount above zero, not {self.amount}")


UNSMOOTHED = Smoothing(Rule.NONE)
HALF_ROW = Smoothing(Rule.HALF_ROW, 0.5)
EVIDENTLY = Smoothing(Rule.REPLACE_ZEROS, 0.0001)
DEEPCHECKS = Smoothing(Rule.FLOOR, 0.01)
DEFAULT = HALF_ROW


def shares(reference: NDArray[Any], candidate: NDArray[Any], smoothing: Smoothing = DEFAULT) -> tuple[Shares, Shares]:
    """Return both sides' shares under a rule; counts and shares have the bins along the last axis."""
    rows = reference.sum(axis=-1, keepdims=True), candidate.sum(axis=-1, keepdims=True)
    p, q = reference / rows[0], candidate / rows[1]
    match smoothing.rule:
        case Rule.NONE:
            return p, q
        case Rule.HALF_ROW:
            added = smoothing.amount / np.minimum(*rows) * ((reference > 0) | (candidate > 0))
            whole = 1 + added.sum(axis=-1, keepdims=True)
            return (p + added) / whole, (q + added) / whole
        case Rule.ADD:
            more = smoothing.amount * reference.shape[-1]
            return (reference + smoothing.amount) / (rows[0] + more), (candidate + smoothing.amount) / (rows[1] + more)
        case Rule.REPLACE_ZEROS:
            p, q = _without_zeros(p, smoothing.amount), _without_zeros(q, smoothing.amount)
        case Rule.FLOOR:
            p, q = np.maximum(p, smoothing.amount), np.maximum(q, smoothing.amount)
    if smoothing.renormalised:
        return p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    return p, q


def _without_zeros(share: Shares, amount: float) -> Shares:
    least = np.where(share > 0, share, np.inf).min(axis=-1, keepdims=True)
    return np.where(share > 0, share, np.where(least <= amount, least / 1e6, amount))
