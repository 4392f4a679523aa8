"""Each test twice: on a real server where there is one, and on what was recorded with one everywhere.

`KFM_TEST_LAKEFS_RECORD=1 python -m pytest kfm_assets_tests/adapters/lakefs` writes the recordings again, with the
server that `servers.py` names.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kfm_assets.adapters.lakefs.client import Client, Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.adapters.lakefs.repository import Setup
from kfm_assets_tests.adapters.lakefs.servers import URL, WITHOUT, opened, somewhere
from kfm_assets_tests.adapters.lakefs.tape import REPOSITORY, Player, Recorder, Tape, load
from kfm_assets_tests.contracts.lake_contract import TickingClock

RECORDINGS = Path(__file__).parent / "recordings"
RECORD = os.environ.get("KFM_TEST_LAKEFS_RECORD") == "1"
PLACES = ["server"] if RECORD else ["recorded", "server"]
NOWHERE = Server("http://127.0.0.1:1", REPOSITORY, "key", "secret", attempts=1)


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(params=PLACES)
def place(request) -> str:
    """Say where the test's server is."""
    if request.param == "server" and not URL:
        pytest.skip(WITHOUT)
    return request.param


@pytest.fixture
def lake(request, place: str, tmp_path: Path, clock: TickingClock):
    """Give a lake with nothing in it."""
    if place == "recorded":
        lake = LakeFSLake(NOWHERE, tmp_path, clock)
        yield from _played(request, lake._client, lake)
        lake.close()
    else:
        with opened(tmp_path, clock) as lake:
            yield from _recorded(request, lake._client, lake)


@pytest.fixture
def setup(request, place: str):
    """Give what sets up a repository, where there is none."""
    if place == "recorded":
        setup = Setup(NOWHERE)
        yield from _played(request, setup._client, setup)
    else:
        setup = Setup(somewhere())
        yield from _recorded(request, setup._client, setup)
        setup.remove()


def _played(request, client: Client, given):
    """Put a recording in the server's place; all of it must have been asked for in the end."""
    player = Player(load(_path(request.node)))
    client.api.rest_client.pool_manager = player
    yield given
    assert player.left() == []


def _recorded(request, client: Client, given):
    """Write down what passes, where that is wanted and the test is passed."""
    rest, failed = client.api.rest_client, request.session.testsfailed
    pool, tape = rest.pool_manager, Tape(client.repository)
    if RECORD:
        rest.pool_manager = Recorder(pool, tape)
    yield given
    rest.pool_manager = pool
    if RECORD and request.session.testsfailed == failed:
        tape.save(_path(request.node))


def _path(node) -> Path:
    """Return a test's recording: its own name, and a digest of its parameters but the place."""
    parameters = {key: value for key, value in node.callspec.params.items() if key != "place"}
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode()).hexdigest()[:8]
    name = node.originalname.removeprefix("test_") + (f"-{digest}" if parameters else "")
    return RECORDINGS / f"{name}.jsonl.gz"
