"""What a person accepted in place of a PASS, as `kfm show` prints it. Whether that opens a gate, the record decides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.domain.verdict import ACCEPTABLE, Gate, accepts

if TYPE_CHECKING:
    from kfm_assets.domain.verdict import Verdict
    from kfm_assets.ports import System


def opens(system: System, dataset: str, verdict: Verdict) -> bool:
    """Say whether the gate of a verdict that is no PASS is open today, because a person accepted that."""
    from kfm_assets.engine.standing import standing

    return verdict.gate in ACCEPTABLE and standing(system, dataset, verdict.subject, verdict.gate).decision.opens


def tell(system: System, dataset: str, verdicts: Iterable[Verdict]) -> None:
    """Print who accepted what and why, and whether that opens the gate today."""
    rows = [row for verdict in verdicts if verdict.gate is Gate.APPROVAL for row in _rows(system, dataset, verdict)]
    if rows:
        printing.table(("GATE", "TODAY", "ACCEPTED", "BY", "WHY"), rows, title="What a person accepted")
        click.echo()


def _rows(system: System, dataset: str, approval: Verdict) -> Iterable[tuple[str, ...]]:
    from kfm_assets.engine.record import is_supported
    from kfm_assets.engine.standing import standing

    if not is_supported(system, approval):
        yield approval.gate.value, "in doubt", "-", "-", "it is not what its evidence concludes"
        return
    report = json.loads(system.state.documents.get(approval.evidence[0]))
    gate, outcome = (str(report["accepted"][name]) for name in ("gate", "outcome"))
    found = standing(system, dataset, approval.subject, Gate(gate))
    counts = found.verdict is not None and accepts(approval, found.verdict) and found.decision.opens
    yield gate, "open" if counts else "closed again", outcome, str(report["principal"]), str(report["reason"])
