"""What `kfm policy explain` says: what each gate asks, what closes it, and how it stands on what is live and waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.domain.verdict import Gate

if TYPE_CHECKING:
    from kfm_assets.adapters.policies.listing import Entry
    from kfm_assets.domain.policy import Policy
    from kfm_assets.engine.standing import Placed
    from kfm_assets.ports import System

ASKS: Mapping[Gate, str] = {
    Gate.IDENTITY: "ids are recomputed from content; inputs and artifacts are named and in their places",
    Gate.RIGHTS: "licence, publisher and terms are stated; the snapshot of the terms is kept",
    Gate.SENSITIVITY: "the label may be published; each obligation is verified on the stored tables",
    Gate.CATALOGS: "STAC, DCAT and PROV validate; links and references resolve; extents are recomputed",
    Gate.QUALITY: "schema and rules hold; no row is lost; no more are held back than the policy bears",
    Gate.RECEIPT: "the run receipt is complete and of this release; its inputs and outputs are kept",
    Gate.MANIFEST: "the promotion manifest is complete and of this release; its artifacts are kept",
    Gate.DRIFT: "values are distributed as in the reference, or somebody has said why not",
    Gate.DIFF: "what changes in the stable release stays within limits",
    Gate.MODEL: "a model predicts no worse than the live one, and for the same reasons",
    Gate.APPROVAL: "a person has accepted, by name and with a reason, what another gate could not pass",
}
"""What each gate asks, in a line."""

_MOST_NAMES = 6
_MOST_REASONS = 12


def standing(system: System | None, dataset: str) -> list[Placed] | None:
    """Return how each gate stands on what is live and what waits; None where there is no home to look at."""
    from kfm_assets.engine.standing import everything

    return None if system is None else everything(system, dataset)


def as_json(policy: Policy, entries: list[Entry], placed: list[Placed] | None) -> None:
    """Print a line for each gate, and one for each gate on each build and release."""
    for kind, gate in _gates(policy):
        printing.json_line(
            {
                "kind": "gate",
                "dataset": policy.dataset,
                "policy": policy.digest,
                "gate": gate,
                "judges": kind,
                "asks": ASKS[gate],
                "closes_on": _closing(entries, gate),
                "may_be_accepted": policy.approvals.get(gate.value, ()),
            }
        )
    for one in placed or ():
        verdict, decision = one.standing.verdict, one.standing.decision
        printing.json_line(
            {
                "kind": "standing",
                "dataset": policy.dataset,
                "policy": policy.digest,
                "gate": one.standing.gate,
                "subject": one.standing.subject,
                "judges": one.kind,
                "name": one.name,
                "where": one.where,
                "open": decision.opens,
                "outcome": verdict.outcome if verdict else None,
                "at": verdict.at if verdict else None,
                "reasons": decision.reasons,
                "accepted": decision.accepted,
                "acceptable": bool(decision.acceptable),
            }
        )


def tell(policy: Policy, entries: list[Entry], placed: list[Placed] | None) -> None:
    """Print the gates, how many builds and releases each is open for, and what is closed and why."""
    rows = [(gate.value, kind, ASKS[gate], "; ".join(_closing(entries, gate))) for kind, gate in _gates(policy)]
    printing.table(("GATE", "JUDGES", "ASKS", "CLOSES ON"), rows, title=f"{policy.dataset} under policy {policy.name}")
    click.echo()
    if not placed:
        what = "There is no home to look at" if placed is None else f"Nothing of {policy.dataset} is live or waits"
        printing.paragraph(f"{what}, so no gate stands anywhere. `kfm run {policy.dataset}` publishes it.")
        return
    printing.table(("GATE", "ON", ">OPEN", ">CLOSED"), _counts(policy, placed), title="How they stand today")
    click.echo()
    lines = [*_closed(placed), *_accepted(placed)]
    for line in lines[:_MOST_REASONS]:
        printing.paragraph(line)
    if len(lines) > _MOST_REASONS:
        printing.paragraph(f"And {len(lines) - _MOST_REASONS} more; --json has all.")
    if any(one.where == "live" and not one.standing.decision.opens for one in placed):
        printing.paragraph("What is live stays live whatever a gate says of it today; only a rollback takes it back.")
    if not lines:
        printing.paragraph("Every gate is open.")


def _gates(policy: Policy) -> list[tuple[str, Gate]]:
    return [("build", gate) for gate in policy.build_gates] + [("release", gate) for gate in policy.release_gates]


def _closing(entries: Iterable[Entry], gate: Gate) -> list[str]:
    """Return what closes a gate, a threshold or an age each, in words."""
    words = ["what of that does not hold"]
    words += [_limit(one) for one in entries if one.part == "thresholds" and one.gate == gate.value]
    for one in entries:
        if one.gate == gate.value and one.part == "most_days":
            words.append(f"a verdict older than {one.value} {one.unit}")
        if one.gate == gate.value and one.part == "approvals" and one.value:
            words.append(f"unless a person accepts {one.value.replace(' ', ' or ')}")
    return words


def _limit(entry: Entry) -> str:
    """Return a threshold in words: by its name it is the most, the least, or a thing by itself."""
    parts, said = entry.name.split("_"), f"{entry.value} {entry.unit} ({entry.name})"
    if "most" in parts:
        return f"more than {said}"
    if "least" in parts:
        return f"less than {said}"
    return f"{entry.name}: {entry.value or 'none'} ({entry.unit})"


def _counts(policy: Policy, placed: Iterable[Placed]) -> list[tuple[str, str, int, int]]:
    counts: dict[tuple[str, str], list[int]] = {}
    for one in placed:
        on = f"{one.kind}s that are live" if one.where == "live" else f"{one.kind}s that wait"
        counts.setdefault((one.standing.gate.value, on), [0, 0])[not one.standing.decision.opens] += 1
    order = [gate.value for _, gate in _gates(policy)]
    found = sorted(counts.items(), key=lambda item: order.index(item[0][0]))
    return [(gate, on, opened, closed) for (gate, on), (opened, closed) in found]


def _closed(placed: Iterable[Placed]) -> list[str]:
    """Return a line for each reason for which gates are closed, with what they are closed for."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for one in placed:
        where = "which is live" if one.where == "live" else "which waits"
        hint = ". A person may accept that." if one.standing.decision.acceptable else "."
        for reason in one.standing.decision.reasons:
            why = f"{where}: {reason.partition(' is closed: ')[2]}{hint}"
            names.setdefault((one.kind, one.standing.gate.value, why), []).append(_name(one))
    gates: dict[tuple[str, str], list[str]] = {}
    for (_, gate, why), of in names.items():
        gates.setdefault((_list(of), why), []).append(gate)
    return [
        f"{'Gate' if len(closed) == 1 else 'Gates'} {', '.join(closed)} {'is' if len(closed) == 1 else 'are'} closed "
        f"for {of}, {why}"
        for (of, why), closed in gates.items()
    ]


def _accepted(placed: Iterable[Placed]) -> list[str]:
    return [
        f"Gate {one.standing.gate.value} is open for {_name(one)}: {line.partition(' is open: ')[2]}."
        for one in placed
        for line in one.standing.decision.accepted
    ]


def _name(one: Placed) -> str:
    return f"{one.name} ({printing.short(one.standing.subject)})"


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
