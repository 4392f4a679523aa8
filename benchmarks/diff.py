"""Two tables of a million rows compared by key, one in a hundred rows changed, against datacompy and a pandas merge.

The rivals run in a Python of their own, named by `KFM_BENCH_DATACOMPY` (`/opt/diff-env/bin/python` by default), since
neither is a dependency of the project: `uv venv /opt/diff-env && uv pip install --python /opt/diff-env/bin/python
datacompy pyarrow`. All read the same files, and only the comparison is timed, from frames in memory to the rows added,
removed and changed and the columns in which they did. `KFM_BENCH_ROWS` sets
another number of rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.figures import Figure
from benchmarks.rules import TABLE, frame
from kfm_assets.gates.diff.rows import compare

ROWS = 1_000_000
ROUNDS = 5
TARGET = 5.0
CHANGED, GONE = 100, 1000
PYTHON = "/opt/diff-env/bin/python"

RIVAL = """
import json, sys, time
import pandas as pd

before, after = (pd.read_parquet(path) for path in sys.argv[1:3])
key = "id"

def merge():
    both = before.merge(after, on=key, how="outer", suffixes=("", "_after"), indicator=True)
    inside = both[both["_merge"] == "both"]
    columns, changed = {}, None
    for name in before.columns:
        if name != key:
            old, new = inside[name], inside[name + "_after"]
            differs = (old != new) & ~(old.isna() & new.isna())
            columns[name] = int(differs.sum())
            changed = differs if changed is None else changed | differs
    sides = both["_merge"].value_counts()
    return int(sides["right_only"]), int(sides["left_only"]), int(changed.sum()), columns

def datacompy_():
    import datacompy
    found = datacompy.PandasCompare(before, after, join_columns=key)
    columns = {one["column"]: int(one["unequal_cnt"]) for one in found.column_stats}
    changed = found.count_matching_rows()
    return len(found.df2_unq_rows), len(found.df1_unq_rows), len(found.intersect_rows) - int(changed), columns

told = {}
for name, work in (("pandas merge", merge), ("datacompy", datacompy_)):
    best = float("inf")
    for _ in range(2 if work is merge else 1):  # the other one takes a minute
        began = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - began)
    told[name] = {"seconds": best, "found": found[:3]}
import datacompy
print(json.dumps({"rivals": told, "versions": {"datacompy": datacompy.__version__, "pandas": pd.__version__}}))
"""


def pair(rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return two tables: one in a hundred rows has another magnitude or place, one in a thousand is gone or new."""
    before = frame(rows)
    at = pl.int_range(pl.len())
    after = before.with_columns(
        magnitude=pl.when(at % CHANGED == 1).then(pl.col("magnitude").fill_null(0) + 0.1).otherwise("magnitude"),
        latitude=pl.when(at % (2 * CHANGED) == 1).then(pl.col("latitude") + 0.5).otherwise("latitude"),
    ).filter(at % GONE > 0)
    fresh = before.head(rows // GONE).with_columns(pl.format("zz{}", pl.col("id")).alias("id"))
    return before, pl.concat([after, fresh])


def ours(before: pl.DataFrame, after: pl.DataFrame) -> tuple[int, int, int]:
    """Compare, and return how many rows were added, removed and changed."""
    changes = compare(before, after, TABLE.key)
    counts = changes.counts
    assert sum(changes.rows_by_column.values()) >= counts["changed"]
    return counts["added"], counts["removed"], counts["changed"]


def measure() -> list[Figure]:
    """Measure, after seeing that all three find the same."""
    before, after = pair(int(os.environ.get("KFM_BENCH_ROWS", ROWS)))
    name = f"row diff of {before.height:,} against {after.height:,} rows x {before.width} columns, 1 % changed"
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = ours(before, after)
        best = min(best, time.perf_counter() - began)
    python = Path(os.environ.get("KFM_BENCH_DATACOMPY", PYTHON))
    if not python.exists():
        return [Figure(name, f">= {TARGET:g}x faster", "not measured", False, f"there is no rival at {python}")]
    told = _rivals(python, before, after)
    assert all(tuple(one["found"]) == found for one in told["rivals"].values()), (found, told)
    seconds = {rival: one["seconds"] for rival, one in told["rivals"].items()}
    ratio = min(seconds.values()) / best
    versions = ", ".join(f"{one} {version}" for one, version in told["versions"].items())
    timed = ", ".join(f"{rival} {spent:.2f} s ({spent / best:.0f}x)" for rival, spent in seconds.items())
    note = f"ours {best * 1000:.0f} ms, {timed}; {versions}"
    return [Figure(name, f">= {TARGET:g}x faster", f"{ratio:.1f}x", ratio >= TARGET, note)]


def _rivals(python: Path, before: pl.DataFrame, after: pl.DataFrame) -> dict[str, dict[str, dict[str, object]]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("before.parquet", "after.parquet")]
        for path, rows in zip(paths, (before, after), strict=True):
            rows.write_parquet(path)
        done = subprocess.run([python, "-c", RIVAL, *paths], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    for figure in measure():
        print(figure)
