"""Static: the catalogs of some releases as the files of one STAC catalog, document by document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from kfm_assets.catalogs import static as documents
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.catalog import COLLECTION, DCAT, ITEM
from kfm_assets.domain.merkle import EMPTY
from kfm_assets.domain.release import Release
from kfm_assets.engine import catalog_map, record
from kfm_assets.ports import System


def static(system: System, releases: Iterable[Release]) -> Iterator[tuple[str, bytes]]:
    """Yield every document of a static catalog of some releases, by its path below the catalog's folder."""
    collections: dict[str, documents.Document] = {}
    for release in releases:
        folder, address = release.dataset.replace("/", "-"), _address(system, release)
        items: dict[str, bytes] = {}
        for below, document in _documents(system, release):
            name = below.rpartition("/")[2]
            if name == COLLECTION:
                collections[folder] = documents.placed(document, 0, address)
                continue
            if name == ITEM:
                items[below] = documents.encoded(documents.placed(document, below.count("/"), address))
            written = items.get(below) or documents.encoded(_readable(name, document, address))
            yield f"{folder}/{below}", written
        collections[folder] = documents.relisted(collections[folder], items)
        yield f"{folder}/{COLLECTION}", documents.encoded(collections[folder])
    yield documents.ROOT, documents.encoded(documents.root(collections))


def _address(system: System, release: Release) -> Callable[[str], str]:
    return lambda path: system.lake.address(record.tag(release.id), f"{release.dataset}/{path}")


def has_catalogs(system: System, release: Release) -> bool:
    """Say whether a release has catalogs; one that went live under a policy without gate D has none."""
    return catalog_map.root_of(system, release) != EMPTY


def _documents(system: System, release: Release) -> Iterator[tuple[str, documents.Document]]:
    """Yield a release's documents by their path below `catalog`."""
    for path, file in catalog_map.listed(system, catalog_map.root_of(system, release)).items():
        if path.startswith(f"{Zone.CATALOG}/"):
            yield path.removeprefix(f"{Zone.CATALOG}/"), json.loads(system.state.documents.get(file.digest))


def _readable(name: str, document: documents.Document, address: Callable[[str], str]) -> documents.Document:
    return documents.distributed(document, address) if name == DCAT else document
