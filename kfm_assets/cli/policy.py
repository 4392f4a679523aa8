"""`kfm policy`: what is asked of a dataset and why, whether a policy file is one, what would close a gate today."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import dataset_argument
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import DATASETS
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfm_assets.adapters.policies.listing import Entry
    from kfm_assets.domain.levels import ServiceLevels
    from kfm_assets.domain.policy import Policy
    from kfm_assets.engine.levels import Indicator
    from kfm_assets.ports import System

EXAMPLES = """\b
Examples:
  kfm policy show hazards/storm_events
  kfm policy show hazards/storm_events --slo
  kfm policy explain hazards/storm_events
  kfm policy check mine.yml
  KFM_POLICY=mine.yml kfm policy show hazards/storm_events
"""

CHECK_EXAMPLES = """\b
Examples:
  kfm policy check                     the policy in force, and the levels
  kfm policy check mine.yml
  kfm policy check levels.yml --slo
  kfm policy check --schema > promotion.schema.json

\b
Exits with 0, or with 7 and one line that names the key and what to do.
"""


@click.group("policy", epilog=EXAMPLES)
def command() -> None:
    """Show what is asked of a dataset, check a policy file, explain what is closed."""


@command.command("show", cls=Command, epilog=EXAMPLES)
@dataset_argument
@click.option("--slo", is_flag=True, help="The service levels, and where each indicator stands.")
@printing.json_option
@pass_session
def show(session: Session, *, dataset: str, slo: bool, as_json: bool) -> None:
    """Show the policy that applies to a dataset, with units and reasons."""
    from kfm_assets.adapters.policies import load, load_levels, loader
    from kfm_assets.adapters.policies.listing import level_entries, policy_entries

    if slo:
        levels = load_levels(DATASETS)[dataset]
        entries = level_entries(loader.levels(DATASETS), dataset)
        measured = _indicators(opened(session), dataset, levels)
        (_levels_json if as_json else _tell_levels)(levels, entries, measured)
        return
    path = session.settings().policy
    policy, entries = load(DATASETS, path)[dataset], policy_entries(loader.promotion(DATASETS, path), dataset)
    (_policy_json if as_json else _tell_policy)(policy, entries)


@command.command("check", cls=Command, epilog=CHECK_EXAMPLES)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--slo", is_flag=True, help="FILE, or the schema that is asked for, is of service levels.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of such a file, and check nothing.")
@pass_session
def check(session: Session, *, file: Path | None, slo: bool, schema: bool) -> None:
    """Check a policy file; without FILE the one in force and the service levels."""
    from kfm_assets.adapters.policies import load, load_levels, loader

    if schema:
        click.echo(json.dumps(loader.schema(levels=slo), indent=2))
        return
    if file is None or not slo:
        path = file or session.settings().policy
        _tell_checked(loader.where(path, loader.PROMOTION), load(DATASETS, path).values())
    if file is None or slo:
        _tell_checked(loader.where(file, loader.LEVELS), load_levels(DATASETS, file).values())


@command.command("explain", cls=Command, epilog=EXAMPLES)
@dataset_argument
@printing.json_option
@pass_session
def explain(session: Session, *, dataset: str, as_json: bool) -> None:
    """Say what each gate asks, what would close it, and how it stands today."""
    from kfm_assets.adapters.policies import load, loader
    from kfm_assets.adapters.policies.listing import policy_entries
    from kfm_assets.cli import explaining

    path = session.settings().policy
    policy, entries = load(DATASETS, path)[dataset], policy_entries(loader.promotion(DATASETS, path), dataset)
    placed = explaining.standing(opened(session), dataset)
    (explaining.as_json if as_json else explaining.tell)(policy, entries, placed)


def opened(session: Session) -> System | None:
    """Open the home, where there is one: what is asked is known without it."""
    with suppress(NotFound):
        return session.open()
    return None


def _indicators(system: System | None, dataset: str, levels: ServiceLevels) -> dict[tuple[str, str], Indicator]:
    if system is None:
        return {}
    from kfm_assets.engine.levels import indicators

    return {(one.part, one.name): one for one in indicators(system, dataset, levels)}


def _policy_json(policy: Policy, entries: Iterable[Entry]) -> None:
    printing.json_line(
        {
            "dataset": policy.dataset,
            "policy": policy.name,
            "digest": policy.digest,
            "build_gates": policy.build_gates,
            "release_gates": policy.release_gates,
            "labels": policy.labels,
            "entries": list(entries),
        }
    )


def _tell_policy(policy: Policy, entries: list[Entry]) -> None:
    printing.facts(
        f"Policy {policy.name} for {policy.dataset}",
        {
            "digest": policy.digest,
            "gates on builds": ", ".join(policy.build_gates),
            "gates on releases": ", ".join(policy.release_gates),
            "labels that may be published": ", ".join(policy.labels),
        },
    )
    for part, (title, named) in _PARTS.items():
        here = [one for one in entries if one.part == part]
        if here:
            click.echo()
            rows = [(_named(one), _value(one), one.why) for one in here]
            printing.table((named, "VALUE", "WHY"), rows, title=title)
    click.echo()
    printing.paragraph(
        f"A * is the dataset's own; the others are the defaults. `kfm policy explain {policy.dataset}` says what each "
        "gate asks and how it stands."
    )


_PARTS = {
    "thresholds": ("Thresholds", "THRESHOLD"),
    "most_days": ("How old a verdict may be", "GATE"),
    "approvals": ("What a person may accept", "GATE"),
    "stage_hours": ("How long a release stands on the stage environment first", "WHAT"),
}
"""How each part of a policy is called, and what names a line of it."""


def _named(entry: Entry) -> str:
    name = entry.gate if entry.name == entry.part and entry.gate else entry.name
    name = f"{entry.gate} {name}" if entry.part == "thresholds" else name
    return f"{name}{'' if entry.given_by == 'defaults' else ' *'}"


def _value(entry: Entry) -> str:
    if entry.part == "approvals":
        return entry.value.replace(" ", " or ") or "nothing"
    return f"{entry.value} {entry.unit}"


def _levels_json(levels: ServiceLevels, entries: list[Entry], measured: dict[tuple[str, str], Indicator]) -> None:
    for entry in entries:
        found = measured.get((entry.part, entry.name))
        printing.json_line(
            {
                "dataset": levels.dataset,
                "levels": levels.name,
                "digest": levels.digest,
                "entry": entry,
                "state": found.state if found else None,
                "value": str(found.value) if found and found.value is not None else None,
                "of": found.of if found else None,
                "budget": found.budget if found else None,
            }
        )


def _tell_levels(levels: ServiceLevels, entries: list[Entry], measured: dict[tuple[str, str], Indicator]) -> None:
    printing.facts(f"Service levels {levels.name} for {levels.dataset}", {"digest": levels.digest})
    for entry in entries:
        click.echo()
        said = {
            "should be": f"{_bound(entry)} {_value(entry)}",
            "is": _stands(measured.get((entry.part, entry.name))),
            "why": entry.why,
        }
        printing.facts(f"{'Ceiling: ' if entry.part == 'ceilings' else ''}{_named(entry)}", said)
    click.echo()
    printing.paragraph("No gate depends on a level. A * is the dataset's own; the others are the defaults.")


def _bound(entry: Entry) -> str:
    return "at least" if entry.name.endswith("_least") else "at most"


def _stands(found: Indicator | None) -> str:
    if found is None:
        return "there is no home to measure"
    if found.value is None:
        return found.state.value
    budget = f"; {found.budget}" if found.budget else ""
    return f"{found.state.value}: {found.value}, of {found.of}{budget}"


def _tell_checked(name: str, found: Iterable[Policy] | Iterable[ServiceLevels]) -> None:
    """Say that a file is well, and the digest of what it comes to for each dataset."""
    printing.table(("DATASET", "DIGEST"), [(one.dataset, printing.short(one.digest)) for one in found], title=name)
    printing.paragraph("It is well: every key is known, every number has its unit and its reason.")
