"""The gate `diff`: what a candidate changes in the live release stays within the policy's limits, or it is closed.

A revised partition is held against what readers have; a new one, of which there is nothing, against the partitions
around it in the same release. A build that readers had before comes back without being asked again: that is how a bad
revision is undone. A partition that was built anew with the same tables changes nothing for readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import NamedTuple

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome
from kfm_assets.gates.diff.content import value_weights
from kfm_assets.gates.diff.contributors import Explanation, stack
from kfm_assets.gates.diff.distance import Measure, Revised, measures
from kfm_assets.gates.diff.limits import PASS, Limits, limits, missing
from kfm_assets.gates.diff.pairs import Pair
from kfm_assets.gates.diff.profile import Profile
from kfm_assets.gates.diff.quantities import adds_up, quantities, share
from kfm_assets.gates.diff.report import Replaced
from kfm_assets.gates.evidence import Judgement, judged

ROWS = "rows"
_BORNE = "beyond a limit, which the policy bears of synthetic data"

Name = Callable[[str, str], str]
"""What people call a value of a column: (column, value) -> name, empty where it has none."""


def unnamed(column: str, value: str) -> str:
    """Know no name."""
    del column, value
    return ""


@dataclass(frozen=True, slots=True)
class DiffEvidence:
    """What the gate is given of a candidate.

    `replaced` are the partitions on which it differs from the live release, `pairs` their tables by name, of those that
    were added, removed and revised. `partitions` are all of the candidate's, sorted, and `profile` returns the figures
    of one. `returned` are those whose build (or absence) readers had before, `unfinished` those whose period goes on.
    """

    specification: Dataset
    subject: Digest
    replaced: Mapping[str, Replaced]
    pairs: Mapping[str, Sequence[Pair]]
    partitions: Sequence[str]
    profile: Callable[[str], Profile]
    origin: Origin = Origin.REAL
    returned: frozenset[str] = frozenset()
    unfinished: frozenset[str] = frozenset()
    name: Name = field(default=unnamed)


class Found(NamedTuple):
    """What the gate says, and the partitions that close it."""

    judgement: Judgement
    closing: frozenset[str]


def diff(evidence: DiffEvidence, policy: Policy) -> Found:
    """Judge what a candidate changes.

    The findings name each partition that is beyond a limit, the limit, and what most of the excess comes from; and of
    each check that holds the partition that came closest to it.
    """
    absent = missing(policy.thresholds)
    if absent:
        finding = Finding("policy", Outcome.INCONCLUSIVE, f"the policy has no limit for {', '.join(absent)}")
        return Found(judged(Gate.DIFF, evidence.subject, policy, [finding]), frozenset(evidence.replaced))
    case = _Case(evidence, limits(policy.thresholds))
    found = list(case.measures())
    beyond = [one for one in found if one.exceeds]
    findings = [*(_finding(one, evidence.name) for one in beyond), *case.removals()]
    closing = {one.partition for one in beyond} | set(case.removed())
    if evidence.origin is Origin.SYNTHETIC and case.limits.synthetic == PASS:
        findings = [replace(one, outcome=Outcome.PASS, message=f"{_BORNE}: {one.message}") for one in findings]
        closing = set()
    findings += [*_held(found), *case.remarks()]
    more: dict[str, Json] = {"closing": sorted(closing), "measures": [_told(one) for one in _closest(found)]}
    return Found(judged(Gate.DIFF, evidence.subject, policy, findings, more), frozenset(closing))


@dataclass(frozen=True, slots=True)
class _Case:
    evidence: DiffEvidence
    limits: Limits

    def measures(self) -> Iterator[Measure]:
        """Yield what is measured on each partition that is revised or new."""
        spec = self.evidence.specification
        for table in spec.tables:
            for pair in self.evidence.pairs.get(table.name, ()):
                if pair.partition in self.evidence.returned:
                    continue
                if pair.rows is not None:
                    unfinished = pair.partition in self.evidence.unfinished
                    usual = self._usual(table.name, pair.partition)
                    yield from measures(Revised(spec, table, pair, pair.rows, self.limits, usual, unfinished))
                elif self._kind(pair.partition) == "added":
                    yield from self._new(table.name, pair)

    def removed(self) -> list[str]:
        """Return the partitions that are gone, and that readers never were without."""
        gone = [name for name, one in self.evidence.replaced.items() if one.kind == "removed"]
        return [name for name in gone if name not in self.evidence.returned]

    def removals(self) -> Iterator[Finding]:
        """Yield a finding for each of them."""
        for name in self.removed():
            yield Finding("partition_removed", Outcome.FAIL, f"{name}: the whole partition is gone")

    def remarks(self) -> Iterator[Finding]:
        """Yield what was not measured, and why that is no reason to close."""
        replaced = self.evidence.replaced
        if self.evidence.returned:
            yield Finding("returned", Outcome.PASS, f"{_list(self.evidence.returned)}: as readers had it before")
        rebuilt = [name for name, one in replaced.items() if one.kind == "rebuilt"]
        if rebuilt:
            yield Finding("rebuilt", Outcome.PASS, f"{_list(rebuilt)}: built anew, with the same tables")
        alone = [
            name
            for name, one in replaced.items()
            if one.kind == "added" and len(self._window(name)) < self.limits.window_least
        ]
        if alone:
            said = f"{_list(alone)}: fewer than {self.limits.window_least} partitions to compare a new one with"
            yield Finding("window", Outcome.PASS, f"{said}, which the policy bears")
        if not replaced:
            yield Finding("changes", Outcome.INCONCLUSIVE, "no partition is changed, so there is nothing to judge")

    def _kind(self, partition: str) -> str:
        return self.evidence.replaced[partition].kind

    def _window(self, partition: str) -> list[str]:
        """Return the partitions before one, the nearest first, and where they are too few those after it."""
        most = int(self.limits.window_most)
        names = self.evidence.partitions
        before = [name for name in names if name < partition][::-1]
        return [*before, *(name for name in names if name > partition)][:most]

    def _usual(self, table: str, partition: str) -> Callable[[str], float]:
        def usual(column: str) -> float:
            totals = self._totals(table, column, self._window(partition))
            return median(totals) if totals else 0.0

        return usual

    def _totals(self, table: str, column: str, partitions: Iterable[str]) -> list[float]:
        return [_total(self.evidence.profile(name), table, column) for name in partitions]

    def _new(self, table: str, pair: Pair) -> Iterator[Measure]:
        """Measure a new partition's totals, in times the largest around it; nothing is said of one that is all zero."""
        window = self._window(pair.partition)
        if len(window) < self.limits.window_least:
            return
        spec = self.evidence.specification
        named = [
            one.name for one in quantities(spec, spec.table(table)) if one.name in self.limits.totals and adds_up(one)
        ]
        mine = self.evidence.profile(pair.partition)
        for column in [ROWS, *named]:
            largest, total = max(self._totals(table, column, window)), _total(mine, table, column)
            if largest > 0:
                said = f"the sum of {column} is {total:.6g}, and at most {largest:.6g} in {_span(window)}"
                if column == ROWS:
                    said = f"{total:.0f} rows, and at most {largest:.0f} in {_span(window)}"
                yield Measure(
                    "new_total",
                    table,
                    pair.partition,
                    total / largest,
                    self.limits.total_most_times,
                    "times",
                    said,
                    self._by_value(table, pair, column),
                )

    def _by_value(self, table: str, pair: Pair, column: str) -> Callable[[], Explanation | None]:
        def explain() -> Explanation | None:
            if column == ROWS:
                return None
            spec = self.evidence.specification
            rows = stack(spec, spec.table(table), [pair], [column])
            return rows.explain(value_weights(rows, column))

        return explain


def _total(profile: Profile, table: str, column: str) -> float:
    if column == ROWS:
        return float(profile.rows.get(table, 0))
    return profile.totals.get(table, {}).get(column, 0.0)


# --- what is said -----------------------------------------------------------------------------------------------------


def _finding(one: Measure, name: Name) -> Finding:
    amount = f"{one.amount:.4g} {one.unit}" if one.amount != float("inf") else "from nothing"
    said = f"{one.partition}, {one.table}: {one.said} ({amount}; at most {one.most} {one.unit})"
    return Finding(one.check, Outcome.FAIL, said + _because(one.explain(), name))


def _because(found: Explanation | None, name: Name) -> str:
    """Say what most of an excess comes from; empty where no group stands out."""
    if found is None or not found.groups:
        return ""
    return f"; {share(found.together, 1)} % of that is {_where(found, name)}"


def _where(found: Explanation, name: Name) -> str:
    told = []
    for group in found.groups:
        called = name(group.column, group.value)
        value = "".join(sign if sign.isprintable() else "?" for sign in group.value)
        told.append(f"{group.column} {value}" + (f" ({called})" if called else ""))
    return ", ".join(told)


def _closest(found: Iterable[Measure]) -> list[Measure]:
    """Return of each check the measure that came closest to its limit, or is farthest beyond it."""
    most: dict[str, Measure] = {}
    for one in found:
        if one.check not in most or _used(one) > _used(most[one.check]):
            most[one.check] = one
    return list(most.values())


def _used(one: Measure) -> float:
    return one.amount / float(one.most) if one.most else (float("inf") if one.amount else 0.0)


def _held(found: Sequence[Measure]) -> Iterator[Finding]:
    for one in _closest(found):
        if not one.exceeds:
            said = (
                f"at most {one.most} {one.unit}; the most is {one.amount:.4g} {one.unit} ({one.partition}, {one.table})"
            )
            yield Finding(one.check, Outcome.PASS, said)


def _told(one: Measure) -> dict[str, Json]:
    return {
        "check": one.check,
        "table": one.table,
        "partition": one.partition,
        "amount": f"{one.amount:.6g}",
        "most": str(one.most),
        "unit": one.unit,
    }


def _list(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found) if len(found) <= 3 else f"{found[0]} to {found[-1]} ({len(found)})"  # noqa: PLR2004 - fits


def _span(names: Sequence[str]) -> str:
    return f"the {len(names)} partitions {min(names)} to {max(names)}"
