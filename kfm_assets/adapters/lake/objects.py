"""The lake's objects: read-only files named by the sha256 of their bytes, `objects/ab/cdef…`.

Bytes are spooled to a file of the stage's own, brought to disk, and then renamed to their name, so a file in `objects/`
is whole whenever it is there. A file's modification time says when it was last staged.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kfm_assets.adapters.lake.faults import translated
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.errors import IntegrityError, KfmError, Unavailable
from kfm_assets.ports import File

CHUNK = 1 << 20
_SYNCS_AT_ONCE = 8  # a journalling file system brings several files to disk for the price of one
_OBJECT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes on their way in: where they lie now, their digest, their size in bytes."""

    path: str
    digest: Digest
    size: int


class Objects:
    """The folder of objects."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is there before anything else is called."""
        self.folder = folder
        self._prefix = f"{folder}/"

    def location(self, digest: str) -> str:
        """Return where an object lies, or would."""
        name = hexadecimal(digest)
        return f"{self._prefix}{name[:2]}/{name[2:]}"

    def keep(self, spooled: Iterable[Spooled], now: datetime) -> None:
        """Give spooled bytes, already on disk, their names; what is there and whole is only marked as staged now."""
        shards: set[str] = set()
        with translated(str(self.folder)):
            for one in spooled:
                target = self.location(one.digest)
                shards.add(os.path.dirname(target))  # noqa: PTH120 - pathlib costs more than the rename
                if _is_whole(target, one.digest):
                    _stamp(target, now)
                    os.unlink(one.path)  # noqa: PTH108 - as above
                else:
                    _stamp(one.path, now)
                    _rename(one.path, target)
        if shards:
            sync([*shards, str(self.folder)])

    def refresh(self, digests: Iterable[Digest], now: datetime) -> None:
        """Mark objects as staged now. Raises Unavailable for one that is not there any more."""
        for digest in digests:
            with translated(str(self.folder)):
                try:
                    _stamp(self.location(digest), now)
                except FileNotFoundError:
                    raise Unavailable(
                        f"object {digest} was collected before it was committed", advice="stage it again"
                    ) from None

    def read(self, file: File) -> bytes:
        """Return a file's bytes, checked. Raises IntegrityError."""
        location = self.location(file.digest)
        try:
            with translated(location):
                content = _read(location, file.size)
        except Unavailable as error:
            raise _absent(file, error) from error
        if hashlib.sha256(content).hexdigest() != hexadecimal(file.digest):
            raise _damaged(file)
        return content

    def see(self, file: File) -> None:
        """See that a file's object is there, and of its size. Raises IntegrityError."""
        location = self.location(file.digest)
        try:
            with translated(location):
                size = os.stat(location).st_size  # noqa: PTH116 - as above
        except Unavailable as error:
            raise _absent(file, error) from error
        if size != file.size:
            raise _damaged(file)

    def check(self, file: File) -> str:
        """Return where a file's bytes lie, checked in a stream. Raises IntegrityError."""
        location = self.location(file.digest)
        try:
            with translated(location):
                found = digest_of_file(location)
        except Unavailable as error:
            raise _absent(file, error) from error
        if found != hexadecimal(file.digest):
            raise _damaged(file)
        return location

    def listing(self) -> Iterator[tuple[Path, Digest | None]]:
        """Yield everything below the folder that is not a shard's folder, with its digest where the name is one."""
        for parent, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                path = Path(parent, name)
                inside = path.relative_to(self.folder).as_posix()
                yield path, Digest("sha256:" + inside.replace("/", "")) if _OBJECT.fullmatch(inside) else None


def spool(content: bytes | BinaryIO, path: Path) -> Spooled:
    """Write bytes to a new read-only file, in a stream; not on disk before `sync`. Leaves nothing where it fails."""
    hasher, size = hashlib.sha256(), 0
    with translated(str(path.parent)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    try:
        for chunk in _chunks(content):
            hasher.update(chunk)
            size += len(chunk)
            with translated(str(path.parent)):
                _write(descriptor, chunk)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
    return Spooled(str(path), Digest("sha256:" + hasher.hexdigest()), size)


def sync(paths: list[str]) -> None:
    """Bring files or folders to disk."""
    with translated(os.path.dirname(paths[0]) if paths else ""):  # noqa: PTH120 - as above
        if len(paths) < _SYNCS_AT_ONCE:
            for path in paths:
                _sync(path)
            return
        with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
            for _ in pool.map(_sync, paths):
                pass


def digest_of_file(path: str | Path) -> str:
    """Return the hexadecimal sha256 of a file, read in a stream."""
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - as above
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _chunks(content: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while chunk := content.read(CHUNK):
        yield chunk


def _read(path: str, size: int) -> bytes:
    """Read a file that should have a size; the system calls alone, as `open` costs as much as a lookup does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = os.read(descriptor, size + 1)
        if len(content) < size:  # a signal came, or the file is very large, or it was cut off
            content += b"".join(iter(lambda: os.read(descriptor, CHUNK), b""))
        return content
    finally:
        os.close(descriptor)


def _write(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_whole(path: str, digest: Digest) -> bool:
    try:
        return digest_of_file(path) == hexadecimal(digest)
    except FileNotFoundError:
        return False


def nanoseconds(at: datetime) -> int:
    """Return an instant as file systems keep it."""
    return round(at.timestamp() * 1_000_000) * 1_000


def _stamp(path: str, now: datetime) -> None:
    os.utime(path, ns=(nanoseconds(now), nanoseconds(now)))


def _rename(source: str, target: str) -> None:
    try:
        os.replace(source, target)  # noqa: PTH105 - as above
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - as above
        os.replace(source, target)  # noqa: PTH105 - as above


def _absent(file: File, error: Unavailable) -> KfmError:
    if not isinstance(error.__cause__, FileNotFoundError):
        return error
    return IntegrityError(
        f"{file.path}: its object {file.digest} is missing from the lake",
        advice="run kfm verify to see all damage, then restore objects/ from a backup",
    )


def _damaged(file: File) -> IntegrityError:
    return IntegrityError(
        f"{file.path}: its object is not {file.digest} any more",
        advice="run kfm verify to see all damage; staging the same bytes again mends it",
    )
