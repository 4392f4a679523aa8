"""The STAC collection against its schemas, the release, and the items that it links to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from kfm_assets.domain.artifact import JSON, NDJSON, PARQUET
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    GEOJSON,
    ITEM,
    JSON_LD,
    LEVEL,
    PROV,
    TITLES,
    Role,
    credit,
    multihash,
    partition_path,
    release_path,
    short,
    titled,
)
from kfm_assets.domain.dataset import Table
from kfm_assets.domain.evidence_ref import ReleaseRef, RunRef
from kfm_assets.domain.verdict import Finding
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.items import described, providers_differ
from kfm_assets.gates.catalogs.links import of
from kfm_assets.gates.catalogs.problems import differ, sets_differ, settled
from kfm_assets.gates.catalogs.reading import Document, Held
from kfm_assets.gates.catalogs.schemas import problem

PATH = release_path(COLLECTION)


def judge(evidence: CatalogEvidence, held: Held) -> Iterator[Finding]:
    """Hold the collection to the schemas and to the release; each partition has exactly its item in it."""
    document = held.of_release(COLLECTION)
    if document is None:
        return
    if document.get("type") != "Collection":
        yield settled("stac.collection.schema", [f"{PATH}: type is not 'Collection'"], "")
        return
    broken = problem(document)
    yield settled(
        "stac.collection.schema", [f"{PATH}: {broken}"] if broken else [], "it validates, with its extensions"
    )
    yield settled("stac.collection.fields", _fields(evidence, document), "fields and rights are the release's")
    yield settled("stac.collection.items", _items(evidence, document), f"{len(evidence.mapped)}, each by its digest")


def _fields(evidence: CatalogEvidence, document: Document) -> Iterator[str]:
    spec, release = evidence.specification, evidence.release
    promised: Mapping[str, Json] = {
        "id": spec.pipeline,
        "version": short(evidence.subject),
        "summaries": {"kfm:origin": [release.origin.value], "processing:level": [LEVEL]},
        "kfm:dataset": spec.key,
        "kfm:origin": release.origin.value,
        "kfm:evidence": str(ReleaseRef(evidence.subject)),
    }
    words: dict[str, Json] = {
        "title": titled(spec.title, release.origin),
        "description": titled(spec.description, release.origin),
        "license": spec.licence,
        "attribution": credit(spec, release.origin),
        "keywords": list(spec.tags),
        "kfm:spec_hash": spec.spec_hash,
        "table:tables": [{"name": one.name, "description": one.description} for one in spec.tables],
    }
    if evidence.is_worded:
        words |= {"item_assets": {**{one.name: _table(one) for one in spec.tables}, **_OTHERS}, "assets": _ASSETS}
        yield from sets_differ(PATH, "the collection", {*promised, *words, *_JUDGED_ELSEWHERE}, document)
    for field, expected in {**promised, **(words if evidence.is_worded else {})}.items():
        yield from differ(PATH, field, expected, document.get(field, "absent"))
    if evidence.run:
        software: Json = {name: version for name, version in evidence.run.environment.items() if version}
        more = {"processing:level": LEVEL, "processing:software": software}
        yield from providers_differ(PATH, spec, release.origin, document.get("providers"), more)
        created, began = datetime.fromisoformat(str(document.get("created"))), RunRef(evidence.run.name).began
        if created > evidence.run.at or (began and created < began):
            yield f"{PATH}: created is {created}, not between {began} and {evidence.run.at}, as the run was"


def _table(table: Table) -> Json:
    columns = described(table)["table:columns"]
    return {"title": table.description, "type": PARQUET, "roles": [Role.DATA.value], "table:columns": columns}


_OTHERS: Mapping[str, Json] = {
    Role.QUARANTINE.value: {
        "title": TITLES[Role.QUARANTINE],
        "type": NDJSON,
        "roles": [Role.QUARANTINE.value],
    },
    "account": {"title": TITLES[Role.METADATA], "type": JSON, "roles": [Role.METADATA.value]},
}
_ASSETS: Mapping[str, Json] = {
    key: {"href": href, "type": JSON_LD, "roles": [Role.METADATA.value], "title": key.upper()}
    for key, href in (("dcat", DCAT), ("prov", PROV))
}
_JUDGED_ELSEWHERE = ("type", "stac_version", "stac_extensions", "extent", "providers", "created", "links")


def _items(evidence: CatalogEvidence, document: Document) -> Iterator[str]:
    linked: dict[str, Document] = {}
    for link in of(document, "item"):
        if str(link.get("href")) in linked:
            yield f"{PATH}: two links lead to {link.get('href')!r}"
        linked[str(link.get("href"))] = link
    due = {f"{name}/{ITEM}": partition_path(name, ITEM) for name in evidence.mapped}
    yield from sets_differ(PATH, "links.item", due, linked)
    for href, path in due.items():
        if href in linked and path in evidence.listed:
            yield from _same(href, evidence.listed[path], evidence.documents.get(path), linked[href])


def _same(href: str, digest: Digest, content: bytes | None, link: Document) -> Iterator[str]:
    yield from differ(PATH, f"links.item {href} file:checksum", multihash(digest), link.get("file:checksum", "absent"))
    yield from differ(PATH, f"links.item {href} type", GEOJSON, link.get("type", "absent"))
    if content is not None:
        yield from differ(PATH, f"links.item {href} file:size", len(content), link.get("file:size", "absent"))
