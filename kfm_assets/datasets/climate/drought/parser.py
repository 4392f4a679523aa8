"""The Drought Monitor's CSV to wire frames of verbatim text. Nothing is judged here but the file's form.

The service and its parameters: https://droughtmonitor.unl.edu/DmData/DataDownload/WebServiceInfo.aspx. `MapDate` is the
Tuesday of the map (`20231010`); where `ValidStart` and `ValidEnd` are there they are that day and the Monday after.
"""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets import delimited
from kfm_assets.datasets.climate.drought.specification import CATEGORIES, CATEGORIES_WIRE, DSCI_WIRE, FIRST
from kfm_assets.datasets.delimited import verbatim
from kfm_assets.datasets.program import PARTITION, Payload

__all__ = ["HEADERS", "day", "parse", "verbatim"]

_SHARES = ("None", *CATEGORIES, "ValidStart", "ValidEnd", "StatisticFormatID")

HEADERS: dict[str, tuple[tuple[str, ...], ...]] = {
    DSCI_WIRE: (("Name", "MapDate", "DSCI"),),
    # The second column is named as the kind of area is: a state, or what the national statistics call an area.
    CATEGORIES_WIRE: (("MapDate", "StateAbbreviation", *_SHARES), ("MapDate", "AreaOfInterest", *_SHARES)),
}
"""What each wire's file may have as its first line."""


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each record, with LINE and PARTITION: the year of its Tuesday, whatever year the week ends in.

    Raises:
        BadInput: when the file is not one of the Drought Monitor's statistics of that kind, whole and in UTF-8.
    """
    frame = delimited.read(payload, HEADERS[payload.wire])
    year = day("MapDate").dt.strftime("%Y")
    return frame.with_columns(pl.when(year >= FIRST).then(year).alias(PARTITION))


def day(name: str) -> pl.Expr:
    """Return a field as a date, written `20231010` or `2023-10-10`; null for anything else."""
    return pl.coalesce(
        pl.when(pl.col(name).str.contains(r"^\d{8}$")).then(pl.col(name)).str.to_date("%Y%m%d", strict=False),
        pl.when(pl.col(name).str.contains(r"^\d{4}-\d\d-\d\d$"))
        .then(pl.col(name))
        .str.to_date("%Y-%m-%d", strict=False),
    )
