"""What applies to a dataset, line by line, with the unit and the reason that the file gives. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from kfm_assets.adapters.policies.document import Defaults, Document, Override
    from kfm_assets.adapters.policies.kinds import Strict
    from kfm_assets.adapters.policies.levels import LevelsDocument

T = TypeVar("T")

DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a file says: under which key, of which gate (empty for none), what, in which unit, and why.

    `given_by` is the key of the dataset where it replaces the default, `defaults` elsewhere.
    """

    part: str
    gate: str
    name: str
    value: str
    unit: str
    why: str
    given_by: str


def policy_entries(document: Document, dataset: str) -> list[Entry]:
    """Return what a policy says of a dataset: thresholds by gate, ages, what may be accepted, hours on the stage."""
    parts: list[tuple[str, Defaults | Override]] = [(DEFAULTS, document.defaults)]
    parts += _replaced(document.datasets, dataset)
    found: dict[tuple[str, str, str], Entry] = {}
    for given_by, part in parts:
        entries = [
            *(one for gate, of_gate in part.thresholds for one in _quantities("thresholds", gate, of_gate, given_by)),
            *(
                Entry("most_days", gate.value, "most_days", str(days.value), days.unit, days.why, given_by)
                for gate, days in part.most_days.items()
            ),
            *(
                Entry(
                    "approvals",
                    gate.value,
                    "approvals",
                    " ".join(one.value for one in allowed.outcomes),
                    "outcomes that a person may accept",
                    allowed.why,
                    given_by,
                )
                for gate, allowed in part.approvals.items()
            ),
        ]
        if part.stage_hours:
            hours = part.stage_hours
            entries.append(Entry("stage_hours", "", "stage_hours", str(hours.value), hours.unit, hours.why, given_by))
        found |= {(one.part, one.gate, one.name): one for one in entries}
    return list(found.values())


def level_entries(document: LevelsDocument, dataset: str) -> list[Entry]:
    """Return what a file of service levels says of a dataset: objectives, then ceilings."""
    found: dict[tuple[str, str], Entry] = {}
    for given_by, part in [(DEFAULTS, document.defaults), *_replaced(document.datasets, dataset)]:
        for name, of_part in part:
            found |= {(name, one.name): one for one in _quantities(name, "", of_part, given_by)}
    return sorted(found.values(), key=lambda one: one.part != "objectives")


def _replaced(datasets: Mapping[str, T], dataset: str) -> list[tuple[str, T]]:
    return [(dataset, datasets[dataset])] if dataset in datasets else []


def _quantities(part: str, gate: str, given: Strict, given_by: str) -> Iterator[Entry]:
    from kfm_assets.adapters.policies.kinds import written  # noqa: PLC0415 - pydantic waits until a file is read

    for name, quantity in given:
        if quantity is not None:
            yield Entry(part, gate, name, written(quantity), quantity.unit, quantity.why, given_by)
