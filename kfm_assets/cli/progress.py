"""The progress bar of a run: on standard error, on a terminal only, one line for each dataset."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kfm_assets.ports import Progress, silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_STAGES = ("acquired", "built", "judged", "released", "published")


@contextmanager
def shown() -> Iterator[Progress]:
    """Give what a use case tells its progress to; whoever is not at a terminal sees nothing."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, redirect_stderr=False) as bars:
        yield _Board(bars).tell


class _Board:
    """How far each partition has come, as bars. A dataset's bar is full when each of its partitions was judged."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._starting: TaskID | None = bars.add_task("starting", total=None, stage="loads Dagster and the datasets")
        self._tasks: dict[str, TaskID] = {}
        self._reached: dict[str, dict[str, int]] = {}

    def tell(self, dataset: str, partition: str, stage: str) -> None:
        if self._starting is not None:
            self._bars.remove_task(self._starting)
            self._starting = None
        reached = self._reached.setdefault(dataset, {})
        rank = _STAGES.index(stage) + 1 if stage in _STAGES else 0
        reached[partition] = max(reached.get(partition, 0), rank)
        if dataset not in self._tasks:
            self._tasks[dataset] = self._bars.add_task(dataset, stage=stage)
        ended = sum(rank >= _STAGES.index("judged") + 1 for rank in reached.values())
        self._bars.update(self._tasks[dataset], completed=ended, total=len(reached), stage=f"{partition} {stage}")
