"""Reading from Python: `kfm_assets.read("hazards/storm_events", partitions=["1975"])` gives a polars LazyFrame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kfm_assets import settings, wiring
from kfm_assets.engine.read import read as locate
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    import polars as pl


def read(
    dataset: str,
    *,
    partitions: Sequence[str] | None = None,
    release: str | None = None,
    at: datetime | None = None,
    table: str | None = None,
    home: str | Path | None = None,
) -> pl.LazyFrame:
    """Return a table's rows, in the published release or another, as a LazyFrame over files whose bytes were checked.

    Args:
        dataset: the key, as in `hazards/storm_events`.
        partitions: their names, as in `["1975", "1976"]`; all that the release has by default.
        release: an id, the start of one, or a version (`3`); the published release by default.
        at: an aware instant; the release that was live then.
        table: one of the dataset's tables; its main table by default.
        home: where everything lives; `KFM_HOME` or `.kfm` by default.

    Raises:
        NotFound: for an unknown dataset, table, partition or release, or where nothing is published.
        IntegrityError: when a file is not what the release says it is.
    """
    import polars as pl

    chosen = settings.load(home=home)
    if not (chosen.home / "home.json").exists():
        raise NotFound(f"there is no home at {chosen.home}", advice="set KFM_HOME, or run `kfm run` first")
    found = locate(wiring.wire(chosen), dataset, partitions, release=release, at=at, table=table)
    if not found.files:
        raise NotFound(f"the release of {dataset} has no partitions", advice=f"`kfm run {dataset}` publishes some")
    return pl.scan_parquet(list(found.files.values()), glob=False)
