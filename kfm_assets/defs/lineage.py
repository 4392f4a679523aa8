"""Which columns an asset's columns are made from, as Dagster's column lineage. It says what specifications declare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from dagster import MetadataValue, TableColumn, TableColumnDep, TableColumnLineage, TableSchema

from kfm_assets.defs.keys import key
from kfm_assets.defs.step import Metadata
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.dataset import Column, Dataset, Table

LINEAGE = "dagster/column_lineage"


def raw(spec: Dataset) -> Metadata:
    """Describe the fields of the raw asset that columns are made from, `wire.FIELD`, with the columns they go into."""
    into: dict[str, list[str]] = defaultdict(list)
    for table in spec.tables:
        for column in table.columns:
            for source in column.sources:
                if _dataset(spec, source) is None:
                    into[source].append(f"{table.name}.{column.name}")
    fields = [TableColumn(name, "verbatim", f"Goes into {', '.join(into[name])}") for name in sorted(into)]
    return {"dagster/column_schema": MetadataValue.table_schema(TableSchema(fields))}


def processed(spec: Dataset) -> Metadata:
    """Describe what the columns of the processed asset are made from, those of its main table and of the others."""

    def sources(column: Column) -> list[TableColumnDep]:
        return [_source(spec, source) for source in column.sources]

    return _described(spec, sources)


def published(spec: Dataset) -> Metadata:
    """Describe that each column of the published asset is that of the processed one."""

    def same(column: Column) -> list[TableColumnDep]:
        return [TableColumnDep(key(Zone.PROCESSED, spec.key), column.name)]

    return _described(spec, same)


def _described(spec: Dataset, sources: Callable[[Column], list[TableColumnDep]]) -> Metadata:
    # Dagster knows one table for each asset. Another one's columns may have the same names, so it stands beside.
    names = {table.name: f"column lineage of {table.name}" for table in spec.tables} | {spec.main.name: LINEAGE}
    return {names[table.name]: MetadataValue.column_lineage(_lineage(table, sources)) for table in spec.tables}


def _lineage(table: Table, sources: Callable[[Column], list[TableColumnDep]]) -> TableColumnLineage:
    return TableColumnLineage({column.name: sources(column) for column in table.columns})


def _source(spec: Dataset, source: str) -> TableColumnDep:
    """Return a column of a required dataset as that of its published asset, a field of a wire as one of the raw asset.

    The raw asset holds the files of all wires, so a field keeps its wire's name.
    """
    required = _dataset(spec, source)
    if required is None:
        return TableColumnDep(key(Zone.RAW, spec.key), source)
    return TableColumnDep(key(Zone.PUBLISHED, required), source.partition(".")[2])


def _dataset(spec: Dataset, source: str) -> str | None:
    """Return the required dataset that a source is a column of, or None for a field of a wire."""
    of = source.partition(".")[0]
    return of if of in spec.requires else None
