"""Which code makes a dataset, as one digest. What it makes of which bytes stands in builds."""

from __future__ import annotations

from functools import cache
from importlib import resources

from kfm_assets.datasets.registry import package
from kfm_assets.domain.canonical import Digest, digest_bytes, digest_of


@cache
def code_digest(dataset: str) -> Digest:
    """Return the digest of the code that makes a dataset: its folder's modules and those that all datasets share."""
    shared = resources.files("kfm_assets.datasets")
    folder = resources.files(package(dataset))
    sources = {
        f"{name}/{file.name}": digest_bytes(file.read_bytes())
        for name, place in (("datasets", shared), (dataset, folder))
        for file in place.iterdir()
        if file.name.endswith(".py")
    }
    return digest_of(sources)
