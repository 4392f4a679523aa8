"""What it costs to ask `kfm status`, against importing polars alone. `python -m benchmarks.startup` prints the row.

Both are processes of their own, take turns, and find their files in the page cache; the median of the turns counts.
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
MOST = 2.0


def measure() -> list[Figure]:
    """Measure it; takes about half a minute, most of it for making the home."""
    kfm = str(Path(sys.executable).with_name("kfm"))
    with tempfile.TemporaryDirectory(prefix="bench-startup-") as folder:
        environment = {**os.environ, "KFM_HOME": str(Path(folder) / "home"), "KFM_SOURCE": "sample"}
        subprocess.run([kfm, "run", "hazards/earthquakes"], env=environment, check=True, stdout=subprocess.DEVNULL)
        commands = {"status": [kfm, "status"], "polars": [sys.executable, "-c", "import polars"]}
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(TURNS + 1):
            for name, command in commands.items():
                seconds = _timed(command, environment)
                if turn:  # the first turn warms the page cache
                    times[name].append(seconds)
    status, polars = (statistics.median(times[name]) for name in ("status", "polars"))
    return [
        Figure(
            name="`kfm status`",
            target=f"≤ {MOST:.1f}x `python -c 'import polars'`",
            value=f"{status / polars:.2f}x",
            met=status <= MOST * polars,
            note=f"{status * 1000:.0f} ms against {polars * 1000:.0f} ms, median of {TURNS} turns",
        )
    ]


def _timed(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    ended = subprocess.run(command, env=environment, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    assert command[-1] != "status" or b"hazards/earthquakes" in ended.stdout
    return seconds


def main() -> None:
    """Print the row."""
    for figure in measure():
        met = "met " if figure.met else "MISS"
        print(f"{met} {figure.name}: {figure.value} (to reach {figure.target}). {figure.note}")


if __name__ == "__main__":
    main()
