"""Setting a path of a branch to bytes that the server has already, without moving them through this machine.

lakeFS can make a path refer to where another path's bytes lie (`stageObject`): nothing is copied. Where the server does
not take the place that it told for the one that it is, it is asked to copy the bytes itself (`copyObject`).

Its local store, which is for trying things out, tells places as absolute paths and takes them as such too; but of a
path that was set in this way it tells the root of the store twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property

from lakefs_sdk.models.object_copy_creation import ObjectCopyCreation
from lakefs_sdk.models.object_stage_creation import ObjectStageCreation
from lakefs_sdk.models.object_stats import ObjectStats

from kfm_assets.adapters.lakefs.history import History, Record
from kfm_assets.adapters.lakefs.transfer import TYPE
from kfm_assets.domain.trees import File, as_file, find
from kfm_assets.errors import NotFound, Unavailable, UsageError

_LOCAL = "local://"


class Linking:
    """Links to what some commits hold."""

    def __init__(self, history: History, sources: Sequence[Record]) -> None:
        """Keep the commits, the newest wish last."""
        self._history, self._client, self._sources = history, history.client, sources
        self._lock = threading.Lock()

    def link(self, branch: str, file: File) -> None:
        """Set a path to the bytes that it has at one of the commits. Doing it twice is doing it once.

        Raises:
            Unavailable: when no commit has them any more.
        """
        source = self._holder(file)
        api, name = self._client.sdk.objects_api, self._client.repository
        there: ObjectStats = self._client.read(
            f"look at {file.path}", lambda: api.stat_object(name, source.id, file.path, user_metadata=True)
        )
        place = self._place(there.physical_address)
        if place is None or not self._stage(branch, file, there, place):
            wish = ObjectCopyCreation(src_path=file.path, src_ref=source.id, shallow=False)
            self._client.read(f"copy {file.path}", lambda: api.copy_object(name, branch, file.path, wish))

    def _stage(self, branch: str, file: File, there: ObjectStats, place: str) -> bool:
        """Refer to a place; say whether the server took it for the one that it is."""
        wish = ObjectStageCreation(
            physical_address=place,
            checksum=there.checksum,
            size_bytes=file.size,
            mtime=there.mtime,
            metadata=there.metadata,
            content_type=there.content_type or TYPE,
        )
        path, query = "/branches/{branch}/objects", [("path", file.path)]
        try:  # as plain JSON: the SDK's own method warns each time that its successor is to come
            staged = self._client.read(
                f"refer to {file.path}", lambda: self._client.send("PUT", path, {"branch": branch}, query, wish)
            )
        except (NotFound, UsageError):
            return False
        return str(staged["physical_address"]).endswith(place.removeprefix(_LOCAL))

    def _place(self, address: str) -> str | None:
        """Return an address as the server takes it; None for one that is not in the repository's namespace."""
        with self._lock:  # asked once, whichever thread comes first
            namespace = self._namespace
        if address.startswith(namespace):
            return address
        root, inside, rest = address.removeprefix(_LOCAL).rpartition(f"/{namespace.removeprefix(_LOCAL)}")
        if not address.startswith(_LOCAL) or not inside:
            return None
        half = root[: len(root) // 2]
        return f"{_LOCAL}{half if half + half == root else root}{inside}{rest}"

    @cached_property
    def _namespace(self) -> str:
        api, name = self._client.sdk.repositories_api, self._client.repository
        found = self._client.read("look at the repository", lambda: api.get_repository(name))
        return f"{found.storage_namespace.rstrip('/')}/"

    def _holder(self, file: File) -> Record:
        parts = file.path.split("/")
        for source in reversed(self._sources):
            held = as_file(file.path, find(self._history.index, self._history.root(source), parts))
            if held == file:
                return source
        raise Unavailable(f"{file.path}: no commit has {file.digest} any more", advice="stage it again")
