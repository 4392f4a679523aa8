"""The catalog triplet of a partition and of a release, as files: path below the dataset's prefix -> bytes.

The same arguments give the same bytes: JSON with sorted keys, no white space, floats in the shortest form that gives
back the same number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from kfm_assets.catalogs import collection, dcat, prov, stac
from kfm_assets.catalogs.run import Run
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import COLLECTION, DCAT, ITEM, PROV, partition_path, release_path
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.release import Release

RawPlaces = Mapping[Digest, tuple[str, str]]
"""Where the acquired files that a build was made from are kept: digest -> key of the dataset, name of the file."""


def partition_documents(
    spec: Dataset, build: Build, account: Mapping[str, Json], raw_places: RawPlaces
) -> dict[str, bytes]:
    """Return a partition's STAC item, DCAT dataset and PROV bundle: of its build and the account of its rows alone.

    Raises:
        InvalidPolicy: when neither rows nor specification say which time a static partition speaks of.
        KeyError: for an acquired file that `raw_places` does not have.
    """
    item = stac.item(spec, build, account, raw_places)
    documents = {
        ITEM: item,
        DCAT: dcat.partition(spec, build, item, raw_places),
        PROV: prov.partition(spec, build, raw_places),
    }
    return {partition_path(build.partition, name): encode(document) for name, document in documents.items()}


def release_documents(
    spec: Dataset, release: Release, items: Mapping[str, Mapping[str, Json]], run: Run, changed: Iterable[str]
) -> dict[str, bytes]:
    """Return a release's STAC collection, DCAT catalog with the dataset's series, and PROV bundle of the run.

    `items` is the parsed STAC item of every partition that the release has; `changed` are the partitions whose builds
    the run brought into it. Items must be as `encode` wrote them: the collection lists their digests.
    """
    documents = {
        COLLECTION: collection.collection(
            spec, release, items, run, {partition: encode(item) for partition, item in items.items()}
        ),
        DCAT: dcat.release(spec, release, items, run),
        PROV: prov.release(spec, release, items, run, sorted(changed)),
    }
    return {release_path(name): encode(document) for name, document in documents.items()}


def encode(document: Mapping[str, Json]) -> bytes:
    """Write a document. Raises ValueError for a number that JSON does not have."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
