"""Our numbers against those of other tools over the bins that they used, and their known defects, which ours lacks.

The vectors and the tools' versions stand in `vectors`, with the script that makes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from math import e
from pathlib import Path

import numpy as np
import pytest

from kfm_assets.gates.drift.binning import count
from kfm_assets.gates.drift.intervals import interval
from kfm_assets.gates.drift.measures import Measure, cramers_v, js, kl, ks, kuiper, psi, wasserstein
from kfm_assets.gates.drift.smoothing import DEEPCHECKS, EVIDENTLY, UNSMOOTHED, Rule, Smoothing

VECTORS = Path(__file__).parent / "vectors"
SAID = {path.stem: json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json"))}


def swapped(measure, **setting):
    return lambda reference, candidate: measure(candidate, reference, **setting)


DEFINITIONS: dict[str, dict[str, Callable[..., float]]] = {
    "evidently": {
        "psi": partial(psi, smoothing=EVIDENTLY),
        "kl": swapped(kl, smoothing=Smoothing(Rule.REPLACE_ZEROS, 0.0001, renormalised=True)),
        "js": partial(js, base=e),
        "wasserstein": partial(wasserstein, scaled=True),
    },
    "nannyml": {"js": js, "ks": ks, "wasserstein": wasserstein},
    "deepchecks": {
        "psi": partial(psi, smoothing=DEEPCHECKS),
        "cramers_v": cramers_v,
        "ks": ks,
        "wasserstein": wasserstein,
    },
    "scipy": {
        "psi": partial(psi, smoothing=Smoothing(Rule.ADD, 0.5)),
        "kl": partial(kl, smoothing=Smoothing(Rule.ADD, 0.5)),
        "js": partial(js, base=e),
        "ks": ks,
        "wasserstein": wasserstein,
    },
    "by_hand": {
        "psi": partial(psi, smoothing=UNSMOOTHED),
        "kl": partial(kl, smoothing=UNSMOOTHED),
        "js": js,
        "ks": ks,
        "kuiper": kuiper,
        "wasserstein": wasserstein,
    },
}
CASES = [(tool, vector) for tool, said in SAID.items() for vector in said["vectors"]]


@pytest.mark.parametrize(
    ("tool", "vector"), CASES, ids=[f"{tool}: {one['measure']} of {one['name']}" for tool, one in CASES]
)
def test_ours_gives_the_number_of(tool, vector):
    setting = {name: vector[name] for name in ("at", "period") if name in vector}
    if "smoothing" in vector:
        setting["smoothing"] = Smoothing(Rule(vector["smoothing"]), 0.5)
    ours = DEFINITIONS[tool][vector["measure"]](vector["reference"], vector["candidate"], **setting)
    assert ours == pytest.approx(vector["expected"], rel=1e-9, abs=1e-9)


def test_every_definition_has_its_vectors_and_every_tool_its_version():
    assert {tool: {vector["measure"] for vector in said["vectors"]} for tool, said in SAID.items()} == {
        tool: set(definitions) for tool, definitions in DEFINITIONS.items()
    }
    assert all(said["version"] for said in SAID.values())


def normal_samples(rows):
    """Draw what `vectors/make.py` draws to show the defects."""
    chance = np.random.RandomState(7)
    return chance.normal(0, 1, rows), chance.normal(0.1, 1, rows)


def deciles(values):
    return np.quantile(values, np.arange(1, 10) / 10)


def defect(tool, name):
    return next(one for one in SAID[tool]["defects"] if one["name"] == name)


def test_one_outlier_moves_their_psi_and_not_ours():
    theirs = defect("evidently", "one outlier of 1e6 moves PSI")
    assert theirs["with outlier"] > 3 * theirs["plain"]
    reference, candidate = normal_samples(1_000_000)
    edges = deciles(reference)
    plain = psi(count(reference, edges), count(candidate, edges))
    candidate[0] = 1e6
    assert psi(count(reference, edges), count(candidate, edges)) == pytest.approx(plain, rel=1e-3)
    assert plain == pytest.approx(0.01, abs=0.001)


@pytest.mark.parametrize("tool", ["evidently", "scipy"])
def test_a_small_shift_of_many_rows_is_a_catastrophe_to_a_p_value_and_small_to_us(tool):
    assert defect(tool, "a p-value calls a shift of 0.1 sigma drift")["p"] < 1e-80
    reference, candidate = normal_samples(100_000)
    edges = deciles(reference)
    counts = count(reference, edges), count(candidate, edges)
    likely = interval(Measure.PSI, *counts)
    assert 0.006 < likely.low < psi(*counts) < likely.high < 0.013
