"""Lineage is told in more than one place, and each says the same: specifications, Dagster's definitions, its runs.

`Lineage` is what all of them must agree on. Another witness is one more function that returns it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from dagster import AssetKey, Definitions, MetadataValue, TableColumnDep

from kfm_assets.datasets.code import code_digest
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.definitions import defs
from kfm_assets.defs import lineage
from kfm_assets.defs.keys import FLOW, key
from kfm_assets.defs.processed import processed
from kfm_assets.defs.raw import raw
from kfm_assets.defs.system import RESOURCE, Kansas
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.domain.catalog import PROV, column_source, partition_path, release_path
from kfm_assets.domain.catalog import column as column_name
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.domain.evidence_ref import parse
from kfm_assets.engine import record
from kfm_assets.ports import System
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS
from kfm_assets_tests.defs.test_metadata import materialized

Columns = Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Lineage:
    """What a dataset is made from.

    `upstream` are the datasets that its builds read, `columns` maps (table, column) to sources as specifications spell
    them, `made_by` is specification and code, as a code version has them.
    """

    upstream: frozenset[str]
    columns: Columns
    made_by: str


def of_specification(spec: Dataset) -> Lineage:
    columns = {
        (table.name, column.name): frozenset(column.sources) for table in spec.tables for column in table.columns
    }
    return Lineage(frozenset(spec.requires), columns, made_by(spec.spec_hash, code_digest(spec.key)))


def of_definitions(definitions: Definitions, spec: Dataset) -> Lineage:
    """Read the processed asset's dependencies, column lineage and code version."""
    node = definitions.resolve_asset_graph().get(key(Zone.PROCESSED, spec.key))
    upstream = node.parent_keys - {key(Zone.RAW, spec.key)}
    return Lineage(frozenset(map(dataset, upstream)), columns(spec, node.metadata), str(node.code_version))


def of_build(build: Build, metadata: Mapping[str, MetadataValue]) -> Lineage:
    """Read the inputs and the code of a build, and the column lineage of its materialization."""
    names = {item.name.removesuffix(f"@{STATIC}") for item in build.inputs}
    upstream = frozenset(names & set(DATASETS))
    return Lineage(upstream, columns(specification(build.dataset), metadata), made_by(build.spec_hash, build.code))


def of_prov(system: System, name: str, partition: str) -> Lineage:
    """Read the two PROV documents of what is published: the release's columns; a partition's inputs, plan and code."""
    spec = specification(name)
    tag = record.tag(record.stable(system, name).id)
    whole, part = (
        {node["@id"]: node for node in json.loads(system.lake.read(tag, f"{name}/{path}"))["@graph"]}
        for path in (release_path(PROV), partition_path(partition, PROV))
    )
    spelled = {column_source(spec, one): one for table in spec.tables for c in table.columns for one in c.sources}
    columns = {}
    for table in spec.tables:
        for one in table.columns:
            said = whole[column_name(spec, table.name, one.name)]
            columns[table.name, one.name] = frozenset(spelled[origin["@id"]] for origin in said["prov:wasDerivedFrom"])
    (made,) = (node for node in part.values() if node["@id"].endswith("#making"))
    (plan,) = {one["prov:hadPlan"]["@id"] for one in made["prov:qualifiedAssociation"]}
    (code,) = {one["prov:agent"]["@id"] for one in made["prov:qualifiedAssociation"]}
    builds = [parse(one["@id"]) for one in made["prov:used"] if one["@id"].startswith("kfm://build/")]
    upstream = frozenset(record.build(system, ref.digest).dataset for ref in builds)
    return Lineage(upstream, columns, made_by(parse(plan).digest, parse(code).digest))


def made_by(specified: Digest, code: Digest) -> str:
    return f"{hexadecimal(specified)[:12]}-{hexadecimal(code)[:12]}"


def columns(spec: Dataset, metadata: Mapping[str, MetadataValue]) -> Columns:
    """Return the column lineage of an asset of all of a dataset's tables."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for table in spec.tables:
        name = "dagster/column_lineage" if table == spec.main else f"column lineage of {table.name}"
        for column, deps in metadata[name].value.deps_by_column.items():
            found[table.name, column] = frozenset(source(dep) for dep in deps)
    return found


def source(dep: TableColumnDep) -> str:
    """Spell a column of another asset as specifications do: a raw asset's has its wire's name already."""
    return dep.column_name if dep.asset_key.path[0] == Zone.RAW else f"{dataset(dep.asset_key)}.{dep.column_name}"


def dataset(asset: AssetKey) -> str:
    return "/".join(asset.path[1:])


@pytest.mark.parametrize("name", DATASETS)
def test_definitions_say_what_specifications_say(name: str) -> None:
    spec = specification(name)
    assert of_definitions(defs, spec) == of_specification(spec)
    graph = defs.resolve_asset_graph()
    assert len({graph.get(key(zone, name)).code_version for zone in FLOW}) == 1


@pytest.mark.parametrize("name", [STORMS, COUNTIES])
def test_builds_and_their_materializations_say_it_too(home: Home, name: str) -> None:
    result = home.span(STORMS, "1990", "1990")
    metadata = materialized(result, Zone.PROCESSED, name).metadata
    build = record.build(home.system, Digest(str(metadata["build"].value)))
    assert of_build(build, metadata) == of_specification(specification(name))
    assert of_prov(home.system, name, build.partition) == of_specification(specification(name))


def test_columns_lead_from_asset_to_asset_that_dagster_knows() -> None:
    graph = defs.resolve_asset_graph()
    for name in DATASETS:
        for zone in (Zone.PROCESSED, Zone.PUBLISHED):
            node = graph.get(key(zone, name))
            above = graph.get_ancestor_asset_keys(node.key)
            for deps in node.metadata[lineage.LINEAGE].value.deps_by_column.values():
                for dep in deps:
                    assert dep.asset_key in above
                    schema = graph.get(dep.asset_key).metadata["dagster/column_schema"].schema
                    assert dep.column_name in {column.name for column in schema.columns}


def test_a_specification_that_says_something_else_is_told_apart() -> None:
    spec = specification("hazards/earthquakes")
    depth = next(column for column in spec.main.columns if column.name == "depth_km")
    others = tuple(
        replace(column, sources=("events.mag",)) if column == depth else column for column in spec.main.columns
    )
    bent = replace(spec, tables=(replace(spec.main, columns=others),))
    alone = replace(spec, requires=())
    for other in (bent, alone):
        said = of_definitions(Definitions([raw(other), processed(other)], resources={RESOURCE: Kansas()}), other)
        assert said != of_specification(spec)
        assert (said.columns, said.upstream) == (of_specification(other).columns, of_specification(other).upstream)
