"""Static: the catalogs of some releases as the files of one STAC catalog, document by document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from kfm_assets.catalogs import static as documents
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.catalog import COLLECTION, ITEM
from kfm_assets.domain.release import Release
from kfm_assets.engine import catalog_map, record
from kfm_assets.ports import System


def static(system: System, releases: Iterable[Release]) -> Iterator[tuple[str, bytes]]:
    """Yield every document of a static catalog of some releases, by its path below the catalog's folder."""
    collections: dict[str, documents.Document] = {}
    for release in releases:
        folder = release.dataset.replace("/", "-")
        for path, file in catalog_map.listed(system, catalog_map.root_of(system, release)).items():
            if not path.startswith(f"{Zone.CATALOG}/"):
                continue
            below = path.removeprefix(f"{Zone.CATALOG}/")
            content = system.state.documents.get(file.digest)
            if below == COLLECTION:
                collections[folder] = documents.placed(json.loads(content), below.count("/"), _address(system, release))
                content = documents.encoded(collections[folder])
            elif below.endswith(f"/{ITEM}"):
                content = documents.encoded(
                    documents.placed(json.loads(content), below.count("/"), _address(system, release))
                )
            yield f"{folder}/{below}", content
    yield documents.ROOT, documents.encoded(documents.root(collections))


def _address(system: System, release: Release) -> Callable[[str], str]:
    return lambda path: system.lake.address(record.tag(release.id), f"{release.dataset}/{path}")
