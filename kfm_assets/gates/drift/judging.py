"""One partition judged: each drift column and the number of rows, against what came before under the same practice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kfm_assets.domain.dataset import Dataset, Grain
from kfm_assets.domain.drift import ROWS, Drift, DriftColumn, Part, Practice
from kfm_assets.domain.period import span
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.drift.bins import Bins, ColumnBins
from kfm_assets.gates.drift.comparing import Compared, compare
from kfm_assets.gates.drift.counting import Counts, Table
from kfm_assets.gates.drift.limits import Limits, Stand
from kfm_assets.gates.drift.rates import Rate, rate
from kfm_assets.gates.drift.reference import choose

NO_BASELINE, FEW = "bootstrap", "few"
"""Why a column is not compared: nothing to compare it with, too few rows."""

_ALL_MONTHS = 12


@dataclass(frozen=True)
class Judged:
    """What was found of a partition: its columns, its rows, and the practices that cut its past short."""

    partition: str
    columns: Mapping[str, Compared]
    rates: tuple[Rate, ...]
    practices: Mapping[str, Practice]


@dataclass(frozen=True)
class History:
    """All partitions of a release in their order, with their counts."""

    specification: Dataset
    bins: Bins
    counts: Sequence[Counts]
    limits: Limits
    now: datetime

    @cached_property
    def names(self) -> list[str]:
        """The partitions."""
        return [one.partition for one in self.counts]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Rows by partition and month."""
        return np.stack([one.rows for one in self.counts])

    @cached_property
    def stacks(self) -> Mapping[str, Table]:
        """Counts by column: shape (partitions, STRATA, bins)."""
        whole, begins = np.stack([one.whole for one in self.counts]), self._begins
        ends = [*begins[1:], whole.shape[2]]
        parts = zip(self.bins.columns, begins, ends, strict=True)
        return {column.name: whole[:, :, begin:end] for column, begin, end in parts}

    @cached_property
    def each(self) -> Mapping[str, NDArray[np.int64]]:
        """Rows that a column looks at, by partition and month."""
        return {name: stack.sum(axis=-1) for name, stack in self.stacks.items()}

    @property
    def _begins(self) -> list[int]:
        """Where each column's bins begin among all of them."""
        widths = [len(column.labels) for column in self.bins.columns]
        return [sum(widths[:place]) for place in range(len(widths))]

    @property
    def monthly(self) -> bool:
        """Whether a partition is of one month."""
        return self.specification.partitions.grain is Grain.MONTH

    @property
    def watched(self) -> Drift:
        """The declaration; without one there are no bins, and so no history."""
        return self.specification.drift or Drift(())

    def judge(self, partition: str) -> Judged:
        """Judge one partition by those before it."""
        place = self.names.index(partition)
        cut = {one.name: one for one in self.bins.columns}
        begun = self._begun(place)
        columns = {column.name: self._column(place, column, cut[column.name], begun) for column in self.watched.columns}
        practices = {name: found for name in (*columns, ROWS) if (found := practice(self.watched, name, partition))}
        return Judged(partition, columns, self._rates(place, begun), practices)

    def _column(self, place: int, column: DriftColumn, bins: ColumnBins, begun: int) -> Compared:
        stack, each = self.stacks[column.name], self.each[column.name]
        if column.part is Part.MONTH and begun < _ALL_MONTHS:
            stack = stack.copy()
            stack[:, begun + 1 :] = 0
            each = stack.sum(axis=-1)
        rows, limits = int(each[place].sum()), self.limits
        monthly = self.monthly and column.seasonal
        first = self._first(column.name, place)
        if rows < limits.drift_rows_least and int(each[first:place].sum()) >= limits.drift_reference_rows_least:
            return Compared(Outcome.PASS if column.partial else _stand(limits.drift_few_rows), FEW, rows)
        reference = choose(each, place, first, limits, seasonal=column.seasonal, monthly=monthly)
        if reference is None:
            return Compared(_stand(limits.drift_bootstrap), NO_BASELINE, rows)
        return compare(stack, place, reference, (column, bins), limits)

    def _rates(self, place: int, begun: int) -> tuple[Rate, ...]:
        if not begun:
            return ()
        first, each = self._first(ROWS, place), self.watched.regular and not self.monthly
        return rate(self.rows, place, first, self.limits, monthly=self.monthly, each=each, begun=begun)

    def _first(self, column: str, place: int) -> int:
        """Return the first partition that is comparable: after the last change of practice that is not after it."""
        found = practice(self.watched, column, self.names[place])
        return bisect_left(self.names, found.since) if found else 0

    def _begun(self, place: int) -> int:
        """Return how many months of a partition's year can be looked at as whole ones; 0 for a month that is not over.

        The last partition may end where its upstream stopped writing: its last month with rows may be a part of one,
        and the months after it are not missing.
        """
        period = span(self.specification, self.names[place])
        if period is None or self.specification.partitions.grain is Grain.STATIC:
            return _ALL_MONTHS
        if self.monthly:
            return _ALL_MONTHS if period[1] < self.now else 0
        there = np.flatnonzero(self.rows[place])
        last = int(there[-1]) if there.size else 0
        if place < len(self.names) - 1 or last == _ALL_MONTHS:
            return _ALL_MONTHS
        return max(0, last - 1)


def practice(watched: Drift, column: str, partition: str) -> Practice | None:
    """Return the last declared change of practice that bears on a column and is not after a partition."""
    past = [one for one in watched.practices if column in one.columns and one.since <= partition]
    return max(past, key=lambda one: one.since, default=None)


def outcomes(judged: Judged) -> list[Outcome]:
    """Return all that was found of a partition."""
    return [*(one.outcome for one in judged.columns.values()), *(one.outcome for one in judged.rates)]


def _stand(stand: Stand) -> Outcome:
    return Outcome.PASS if stand is Stand.PASS else Outcome.INCONCLUSIVE
