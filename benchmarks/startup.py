"""What it costs to ask `kfm status`, against importing polars; and to load the definitions, against importing Dagster.

Each is a process of its own; they take turns, and find their files in the page cache; the median of the turns counts.
The home holds the counties and the earthquakes of the sample, published.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure

TURNS = 15


def measure() -> list[Figure]:
    """Measure both; takes about a minute, part of it for making the home."""
    python, kfm = sys.executable, str(Path(sys.executable).with_name("kfm"))
    commands = {
        "status": [kfm, "status"],
        "polars": [python, "-c", "import polars"],
        "definitions": [python, "-c", "import kfm_assets.definitions"],
        "dagster": [python, "-c", "import dagster"],
    }
    with tempfile.TemporaryDirectory(prefix="bench-startup-") as folder:
        environment = {**os.environ, "KFM_HOME": str(Path(folder) / "home"), "KFM_SOURCE": "sample"}
        subprocess.run([kfm, "run", "hazards/earthquakes"], env=environment, check=True, stdout=subprocess.DEVNULL)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(TURNS + 1):
            for name, command in commands.items():
                seconds = _timed(command, environment)
                if turn:  # the first turn warms the page cache
                    times[name].append(seconds)
    taken = {name: statistics.median(values) for name, values in times.items()}
    return [
        _figure("`kfm status`", taken["status"], "`import polars`", taken["polars"], 2.0),
        _figure("`import kfm_assets.definitions`", taken["definitions"], "`import dagster`", taken["dagster"], 1.2),
    ]


def _figure(name: str, ours: float, rival: str, theirs: float, most: float) -> Figure:
    return Figure(
        name=name,
        target=f"<= {most:.1f}x {rival}",
        value=f"{ours / theirs:.2f}x",
        met=ours <= most * theirs,
        note=f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms, median of {TURNS} turns",
    )


def _timed(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    ended = subprocess.run(command, env=environment, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    assert command[-1] != "status" or b"hazards/earthquakes" in ended.stdout
    return seconds
