"""One drift column of one partition, compared with what came before: how far apart, and how far that may be.

The number that decides is the PSI. It may be as large as the policy says, or as large as the reference's own partitions
are apart from one another, whichever is more: honest years differ by far more than chance alone would have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kfm_assets.domain.drift import DriftColumn
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift.bins import MISSING, UNSEEN, ColumnBins
from kfm_assets.gates.drift.counting import Table
from kfm_assets.gates.drift.limits import Level, Limits, Stand
from kfm_assets.gates.drift.measures import Measure, measured
from kfm_assets.gates.drift.reference import Reference, merged, standardised


@dataclass(frozen=True, slots=True)
class Against:
    """A comparison with one reference: `near` or `long`.

    `psi` has the sampling noise that equal distributions would show taken off; `low` and `high` are its interval, None
    where it is too small for that to matter.
    """

    partitions: tuple[int, ...]
    rows: int
    psi: float
    low: float | None
    high: float | None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of one column came to.

    `limit` is the greater of the policy's floor and `variation`, what the near partitions show against one another.
    `detectable` is the least PSI that so many rows would tell. `most` names the bins that contribute most, with their
    shares then and now.
    """

    outcome: Outcome
    reason: str
    rows: int
    level: Level | None = None
    groups: int = 0
    limit: float = 0.0
    variation: float = 0.0
    detectable: float = 0.0
    near: Against | None = None
    long: Against | None = None
    most: tuple[tuple[str, float, float], ...] = ()


def compare(
    stack: Table, candidate: int, reference: Reference, column: tuple[DriftColumn, ColumnBins], limits: Limits
) -> Compared:
    """Compare a partition's counts with a reference that `reference.choose` found. `stack` as there."""
    declared, bins = column
    from kfm_assets.gates.drift.intervals import least_detectable  # noqa: PLC0415 - scipy, which the CLI's start avoids

    mine = stack[candidate]
    now = mine.sum(axis=0)
    total = stack[reference.near].sum(axis=0)
    before = standardised(mine, total, reference.level)
    starts = merged(now, before, limits.drift_bin_rows_least)
    variation = _variation(stack[reference.near], total, reference.level, starts, limits)
    limit = max(limits.drift_psi_most, variation)
    near = replace(
        _against(before, now, starts, reference.near, limit, limits), measures=_others(before, now, starts, column)
    )
    long = None
    if reference.long.size > reference.near.size:
        all_before = standardised(mine, stack[reference.long].sum(axis=0), reference.level)
        long = _against(all_before, now, starts, reference.long, limit, limits)
    groups = int(starts.size)
    confidence = limits.drift_confidence_percent / 100
    detectable = least_detectable(int(before.sum()), int(now.sum()), groups, significance=1 - confidence)
    outcome, reason = _outcome(near, long, limit, detectable, limits)
    return Compared(
        outcome=outcome,
        reason=reason,
        rows=int(now.sum()),
        level=reference.level,
        groups=groups,
        limit=limit,
        variation=variation,
        detectable=detectable,
        near=near,
        long=long,
        most=_most(before, now, starts, bins.labels),
    )


def _outcome(
    near: Against, long: Against | None, limit: float, detectable: float, limits: Limits
) -> tuple[Outcome, str]:
    if near.low is not None and near.low > limit:
        return Outcome.FAIL, "near"
    if long and long.low is not None and long.low > limit:
        return Outcome.FAIL, "long"
    if detectable > limits.drift_detectable_most:
        return (Outcome.PASS if limits.drift_few_rows is Stand.PASS else Outcome.INCONCLUSIVE), "few"
    return Outcome.PASS, ""


def _noise(n: NDArray[np.int64] | int, m: NDArray[np.int64] | int, groups: int) -> NDArray[np.float64]:
    """Return the PSI that two samples of one distribution show on average (Yurdakul, 2018, as `measures.psi` cites)."""
    return (groups - 1) * (1 / np.asarray(n) + 1 / np.asarray(m))


def _variation(parts: Table, total: Table, level: Level, starts: NDArray[np.int64], limits: Limits) -> float:
    """Return how far apart from the others one more partition of the same sort is likely to be, at most.

    Each of the near partitions is compared with all the others; the limit is the upper end of a prediction interval,
    mean + t s sqrt(1 + 1/k), which allows for how few they are (Hahn and Meeker, 1991, "Statistical Intervals", 4.7).
    NannyML takes mean + 3 s of chunks of its reference, each against the whole of it.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to load, and the CLI's start avoids it

    others = standardised(parts, total - parts, level)
    now, before = (np.add.reduceat(side, starts, axis=-1) for side in (parts.sum(axis=-2), others))
    found = measured(Measure.PSI, before, now) - _noise(before.sum(axis=-1), now.sum(axis=-1), starts.size)
    k = found.size
    quantile = float(stdtrit(k - 1, limits.drift_variation_percent / 100))
    return float(found.mean() + quantile * found.std(ddof=1) * np.sqrt(1 + 1 / k))


def _against(
    before: Table, now: Table, starts: NDArray[np.int64], partitions: NDArray[np.int64], limit: float, limits: Limits
) -> Against:
    first, second = np.add.reduceat(before, starts), np.add.reduceat(now, starts)
    raw = float(measured(Measure.PSI, first, second))
    psi = max(0.0, raw - float(_noise(int(before.sum()), int(now.sum()), starts.size)))
    low = high = None
    if psi > limit:
        from kfm_assets.gates.drift.intervals import interval  # noqa: PLC0415 - as above

        ends = interval(Measure.PSI, first, second, limits.drift_confidence_percent / 100)
        low, high = ends.low, ends.high
    return Against(tuple(partitions.tolist()), int(before.sum()), psi, low, high)


def _others(
    before: Table, now: Table, starts: NDArray[np.int64], column: tuple[DriftColumn, ColumnBins]
) -> dict[str, float]:
    """Return the measures that decide nothing, for whoever reads the evidence.

    PSI, KL and JS (the divergence, in nats) are of the bins as they were put together; those that need an order are of
    all bins but the missing: KS or, on a circle, Kuiper's statistic, and the Wasserstein distance in the column's unit.
    """
    declared, bins = column
    sides = tuple(np.add.reduceat(side, starts) for side in (before, now))
    found = {measure.value: float(measured(measure, *sides)) for measure in (Measure.PSI, Measure.KL, Measure.JS)}
    there = before[: len(bins.positions)], now[: len(bins.positions)]
    if bins.positions and there[0].any() and there[1].any():
        order = Measure.KUIPER if declared.period else Measure.KS
        at, period = np.asarray(bins.positions), float(declared.period) or None
        found[order.value] = float(measured(order, *there))
        found[Measure.WASSERSTEIN.value] = float(measured(Measure.WASSERSTEIN, *there, at=at, period=period))
    return found


def _most(
    before: Table, now: Table, starts: NDArray[np.int64], labels: tuple[str, ...]
) -> tuple[tuple[str, float, float], ...]:
    """Return the bins that contribute most to the PSI, at most two, with their shares in percent before and now."""
    first, second = np.add.reduceat(before, starts), np.add.reduceat(now, starts)
    p, q = (first + 0.5) / first.sum(), (second + 0.5) / second.sum()
    parts = (q - p) * np.log(q / p)
    ends = [*starts[1:].tolist(), len(labels)]
    chosen = np.argsort(-parts, kind="stable")[:2]
    return tuple(
        (
            _named(labels[int(starts[group]) : ends[group]]),
            float(100 * first[group] / first.sum()),
            float(100 * second[group] / second.sum()),
        )
        for group in chosen.tolist()
    )


def _named(labels: tuple[str, ...]) -> str:
    plain = [label for label in labels if label not in {MISSING, UNSEEN}]
    special = [label for label in labels if label in {MISSING, UNSEEN}]
    if len(plain) > 1 and len(labels) > 2:  # noqa: PLR2004 - more than two are named by their ends
        return " or ".join([f"{plain[0]} … {plain[-1]}", *special])
    return " or ".join(labels)
