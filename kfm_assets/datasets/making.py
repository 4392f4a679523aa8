"""From a dataset's parsed files to the bytes of one partition, and back: what is the same for every dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.extent import extent
from kfm_assets.datasets.program import FILE, LINE, PARTITION, Derived, Material, Payload, Product, Program
from kfm_assets.domain.artifact import JSON, NDJSON, PARQUET, Origin, Zone, zone_prefix
from kfm_assets.domain.canonical import Json, canonical_json
from kfm_assets.domain.dataset import Dataset

Parsed = tuple[Payload, pl.DataFrame]
"""A file and its wire frame."""

ACCOUNT = "account.json"
HELD = "rows.ndjson"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a partition that is yet to be stored: its path below the dataset's prefix, bytes and media type."""

    path: str
    content: bytes
    media_type: str


def table_path(partition: str, table: str) -> str:
    """Return where a table of a partition lies below the dataset's prefix."""
    return file_path(partition, f"{table}.parquet")


def file_path(partition: str, name: str) -> str:
    """Return where a file that a partition publishes lies."""
    return f"{zone_prefix(Zone.PROCESSED, partition)}/{name}"


def held_path(partition: str) -> str:
    """Return where a partition's quarantined rows lie."""
    return f"{zone_prefix(Zone.QUARANTINE, partition)}/{HELD}"


def account_path(partition: str) -> str:
    """Return where the account of a partition's rows lies."""
    return f"{zone_prefix(Zone.WORK, partition)}/{ACCOUNT}"


def rows_by_partition(frame: pl.DataFrame) -> dict[str | None, int]:
    """Count a file's rows by the partition that each belongs to; None for those that cannot be dated."""
    return dict(frame.group_by(PARTITION).len().sort(PARTITION).iter_rows())


def undated(program: Program, file: Parsed) -> bytes:
    """Return the rows of a file that cannot be dated, in the form of quarantine; empty where there are none."""
    payload, frame = file
    lines = frame.filter(pl.col(PARTITION).is_null())[LINE].to_list()
    if not lines:
        return b""
    text = program.verbatim(payload, lines)
    held = [(payload.wire, payload.name, line, "undated", text[line]) for line in lines]
    return tables.encode_quarantine(pl.DataFrame(held, schema=tables.QUARANTINE_SCHEMA, orient="row"))


def rows_of(frame: pl.DataFrame, partition: str) -> pl.DataFrame:
    """Return a file's rows of one partition, in their order; without a copy where they stand together.

    They do in a file of one partition, and in one that is in the order of time.
    """
    each = frame[PARTITION]
    mine = each.eq_missing(partition) if each.null_count() else each == partition
    count = int(mine.sum())
    first = mine.arg_max()
    if first is not None and mine.slice(first, count).sum() == count:
        return frame.slice(first, count)
    return frame.filter(mine)


def counted(files: Iterable[Parsed], partition: str) -> dict[str, int]:
    """Count a partition's wire rows, by wire, from its files alone."""
    counts: dict[str, int] = {}
    for payload, frame in files:
        rows = int((frame[PARTITION] == partition).sum())
        counts[payload.wire] = counts.get(payload.wire, 0) + rows
    return counts


def wires(files: Iterable[Parsed], partition: str) -> dict[str, pl.DataFrame]:
    """Return a partition's wire rows, by wire, each with the name of its file."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for payload, frame in files:
        rows = rows_of(frame, partition)
        file = pl.Series(FILE, [payload.name]).new_from_index(0, rows.height)
        frames.setdefault(payload.wire, []).append(rows.hstack([file]))
    return {wire: parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal") for wire, parts in frames.items()}


def make(
    program: Program, partition: str, files: Sequence[Parsed], upstream: Mapping[str, bytes], origin: Origin
) -> tuple[list[File], Mapping[str, Json]]:
    """Make one partition: return its files, sorted by path, and the account of its rows.

    `upstream` holds the main table of each required dataset, as it was stored. Each table's file says its `origin`. The
    account says what the tables cover too, in time and space.
    """
    payloads = {payload.name: payload for payload, _ in files}
    product = program.transform(
        partition,
        wires(files, partition),
        {key: tables.decode(content) for key, content in upstream.items()},
        lambda name, line: program.verbatim(payloads[name], [line])[line],
    )
    return _stored(program.specification, partition, product, origin)


def derive(
    derived: Derived, partition: str, upstream: Mapping[str, Sequence[Material]], origin: Origin
) -> tuple[list[File], Mapping[str, Json]]:
    """Make one partition of a dataset that nothing is acquired for, as `make` does. Raises what its code raises."""
    return _stored(derived.specification, partition, derived.derive(partition, upstream), origin)


def _stored(spec: Dataset, partition: str, product: Product, origin: Origin) -> tuple[list[File], Mapping[str, Json]]:
    account = _account(product, spec)
    made = [
        File(table_path(partition, table.name), tables.encode(product.tables[table.name], table, origin), PARQUET)
        for table in spec.tables
    ]
    made += [
        File(file_path(partition, name), attached.content, attached.media_type)
        for name, attached in product.files.items()
    ]
    made.append(File(held_path(partition), tables.encode_quarantine(product.quarantine), NDJSON))
    made.append(File(account_path(partition), canonical_json(account), JSON))
    return sorted(made, key=lambda file: file.path), account


def tables_of(specification: Dataset, partition: str, contents: Mapping[str, bytes]) -> dict[str, pl.DataFrame]:
    """Read a partition's tables back from what was stored, by path; a table that is absent is left out."""
    paths = {table.name: table_path(partition, table.name) for table in specification.tables}
    return {name: tables.decode(contents[path]) for name, path in paths.items() if path in contents}


def _account(product: Product, spec: Dataset) -> dict[str, Json]:
    return {
        "rows_in": dict(product.rows_in),
        "rows_out": {name: frame.height for name, frame in product.tables.items()},
        "quarantined": _held(product.quarantine),
        "out_of_scope": {wire: dict(rules) for wire, rules in product.out_of_scope.items()},
        "yields": dict(product.yields),
        "facts": dict(product.facts),
        "extent": extent(product.tables, spec),
    }


def _held(quarantine: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count the rows held back, by wire and rule."""
    held: dict[str, dict[str, int]] = {}
    if quarantine.height:
        for wire, rule, rows in quarantine.group_by("wire", "rule").len().sort("wire", "rule").iter_rows():
            held.setdefault(wire, {})[rule] = rows
    return held
