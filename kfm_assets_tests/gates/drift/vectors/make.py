"""Make the golden vectors: what other tools say of the same samples, with the bins that they used.

Each tool wants libraries of its own, so each has an environment of its own, in which this script is run and names it:

    for tool in evidently nannyml deepchecks; do python3.11 -m venv "$ENVIRONMENTS/$tool"; done
    $ENVIRONMENTS/evidently/bin/pip install "evidently>=0.7,<0.8" "pandas<3"
    $ENVIRONMENTS/nannyml/bin/pip install "nannyml>=0.13,<0.14" "pandas<2.3" "setuptools<80" statsmodels
    $ENVIRONMENTS/deepchecks/bin/pip install "deepchecks>=0.19" "pandas<2.2" "numpy<2" "setuptools<80" \
        "scikit-learn<1.5"

    PYTHONHASHSEED=0 $ENVIRONMENTS/evidently/bin/python make.py evidently > evidently.json

and so for the others; scipy's are made in Evidently's environment, which has it.

evidently 0.7 does not import under pandas 3, deepchecks 0.19 not under numpy 2; nannyml 0.13 forgets to ask for
statsmodels. A vector holds the counts of both sides in the bins that the tool chose, so that only the definition is
compared, and for measures of values the values themselves as `at`. `defects` hold what a tool says of samples of which
it should say something else; how those are drawn stands in the test that draws them again.
"""

# ruff: noqa: PLC0415 - each tool is imported where it is asked, as no environment holds two of them
from __future__ import annotations

import json
import platform
import sys
import warnings
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd


def samples() -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return pairs of samples by name; numbers are rounded, so that their values are few and can be written down."""
    chance = np.random.RandomState(20260401)  # of which numpy promises that it never changes
    damage = [np.where(chance.rand(n) < share, 0.0, np.round(chance.exponential(5, n), 1)) for n, share in DAMAGE]
    types = ["Hail", "Thunderstorm Wind", "Tornado", "Flash Flood", "Heat"]
    return {
        "shifted": _pair(np.round(chance.normal(0, 1, 5000), 1), np.round(chance.normal(0.1, 1, 3000), 1)),
        "wider": _pair(np.round(chance.normal(0, 1, 800), 1), np.round(chance.normal(0, 2, 1200), 1)),
        "few": _pair(chance.poisson(4, 21).astype(float), chance.poisson(6, 34).astype(float)),
        "spike at zero": _pair(*damage),
        "a type that appears": _pair(
            np.array(types)[chance.choice(4, 400, p=[0.5, 0.3, 0.15, 0.05])],
            np.array(types)[chance.choice(5, 100, p=[0.4, 0.3, 0.1, 0.0, 0.2])],
        ),
    }


DAMAGE = ((2000, 0.6), (500, 0.5))


def _pair(reference: Any, candidate: Any) -> tuple[pd.Series, pd.Series]:
    return pd.Series(reference, name="values"), pd.Series(candidate, name="values")


def vector(name: str, measure: str, sides: tuple[Any, Any], expected: float, at: Any = None) -> dict[str, Any]:
    """Return one vector; `sides` are counts."""
    reference, candidate = (np.asarray(side).astype(int).tolist() for side in sides)
    made = {
        "name": name,
        "measure": measure,
        "reference": reference,
        "candidate": candidate,
        "expected": float(expected),
    }
    return made if at is None else {**made, "at": [float(one) for one in at]}


def each_value(pair: tuple[pd.Series, pd.Series]) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the values that occur, ascending, and both sides' counts of each."""
    values = np.unique(np.concatenate([side.to_numpy() for side in pair]))
    return values, tuple(np.array([(side == value).sum() for value in values]) for side in pair)


def numeric(pair: tuple[pd.Series, pd.Series]) -> bool:
    """Say whether samples are numbers."""
    return pair[0].dtype.kind == "f"


def evidently() -> tuple[list[Any], list[Any]]:
    """PSI, KL and JS over the bins that Evidently makes of both samples together; Wasserstein and its p-value of KS."""
    from evidently.legacy.calculations.stattests import (
        jensenshannon_stat_test,
        kl_div_stat_test,
        ks_stat_test,
        psi_stat_test,
        wasserstein_stat_test,
    )
    from evidently.legacy.calculations.stattests.utils import get_binned_data
    from evidently.legacy.core import ColumnType

    def binned(pair: tuple[pd.Series, pd.Series], kind: Any) -> tuple[np.ndarray, ...]:
        shares = get_binned_data(*pair, kind, 30, feel_zeroes=False)
        return tuple(np.rint(share * side.size) for share, side in zip(shares, pair))  # noqa: B905 - of two

    made = []
    tests = {"psi": psi_stat_test, "kl": kl_div_stat_test, "js": jensenshannon_stat_test}
    for name, pair in samples().items():
        kind = ColumnType.Numerical if numeric(pair) else ColumnType.Categorical
        for measure, test in tests.items():
            made.append(vector(name, measure, binned(pair, kind), test(*pair, kind, None).drift_score))
        if numeric(pair):
            values, counts = each_value(pair)
            made.append(
                vector(name, "wasserstein", counts, wasserstein_stat_test(*pair, kind, None).drift_score, values)
            )
    plain, outlier = normal_samples(1_000_000), normal_samples(1_000_000)
    outlier[1].iloc[0] = 1e6
    few = normal_samples(100_000)
    number = ColumnType.Numerical
    defects = [
        {
            "name": "one outlier of 1e6 moves PSI",
            "plain": float(psi_stat_test(*plain, number, None).drift_score),
            "with outlier": float(psi_stat_test(*outlier, number, None).drift_score),
        },
        {
            "name": "a p-value calls a shift of 0.1 sigma drift",
            "p": float(ks_stat_test(*few, number, None).drift_score),
            "drifted": bool(ks_stat_test(*few, number, None).drifted),
        },
    ]
    return made, defects


def normal_samples(rows: int) -> tuple[pd.Series, pd.Series]:
    """Return two normal samples, the second shifted by 0.1 sigma."""
    chance = np.random.RandomState(7)
    return _pair(chance.normal(0, 1, rows), chance.normal(0.1, 1, rows))


def nannyml() -> tuple[list[Any], list[Any]]:
    """JS over the reference's bins and one for all that is outside; KS and Wasserstein of the values."""
    from nannyml.chunk import CountBasedChunker
    from nannyml.drift.univariate.methods import (
        CategoricalJensenShannonDistance,
        ContinuousJensenShannonDistance,
        KolmogorovSmirnovStatistic,
        WassersteinDistance,
    )
    from nannyml.thresholds import ConstantThreshold

    def said(method: Any, pair: tuple[pd.Series, pd.Series]) -> float:
        one = method(chunker=CountBasedChunker(1), threshold=ConstantThreshold(0, 1))
        return float(one.fit(pair[0]).calculate(pair[1]))

    made = []
    for name, pair in samples().items():
        values, counts = each_value(pair)
        if not numeric(pair):
            made.append(vector(name, "js", counts, said(CategoricalJensenShannonDistance, pair)))
            continue
        edges = np.histogram_bin_edges(pair[0], bins="doane")
        inside = [np.histogram(side, bins=edges)[0] for side in pair]
        whole = [np.append(some, side.size - some.sum()) for some, side in zip(inside, pair)]  # noqa: B905 - of two
        made.append(vector(name, "js", whole, said(ContinuousJensenShannonDistance, pair)))
        made.append(vector(name, "ks", counts, said(KolmogorovSmirnovStatistic, pair)))
        made.append(vector(name, "wasserstein", counts, said(WassersteinDistance, pair), values))
    return made, []


def deepchecks() -> tuple[list[Any], list[Any]]:
    """PSI with shares raised to 0.01, Cramer's V, KS, and the earth mover's distance of values brought to 0 to 1."""
    from deepchecks.utils.distribution.drift import cramers_v, earth_movers_distance, kolmogorov_smirnov, psi

    made = []
    for name, pair in samples().items():
        values, counts = each_value(pair)
        for measure, definition in (("psi", psi), ("cramers_v", cramers_v)):
            made.append(vector(name, measure, counts, definition(*counts, from_freqs=True)))
        if numeric(pair):
            made.append(vector(name, "ks", counts, kolmogorov_smirnov(*pair)))
            brought = (values - values[0]) / (values[-1] - values[0])
            made.append(vector(name, "wasserstein", counts, earth_movers_distance(*pair, 0), brought))
    return made, []


def scipy() -> tuple[list[Any], list[Any]]:
    """Entropy for KL both ways and PSI, the JS distance of base e, KS and Wasserstein of the values."""
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import entropy, ks_2samp, wasserstein_distance

    made = []
    for name, pair in samples().items():
        values, counts = each_value(pair)
        made.append(vector(name, "js", counts, jensenshannon(*counts)))
        there = [side + 0.5 for side in counts]
        made.append(vector(name, "kl", counts, entropy(there[1], there[0])))
        made.append(vector(name, "psi", counts, entropy(there[1], there[0]) + entropy(there[0], there[1])))
        if numeric(pair):
            made.append(vector(name, "ks", counts, ks_2samp(*pair).statistic))
            made.append(vector(name, "wasserstein", counts, wasserstein_distance(*pair), values))
    few = normal_samples(100_000)
    return made, [{"name": "a p-value calls a shift of 0.1 sigma drift", "p": float(ks_2samp(*few).pvalue)}]


TOOLS = {"evidently": evidently, "nannyml": nannyml, "deepchecks": deepchecks, "scipy": scipy}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    tool = sys.argv[1]
    vectors, defects = TOOLS[tool]()
    said = {
        "tool": tool,
        "version": metadata.version(tool),
        "with": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("numpy", "pandas", "scipy")},
        },
        "says": TOOLS[tool].__doc__,
        "vectors": vectors,
        "defects": defects,
    }
    lines = json.dumps(said, indent=None, ensure_ascii=False).replace('{"name"', '\n{"name"')
    sys.stdout.write(lines + "\n")
