"""One drift column of one partition, compared with what came before: how far apart, and how far that may be.

The number that decides is the PSI. It may be as large as the policy says, or as large as the reference's own partitions
are apart from one another, whichever is more: honest years differ by far more than chance alone would have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

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

    `psi` has the sampling noise taken off that equal distributions would show on average, (bins - 1)(1/n + 1/m)
    (Yurdakul, 2018, as `measures.psi` cites). Its `limit` is the greater of the policy's floor and the variation of the
    near partitions. `low` and `high` are its interval, and None where it is within its limit anyway. `measures` are the
    others, where it is beyond half of its limit.
    """

    partitions: tuple[int, ...]
    rows: int
    psi: float
    limit: float
    low: float | None
    high: float | None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def beyond(self) -> bool:
        """Whether it is beyond its limit, whatever chance may have done to it."""
        return self.low is not None and self.low > self.limit


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of one column came to.

    `variation` is what the near partitions show against one another: the upper end for one more of them. `detectable`
    is the least PSI that so many rows would tell. `most` names the bins that contribute most, with their shares before
    and now, where a PSI is beyond half of its limit.
    """

    outcome: Outcome
    reason: str
    rows: int
    level: Level | None = None
    groups: int = 0
    variation: float = 0.0
    detectable: float = 0.0
    near: Against | None = None
    long: Against | None = None
    most: tuple[tuple[str, float, float], ...] = ()


def compare(
    stack: Table, candidate: int, reference: Reference, column: tuple[DriftColumn, ColumnBins], limits: Limits
) -> Compared:
    """Compare a partition's counts with a reference that `reference.choose` found.

    `stack` are the counts of all partitions in their order, shape (partitions, STRATA, bins).
    """
    mine, parts = stack[candidate], stack[reference.near]
    total = parts.sum(axis=0)
    far = reference.long.size > reference.near.size
    whole = _summed(stack, reference.long) if far else total
    # One after another: each near partition against the others, the candidate against all of them, and against all.
    sides = np.concatenate([parts, mine[None], mine[None]])
    others = standardised(sides, np.concatenate([total - parts, total[None], whole[None]]), reference.level)
    rows = sides.sum(axis=-2)
    before, now = others[-2], rows[-1]
    starts = merged(now, before, limits.drift_bin_rows_least)
    first, second = np.add.reduceat(others, starts, axis=-1), np.add.reduceat(rows, starts, axis=-1)
    noise = (starts.size - 1) * (1 / first.sum(axis=-1) + 1 / second.sum(axis=-1))
    psi = measured(Measure.PSI, first, second) - noise
    variation = _predicted(psi[:-2], limits)
    limit = max(limits.drift_psi_most, variation)
    near = _against((first[-2], second[-2]), psi[-2], reference.near, limit, limits)
    far = reference.long.size > reference.near.size
    long_limit = max(limits.drift_long_psi_most, limit)
    long = _against((first[-1], second[-1]), psi[-1], reference.long, long_limit, limits) if far else None
    detectable = _detectable(int(before.sum()), int(now.sum()), starts.size, limits)
    outcome, reason = _outcome(near, long, detectable, limits)
    telling = near.psi > limit / 2 or bool(long and long.psi > long.limit / 2)
    return Compared(
        outcome=outcome,
        reason=reason,
        rows=int(now.sum()),
        level=reference.level,
        groups=int(starts.size),
        variation=variation,
        detectable=detectable,
        near=replace(near, measures=_others(before, now, starts, column)) if telling else near,
        long=long,
        most=_most(first[-2], second[-2], starts, column[1].labels) if telling else (),
    )


def _summed(stack: Table, places: NDArray[np.int64]) -> Table:
    """Return the counts of some partitions together; those that stand together are not copied for it."""
    first, last = int(places[0]), int(places[-1])
    total: Table = (stack[first : last + 1] if last - first + 1 == places.size else stack[places]).sum(axis=0)
    return total


def _outcome(near: Against, long: Against | None, detectable: float, limits: Limits) -> tuple[Outcome, str]:
    if near.beyond:
        return Outcome.FAIL, "near"
    if long and long.beyond:
        return Outcome.FAIL, "long"
    if detectable > limits.drift_detectable_most:
        return (Outcome.PASS if limits.drift_few_rows is Stand.PASS else Outcome.INCONCLUSIVE), "few"
    return Outcome.PASS, ""


def _detectable(before: int, now: int, groups: int, limits: Limits) -> float:
    from kfm_assets.gates.drift.intervals import least_detectable  # noqa: PLC0415 - scipy, which the CLI's start avoids

    return least_detectable(before, now, groups, significance=1 - limits.drift_confidence_percent / 100)


def _predicted(found: NDArray[np.float64], limits: Limits) -> float:
    """Return how far apart from the others one more partition of the same sort is likely to be, at most.

    `found` says it of each near partition and all the others. The limit is the upper end of a prediction interval, mean
    + t s sqrt(1 + 1/k), which allows for how few they are (Hahn and Meeker, 1991, "Statistical Intervals", 4.7).
    NannyML takes mean + 3 s of chunks of its reference, each against the whole of it.
    """
    quantile = student(found.size - 1, limits.drift_variation_percent / 100)
    return float(found.mean() + quantile * found.std(ddof=1) * np.sqrt(1 + 1 / found.size))


@lru_cache(maxsize=1024)
def student(freedom: int, probability: float) -> float:
    """Return a quantile of Student's t distribution."""
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to load, which the CLI's start avoids

    return float(stdtrit(freedom, probability))


def _against(
    sides: tuple[Table, Table], psi: float, partitions: NDArray[np.int64], limit: float, limits: Limits
) -> Against:
    before, now = sides
    low = high = None
    if psi > limit:
        from kfm_assets.gates.drift.intervals import interval  # noqa: PLC0415 - as above

        ends = interval(Measure.PSI, before, now, limits.drift_confidence_percent / 100)
        low, high = ends.low, ends.high
    return Against(tuple(partitions.tolist()), int(before.sum()), max(0.0, float(psi)), limit, low, high)


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
    first: Table, second: Table, starts: NDArray[np.int64], labels: tuple[str, ...]
) -> tuple[tuple[str, float, float], ...]:
    """Return the bins that contribute most to the PSI, at most two, with their shares in percent before and now."""
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
