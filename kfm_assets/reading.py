"""Reading from Python: `kfm_assets.read("hazards/storm_events", partitions=["1975"])` gives a polars LazyFrame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kfm_assets import wiring
from kfm_assets.cli.partitions import parse
from kfm_assets.cli.session import Session
from kfm_assets.datasets.registry import specification
from kfm_assets.engine.read import read as locate
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    import polars as pl


def read(
    dataset: str,
    *,
    partitions: Sequence[str] | str | None = None,
    release: str | None = None,
    at: datetime | None = None,
    table: str | None = None,
    home: str | Path | None = None,
) -> pl.LazyFrame:
    """Return a table's rows, in the published release or another, as a LazyFrame over files whose bytes were checked.

    Args:
        dataset: the key, as in `hazards/storm_events`.
        partitions: their names, as in `["1975", "1976"]`, or as `kfm` takes them, `"1975..1980"`; all that the release
            has by default.
        release: an id, the start of one, or a version (`3`); the published release by default.
        at: the release that was live then; an instant without an offset is UTC.
        table: one of the dataset's tables; its main table by default.
        home: where everything lives; `KFM_HOME` or `.kfm` by default.

    Raises:
        UsageError: for a text that names no partitions of the dataset's grain.
        NotFound: for an unknown dataset, table, partition or release, or where nothing is published.
        IntegrityError: when a file is not what the release says it is.
    """
    import polars as pl

    spec = specification(dataset)
    names = parse(partitions, spec) if isinstance(partitions, str) else partitions
    instant = at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
    system = wiring.wire(Session(Path(home) if home else None).existing())
    found = locate(system, dataset, names, release=release, at=instant, table=table)
    if not found.files:
        raise NotFound(f"the release of {dataset} has no partitions", advice=f"`kfm run {dataset}` publishes some")
    return pl.scan_parquet(list(found.files.values()), glob=False)
