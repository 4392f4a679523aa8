"""How far two tables of counts over the same frozen bins are apart: PSI, KL, JS, KS, Kuiper, Wasserstein.

Each works on counts alone: a bin for missing values, for exact zeros, for unseen categories or for the tails is a bin
like another, and an outlier falls into a tail, however far out it lies. Counts of partitions add up, so the measure of
a whole is that of the sum. Which bins there are is decided where they are frozen; how much of a number may be chance is
`intervals`'s, and nothing here passes or fails.

`reference` and `candidate` are whole numbers of rows, at least zero, of shape (bins,), both of one length, and neither
without rows: otherwise ValueError. Bins that neither has count for nothing, if the smoothing is ours.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kfm_assets.gates.drift.smoothing import DEFAULT, UNSMOOTHED, Counts, Shares, Smoothing, shares

Floats = NDArray[np.float64]

LEAST_SPREAD = 0.001


@unique
class Measure(StrEnum):
    """The measures by name."""

    PSI = "psi"
    KL = "kl"
    JS = "js"
    KS = "ks"
    KUIPER = "kuiper"
    WASSERSTEIN = "wasserstein"


def psi(reference: ArrayLike, candidate: ArrayLike, smoothing: Smoothing = DEFAULT) -> float:
    """Return the population stability index, sum of (q - p) ln(q / p), p the reference's shares, q the candidate's.

    Symmetric, 0 for equal shares, in nats: the sum of KL in both directions. It is the divergence J of Jeffreys
    (1946), the index that credit scoring knows by its rules of thumb 0.1 and 0.25 (Siddiqi, 2006, "Credit Risk
    Scorecards"; Yurdakul, 2018, "Statistical Properties of Population Stability Index",
    https://scholarworks.wmich.edu/dissertations/3208). Infinite where one side lacks a bin and nothing is smoothed.
    """
    return float(measured(Measure.PSI, *checked(reference, candidate), smoothing=smoothing))


def kl(reference: ArrayLike, candidate: ArrayLike, smoothing: Smoothing = DEFAULT) -> float:
    """Return the Kullback-Leibler divergence of the candidate FROM the reference, sum of q ln(q / p), in nats.

    That is KL(candidate || reference), the information by which the candidate's rows tell that they are not the
    reference's (Kullback and Leibler, 1951, "On information and sufficiency"). Not symmetric: the other direction is
    `kl(candidate, reference)`, which is what Evidently reports. Infinite where the reference lacks a bin that the
    candidate has and nothing is smoothed.
    """
    return float(measured(Measure.KL, *checked(reference, candidate), smoothing=smoothing))


def js(
    reference: ArrayLike,
    candidate: ArrayLike,
    smoothing: Smoothing = UNSMOOTHED,
    *,
    base: float = 2.0,
    distance: bool = True,
) -> float:
    """Return the Jensen-Shannon distance, or its square the divergence: the mean KL of each side from their midpoint.

    With m = (p + q) / 2 the divergence is (KL(p || m) + KL(q || m)) / 2 (Lin, 1991, "Divergence measures based on the
    Shannon entropy"); its root is a metric (Endres and Schindelin, 2003). With base 2 both lie in [0, 1]; with base e
    they are in nats and roots of nats. Finite without smoothing, hence none by default. `scipy.spatial.distance.
    jensenshannon` is the distance, by default of base e, which Evidently takes; NannyML takes base 2.
    """
    divergence = float(measured(Measure.JS, *checked(reference, candidate), smoothing=smoothing)) / np.log(base)
    return float(np.sqrt(divergence)) if distance else float(divergence)


def ks(reference: ArrayLike, candidate: ArrayLike) -> float:
    """Return the Kolmogorov-Smirnov statistic, the greatest difference of the two cumulated shares, in [0, 1].

    The bins must stand in an order (a bin without a place, such as missing, may stand at either end). Of binned counts
    it is a lower bound of the statistic of the values, because the difference is looked at on the edges alone; it is
    that statistic exactly if each value that occurs has a bin of its own (Smirnov, 1939; Massey, 1951, "The
    Kolmogorov-Smirnov test for goodness of fit"). No p-value: with enough rows every difference is significant.
    """
    return float(measured(Measure.KS, *checked(reference, candidate)))


def kuiper(reference: ArrayLike, candidate: ArrayLike) -> float:
    """Return Kuiper's statistic, the greatest difference of the cumulated shares each way, added up; in [0, 1].

    The Kolmogorov-Smirnov statistic of a circle: it does not depend on the bin at which the circle is cut open (Kuiper,
    1960, "Tests concerning random points on a circle"). Of binned counts a lower bound, as with `ks`.
    """
    return float(measured(Measure.KUIPER, *checked(reference, candidate)))


def wasserstein(
    reference: ArrayLike, candidate: ArrayLike, at: ArrayLike, *, period: float | None = None, scaled: bool = False
) -> float:
    """Return the first Wasserstein distance (earth mover's): the mean way by which one side's rows become the other's.

    The integral of the difference of the cumulated shares over position (Vallender, 1974, "Calculation of the
    Wasserstein distance between probability distributions on the line"), in the unit of `at`, the bins' positions in
    ascending order, shape (bins,), finite: representative values such as the reference's medians, frozen with the bins,
    so that an outlier counts as its bin and no further. With `period`, positions lie on a circle of that length (360
    for a direction in degrees, 366 for a day of the year) within one turn, and rows go the shorter way round (Werman,
    Peleg and Rosenfeld, 1985; Rabin, Delon and Gousseau, 2011, "Transportation distances on the circle"). `scaled`
    divides by the standard deviation of the reference's positions, at least 0.001, as Evidently does; it then has no
    unit, and means nothing on a circle. ValueError for positions that do not ascend strictly or span a turn or more.
    """
    first, second = checked(reference, candidate)
    places = positions(at, first.size, period)
    return float(measured(Measure.WASSERSTEIN, first, second, at=places, period=period, scaled=scaled))


def cramers_v(reference: ArrayLike, candidate: ArrayLike) -> float:
    """Return Cramer's V of the table of 2 sides by bins, corrected for bias; in [0, 1].

    sqrt(phi / min(rows - 1, columns - 1)), phi being chi-square over n (Cramer, 1946, "Mathematical Methods of
    Statistics"), with the corrections of Bergsma (2013, "A bias-correction for Cramer's V and Tschuprow's T"), as
    deepchecks has it. The sides' sizes count: V of the same shares falls where the sides are of unequal size.
    """
    first, second = checked(reference, candidate)
    table = np.stack([first, second])[:, (first + second) > 0].astype(float)
    n, columns = table.sum(), table.shape[1]
    expected = table.sum(1, keepdims=True) * table.sum(0) / n
    phi = float(((table - expected) ** 2 / expected).sum() / n)
    if columns == 1:
        return 0.0
    corrected = max(0.0, phi - (columns - 1) / (n - 1))
    sides, bins = 2 - 1 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(np.sqrt(corrected / min(sides - 1, bins - 1)))


def measured(
    measure: Measure,
    reference: NDArray[Any],
    candidate: NDArray[Any],
    *,
    smoothing: Smoothing = DEFAULT,
    at: Floats | None = None,
    period: float | None = None,
    scaled: bool = False,
) -> Floats:
    """Return a measure of many tables at once: counts of shape (..., bins), result of shape (...).

    JS comes as the divergence in nats. The named functions check what they are given; this one does not.
    """
    match measure:
        case Measure.PSI:
            p, q = shares(reference, candidate, smoothing)
            return _relative(p, q) + _relative(q, p)
        case Measure.KL:
            p, q = shares(reference, candidate, smoothing)
            return _relative(q, p)
        case Measure.JS:
            p, q = shares(reference, candidate, smoothing)
            middle = (p + q) / 2
            return np.maximum((_relative(p, middle) + _relative(q, middle)) / 2, 0.0)
    p, q = shares(reference, candidate, UNSMOOTHED)
    gaps = np.cumsum(q - p, axis=-1)
    match measure:
        case Measure.KS:
            return np.asarray(np.abs(gaps).max(axis=-1))
        case Measure.KUIPER:
            return np.asarray(np.maximum(gaps.max(axis=-1), 0) - np.minimum(gaps.min(axis=-1), 0))
        case Measure.WASSERSTEIN:
            if at is None:
                raise ValueError("wasserstein needs the bins' positions")
            return _moved(gaps, at, period) / (_spread(p, at) if scaled else 1.0)
    raise AssertionError(measure)


def _relative(p: Shares, q: Shares) -> Floats:
    """Return the sum of p ln(p / q), of which a bin without p is no part: 0 ln 0 is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = p * np.log(p / q)
    return np.asarray(np.where(p > 0, terms, 0.0).sum(axis=-1))


def _moved(gaps: Floats, at: Floats, period: float | None) -> Floats:
    """Return the integral of the gaps' size; on a circle, after taking the flow round it that makes this least."""
    widths = np.diff(at)
    if period is None:
        return np.asarray(np.abs(gaps[..., :-1]) @ widths)
    widths = np.append(widths, period - at[-1] + at[0])
    order = np.argsort(gaps, axis=-1)
    passed = np.cumsum(widths[order], axis=-1)
    middle = np.argmax(passed >= period / 2, axis=-1)[..., None]
    flow = np.take_along_axis(gaps, np.take_along_axis(order, middle, axis=-1), axis=-1)
    return np.asarray(np.abs(gaps - flow) @ widths)


def _spread(p: Shares, at: Floats) -> Floats:
    mean = (p @ at)[..., None]
    return np.asarray(np.maximum(np.sqrt((p * (at - mean) ** 2).sum(axis=-1)), LEAST_SPREAD))


def checked(reference: ArrayLike, candidate: ArrayLike) -> tuple[Counts, Counts]:
    """Return both sides' counts as the measures want them, or raise a ValueError that says what is wrong."""
    first, second = np.asarray(reference), np.asarray(candidate)
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise ValueError(f"counts must be two rows of the same bins, not of shapes {first.shape} and {second.shape}")
    for name, counts in (("reference", first), ("candidate", second)):
        if counts.dtype.kind not in "iu":
            raise ValueError(f"counts of the {name} are not whole numbers but {counts.dtype}")
        if counts.min() < 0:
            raise ValueError(f"counts of the {name} are negative")
        if not counts.any():
            raise ValueError(f"the {name} has no rows")
    return first.astype(np.int64), second.astype(np.int64)


def positions(at: ArrayLike, bins: int, period: float | None) -> Floats:
    """Return the bins' positions as `wasserstein` wants them, or raise a ValueError that says what is wrong."""
    places = np.asarray(at, dtype=np.float64)
    if places.shape != (bins,) or not np.isfinite(places).all() or (np.diff(places) <= 0).any():
        raise ValueError(f"positions must be {bins} finite numbers that ascend")
    if period is not None and not places[-1] - places[0] < period:
        raise ValueError(f"positions span a turn of {period}")
    return places
