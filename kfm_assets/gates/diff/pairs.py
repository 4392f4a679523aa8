"""One partition of one table in two releases, and which of its rows were added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from kfm_assets.gates.diff.rows import RowChanges, compare, said

PARTITION = "partition"
"""The column by which rows of several partitions are told apart when they stand together."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A table of a partition, before and after; None where the partition, or the table in it, is not there.

    `rows` is how the two differ, where both are there.
    """

    partition: str
    before: pl.DataFrame | None = field(repr=False)
    after: pl.DataFrame | None = field(repr=False)
    rows: RowChanges | None = field(repr=False)

    @property
    def removed(self) -> pl.DataFrame | None:
        """The rows that are gone."""
        return self.rows.before[self.rows.removed] if self.rows is not None else self.before

    @property
    def added(self) -> pl.DataFrame | None:
        """The rows that came."""
        return self.rows.after[self.rows.added] if self.rows is not None else self.after

    @property
    def changed(self) -> pl.DataFrame | None:
        """The rows that changed, as they are now."""
        return self.rows.after[self.rows.changed[1]] if self.rows is not None else None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there were and are, and what became of them."""
        before, after = (0 if frame is None else frame.height for frame in (self.before, self.after))
        told = (
            self.rows.counts if self.rows is not None else {"added": after, "removed": before, "changed": 0, "same": 0}
        )
        return {"before": before, "after": after, **told}


def pair(partition: str, before: pl.DataFrame | None, after: pl.DataFrame | None, key: Sequence[str]) -> Pair:
    """Put a partition's table before and after together, without RECORDED, and compare them where both are there."""
    old, new = (frame if frame is None else said(frame, key) for frame in (before, after))
    rows = compare(old, new, key) if old is not None and new is not None else None
    return Pair(partition, old, new, rows)


def stacked(frames: Iterable[tuple[str, pl.DataFrame | None]], columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of several partitions' rows, one below the other, with the partition of each.

    Where types differ between partitions the wider one is taken; a column that a partition does not have is null there.
    """
    parts = [
        frame.select(name for name in columns if name in frame.columns).insert_column(
            0, pl.Series(PARTITION, [partition], pl.String).new_from_index(0, frame.height)
        )
        for partition, frame in frames
        if frame is not None
    ]
    if not parts:
        return pl.DataFrame({PARTITION: []}, schema={PARTITION: pl.String})
    alike = all(part.schema == parts[0].schema for part in parts)
    return pl.concat(parts, how="vertical" if alike else "diagonal_relaxed")
