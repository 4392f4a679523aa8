"""Wire frames that hold more than verbatim fields: what was read from a field has to follow when it is altered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import parser
from kfm_assets.datasets.hydrology.streamflow.wire import SCHEMA
from kfm_assets.datasets.program import FILE, LINE


@dataclass(frozen=True)
class Again:
    """The fields of a dataset's wires, all other columns being read from them, and what reads them again."""

    fields: tuple[str, ...]
    read: Callable[[str, pl.DataFrame], pl.DataFrame]


def _streamflow(wire: str, rows: pl.DataFrame) -> pl.DataFrame:
    files = rows.select(*SCHEMA, FILE).partition_by(FILE, as_dict=True, maintain_order=True)
    return pl.concat(
        [parser.read_texts(frame, wire, is_json=str(file).endswith(".json")) for (file,), frame in files.items()]
    )


READ_AGAIN: Mapping[str, Again] = {
    "hydrology/streamflow": Again(tuple(field for field in SCHEMA if field != LINE), _streamflow),
}
"""Dataset -> how its wire frames are read again. The state that a file gives for a site counts as a field here."""
