"""The STAC collection against its schemas, the release, and the items that it links to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    ITEM,
    LEVEL,
    PROV,
    PUBLISHER,
    Role,
    credit,
    multihash,
    partition_path,
    release_path,
    short,
    titled,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import ReleaseRef
from kfm_assets.domain.verdict import Finding
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.items import described, part, providers_differ
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
    words: Mapping[str, Json] = {
        "title": titled(spec.title, release.origin),
        "description": titled(spec.description, release.origin),
        "license": spec.licence,
        "attribution": credit(spec, release.origin),
        "keywords": list(spec.tags),
        "kfm:spec_hash": spec.spec_hash,
        "table:tables": [{"name": one.name, "description": one.description} for one in spec.tables],
    }
    if evidence.is_worded:
        yield from providers_differ(PATH, spec, release.origin, document.get("providers"))
        yield from _item_assets(spec, part(document, "item_assets"))
    for field, expected in {**promised, **(words if evidence.is_worded else {})}.items():
        yield from differ(PATH, field, expected, document.get(field, "absent"))
    hrefs = {key: part(part(document, "assets"), key).get("href") for key in ("dcat", "prov")}
    yield from differ(PATH, "assets", {"dcat": DCAT, "prov": PROV}, hrefs)
    providers = document.get("providers")
    processors = [one for one in providers if one.get("name") == PUBLISHER] if isinstance(providers, list) else []
    if not any(one.get("processing:software") for one in processors):
        yield f"{PATH}: no provider {PUBLISHER!r} has processing:software"


def _item_assets(spec: Dataset, found: Document) -> Iterator[str]:
    """See that the collection says which assets its items have, and of which columns their tables are."""
    tables = {table.name: table for table in spec.tables}
    yield from sets_differ(PATH, "item_assets", {*tables, Role.QUARANTINE.value, "account"}, found)
    for name, table in tables.items():
        columns = part(found, name).get("table:columns", "absent")
        yield from differ(PATH, f"item_assets.{name}.table:columns", described(table)["table:columns"], columns)


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
    if content is not None:
        yield from differ(PATH, f"links.item {href} file:size", len(content), link.get("file:size", "absent"))
