"""Gate `model`: no worse than what readers have, for the same reasons, and safe. A check is a finding over all models.

1. `panel`: there is enough to compare on.
2. `deviance`, `calibration`, `prediction_shift`: on the panel, the candidate beside the production model.
3. `retrospect`, `too_good`: on years that neither had seen; far better is as suspicious as worse.
4. `attribution_moved`, `attribution_ranks`, `attribution_cells`: the same reasons (`stability`).
5. `reproduced`: trained again from its own features it says the same.
6. `no_negative_rate`, `monotone`, `forbidden_columns`, `no_leak`: what no model may do (`safety`).

A figure within its limit passes. Beyond it, with its whole interval, it fails; where the interval still reaches the
limit the policy's `within_noise` says what that is. The very first model has nothing before it: by the policy's
`bootstrap_worse_most_percent` it is held to climatology instead, and that this was so is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np

from kfm_assets.domain.canonical import Json, digest_of
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome, worst
from kfm_assets.gates.evidence import Judgement, judged
from kfm_assets.gates.model import measures, safety
from kfm_assets.gates.model.evidence import Comparison, ModelEvidence, Vector
from kfm_assets.gates.model.measures import Measured
from kfm_assets.gates.model.panel import Panel, panel
from kfm_assets.gates.model.stability import Stability, stability

_CLOSE = 1e-6
_OTHER_CODE = "made by other code than runs now, and live before: not asked again"

MOST = {
    "deviance": "deviance_worse_most_percent",
    "calibration": "calibration_worse_most_percent",
    "prediction_shift": "prediction_shift_most_percent",
    "retrospect": "retrospect_worse_most_percent",
    "attribution_moved": "attribution_moved_most_percent",
    "climatology": "bootstrap_worse_most_percent",
}
"""Figures that may be at most their threshold."""

LEAST = {
    "too_good": "retrospect_better_most_percent",
    "attribution_ranks": "attribution_ranks_least_percent",
    "attribution_cells": "attribution_cells_least_percent",
}
"""Figures that must be at least their threshold; how much better may be is a threshold of less than nothing."""


@dataclass
class _Sheet:
    """What was found of one model: outcomes with a line each by check, its figures, and what is kept of it."""

    year: str
    found: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    figures: dict[str, Json] = field(default_factory=dict)
    documents: list[Json] = field(default_factory=list)

    def safe(self, check: str, problem: str, holds: str) -> None:
        """Note that something holds, or what is wrong."""
        self.found[check] = (Outcome.FAIL, problem) if problem else (Outcome.PASS, holds)


def judge(evidence: ModelEvidence, policy: Policy) -> tuple[Judgement, list[Json]]:
    """Return what the gate says of a release, and the documents that it rests on: panels and explanations."""
    sheets = [_sheet(evidence, comparison, policy) for comparison in evidence.comparisons]
    findings = [
        *(Finding("readable", Outcome.ERROR, f"{year}: {problem}") for year, problem in evidence.unreadable.items()),
        *_findings(sheets),
    ]
    report = {"comparisons": [{"year": sheet.year, **sheet.figures} for sheet in sheets]}
    documents = [document for sheet in sheets for document in sheet.documents]
    return judged(Gate.MODEL, evidence.subject, policy, findings, report), documents


def _findings(sheets: Sequence[_Sheet]) -> Iterator[Finding]:
    """Sum each check up over all models: the worst outcome, and what the worst models say."""
    for check in dict.fromkeys(name for sheet in sheets for name in sheet.found):
        found = [(sheet.year, *sheet.found[check]) for sheet in sheets if check in sheet.found]
        outcome = worst(each for _, each, _ in found)
        said = [f"{year}: {line}" for year, each, line in found if each is outcome]
        more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
        yield Finding(check, outcome, f"{said[-1]}{more}")


def _sheet(evidence: ModelEvidence, comparison: Comparison, policy: Policy) -> _Sheet:
    sheet, candidate = _Sheet(comparison.candidate.year), comparison.candidate
    sheet.figures["candidate"] = candidate.build
    sheet.figures["production"] = comparison.production.build if comparison.production else None
    if comparison.as_known is None:
        sheet.safe("no_leak", "", _OTHER_CODE)
    else:
        problem = safety.leaks(candidate, comparison.as_known)
        sheet.safe("no_leak", problem, "each feature is what was known at the end of the year before")
    banned = _names(policy, "forbidden_columns")
    problem = safety.forbidden(evidence.specification, candidate.model, banned or ())
    sheet.safe("forbidden_columns", problem, f"none of {', '.join(banned or ())} is used")
    if banned is None:
        sheet.found["forbidden_columns"] = (Outcome.INCONCLUSIVE, "the policy has no forbidden_columns")
    rows = panel(comparison)
    unknown = {candidate.model.exposure, *candidate.model.features} - {*rows.rows.columns}
    if unknown:
        sheet.safe("panel", f"what the models are compared on has no {', '.join(sorted(unknown))}", "")
        return sheet
    document = rows.document()
    sheet.documents.append(document)
    sheet.figures["panel"] = digest_of(document)
    _enough(sheet, rows, policy)
    if sheet.found["panel"][0] is Outcome.PASS:
        _answers(sheet, comparison, rows, policy)
    return sheet


def _enough(sheet: _Sheet, rows: Panel, policy: Policy) -> None:
    least = _number(policy, "panel_years_least")
    if least is None:
        sheet.found["panel"] = (Outcome.INCONCLUSIVE, "the policy has no panel_years_least")
    elif rows.years < least:
        sheet.found["panel"] = (Outcome.INCONCLUSIVE, f"{rows.years} years to compare on, and {least} are needed")
    else:
        sheet.found["panel"] = (Outcome.PASS, f"{rows.rows.height} months of divisions, {rows.years} years")


def _answers(sheet: _Sheet, comparison: Comparison, rows: Panel, policy: Policy) -> None:
    """Ask the model, and hold its answers to those of the model before it."""
    candidate, production = comparison.candidate, comparison.production
    sheet.safe("no_negative_rate", safety.negative(candidate, rows), "all that it expects is a number of events")
    columns = _names(policy, "monotone_columns")
    if columns is None:
        sheet.found["monotone"] = (Outcome.INCONCLUSIVE, "the policy has no monotone_columns")
    else:
        problem = safety.not_monotone(candidate.model, rows, columns)
        sheet.safe("monotone", problem, f"never less where {', '.join(columns)} is more")
    rates = candidate.model.rates(rows.rows)
    if comparison.retrained is None:
        sheet.safe("reproduced", "", _OTHER_CODE)
    else:
        apart = np.abs(rates - comparison.retrained.rates(rows.rows)) > _CLOSE * np.abs(rates)
        problem = f"trained again it differs in {apart.sum()} rows" if apart.any() else ""
        sheet.safe("reproduced", problem, "the same again")
    if production is None:
        _first(sheet, comparison, policy)
        return
    before = production.model.rates(rows.rows)
    for check, measure in _ON_PANEL.items():
        _hold(sheet, check, measure(rows, rates, before), policy)
    looked_back = measures.excess_in_retrospect(candidate.backtest, production.backtest)
    for check in ("retrospect", "too_good"):
        _hold(sheet, check, looked_back, policy)
    same = stability(rows, candidate.model, production.model)
    for check, figure in zip(_REASONS, (same.moved, same.ranks, same.cells), strict=True):
        _hold(sheet, check, figure, policy)
    _explain(sheet, same)


_ON_PANEL: Mapping[str, Callable[[Panel, Vector, Vector], Measured]] = {
    "deviance": measures.excess,
    "calibration": measures.miscalibration,
    "prediction_shift": measures.shift,
}
_REASONS = ("attribution_moved", "attribution_ranks", "attribution_cells")


def _first(sheet: _Sheet, comparison: Comparison, policy: Policy) -> None:
    """Hold the very first model to climatology, as the policy says in place of a model before it."""
    looked_back = comparison.candidate.backtest
    figure = measures.excess_in_retrospect(looked_back, looked_back, "climatology_events")
    _hold(sheet, "climatology", figure, policy)
    limit = policy.thresholds.get(MOST["climatology"])
    said = f"no model stands before it: by policy it may be {limit} % worse than climatology on years not seen"
    sheet.found["baseline"] = (Outcome.PASS, said) if limit else (Outcome.INCONCLUSIVE, "no model stands before it")


def _hold(sheet: _Sheet, check: str, figure: Measured | None, policy: Policy) -> None:
    """Hold a figure to its threshold."""
    name = MOST.get(check) or LEAST[check]
    limit = _number(policy, name)
    if figure is None or limit is None or not np.isfinite(figure).all():
        missing = f"the policy has no {name}" if limit is None else "there is too little to measure"
        sheet.found[check] = (Outcome.INCONCLUSIVE, missing)
        return
    sheet.figures[check] = {"value": _text(figure.value), "low": _text(figure.low), "high": _text(figure.high)}
    bound = float(-limit if check == "too_good" else limit)
    most = check in MOST
    beyond = figure.value > bound if most else figure.value < bound
    wholly = figure.low > bound if most else figure.high < bound
    said = f"{check} {figure.said()}; {'at most' if most else 'at least'} {bound:g} %"
    if not beyond:
        sheet.found[check] = (Outcome.PASS, said)
    elif wholly:
        sheet.found[check] = (Outcome.FAIL, said)
    else:
        noise = Outcome.PASS if policy.thresholds.get("within_noise") == Outcome.PASS.value else Outcome.INCONCLUSIVE
        sheet.found[check] = (noise, f"{said}; within noise, which the policy takes as {noise.value}")


def _explain(sheet: _Sheet, same: Stability) -> None:
    """Keep the shares of both models, and how strong what they add is."""
    shares = zip(same.features, same.candidate, same.production, strict=True)
    document: Json = {
        "kind": "explanation",
        "year": sheet.year,
        "panel": sheet.figures["panel"],
        "shares_percent": [
            {"feature": name, "candidate": _text(one), "production": _text(other)} for name, one, other in shares
        ],
        "mean_log_ratio": {"candidate": _text(same.strength[0]), "production": _text(same.strength[1])},
    }
    sheet.documents.append(document)
    sheet.figures["explanation"] = digest_of(document)


def _number(policy: Policy, name: str) -> Decimal | None:
    try:
        found = Decimal(policy.thresholds[name])
    except (KeyError, InvalidOperation):
        return None
    return found if found.is_finite() else None


def _names(policy: Policy, name: str) -> tuple[str, ...] | None:
    """Return the columns that a threshold names; None where the policy does not have it."""
    text = policy.thresholds.get(name)
    return None if text is None else tuple(part for part in text.split(" ") if part)


def _text(value: float) -> str:
    return f"{value:.4f}"
