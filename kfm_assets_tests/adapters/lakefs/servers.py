"""The lakeFS server that these tests talk to, where there is one: repositories of one's own on it.

`KFM_TEST_LAKEFS_URL`, `KFM_TEST_LAKEFS_ACCESS_KEY` and `KFM_TEST_LAKEFS_SECRET_KEY` name it. It stores locally.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.adapters.lakefs.repository import Setup
from kfm_assets.ports import PRODUCTION, Clock

URL = os.environ.get("KFM_TEST_LAKEFS_URL", "")
WITHOUT = "there is no lakeFS server: KFM_TEST_LAKEFS_URL is not set"
needs_server = pytest.mark.skipif(not URL, reason=WITHOUT)


def somewhere(**options) -> Server:
    """Return a repository that is not there yet."""
    keys = (os.environ.get(f"KFM_TEST_LAKEFS_{name}_KEY", "") for name in ("ACCESS", "SECRET"))
    return Server(URL, f"kfm-{uuid.uuid4().hex[:20]}", *keys, **options)


@contextmanager
def repository(**options) -> Iterator[Server]:
    """Make a repository with an empty production branch, and remove it afterwards."""
    server = somewhere(**options)
    setup = Setup(server)
    list(setup.initialise(environments=(PRODUCTION,)))
    try:
        yield server
    finally:
        setup.remove()


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[LakeFSLake]:
    """Open a new lake on the server."""
    with repository() as server:
        lake = LakeFSLake(server, folder, clock)
        try:
            yield lake
        finally:
            lake.close()
