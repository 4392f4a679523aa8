"""The lakeFS server that these tests talk to, where there is one: repositories of one's own on it, or all of one.

`KFM_TEST_LAKEFS_URL`, `KFM_TEST_LAKEFS_ACCESS_KEY` and `KFM_TEST_LAKEFS_SECRET_KEY` name it. It stores locally.
`KFM_TEST_LAKEFS_BIN` names the server's program, for the tests that kill one.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.adapters.lakefs.repository import Setup
from kfm_assets.ports import PRODUCTION, Clock

URL = os.environ.get("KFM_TEST_LAKEFS_URL", "")
WITHOUT = "there is no lakeFS server: KFM_TEST_LAKEFS_URL is not set"
needs_server = pytest.mark.skipif(not URL, reason=WITHOUT)
PROGRAM = os.environ.get("KFM_TEST_LAKEFS_BIN", "")
needs_program = pytest.mark.skipif(not PROGRAM, reason="there is no lakeFS program: KFM_TEST_LAKEFS_BIN is not set")


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


class OwnServer:
    """A lakeFS server that the test has to itself, so that it can be killed and started again on what it left."""

    def __init__(self, folder: Path) -> None:
        """Choose a port and keys, and write its configuration; it stores locally and tells nobody of itself."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.keys = ("AKIA" + uuid.uuid4().hex[:16].upper(), uuid.uuid4().hex)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        configuration = {
            "listen_address": self.url.removeprefix("http://"),
            "logging": {"level": "WARN", "output": ["-"]},
            "database": {"type": "local", "local": {"path": f"{folder}/metadata", "sync_writes": True}},
            "blockstore": {
                "type": "local",
                "local": {"path": f"{folder}/block"},
                "signing": {"secret_key": uuid.uuid4().hex},
            },
            "committed": {"local_cache": {"dir": f"{folder}/cache"}},
            "auth": {"encrypt": {"secret_key": uuid.uuid4().hex}},
            "installation": {
                "user_name": "admin",
                "access_key_id": self.keys[0],
                "secret_access_key": self.keys[1],
            },
            "stats": {"enabled": False, "address": ""},
            "email_subscription": {"enabled": False},
            "security": {"check_latest_version": False, "audit_check_url": ""},
        }
        (folder / "lakefs.yaml").write_text(json.dumps(configuration))  # JSON is YAML

    def start(self) -> None:
        """Start it, and wait until it is well."""
        assert self._process is None
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "run", "--config", str(self._folder / "lakefs.yaml")],
                cwd=self._folder,
                env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin"},  # its own variables come before the file
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while not self._well():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < until, (self._folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it as the kernel would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def repository(self, **options) -> Server:
        """Make a repository with an empty production branch."""
        server = Server(self.url, "kept", *self.keys, **options)
        list(Setup(server).initialise(environments=(PRODUCTION,)))
        return server

    def _well(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/api/v1/healthcheck", retries=False, timeout=2).status < 300
        except urllib3.exceptions.HTTPError:
            return False
