"""The commands on a lake that is on a lakeFS server, and what they say where it is not said how to reach one."""

from __future__ import annotations

import pytest

from kfm_assets.adapters.lakefs.repository import Setup
from kfm_assets_tests.adapters.lakefs.servers import needs_server, somewhere

SETTINGS = ("KFM_LAKEFS_ENDPOINT", "KFM_LAKEFS_ACCESS_KEY", "KFM_LAKEFS_SECRET_KEY")


@pytest.fixture
def settings(monkeypatch):
    """Set the lake's settings, and nothing else of them."""

    def choose(lake: str, *values: str) -> None:
        monkeypatch.setenv("KFM_LAKE", lake)
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        for name, value in zip(SETTINGS, values, strict=False):
            monkeypatch.setenv(name, value)

    return choose


def test_the_embedded_lake_needs_no_set_up(kfm, settings) -> None:
    settings("embedded")
    ended = kfm("lake", "init")
    assert ended.code == 2
    assert "KFM_LAKE=lakefs://" in ended.err


@pytest.mark.parametrize("lake", ["lakefs", "lakefs://", "lakefs://UPPER", "s3://bucket"])
def test_a_lake_that_is_none_is_a_wrong_call(kfm, settings, lake: str) -> None:
    settings(lake)
    ended = kfm("lake", "init")
    assert ended.code == 2
    assert "KFM_LAKE" in ended.err


def test_a_server_that_nobody_named_is_a_wrong_setting(kfm, settings) -> None:
    settings("lakefs://kansas")
    for command in (("lake", "init"), ("run", "geography/counties")):
        ended = kfm(*command)
        assert ended.code == 7
        assert "KFM_LAKEFS_ENDPOINT" in ended.err


def test_a_server_that_is_away_is_unavailable_and_no_key_is_told(kfm, settings) -> None:
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key", "the-secret-key")
    ended = kfm("lake", "init")
    assert ended.code == 5
    assert "the-" not in ended.out + ended.err


@needs_server
def test_a_dataset_goes_live_and_back_on_a_server(kfm, settings) -> None:
    server = somewhere()
    settings(f"lakefs://{server.repository}", server.endpoint, server.access_key, server.secret_key)
    assert kfm("run", "geography/counties").code == 8
    assert kfm("lake", "init").code == 0
    assert not any(step["made"] for step in kfm("lake", "init", "--json").lines)
    assert kfm("run", "hazards/earthquakes", "--partitions", "2015-08").code == 0
    assert kfm("run", "hazards/earthquakes", "--partitions", "2015-09", "--no-publish").code == 0
    assert kfm("promote", "hazards/earthquakes").code == 0
    assert kfm("rollback", "hazards/earthquakes", "--to", "previous", "--reason", "a try").code == 0
    assert kfm("verify", "--all").code == 0
    assert "2015-08-" in kfm("read", "hazards/earthquakes", "--format", "csv").out
    assert {check["check"]: check["ok"] for check in kfm("doctor", "--json").lines}["lake server"]
    Setup(server).remove()
