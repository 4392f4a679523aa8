"""One lock for each folder, held by whoever makes what lies in it, so that two that begin at once do not both make it.

The lock is on the folder itself: no file is left behind, and the kernel gives it back when its holder dies (flock(2)).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder that is there alone, and wait for whoever else does. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
