"""Records: files under the home that people and other tools look for, each replaced as a whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kfm_assets.errors import Unavailable

_UNFINISHED = ".kfm-unfinished-"


def is_unfinished(path: Path) -> bool:
    """Say whether this is what a killed process left of a record that it was writing."""
    return path.name.startswith(_UNFINISHED) and path.is_file()


class HomeRecords:
    """The `Records` port on a folder."""

    def __init__(self, root: Path) -> None:
        """Keep the folder under which every path lies."""
        self._root = root

    def put(self, path: str, content: bytes) -> None:
        """Write beside, synchronise, rename, synchronise the folder. Raises Unavailable."""
        target = self._root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=_UNFINISHED, delete=False) as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            Path(handle.name).chmod(0o644)
            Path(handle.name).replace(target)
            folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable(
                f"{target} cannot be written: {error.strerror}", advice="see that the disk has room"
            ) from error

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None
