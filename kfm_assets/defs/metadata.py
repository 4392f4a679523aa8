"""What a person reads in the UI of an asset and of each of its partitions. Pictures stand in `pictures`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dagster import (
    MarkdownMetadataValue,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableMetadataValue,
    TableRecord,
    TableSchema,
)

from kfm_assets.defs.step import Metadata
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.domain.dataset import STATIC, Column, Dataset, Table

if TYPE_CHECKING:
    from kfm_assets.engine.build import Made
    from kfm_assets.ports import Acquired, Intake, System

Cell = str | int | float | bool | None

_SHORT = 12
_MOST_ROWS = 5
_MOST_TEXT = 160


# --- of an asset ------------------------------------------------------------------------------------------------------


def upstream(spec: Dataset) -> Metadata:
    """Describe who publishes what a dataset is made from, and on which terms."""
    source = spec.upstream
    return {
        "publisher": MetadataValue.text(source.publisher),
        "homepage": MetadataValue.url(source.homepage),
        "terms": MetadataValue.md(f"{source.terms}\n\n[{source.terms_url}]({source.terms_url})"),
        "licence": MetadataValue.text(spec.licence),
    }


def schema(spec: Dataset) -> Metadata:
    """Describe a dataset's tables: its main table as Dagster's column schema, the others beside it."""
    others = {f"columns of {table.name}": MetadataValue.table_schema(table_schema(table)) for table in spec.tables[1:]}
    return {"dagster/column_schema": MetadataValue.table_schema(table_schema(spec.main)), **others}


def table_schema(table: Table) -> TableSchema:
    """Return a table's columns with their types, meanings, units, and whether they may be null."""
    columns = [
        TableColumn(
            name=column.name,
            type=column.dtype,
            description=_meaning(column),
            constraints=TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            tags={"unit": column.unit} if column.unit else None,
        )
        for column in table.columns
    ]
    return TableSchema(columns=columns)


def _meaning(column: Column) -> str:
    return f"{column.description}. Made from {', '.join(column.sources)}" if column.sources else column.description


def reasons(spec: Dataset) -> Metadata:
    """Describe why a row may be held back, or left out."""
    return {
        "rules that hold a row back": records({"rule": rule, "because": why} for rule, why in spec.quarantine.items()),
        "rows left out of scope": records({"rule": rule, "because": why} for rule, why in spec.scope.items()),
    }


# --- of a partition ---------------------------------------------------------------------------------------------------


def acquired(system: System, intake: Intake) -> Metadata:
    """Describe what a partition is to be built from: each file, where it came from and how."""
    files = [_file(system, item) for item in intake.acquired]
    return {
        "files": records(files),
        "bytes": MetadataValue.int(sum(size for file in files if isinstance(size := file["bytes"], int))),
        "source": MetadataValue.text(system.source.name),
        "origin": MetadataValue.text(intake.origin.value),
        "acquired at": MetadataValue.timestamp(intake.at),
        "run": MetadataValue.text(intake.run),
    }


def _file(system: System, item: Acquired) -> dict[str, Cell]:
    from kfm_assets.engine.raw import how_it_came

    came = how_it_came(system, item.path)
    size, status = came.get("size"), came.get("status")
    return {
        "file": item.name,
        "rows are": item.wire,
        "bytes": size if isinstance(size, int) else None,
        "from": str(came.get("address", "")),
        "status": status if isinstance(status, int) else None,
        "sha256": short(item.digest),
    }


def built(system: System, made: Made, picture: MarkdownMetadataValue) -> Metadata:
    """Describe what a partition became: rows, what was found in them, how its gates judged it."""
    from kfm_assets.datasets.registry import specification
    from kfm_assets.engine.build import rows
    from kfm_assets.engine.notes import verdicts

    build, account = made.build, made.account
    spec = specification(build.dataset)
    counts = rows(account, spec.counted.name)
    by_table = _mapping(account["rows_out"])
    said = verdicts(system, build.dataset, build.id, None)
    return {
        "picture": picture,
        **_row_count(build.partition, by_table[spec.main.name]),
        **{name.replace("_", " "): MetadataValue.int(_number(count)) for name, count in counts.items()},
        **{
            f"rows of {name}": MetadataValue.int(_number(count))
            for name, count in by_table.items()
            if len(by_table) > 1
        },
        "facts": records({"fact": name, "value": str(value)} for name, value in _mapping(account["facts"]).items()),
        "verdicts": gates({gate.value: said[gate.value] for gate in system.policy(build.dataset).build_gates}),
        "origin": MetadataValue.text(build.origin.value),
        "made from": records({"input": item.name, "sha256": short(item.digest)} for item in build.inputs),
        "build": MetadataValue.text(build.id),
    }


def held_back(system: System, run: str, made: Made) -> Metadata:
    """Describe the rows held back: how many by each rule, and the first few, verbatim."""
    from kfm_assets.datasets import making
    from kfm_assets.datasets.registry import specification
    from kfm_assets.engine.build import run_branch

    build = made.build
    why = specification(build.dataset).quarantine
    counts: Counter[tuple[str, str]] = Counter()
    for wire, rules in _mapping(made.account["quarantined"]).items():
        for rule, count in _mapping(rules).items():
            counts[wire, rule] += _number(count)
    table: list[dict[str, Cell]] = [
        {"rule": rule, "rows": count, "rows are": wire, "because": why.get(rule, "")}
        for (wire, rule), count in counts.most_common()
    ]
    described = {
        **_row_count(build.partition, sum(counts.values())),
        "reasons": records(table, ("rule", "rows", "rows are", "because")),
        "build": MetadataValue.text(build.id),
        "all of them": _command("quarantine", build.dataset, build.partition),
    }
    if not counts:
        return described
    held = system.lake.read(run_branch(run), f"{build.dataset}/{making.held_path(build.partition)}")
    return described | {"first rows": records(_held(line) for line in held.splitlines()[:_MOST_ROWS])}


def _held(line: bytes) -> dict[str, Cell]:
    row = json.loads(line)
    return {
        "file": row["source_file"],
        "line": row["source_line"],
        "rule": row["rule"],
        "row": str(row["row"])[:_MOST_TEXT],
    }


def catalogued(system: System, root: Digest, release: Digest, partition: str, build: Digest) -> Metadata:
    """Describe what a release's catalogs say of a partition: where and when its rows lie, which documents there are.

    `root` is that of the release's map of them.
    """
    from kfm_assets.domain.catalog import DCAT, ITEM, PROV, partition_path
    from kfm_assets.engine import catalog_map

    paths = {name: partition_path(partition, name) for name in (ITEM, DCAT, PROV)}
    files = {name: catalog_map.lookup(system, root, path) for name, path in paths.items()}
    item = files[ITEM]
    said = json.loads(system.state.documents.get(item.digest)) if item else {}
    properties = said.get("properties", {})
    return {
        "from": MetadataValue.text(str(properties.get("start_datetime", ""))),
        "until": MetadataValue.text(str(properties.get("end_datetime", ""))),
        "bbox": MetadataValue.text(", ".join(str(side) for side in said.get("bbox", []))),
        "documents": records(
            {"document": file.path, "bytes": file.size, "sha256": short(file.digest)} for file in files.values() if file
        ),
        "read it": MetadataValue.md(f"`kfm resolve kfm://release/{hexadecimal(release)}/{paths[ITEM]}`"),
        "build": MetadataValue.text(build),
    }


def released(system: System, release: Digest, partition: str, build: Digest) -> Metadata:
    """Describe the release that holds a build: its version, its papers, its verdicts."""
    from kfm_assets.engine.notes import verdicts

    recorded = system.state.release(release)
    dataset = recorded.release.dataset
    return {
        "version": MetadataValue.int(recorded.version),
        "release": MetadataValue.text(release),
        "build": MetadataValue.text(build),
        "verdicts": gates(verdicts(system, dataset, build, release)),
        "receipt": MetadataValue.text(recorded.receipt),
        "manifest": MetadataValue.text(recorded.manifest),
        "papers": MetadataValue.md(f"`kfm show {short(release)}` prints receipt, manifest, verdicts and evidence."),
        "origin": MetadataValue.text(recorded.release.origin.value),
        "partition": MetadataValue.text(partition),
    }


def revised(revision: str | None) -> Metadata:
    """Describe what a release says otherwise of a partition than the one before it, where it replaces it."""
    return {"revision": MetadataValue.text(revision)} if revision else {}


def compared(system: System, release: Digest) -> Metadata:
    """Describe what a release changes in the one before it: rows by table, and what the largest changes come from."""
    from kfm_assets.engine.diff import report_of

    report = report_of(system, release)
    if report is None:
        return {}
    tables = _mapping(report["tables"])
    counts: list[dict[str, Cell]] = []
    reasons: list[dict[str, Cell]] = []
    for name, told in tables.items():
        table = _mapping(told)
        rows = {what: _number(count) for what, count in _mapping(table["rows"]).items()}
        counts.append({"table": name, **rows})
        contributors = table["contributors"]
        for one in contributors if isinstance(contributors, list) else ():
            groups = ", ".join(f"{group['column']} {group['value']}" for group in one["groups"])
            if groups:
                of = f"rows {one['unit']}" if one["of"] == "rows" else one["of"]
                reasons.append(
                    {"of": of, "change": one["change"], "percent": one["share_percent"], "is in": groups[:_MOST_TEXT]}
                )
    dataset = str(report["dataset"])
    return {
        "rows compared": records(counts),
        "what it comes from": records(reasons, ("of", "change", "percent", "is in")),
        "the whole comparison": MetadataValue.md(f"`kfm diff {dataset} --to {short(release)} --html diff.html`"),
    }


def published(system: System, dataset: str, partition: str, build: Digest) -> Metadata:
    """Describe what readers get of a partition, by which release, and how to read it."""
    pointer = system.state.pointer(dataset)
    stable = released(system, pointer.stable, partition, build) if pointer.stable else {}
    return {
        **stable,
        "generation": MetadataValue.int(pointer.generation),
        "read it": _command("read", dataset, partition),
    }


def drift(found: object) -> Metadata:
    """Tabulate what the gate `drift` found of a partition, after its report: each distribution, and what is borne."""
    columns = _mapping(_mapping(found).get("columns"))
    rows = [_drifted(name, _mapping(column)) for name, column in columns.items()]
    return {"drift": records(rows)} if rows else {}


def _drifted(name: str, column: Mapping[str, object]) -> dict[str, Cell]:
    near = _mapping(column.get("near"))
    against = f"{near['first']} to {near['last']}" if near else str(column.get("reason"))
    return {
        "distribution": name,
        "verdict": str(column.get("outcome")),
        "rows": _number(column.get("rows")),
        "PSI": str(near.get("psi", "")),
        "of at most": str(near.get("limit", "")),
        "against": against,
    }


# --- forms ------------------------------------------------------------------------------------------------------------

GATES = {
    "A": "identity: the id is that of the content",
    "B": "rights: licence and terms are stated and kept",
    "C": "sensitivity: the label may be published",
    "D": "catalogs: valid, linked, and of this data",
    "E": "quality: schema, rules, no row lost",
    "F": "receipt: complete, and of this release",
    "G": "manifest: complete, and of this release",
    "drift": "drift: distributed like what came before",
    "diff": "what changes in the live release stays within limits",
    "model": "model: no worse than production, for the same reasons, and safe",
}


def gates(outcomes: Mapping[str, object]) -> TableMetadataValue:
    """Tabulate the outcome of each required gate."""
    return records(
        {"gate": gate, "asks for": GATES.get(gate, ""), "verdict": str(outcome or "none on record")}
        for gate, outcome in sorted(outcomes.items())
    )


def records(rows: Iterable[Mapping[str, Cell]], columns: Sequence[str] = ()) -> TableMetadataValue:
    """Return a table of some rows; without any, `columns` are its header."""
    found = [TableRecord(dict(row)) for row in rows]
    names = list(found[0].data) if found else list(columns) or ["none"]
    kinds = {name: _kind(record.data[name] for record in found) for name in names}
    return MetadataValue.table(found, TableSchema(columns=[TableColumn(name, kinds[name]) for name in names]))


def _kind(values: Iterable[object]) -> str:
    return "int" if all(isinstance(value, int) for value in values) else "string"


def short(digest: str) -> str:
    """Return the start of a digest: enough to name it."""
    return hexadecimal(digest)[:_SHORT]


def _row_count(partition: str, count: object) -> Metadata:
    """Return a count as Dagster's own names have it: of the whole asset, and of the partition where there are any."""
    names = ["dagster/row_count"] if partition == STATIC else ["dagster/row_count", "dagster/partition_row_count"]
    return {name: MetadataValue.int(_number(count)) for name in names}


def _command(verb: str, dataset: str, partition: str) -> MarkdownMetadataValue:
    return MetadataValue.md(f"`kfm {verb} {dataset}" + ("`" if partition == STATIC else f" --partitions {partition}`"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
