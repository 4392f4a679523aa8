"""Row conservation: every wire row of a partition ends in exactly one place, and what is stored says the same.

A build's account is the JSON document that its transform left: rows in, out of scope and quarantined by wire and
rule, rows out by table, which table each wire's rows end in. It is not believed: rows in are held to an independent
count of the wire, rows out to the stored tables, quarantined rows to the stored quarantine. A derived table, whose rows
are not those of a wire, is held value by value to the stored table that it is derived from. How much may be quarantined
is the policy's affair, in `contract`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import polars as pl

from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.verdict import Finding, Outcome

HELD_COLUMNS = ("wire", "source_file", "source_line", "rule", "row")
"""What a quarantined row is kept as: where it came from, the rule that held it back, its exact text."""

ByRule = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Account:
    """A build's account of its rows: by wire, by wire and rule, by table."""

    rows_in: Mapping[str, int]
    out_of_scope: ByRule
    quarantined: ByRule
    rows_out: Mapping[str, int]
    yields: Mapping[str, str]

    def in_scope(self, wire: str) -> int:
        """Count the rows of a wire that the partition had to take in or hold back."""
        return self.rows_in[wire] - sum(self.out_of_scope.get(wire, {}).values())

    def held(self, wire: str) -> int:
        """Count the rows of a wire that were held back."""
        return sum(self.quarantined.get(wire, {}).values())


def read_account(document: bytes) -> Account:
    """Read an account.

    Raises:
        ValueError: when it is not JSON, a part is missing, or a count is not a number of rows.
    """
    read = json.loads(document)
    if not isinstance(read, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - what is wrong is the document, not a caller's type
    return Account(
        rows_in=_counts(read, "rows_in"),
        out_of_scope=_by_rule(read, "out_of_scope"),
        quarantined=_by_rule(read, "quarantined"),
        rows_out=_counts(read, "rows_out"),
        yields={wire: str(table) for wire, table in _part(read, "yields").items()},
    )


def _part(read: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = read.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - the same
    return part


def _counts(read: Mapping[str, object], name: str) -> dict[str, int]:
    part = _part(read, name)
    if any(not isinstance(rows, int) or isinstance(rows, bool) or rows < 0 for rows in part.values()):
        raise ValueError(f"{name} holds what is not a number of rows")
    return cast("dict[str, int]", dict(part))


def _by_rule(read: Mapping[str, object], name: str) -> dict[str, dict[str, int]]:
    part = _part(read, name)
    return {wire: _counts(part, wire) for wire in part}


def judge(
    spec: Dataset,
    account: Account,
    tables: Mapping[str, pl.DataFrame],
    quarantine: pl.DataFrame,
    counted: Mapping[str, int],
) -> tuple[Finding, ...]:
    """Hold a build's account to the specification, to what is stored, and to a count of its wire rows.

    `quarantine` has HELD_COLUMNS; `counted` is wire -> the partition's rows, counted from the files by somebody who did
    not write the account. An account of no wire at all says nothing, so it is INCONCLUSIVE; but of a dataset that
    nothing is acquired for there is none, and its rows are not those of a wire.
    """
    if not account.rows_in and not spec.is_derived:
        return (Finding("conservation.rows_in", Outcome.INCONCLUSIVE, "the account names no wire"),)
    checks: tuple[tuple[str, Iterable[str], str], ...] = (
        ("named", _unnamed(spec, account), "every wire, table and rule is one that the specification names"),
        ("rows_in", _differ("rows in", account.rows_in, counted, "wire rows counted"), _given(account)),
        (
            "balance",
            () if spec.is_derived else _unbalanced(spec, account),
            "no rows are acquired" if spec.is_derived else "rows in are rows out, quarantined or out of scope",
        ),
        (
            "rows_out",
            _differ("rows out", account.rows_out, _heights(tables), "stored"),
            "stored tables hold the rows out",
        ),
        ("quarantined", _held_otherwise(account, quarantine), "stored quarantine holds the rows held back"),
    )
    if any(table.derived for table in spec.tables):
        checks += (("derived", _derived_otherwise(spec, tables), "derived tables hold each value of their sources"),)
    return tuple(_finding(name, list(problems), holds) for name, problems, holds in checks)


def _finding(name: str, problems: list[str], holds: str) -> Finding:
    outcome = Outcome.FAIL if problems else Outcome.PASS
    return Finding(f"conservation.{name}", outcome, "; ".join(problems) if problems else holds)


def _given(account: Account) -> str:
    if not account.rows_in:
        return "no wire, and none was counted"
    return "as many rows in as were counted: " + ", ".join(f"{wire} {rows}" for wire, rows in account.rows_in.items())


def _heights(tables: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    return {name: frame.height for name, frame in tables.items()}


def _unnamed(spec: Dataset, account: Account) -> Iterator[str]:
    wires, tables = {feed.wire for feed in spec.upstream.feeds}, {table.name for table in spec.tables}
    yield from (f"unknown wire {wire}" for wire in sorted({*account.rows_in, *account.yields} - wires))
    yield from (f"unknown table {table}" for table in sorted({*account.rows_out, *account.yields.values()} - tables))
    yield from (f"no rows out are given for {table}" for table in sorted(tables - {*account.rows_out}))
    for part, by_rule, named in (
        ("quarantine", account.quarantined, spec.quarantine),
        ("scope", account.out_of_scope, spec.scope),
    ):
        yield from (f"{part} of a wire without rows in: {wire}" for wire in sorted(set(by_rule) - set(account.rows_in)))
        rules = {rule for counts in by_rule.values() for rule in counts}
        yield from (f"unknown {part} rule {rule}" for rule in sorted(rules - set(named)))


def _differ(what: str, said: Mapping[str, int], found: Mapping[str, int], where: str) -> Iterator[str]:
    """Say where two counts differ; a name that only one of them has counts zero only where the other says so."""
    for name in sorted({*said, *found}):
        if said.get(name, 0) != found.get(name, 0):
            yield f"{name}: {said.get(name, 0)} {what}, {found.get(name, 0)} {where}"


def _unbalanced(spec: Dataset, account: Account) -> Iterator[str]:
    """Say which table's rows are more or fewer than what its wires gave it; several wires may end in one table.

    None ends in a derived table, whose rows are counted by their values instead.
    """
    due: Counter[str] = Counter()
    derived = {table.name for table in spec.tables if table.derived}
    yield from (f"{name} is derived, so no wire ends in it" for name in sorted(derived & {*account.yields.values()}))
    for wire in account.rows_in:
        if wire not in account.yields:
            yield f"{wire}: no table is named that its rows end in"
            continue
        due[account.yields[wire]] += account.in_scope(wire) - account.held(wire)
    for table in sorted({*due, *account.rows_out} - derived):
        if due[table] != account.rows_out.get(table, 0):
            wires = ", ".join(sorted(wire for wire, name in account.yields.items() if name == table)) or "no wire"
            yield f"{table}: {account.rows_out.get(table, 0)} rows out, but {wires} leaves {due[table]}"


def _derived_otherwise(spec: Dataset, tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Say where a stored derived table holds more or fewer values than the rows that it is derived from stand for."""
    for table in spec.tables:
        if table.derived is None:
            continue
        of, cells = tables[table.derived.table], tables[table.name]
        lacking = {table.derived.count} - {*of.columns} | {*table.derived.cells} - {*cells.columns}
        if lacking:
            yield f"{table.name}: there is no {', '.join(sorted(lacking))} to count by"
            continue
        due, found = of[table.derived.count].sum(), sum(cells[name].count() for name in table.derived.cells)
        if due != found:
            yield f"{table.name}: {found} values, but the rows of {table.derived.table} stand for {due}"


def _held_otherwise(account: Account, quarantine: pl.DataFrame) -> Iterator[str]:
    missing = [column for column in HELD_COLUMNS if column not in quarantine.columns]
    if missing:
        yield f"stored quarantine has no {', '.join(missing)}"
        return
    stored = {
        (str(wire), str(rule)): rows for wire, rule, rows in quarantine.group_by("wire", "rule").len().iter_rows()
    }
    said = {(wire, rule): rows for wire, counts in account.quarantined.items() for rule, rows in counts.items()}
    for wire, rule in sorted({*said, *stored}):
        one, other = said.get((wire, rule), 0), stored.get((wire, rule), 0)
        if one != other:
            yield f"{wire}, {rule}: {one} rows held back, {other} stored"
    if quarantine.select(pl.struct("wire", "source_file", "source_line").n_unique()).item() < quarantine.height:
        yield "a row is held back twice"
    if quarantine.filter(pl.any_horizontal(pl.col(HELD_COLUMNS).is_null())).height:
        yield "a row is held back without its source, its rule or its text"
