"""The lake's lock file: who stages and commits holds it shared, for moments; who removes objects holds it alone.

The kernel gives a `flock` back when its holder dies, however it dies (flock(2)).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kfm_assets.adapters.lake.faults import translated


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Keep collectors out while this lasts."""
    with _held(path, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep everybody out while this lasts."""
    with _held(path, fcntl.LOCK_EX):
        yield


def claim(folder: Path) -> int | None:
    """Take a folder for oneself; None where a live process has it. The caller closes the descriptor to let go."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _held(path: Path, mode: int) -> Iterator[None]:
    with translated(str(path)):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with translated(str(path)):
            fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)
