"""A figure: what was measured against its rival in the same run, what was to be reached, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of BENCHMARKS.md: name, target, measured value (each with its unit), met or not, and a note.

    `met` is None where there is nothing to reach, and the figure is reported alone.
    """

    name: str
    target: str
    value: str
    met: bool | None
    note: str
