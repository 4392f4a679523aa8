"""The lake's contract on lakeFS: on a server where there is one, and on what was recorded with one everywhere.

`make lakefs-recordings` records again, with the server that `servers.py` names.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets_tests.adapters.lakefs.servers import URL, WITHOUT, opened
from kfm_assets_tests.adapters.lakefs.tape import Player, Recorder, Tape, load
from kfm_assets_tests.contracts.lake_contract import LakeContract, TickingClock

RECORDINGS = Path(__file__).parent / "recordings"
RECORD = os.environ.get("KFM_TEST_LAKEFS_RECORD") == "1"


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(params=["server"] if RECORD else ["recorded", "server"])
def lake(request, tmp_path: Path, clock: TickingClock):
    path = RECORDINGS / f"{_slug(request.node)}.jsonl.gz"
    if request.param == "recorded":
        yield from played(path, tmp_path, clock)
    elif not URL:
        pytest.skip(WITHOUT)
    else:
        with opened(tmp_path, clock) as lake:
            yield from recorded(request, path, lake) if RECORD else [lake]


def played(path: Path, folder: Path, clock: TickingClock):
    """Give a lake whose server is a recording; all of it must have been asked for in the end."""
    lake = LakeFSLake(Server("http://127.0.0.1:1", "repository-of-test", "key", "secret", attempts=1), folder, clock)
    player = Player(load(path))
    lake._client.api.rest_client.pool_manager = player
    yield lake
    lake.close()
    assert player.left() == []


def recorded(request, path: Path, lake: LakeFSLake):
    """Give a lake, and write down what passed where the test was passed."""
    tape, rest, failed = Tape(lake._client.repository), lake._client.api.rest_client, request.session.testsfailed
    rest.pool_manager = Recorder(rest.pool_manager, tape)
    yield lake
    if request.session.testsfailed == failed:
        tape.save(path)


def _slug(node) -> str:
    """Return a file's name for a test: its own, and a digest of its parameters but the lake's."""
    parameters = {key: value for key, value in node.callspec.params.items() if key != "lake"}
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode()).hexdigest()[:8]
    return node.originalname.removeprefix("test_") + (f"-{digest}" if parameters else "")


class TestLakeFS(LakeContract):
    """The scenarios."""
