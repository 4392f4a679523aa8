"""The raw zone: a branch of the lake that is only ever added to. What came, how it came, and on which terms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from kfm_assets.datasets import making, registry
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes, hexadecimal
from kfm_assets.domain.dataset import Dataset
from kfm_assets.errors import BadInput, Conflict, IntegrityError, NoChanges, NotFound
from kfm_assets.gates.papers import run_id
from kfm_assets.ports import PRODUCTION, Acquired, Delivery, Known, Offer, Staging, System

RAW = "raw"
"""The branch's name."""

_NOTE = ".acquisition.json"


def terms_path(dataset: str, terms: Digest) -> str:
    """Return where a snapshot of terms lies."""
    return f"{dataset}/{Zone.RAW}/terms/{hexadecimal(terms)}.txt"


def raw_path(dataset: str, name: str, digest: Digest) -> str:
    """Return where an acquired file lies."""
    return f"{dataset}/{Zone.RAW}/{hexadecimal(digest)}/{name}"


def places(build: Build) -> list[tuple[Digest, str]]:
    """Return the digest of each acquired file that a build was made from, and where it lies."""
    required = registry.specification(build.dataset).requires
    files = [item for item in build.inputs if item.name.rpartition("@")[0] not in required]
    return [(item.digest, raw_path(build.dataset, item.name, item.digest)) for item in files]


def acquired(system: System, build: Build) -> tuple[Acquired, ...]:
    """Return the acquisitions that a build was made from, as their manifests tell. Raises NotFound, IntegrityError."""
    found = []
    for _, path in places(build):
        manifest = how_it_came(system, path)
        found.append(Acquired(manifest["wire"], manifest["name"], path, Digest(manifest["digest"])))
    return tuple(found)


def how_it_came(system: System, path: str) -> dict[str, Any]:
    """Return the acquisition manifest of a file in the raw zone. Raises NotFound, IntegrityError."""
    manifest: dict[str, Any] = json.loads(system.lake.read(RAW, f"{path}{_NOTE}"))
    return manifest


def undated(system: System, dataset: str) -> bytes:
    """Return the rows of all acquisitions that belong to no partition, as NDJSON."""
    if RAW not in system.lake.branches():
        return b""
    held = system.lake.files(RAW, f"{dataset}/{Zone.QUARANTINE}")
    return b"".join(system.lake.read(RAW, file.path) for file in held)


class RawZone:
    """A dataset's part of the raw zone, open for adding. What lies there already stays as it is."""

    def __init__(self, system: System, run: str, spec: Dataset, staging: Staging) -> None:
        """Read which files are there, and what is known of each address."""
        self._system, self._run, self._spec, self._staging = system, run, spec, staging
        self._there = {file.path for file in system.lake.files(RAW, spec.key)}
        self._newest = self._index()

    @property
    def dataset(self) -> str:
        """The dataset's key."""
        return self._spec.key

    def known(self, offer: Offer) -> Known | None:
        """Return the newest answer from an address, where it is whole and can be asked for conditionally."""
        manifest = self._newest.get(offer.address, {})
        headers = {name.lower(): value for name, value in manifest.get("headers", {}).items()}
        if "etag" not in headers and "last-modified" not in headers:
            return None
        if not self._is_whole(raw_path(self._spec.key, offer.name, Digest(manifest["digest"]))):
            return None
        return Known(Digest(manifest["digest"]), headers.get("etag", ""), headers.get("last-modified", ""))

    def keep_terms(self) -> Digest:
        """Keep the upstream's terms as the specification quotes them, and return their digest."""
        upstream = self._spec.upstream
        terms = f"{upstream.publisher}\n{upstream.terms_url}\n\n{upstream.terms}\n".encode()
        digest = digest_bytes(terms)
        self._add(terms_path(self._spec.key, digest), terms)
        return digest

    def keep(self, delivery: Delivery, terms: Digest) -> tuple[Acquired, bytes]:
        """Keep what came, with a manifest of how; where nothing new came, return what is there. Raises BadInput.

        A manifest that is there and whole tells how the file came first, and stays; one that was lost is made anew.
        """
        offer = delivery.offer
        if delivery.content is None:
            known = self.known(offer)
            if known is None:
                raise BadInput(f"{offer.address} answered 'not modified' to a first request", advice="try again later")
            acquired = self._acquired(offer, known.digest)
            return acquired, self._system.lake.read(RAW, acquired.path)
        acquired = self._acquired(offer, digest_bytes(delivery.content))
        manifest = {
            "dataset": self._spec.key,
            "wire": offer.feed.wire,
            "name": offer.name,
            "address": offer.address,
            "digest": acquired.digest,
            "size": len(delivery.content),
            "acquired_at": delivery.at.isoformat(),
            "status": delivery.status,
            "headers": dict(delivery.headers),
            "source": self._system.source.name,
            "origin": self._system.source.origin,
            "terms": terms,
            "passed_over": list(offer.passed_over),
            "run": run_id(self._run),
        }
        self._add(acquired.path, delivery.content)
        self._add(f"{acquired.path}{_NOTE}", canonical_json(manifest))
        return acquired, delivery.content

    def keep_undated(self, acquired: Acquired, held: bytes) -> None:
        """Keep the rows of an acquisition that belong to no partition, in the form of quarantine."""
        self._add(f"{self._spec.key}/{Zone.QUARANTINE}/{hexadecimal(acquired.digest)}/{making.HELD}", held)

    def _acquired(self, offer: Offer, digest: Digest) -> Acquired:
        return Acquired(offer.feed.wire, offer.name, raw_path(self._spec.key, offer.name, digest), digest)

    def _add(self, path: str, content: bytes) -> bool:
        if path in self._there and self._is_whole(path):
            return False
        self._staging.write(path, content)
        self._there.add(path)
        return True

    def _is_whole(self, path: str) -> bool:
        """Read what lies there: what was damaged or lost is mended by the same bytes."""
        try:
            self._system.lake.read(RAW, path)
        except (IntegrityError, NotFound):
            return False
        return True

    def _index(self) -> Mapping[str, dict[str, Any]]:
        """Return the newest manifest of each address; of a damaged one it is not known which address it was of."""
        newest: dict[str, dict[str, Any]] = {}
        for path in sorted(self._there):
            if not path.endswith(_NOTE):
                continue
            try:
                manifest = json.loads(self._system.lake.read(RAW, path))
            except IntegrityError:
                continue
            if manifest["acquired_at"] > newest.get(manifest["address"], {"acquired_at": ""})["acquired_at"]:
                newest[manifest["address"]] = manifest
        return newest


@contextmanager
def opened(system: System, run: str, spec: Dataset) -> Iterator[RawZone]:
    """Open a dataset's raw zone. What was added is committed on leaving, whatever went wrong meanwhile."""
    if RAW not in system.lake.branches():
        with suppress(Conflict):
            system.lake.create_branch(RAW, PRODUCTION)
    with system.lake.stage(RAW) as staging:
        try:
            yield RawZone(system, run, spec, staging)
        finally:
            with suppress(NoChanges):
                staging.commit(f"Keep what came for {spec.key}", {"run": run, "dataset": spec.key})
