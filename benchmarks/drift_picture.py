"""The picture of docs/gates/drift.md: one recorded year that passes the gate `drift`, and the same six hours off.

`python -m benchmarks.drift_picture FOLDER FILE` draws it from recorded files, in a folder as `kfm run --source` takes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl

from kfm_assets import read
from kfm_assets.adapters.policies import load
from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import digest_of
from kfm_assets.gates.drift import bins, counting, limits
from kfm_assets.gates.drift.judging import History

STORMS, YEAR, COLUMN = "hazards/storm_events", "1975", "begin_hour"


def years(folder: str) -> dict[str, pl.DataFrame]:
    """Return the rows of the years up to YEAR, published into a home of their own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "kfm_assets", "run", STORMS, "--source", folder, "--home", home]
        subprocess.run([*command, "--partitions", f"1955..{YEAR}"], check=True)
        names = [str(year) for year in range(1955, int(YEAR) + 1)]
        return {name: read(STORMS, partitions=[name], home=home).collect() for name in names}


def draw(folder: str, file: str) -> None:
    """Draw the picture."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    frames, spec = years(folder), registry.specification(STORMS)
    cut = bins.freeze(spec, digest_of("none"), frames)
    measure = limits.read(load(registry.DATASETS)[STORMS])
    _, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for axis, hours, title in ((axes[0], 0, "as recorded"), (axes[1], 6, "six hours off")):
        shifted = frames[YEAR].with_columns(pl.col("begin_utc").dt.offset_by(f"{hours}h"))
        every = frames | {YEAR: shifted}
        counts = [counting.count(spec, cut, name, digest_of(name), frame) for name, frame in every.items()]
        found = History(spec, cut, counts, measure, datetime.now(UTC)).judge(YEAR).columns[COLUMN]
        if found.near is None:
            raise SystemExit(f"{YEAR} has too few rows to compare")
        before = counting.added(counts[place] for place in found.near.partitions)[COLUMN].sum(axis=0)[:-1]
        now = counts[-1].columns[COLUMN].sum(axis=0)[:-1]
        places = np.arange(now.size)
        axis.bar(places - 0.2, 100 * before / before.sum(), 0.4, label="1965 to 1974", color="white", edgecolor="black")
        axis.bar(places + 0.2, 100 * now / now.sum(), 0.4, label=YEAR, color="0.35", edgecolor="black", hatch="//")
        axis.set_xticks(places, [f"{3 * place} to {3 * place + 3}" for place in places], fontsize=7)
        verdict = f"PSI {found.near.psi:.2f} of {found.near.limit:.2f}: {found.outcome.value}"
        axis.set_title(f"{YEAR} {title}: {verdict}", fontsize=10)
        axis.set_xlabel("hour of the day, Central Standard Time")
    axes[0].set_ylabel("percent of events")
    axes[0].legend(frameon=False, loc="upper left")
    plt.savefig(file, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(sys.argv[1], str(Path(sys.argv[2])))
