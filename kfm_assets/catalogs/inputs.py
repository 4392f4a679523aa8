"""What a build was made from, as evidence references."""

from __future__ import annotations

from collections.abc import Mapping

from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.catalog import raw_inputs, upstream_builds
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import BuildRef, RawRef


def raw_refs(spec: Dataset, build: Build, raw_places: Mapping[Digest, tuple[str, str]]) -> list[str]:
    """Return the acquired files, each once. Raises KeyError for one that `raw_places` does not have."""
    found: dict[str, None] = {}
    for one in raw_inputs(spec, build):
        dataset, file = raw_places[one.digest]
        found[str(RawRef(dataset, one.digest, file))] = None
    return list(found)


def build_refs(spec: Dataset, build: Build) -> list[str]:
    """Return the builds of required datasets."""
    return [str(BuildRef(one.digest)) for one in upstream_builds(spec, build)]


def terms_ref(spec: Dataset, build: Build) -> str:
    """Return the snapshot of the upstream's terms, which the raw zone keeps."""
    return str(RawRef(spec.key, build.terms))
