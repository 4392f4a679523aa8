"""Which code makes a dataset, as one digest. What it makes of which bytes stands in builds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from kfm_assets.datasets.registry import package, specification
from kfm_assets.domain.canonical import Digest, digest_bytes, digest_of

_MADE_BY = (".py", ".csv")
"""Modules, and the tables that they read."""


@cache
def sources(dataset: str) -> Mapping[str, Digest]:
    """Return the modules that make a dataset, its folder's and those that all datasets share, with their digests.

    What is predicted is made by the model's code as well.
    """
    asked = [key for key in specification(dataset).requires if specification(key).is_derived]
    places = {"datasets": "kfm_assets.datasets", **{key: package(key) for key in (dataset, *asked)}}
    return {
        f"{name}/{file.name}": digest_bytes(file.read_bytes())
        for name, place in ((name, resources.files(folder)) for name, folder in places.items())
        for file in place.iterdir()
        if file.name.endswith(_MADE_BY)
    }


@cache
def code_digest(dataset: str) -> Digest:
    """Return the digest of the code that makes a dataset."""
    return digest_of(sources(dataset))
