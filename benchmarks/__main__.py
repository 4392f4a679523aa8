"""Run the benchmarks, print each figure as it is measured, and write BENCHMARKS.md. `python -m benchmarks [NAME ...]`.

Named ones are measured and printed only; all of them together are written. One that lacks what it measures, as a server
that is not there, says so and is left out.
"""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.figures import Figure

NAMES = (
    "lake",
    "lakefs",
    "rules",
    "drift",
    "drift_partitions",
    "storm_year",
    "river_year",
    "catalogs",
    "freeze",
    "diff",
    "promotion",
    "orchestration",
    "model",
    "startup",
    "whole_run",
)
REPORT = Path(__file__).parent.parent / "BENCHMARKS.md"
REMARKS = Path(__file__).parent / "remarks.md"
_MET = {True: ("met   ", "yes"), False: ("MISSED", "**no**"), None: ("      ", "")}


def main(names: list[str]) -> int:
    """Measure; return 0 where every figure was met, 1 where one was not."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    measured: dict[str, list[Figure]] = {}
    for name in names or NAMES:
        print(f"-- {name}: {_title(name)}", flush=True)
        measured[name] = list(import_module(f"benchmarks.{name}").measure())
        for figure in measured[name]:
            print(f"{_MET[figure.met][0]} {figure.name}: {figure.value} ({figure.target}); {figure.note}")
    if not names:
        REPORT.write_text(_report(measured))
        print(f"written to {REPORT.name}")
    return 1 if any(figure.met is False for figures in measured.values() for figure in figures) else 0


def _title(name: str) -> str:
    return (import_module(f"benchmarks.{name}").__doc__ or "").strip().splitlines()[0].rstrip(".")


def _report(measured: dict[str, list[Figure]]) -> str:
    libraries = ("dagster", "polars", "pyarrow", "pandera")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in libraries)
    lines = [
        "# Benchmarks",
        "",
        "Each figure is a ratio against a rival that was measured in the same run, except where it is said in seconds.",
        "Repeat them with `make bench`, which writes this page, or one of them with",
        "`.venv/bin/python -m benchmarks NAME`.",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, {versions}.",
    ]
    for name, figures in measured.items():
        lines += _section(name, figures) if figures else []
    remarks = REMARKS.read_text() if REMARKS.exists() else ""
    return "\n".join(lines) + "\n" + (f"\n{remarks}" if remarks else "")


def _section(name: str, figures: list[Figure]) -> list[str]:
    lines = ["", f"## {_title(name)}", "", f"`.venv/bin/python -m benchmarks {name}`", ""]
    lines += ["| what | to reach | measured | met | how |", "|---|---|---|---|---|"]
    return lines + [f"| {one.name} | {one.target} | {one.value} | {_MET[one.met][1]} | {one.note} |" for one in figures]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
