"""Folders of upstream files for tests, written by the samples' own generators, with files broken on purpose."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from kfm_assets.datasets.registry import program

STORMS, QUAKES, COUNTIES = "hazards/storm_events", "hazards/earthquakes", "geography/counties"
DIVISIONAL = "climate/divisional"
ROWS, SEED = 80, 7


def write(folder: Path, dataset: str, partitions: Iterable[str]) -> Path:
    """Write some partitions of a dataset into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for partition in partitions:
        for name, content in program(dataset).sample(partition, ROWS, SEED).items():
            (folder / name).write_bytes(content)
    return folder


def storm_file(folder: Path, year: str) -> Path:
    """Return the details file of a year."""
    (found,) = folder.glob(f"*details*_d{year}_*")
    return found


def make_unreadable(folder: Path, year: str) -> None:
    """Leave of a year's file what no parser accepts: a header without half of its columns."""
    file = storm_file(folder, year)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b",".join(lines[0].split(b",")[:20]) + b"\n" + b"".join(lines[1:]))


def make_worthless(folder: Path, year: str) -> None:
    """Blank the type of every third event of a year: the file reads, and far more rows are held back than may be."""
    file = storm_file(folder, year)
    rows = list(csv.reader(io.StringIO(file.read_text())))
    at = rows[0].index("EVENT_TYPE")
    for row in rows[1::3]:
        row[at] = ""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    file.write_text(text.getvalue())
