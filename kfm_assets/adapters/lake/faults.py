"""What the operating system and SQLite report, in this project's words. Nothing here retries or repairs."""

from __future__ import annotations

import errno
import sqlite3

from kfm_assets.errors import IntegrityError, KfmError, Unavailable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY = 0xFF
"""SQLite's extended result codes keep the primary one in their low byte (https://www.sqlite.org/rescode.html)."""


class translated:  # noqa: N801 - used as `contextlib.suppress` is; a class, since it stands on the path of every read
    """Raise Unavailable or IntegrityError for an OSError or an error of SQLite's; `where` names the file or folder."""

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        """Name the file or folder."""
        self._where = where

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Translate what was raised; let the rest pass."""
        if isinstance(error, OSError):
            raise _of_system(error, self._where) from error
        if isinstance(error, sqlite3.DatabaseError):
            raise _of_sqlite(error, self._where) from error


def _of_system(error: OSError, where: str) -> KfmError:
    if error.errno in _NO_ROOM:
        return _no_room(where)
    return Unavailable(
        f"{where}: {error.strerror or error}", advice="look at the disk and the permissions, then run it again"
    )


def _of_sqlite(error: sqlite3.DatabaseError, where: str) -> KfmError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return _no_room(where)
    if code in _DAMAGED:
        return IntegrityError(f"{where}: {error}", advice="restore it from a backup; the objects beside it are whole")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable(f"{where} is held by another process", advice="wait for it, then run it again")
    return Unavailable(f"{where}: {error}", advice="look at the disk and the permissions, then run it again")


def _no_room(where: str) -> Unavailable:
    return Unavailable(
        f"no room left at {where}", advice="free some space and run it again; nothing was changed in the lake"
    )
