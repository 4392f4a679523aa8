"""What was found, told: findings of one line that a person understands, and a report with every number as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.verdict import Finding, Outcome
from kfm_assets.gates.drift.comparing import Against, Compared
from kfm_assets.gates.drift.judging import FEW, NO_BASELINE, History, Judged
from kfm_assets.gates.drift.rates import Rate

_SHOWN = 6
"""How many names a line lists before it counts."""


def findings(history: History, judged: Sequence[Judged]) -> Iterator[Finding]:
    """Yield a finding for each thing that closes the gate, and one for each sort of thing that does not."""
    for one in judged:
        for name, column in one.columns.items():
            if column.outcome is not Outcome.PASS:
                yield Finding(f"drift.{name}", column.outcome, f"{one.partition}: {name}: {_column(history, column)}")
        for rate in one.rates:
            if rate.outcome is not Outcome.PASS:
                yield Finding("drift.rows", rate.outcome, f"{one.partition}: {_rate(history, rate)}")
    yield Finding("drift.compared", Outcome.PASS, _compared(history, judged))
    yield from _stood_in(judged)
    yield from _practices(judged)


def _column(history: History, column: Compared) -> str:
    if column.reason == NO_BASELINE:
        return f"{column.rows} rows, and nothing before it to compare them with"
    if column.reason == FEW and column.near is None:
        return f"{column.rows} rows are too few to compare"
    if column.reason == FEW:
        return f"{column.rows} rows would not show a PSI below {column.detectable:.2f}"
    against = column.long if column.reason == "long" else column.near
    gradual = " (gradually: the years just before it do not show it)" if column.reason == "long" else ""
    return f"{_psi(history, against)}{gradual}; most of it from {_most(column)}" if against else ""


def _psi(history: History, against: Against) -> str:
    told = f"PSI {against.psi:.2f}{_ends(against)} against {_window(history, against.partitions)}"
    if against.beyond:
        return f"{told}, more than {against.limit:.2f}"
    chance = ", and chance may account for what is over it" if against.low is not None else ""
    return f"{told}, where {against.limit:.2f} is borne{chance}"


def _ends(against: Against) -> str:
    return "" if against.low is None else f" [{against.low:.2f}, {against.high:.2f}]"


def _most(column: Compared) -> str:
    return ", ".join(f"{bins}: {now:.0f} % of rows, before {before:.0f} %" for bins, before, now in column.most[:1])


def _rate(history: History, rate: Rate) -> str:
    usual = f"{rate.usual:.0f} are usual ({_window(history, rate.partitions)}), {rate.low:.0f} to {rate.high:.0f} borne"
    return f"{rate.rows} rows in {rate.of}; {usual}"


def _window(history: History, places: Sequence[int]) -> str:
    names = [history.names[place] for place in places]
    if len(names) > 1 and places[-1] - places[0] == len(places) - 1:
        return f"{names[0]}–{names[-1]}"  # noqa: RUF001 - a span of years, for people
    return _listed(names)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _compared(history: History, judged: Sequence[Judged]) -> str:
    found = [
        (
            (column.near.psi if column.near.low is None else column.near.low) / column.near.limit,
            one.partition,
            name,
            column,
        )
        for one in judged
        for name, column in one.columns.items()
        if column.near and column.near.limit
    ]
    partitions = len({partition for _, partition, _, _ in found})
    told = f"{len(found)} distributions of {partitions} of {len(judged)} partitions were compared"
    passing = [one for one in found if one[3].outcome is Outcome.PASS]
    if not passing:
        return told
    _, partition, name, column = max(passing, key=lambda one: one[0])
    near = f"; nearest to its limit is {partition}: {name}: "
    return told + near + (_psi(history, column.near) if column.near else "")


def _stood_in(judged: Sequence[Judged]) -> Iterator[Finding]:
    """Say where the policy lets something stand in for a comparison."""
    for reason, check, told in (
        (NO_BASELINE, "drift.bootstrap", "the policy takes what has nothing before it to be compared with as it is"),
        (FEW, "drift.few_rows", "what has too few rows to tell is taken as it is"),
    ):
        found: dict[str, list[str]] = {}
        for one in judged:
            for name, column in one.columns.items():
                if column.reason == reason and column.outcome is Outcome.PASS:
                    found.setdefault(name, []).append(one.partition)
        by_partitions: dict[tuple[str, ...], list[str]] = {}
        for name, partitions in found.items():
            by_partitions.setdefault(tuple(partitions), []).append(name)
        parts = [f"{', '.join(names)} of {_listed(partitions)}" for partitions, names in by_partitions.items()]
        if parts:
            yield Finding(check, Outcome.PASS, f"{told}: {'; '.join(parts)}")


def _practices(judged: Sequence[Judged]) -> Iterator[Finding]:
    """Name the declared changes of practice that cut the past of some partition short."""
    named = {practice for one in judged for practice in one.practices.values()}
    for practice in sorted(named, key=lambda one: (one.since, one.columns)):
        told = f"{', '.join(practice.columns)}: compared only since {practice.since}, because {practice.why}"
        yield Finding("drift.practice", Outcome.PASS, f"{told} ({practice.source})")


def report(history: History, judged: Sequence[Judged]) -> dict[str, Json]:
    """Return every number of what was found, by partition; numbers that are not whole are decimal text."""
    return {one.partition: _judged(history, one) for one in judged}


def _judged(history: History, one: Judged) -> Json:
    return {
        "columns": {name: _reported(history, column) for name, column in one.columns.items()},
        "rows": [_rated(history, rate) for rate in one.rates],
        "practices": {name: practice.since for name, practice in one.practices.items()},
    }


def _reported(history: History, column: Compared) -> Json:
    told: dict[str, Json] = {"outcome": column.outcome.value, "reason": column.reason, "rows": column.rows}
    if column.near is None or column.level is None:
        return told
    return told | {
        "level": column.level.value,
        "groups": column.groups,
        "variation": _text(column.variation),
        "detectable": _text(column.detectable),
        "near": _against(history, column.near),
        "long": _against(history, column.long) if column.long else None,
        "most": [[bins, _text(before), _text(now)] for bins, before, now in column.most],
    }


def _against(history: History, against: Against) -> Mapping[str, Json]:
    names = [history.names[place] for place in against.partitions]
    return {
        "first": names[0],
        "last": names[-1],
        "partitions": len(names),
        "rows": against.rows,
        "psi": _text(against.psi),
        "limit": _text(against.limit),
        "low": _text(against.low),
        "high": _text(against.high),
        "measures": {name: _text(value) for name, value in against.measures.items()},
    }


def _rated(history: History, rate: Rate) -> Json:
    return {
        "outcome": rate.outcome.value,
        "of": rate.of,
        "rows": rate.rows,
        "usual": _text(rate.usual),
        "low": _text(rate.low),
        "high": _text(rate.high),
        "against": _window(history, rate.partitions),
    }


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
