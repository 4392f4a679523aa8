"""Links: every one of a STAC document, and every evidence reference of any document, leads to what there is.

What lies outside cannot be looked up here; of those addresses only the specification's own are expected.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from kfm_assets.domain.artifact import JSON
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    HAS_PROVENANCE,
    ITEM,
    JSON_LD,
    PROV,
    multihash,
    partition_path,
    raw_inputs,
    release_path,
    titled,
    upstream_builds,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import (
    SCHEME,
    BuildRef,
    DatasetRef,
    RawRef,
    ReleaseRef,
    RunRef,
    parse,
)
from kfm_assets.domain.verdict import Finding
from kfm_assets.errors import UsageError
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.problems import differ, sets_differ, settled
from kfm_assets.gates.catalogs.reading import Document, Held

_REFERENCE = re.compile(rb'"(kfm://(?:[^"\\]|\\.)*)"')
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:")


def judge(evidence: CatalogEvidence, held: Held) -> Iterator[Finding]:
    """Follow every link inside the release's tree, every reference, and the digest that is promised at its end."""
    stac = {name: item for name in sorted(evidence.mapped) if (item := held.of_partition(name, ITEM)) is not None}
    collection = held.of_release(COLLECTION)
    yield settled(
        "links.catalogs",
        (line for name, item in stac.items() for line in _item(evidence, name, item)),
        "collection, DCAT, PROV and sources of every item are linked",
    )
    yield settled(
        "links.collection", _collection(evidence, collection) if collection else (), "the same of the release"
    )
    yield settled("links.assets", _assets(evidence, stac), "every asset leads to a file with its digest")
    yield settled("links.evidence", _references(evidence, held), "every evidence reference resolves")


def of(document: Document, rel: str = "") -> list[Document]:
    """Return a STAC document's links, of one relation or of all."""
    found = document.get("links")
    links = [link for link in found if isinstance(link, dict)] if isinstance(found, list) else []
    return [link for link in links if not rel or link.get("rel") == rel]


def _item(evidence: CatalogEvidence, name: str, item: Document) -> Iterator[str]:
    path, spec = partition_path(name, ITEM), evidence.specification
    for rel in ("root", "parent", "collection"):
        yield from _one(path, item, rel, f"../{COLLECTION}")
    yield from _triplet(path, item)
    yield from _inside(evidence, path, item)
    if name in evidence.worded:
        above: Document = {"type": JSON, "title": titled(spec.title, evidence.release.origin)}
        due = {rel: {"rel": rel, "href": f"../{COLLECTION}", **above} for rel in ("root", "parent", "collection")}
        yield from _whole(path, item, {**due, **_about(spec)}, ("derived_from",))
    if name in evidence.builds:
        yield from _sources(spec, path, evidence.builds[name], item)


def _collection(evidence: CatalogEvidence, document: Document) -> Iterator[str]:
    path = release_path(COLLECTION)
    yield from _one(path, document, "root", COLLECTION)
    yield from _triplet(path, document)
    yield from _inside(evidence, path, document)
    if evidence.is_worded:
        due = {"root": {"rel": "root", "href": COLLECTION, "type": JSON}, **_about(evidence.specification)}
        yield from _whole(path, document, due, ("item", "predecessor-version"))
    if evidence.fresh:
        base = {str(ReleaseRef(evidence.base))} if evidence.base else set()
        yield from sets_differ(path, "links.predecessor-version", base, _hrefs(document, "predecessor-version"))


def _triplet(path: str, document: Document) -> Iterator[str]:
    yield from _one(path, document, "describedby", DCAT)
    yield from _one(path, document, HAS_PROVENANCE, PROV)


def _about(spec: Dataset) -> dict[str, Document]:
    """Return the links that every document has, by relation: to DCAT and PROV beside it, to terms and upstream."""
    upstream = spec.upstream
    return {
        "describedby": {"rel": "describedby", "href": DCAT, "type": JSON_LD, "title": "DCAT"},
        HAS_PROVENANCE: {"rel": HAS_PROVENANCE, "href": PROV, "type": JSON_LD, "title": "PROV"},
        "license": {"rel": "license", "href": upstream.terms_url, "title": f"Terms of {upstream.publisher}"},
        "via": {"rel": "via", "href": upstream.homepage, "title": upstream.title},
    }


def _whole(path: str, document: Document, due: Mapping[str, Document], bare: tuple[str, ...]) -> Iterator[str]:
    """Compare links with those that are due, one of each relation; others may be of the relations in `bare` alone.

    Of these the ones that are no items have an address and nothing else.
    """
    for rel, link in due.items():
        found = of(document, rel)
        if len(found) != 1:
            yield f"{path}: links.{rel} is there {len(found)} times, not once"
        yield from (line for one in found for line in differ(path, f"links.{rel}", dict(link), one))
    for link in of(document):
        rel = str(link.get("rel"))
        if rel not in due and rel not in bare:
            yield f"{path}: links.{rel} leads to {link.get('href')!r}, and no such link is due"
        elif rel in bare and rel != "item":
            yield from sets_differ(path, f"links.{rel}", ("rel", "href"), link)


def _one(path: str, document: Document, rel: str, href: str) -> Iterator[str]:
    yield from sets_differ(path, f"links.{rel}", {href}, _hrefs(document, rel))


def _hrefs(document: Document, rel: str) -> list[str]:
    return [str(link.get("href")) for link in of(document, rel)]


def _inside(evidence: CatalogEvidence, path: str, document: Document) -> Iterator[str]:
    """Follow the links that stay in the tree: to a catalog document that it lists."""
    for link in of(document):
        href = str(link.get("href"))
        if not _OUTSIDE.match(href) and _from(path, href) not in evidence.listed:
            yield f"{path}: links.{link.get('rel')} leads to {href!r}, which is not in the tree"


def _from(path: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), href))


def _sources(spec: Dataset, path: str, build: Build, item: Document) -> Iterator[str]:
    """See that an item is derived from what its build was made from: files by digest, builds by id."""
    found = _hrefs(item, "derived_from")
    raw = [ref for ref in map(_parsed, found) if isinstance(ref, RawRef)]
    digests = {one.digest for one in raw_inputs(spec, build)}
    yield from sets_differ(path, "links.derived_from", digests, {ref.digest for ref in raw})
    builds = {str(BuildRef(one.digest)) for one in upstream_builds(spec, build)}
    yield from sets_differ(path, "links.derived_from", builds, set(found) - {str(ref) for ref in raw})


def _assets(evidence: CatalogEvidence, items: Mapping[str, Document]) -> Iterator[str]:
    """Follow each asset twice, by its link in the tree and by its reference: both are one file with one digest."""
    for name, item in items.items():
        path, assets = partition_path(name, ITEM), cast("Mapping[str, Json]", item.get("assets", {}))
        for key, asset in assets.items():
            if not isinstance(asset, dict):
                yield f"{path}: assets.{key} is no object"
                continue
            ref = str(BuildRef(evidence.mapped[name], _from(path, str(asset.get("href")))))
            yield from differ(path, f"assets.{key}.kfm:evidence", ref, asset.get("kfm:evidence", "absent"))
            digest = evidence.resolve(ref)
            if digest is None:
                leads = f"assets.{key}.href leads to {asset.get('href')!r}"
                yield f"{path}: {leads}, which is no file of the build that is there"
            else:
                yield from differ(
                    path, f"assets.{key}.file:checksum", multihash(digest), asset.get("file:checksum", "absent")
                )


def _references(evidence: CatalogEvidence, held: Held) -> Iterator[str]:
    resolved = cache(lambda text: _unresolved(evidence, text))
    for path, content in held.contents.items():
        for found in dict.fromkeys(_REFERENCE.findall(content)):
            reference = str(json.loads(b'"%b"' % found)).partition("#")[0]
            if problem := resolved(reference):
                yield f"{path}: {problem}"


def _unresolved(evidence: CatalogEvidence, text: str) -> str:
    """Say why a reference leads nowhere; empty where it leads to what it names."""
    ref = _parsed(text)
    if ref is None:
        return f"{text!r} is no evidence reference"
    digest = evidence.resolve(text)
    if digest is None:
        return f"{text} names nothing that is kept"
    named = _named(ref)
    return f"{text} leads to {digest}" if named and digest != named else ""


def _named(ref: object) -> Digest | None:
    """Return the digest that a reference promises of what it names, where it does."""
    if isinstance(ref, BuildRef | ReleaseRef) and ref.path:
        return None
    return None if isinstance(ref, DatasetRef | RunRef) else cast("Digest", getattr(ref, "digest", None))


def _parsed(text: str) -> object:
    if not text.startswith(SCHEME):
        return None
    try:
        return parse(text)
    except UsageError:
        return None
