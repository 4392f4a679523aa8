"""The commands on a lake that is on a lakeFS server, and what they say where it is not said how to reach one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lakefs_sdk.models.tag_creation import TagCreation

from kfm_assets.adapters.home import keep_lake
from kfm_assets.adapters.lakefs.client import Client
from kfm_assets.adapters.lakefs.repository import Setup
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lakefs.servers import needs_server, somewhere
from kfm_assets_tests.cli import homes

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
def test_a_lake_that_is_none_is_a_wrong_setting(kfm, settings, lake: str) -> None:
    settings(lake)
    ended = kfm("lake", "init")
    assert ended.code == 7
    assert f"KFM_LAKE is '{lake}'" in ended.err
    assert "pattern" not in ended.err


@pytest.mark.parametrize("endpoint", ["nohost", "http://", "http://host:port", "ftp://host", "https:///path"])
def test_an_endpoint_that_is_no_address_is_told_from_one_that_nobody_named(kfm, settings, endpoint: str) -> None:
    settings("lakefs://kansas", endpoint, "the-access-key", "the-secret-key")
    ended = kfm("lake", "init")
    assert (ended.code, len(ended.err.splitlines())) == (7, 1)
    assert f"KFM_LAKEFS_ENDPOINT is '{endpoint}'" in ended.err
    assert "the-" not in ended.err


def test_only_what_is_missing_is_asked_for(kfm, settings) -> None:
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key")
    ended = kfm("lake", "init")
    assert ended.code == 7
    assert "set KFM_LAKEFS_SECRET_KEY" in ended.err


def test_a_server_that_nobody_named_is_a_wrong_setting(kfm, settings) -> None:
    settings("lakefs://kansas")
    for command in (("lake", "init"), ("run", "geography/counties")):
        ended = kfm(*command)
        assert ended.code == 7
        assert "KFM_LAKEFS_ENDPOINT" in ended.err
    assert not Path(".kfm").exists()


def test_a_server_that_is_away_is_unavailable_and_no_key_is_told(kfm, settings) -> None:
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key", "the-secret-key")
    ended = kfm("lake", "init")
    assert ended.code == 5
    assert "the-" not in ended.out + ended.err


def test_a_home_stays_with_the_lake_that_its_releases_lie_in(kfm, home, settings) -> None:
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key", "the-secret-key")
    for command in (("status",), ("promote", homes.EARTHQUAKES), ("run", homes.EARTHQUAKES), ("gc",)):
        ended = kfm(*command, "--home", home)
        assert (ended.code, ended.out, len(ended.err.splitlines())) == (7, "", 1)
        assert "set KFM_LAKE=embedded" in ended.err
    settings("embedded")
    assert kfm("verify", "--all", "--home", home).code == 0


def test_a_home_with_nothing_in_it_may_go_to_another_lake(kfm, settings, tmp_path) -> None:
    here = ("--home", tmp_path / "here")
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key", "the-secret-key")
    assert kfm("run", homes.EARTHQUAKES, *here).code == 5
    settings("embedded")
    assert kfm("run", homes.COUNTIES, *here).code == 0
    assert kfm("status", *here).code == 0
    settings("lakefs://kansas", "http://127.0.0.1:9", "the-access-key", "the-secret-key")
    assert kfm("status", *here).code == 7


@pytest.fixture
def on_server(kfm, settings) -> Iterator[Client]:
    """Choose a new repository on the server; give a client of it."""
    server = somewhere()
    settings(f"lakefs://{server.repository}", server.endpoint, server.access_key, server.secret_key)
    assert kfm("lake", "init").code == 0
    yield Client(server)
    Setup(server).remove()


@needs_server
def test_a_reset_asks_for_protection_to_be_lifted_and_for_every_tag(kfm, on_server, monkeypatch, tmp_path) -> None:
    home, api = tmp_path / "home", on_server.sdk
    monkeypatch.setenv("KFM_HOME", str(home))
    homes.publish(home, homes.COUNTIES)
    for seed in (1, 2):
        homes.publish(home, homes.EARTHQUAKES, seed=seed, partitions=["2015-08"])
    (second,) = (one["release"] for one in kfm("releases", homes.EARTHQUAKES, "--json").lines if one["live"])
    production = api.branches_api.get_branch(on_server.repository, PRODUCTION).commit_id
    arguments = ("lake", "reset", homes.EARTHQUAKES, "--to", "v1", "--reason", "leaked", "--break-glass")

    def refused(word: str) -> None:
        ended = kfm(*arguments)
        assert (ended.code, len(ended.err.splitlines())) == (3, 1)
        assert word in ended.err
        assert api.branches_api.get_branch(on_server.repository, PRODUCTION).commit_id == production

    refused("protected")
    api.repositories_api.set_branch_protection_rules(on_server.repository, [])
    tag = api.tags_api.get_tag(on_server.repository, f"rel-{second.removeprefix('sha256:')}")
    api.tags_api.delete_tag(on_server.repository, tag.id)
    refused("has no tag")
    api.tags_api.create_tag(on_server.repository, TagCreation(id=tag.id, ref=tag.commit_id))
    assert kfm(*arguments).code == 0
    (live,) = (one for one in kfm("releases", homes.EARTHQUAKES, "--json").lines if one["live"])
    assert live["version"] == 1
    dropped = api.commits_api.get_commit(on_server.repository, production)
    assert api.branches_api.get_branch(on_server.repository, PRODUCTION).commit_id == dropped.parents[0]
    assert kfm("verify", "--all").code == 0
    homes.publish(home, homes.EARTHQUAKES, seed=3, partitions=["2015-08"])
    assert kfm("verify", "--all").code == 0
    assert kfm("lake", "init").code == 0


def test_a_server_that_is_away_is_no_damage(kfm, settings, tmp_path) -> None:
    away = ("http://127.0.0.1:9", "the-access-key", "the-secret-key")
    homes.publish(tmp_path / "home", homes.COUNTIES)
    home = tmp_path / "home"
    keep_lake(home, "lakefs://kansas")  # as in a home that was filled there
    settings("lakefs://kansas", *away)
    for command in (("verify",), ("verify", "--all")):
        ended = kfm(*command, "--home", home)
        assert (ended.code, len(ended.err.splitlines())) == (5, 1)
        assert "Restore" not in ended.out
        assert "cannot be reached" in ended.err


@needs_server
@pytest.mark.usefixtures("on_server")
def test_a_collection_leaves_bytes_to_the_server_and_says_so(kfm, tmp_path) -> None:
    homes.publish(tmp_path / "home", homes.COUNTIES)
    for command in (("gc", "--dry-run"), ("gc",)):
        ended = kfm(*command, "--home", tmp_path / "home")
        assert ended.code == 0
        assert "the server's to remove" in ended.told
        assert "file" not in ended.told
        (line,) = kfm(*command, "--json", "--home", tmp_path / "home").lines
        assert line == {"objects": None, "bytes": None, "branches": [], "dry_run": len(command) > 1}


@needs_server
def test_a_dataset_goes_live_and_back_on_a_server(kfm, settings) -> None:
    server = somewhere()
    settings(f"lakefs://{server.repository}", server.endpoint, server.access_key, server.secret_key)
    assert kfm("run", "geography/counties").code == 8
    assert kfm("lake", "init").code == 0
    assert not any(step["made"] for step in kfm("lake", "init", "--json").lines)
    elsewhere = kfm("lake", "init", "--storage-namespace", "local://elsewhere")
    assert (elsewhere.code, len(elsewhere.err.splitlines())) == (7, 1)
    assert f"lies in local://{server.repository}" in elsewhere.err
    assert kfm("run", "hazards/earthquakes", "--partitions", "2015-08").code == 0
    assert kfm("run", "hazards/earthquakes", "--partitions", "2015-09", "--no-publish").code == 0
    assert kfm("promote", "hazards/earthquakes").code == 0
    assert kfm("rollback", "hazards/earthquakes", "--to", "previous", "--reason", "a try").code == 0
    assert kfm("verify", "--all").code == 0
    assert "2015-08-" in kfm("read", "hazards/earthquakes", "--format", "csv").out
    assert {check["check"]: check["ok"] for check in kfm("doctor", "--json").lines}["lake server"]
    Setup(server).remove()
