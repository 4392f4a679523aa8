"""`kfm ui`: starts Dagster's UI on the home's own instance. That takes long, so the whole of it is a long test."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kfm_assets.cli.ui import arguments


def test_the_command_line_names_the_code_location():
    line = arguments("127.0.0.1", 3005)
    workspace = Path(line[line.index("-w") + 1])
    assert "kfm_assets.definitions" in workspace.read_text()
    assert line[-4:] == ["--host", "127.0.0.1", "--port", "3005"]


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("KFM_TEST_LONG"), reason="takes half a minute; set KFM_TEST_LONG=1")
def test_it_serves_the_assets(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kfm = Path(sys.executable).with_name("kfm")
    started = subprocess.Popen(
        [kfm, "ui", "--home", tmp_path / "home", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        query = "{ assetNodes { assetKey { path } } }"
        found = _asked(f"http://127.0.0.1:{port}/graphql", json.dumps({"query": query}).encode())
    finally:
        os.killpg(started.pid, signal.SIGINT)
        started.wait(60)
    keys = {"/".join(node["assetKey"]["path"]) for node in found["data"]["assetNodes"]}
    assert "published/hazards/storm_events" in keys


def _asked(address: str, body: bytes) -> dict:
    deadline = time.monotonic() + 180
    request = urllib.request.Request(address, body, {"content-type": "application/json"})  # noqa: S310 - loopback
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
