"""Launch: what `kfm run` starts. Its Dagster runs take place in this process, on the instance that the UI shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from kfm_assets.datasets.registry import specification
from kfm_assets.defs import instance
from kfm_assets.defs.keys import FLOW
from kfm_assets.defs.location import build_defs
from kfm_assets.defs.partitions import demand
from kfm_assets.defs.runner import Runner
from kfm_assets.defs.system import configuration, lent
from kfm_assets.errors import Unavailable
from kfm_assets.ports import Progress, silent
from kfm_assets.settings import Settings
from kfm_assets.wiring import wire


def run(
    settings: Settings,
    datasets: Sequence[str],
    partitions: Sequence[str] | None = None,
    *,
    publish: bool = True,
    progress: Progress = silent,
    name: str = "",
) -> str:
    """Run datasets, each after those that it requires, from the same source; return the run's name.

    `partitions` are those of the named datasets, by default all that the source has; required datasets run whole. What
    became of each partition is in `state.notes(name)`: an error that concerns some partitions, or all of a dataset, is
    noted there and not raised.

    Raises:
        NotFound: for an unknown dataset or partition; when the source has nothing of a dataset.
        KfmError: when it cannot be learnt which partitions there are.
    """
    for dataset in datasets:
        demand(specification(dataset), partitions or ())
    system = wire(settings, progress=progress)
    name = name or system.clock.fresh()
    with _full_disk_is_unavailable(system.home), instance.opened(settings.home) as dagster:
        instance.settle(dagster)
        definitions = build_defs(datasets, system=lent(system))
        zones = FLOW if publish else FLOW[:-1]
        Runner(name, system, dagster, definitions, configuration(settings), zones).run(datasets, partitions)
    return name


@contextmanager
def _full_disk_is_unavailable(home: str) -> Iterator[None]:
    """Say of a disk without room, when it is Dagster's own log that finds out, what the engine says of it."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"Dagster's instance cannot be written: {error.orig}", advice=f"make room for {home}, and run again"
        ) from error
