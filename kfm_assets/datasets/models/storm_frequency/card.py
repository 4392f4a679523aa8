"""The model card: what the model is, what it was made from, how good it is and where it is not to be used.

After Mitchell et al., "Model Cards for Model Reporting", 2019, https://doi.org/10.1145/3287560.3287596. Twice: as JSON
for programs, and as a page for people. Which builds it was made from stands in the build and its PROV.
"""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.models.storm_frequency.features import EXPOSURE, FEATURES, MONOTONE
from kfm_assets.datasets.models.storm_frequency.specification import EVENT_TYPES
from kfm_assets.datasets.models.storm_frequency.training import SETTINGS
from kfm_assets.domain.canonical import Digest, Json

_USE = (
    "To see how many recorded tornadoes, hails and thunderstorm winds a year ahead may bring, by month and climate "
    "division of Kansas, and to notice when a year is unlike what came before."
)
_NOT = (
    "Not for warnings, insurance rates or any decision about safety. It counts reports and not storms: more people, "
    "spotters and radars mean more reports. It knows nothing of the weather of the year that it speaks of."
)
_MONOTONE = "no division expects fewer events because it lately had a larger share of the state's, all else equal"


def document(year: str, features: pl.DataFrame, evaluation: pl.DataFrame, model: Digest) -> dict[str, Json]:
    """Return the card of the model trained to a year; numbers are decimals as text."""
    known = features.filter(pl.col("observed_events").is_not_null())
    state = evaluation.row(0, named=True)
    return {
        "name": "models/storm_frequency",
        "trained_to": year,
        "origin": f"{year}-12-31",
        "predicts": str(int(year) + 1),
        "target": f"events a month in a climate division: {', '.join(EVENT_TYPES)}",
        "features": list(FEATURES),
        "exposure": EXPOSURE,
        "monotone": {name: str(sign) for name, sign in MONOTONE.items()},
        "monotone_because": _MONOTONE,
        "settings": {name: str(value) for name, value in sorted(SETTINGS.items())},
        "target_years": [str(value) for value in (known["target_year"].min(), known["target_year"].max())],
        "rows": known.height,
        "model": model,
        "evaluation": {name: None if value is None else str(value) for name, value in state.items()},
        "beats_climatology": {str(row["division"]): row["beats_climatology"] for row in evaluation.to_dicts()},
        "use": _USE,
        "not_for": _NOT,
    }


def page(card: dict[str, Json], evaluation: pl.DataFrame) -> str:
    """Return the card as Markdown."""
    lines = [
        f"# Storms to expect, trained to {card['trained_to']}",
        "",
        f"{card['target']}. Predicted on {card['origin']} for {card['predicts']}; trained on {card['rows']} rows.",
        "",
        f"**Use.** {card['use']}",
        "",
        f"**Not for.** {card['not_for']}",
        "",
        f"**Features.** {', '.join(FEATURES)}; times {EXPOSURE}. Monotone: {_MONOTONE}.",
        "",
        "**On years not seen** (mean Poisson deviance; less is better; division 0 is the state):",
        "",
        "| division | years | model | climatology | last year | exposure | regression | to climatology | beats it |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(row) for row in evaluation.to_dicts()),
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, object]) -> str:
    names = ("model", "climatology", "last_year", "exposure", "regression")
    figures = [_figure(row[f"{name}_deviance"]) for name in names]
    between = (
        f"{_figure(row['difference_percent'])} % ({_figure(row['low_percent'])} to {_figure(row['high_percent'])})"
    )
    return f"| {row['division']} | {row['years']} | {' | '.join(figures)} | {between} | {row['beats_climatology']} |"


def _figure(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "-"
