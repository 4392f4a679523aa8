"""Where the lake's tree nodes are kept: rows of its database, named by their sha256. `trees` says what they mean."""

from __future__ import annotations

from kfm_assets.adapters.lake.database import Database
from kfm_assets.domain.canonical import Digest, digest_bytes, hexadecimal
from kfm_assets.errors import IntegrityError

_MOST_KEPT = 4096


class StoredNodes:
    """A `Nodes` store. It keeps what it read last in memory: a node never changes."""

    def __init__(self, database: Database) -> None:
        """Keep the database; `put` is called inside its transactions only."""
        self._database = database
        self._recent: dict[Digest, bytes] = {}

    def get(self, digest: Digest) -> bytes:
        """Return a node's bytes. Raises IntegrityError where they are absent or are not what the digest says."""
        content = self._recent.get(digest)
        return self._keep(digest, self.fetch(digest)) if content is None else content

    def put(self, content: bytes) -> Digest:
        """Keep a node and return its digest."""
        digest = digest_bytes(content)
        self._database.run("INSERT OR IGNORE INTO nodes VALUES (?, ?)", key_of(digest), content)
        self._keep(digest, content)
        return digest

    def fetch(self, digest: Digest) -> bytes:
        """Return a node's bytes as the database has them now. Raises IntegrityError as `get` does."""
        row = self._database.row("SELECT content FROM nodes WHERE digest = ?", key_of(digest))
        if row is None:
            raise IntegrityError(f"the lake has no tree node {digest}", advice="run kfm verify to see what it held")
        content = bytes(row[0])
        if digest_bytes(content) != digest:
            raise IntegrityError(f"the lake's tree node {digest} is damaged", advice="run kfm verify to see all damage")
        return content

    def _keep(self, digest: Digest, content: bytes) -> bytes:
        if len(self._recent) >= _MOST_KEPT:
            self._recent.clear()
        self._recent[digest] = content
        return content


def key_of(digest: Digest) -> bytes:
    """Return the 32 bytes that a digest is in the database."""
    return bytes.fromhex(hexadecimal(digest))
