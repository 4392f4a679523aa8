"""A real server that errs, stalls or goes away at any mutating request: what was asked for happens exactly once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.errors import InvalidPolicy, Unavailable
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.worker import WallClock
from kfm_assets_tests.adapters.lakefs.misbehaving import Fault, Match, misbehaving
from kfm_assets_tests.adapters.lakefs.servers import URL, needs_server, repository
from kfm_assets_tests.contracts.lake_contract import held, put

pytestmark = needs_server
TIMEOUT, LATE = 0.8, 1.5
PATIENCE = 10
CARRIED_OUT = {Fault.ERROR_AFTER, Fault.DROP_AFTER, Fault.STALL_AFTER}
ONCE = {"commit", "merge", "revert", "merge a stage", "make a branch", "make a tag", "remove a branch"}
LIVE = {"keep": b"k", "old": b"o", "back": b"now"}
ALL = [fault for fault in Fault if fault not in {Fault.GONE, Fault.GONE_AFTER}]
ONE = ALL if os.environ.get("KFM_TEST_LONG") == "1" else [Fault.DROP_AFTER]


@dataclass(frozen=True)
class Case:
    """Something to do, at which of its requests something goes wrong, and what is there once it is done."""

    match: Match
    act: Callable[[LakeFSLake], object]
    result: dict[str, bytes]
    faults: list[Fault]
    message: str = ""


def at(method: str, *ends: str, body: bytes = b"") -> Match:
    """Match a request by its method, by words in its path, in their order, and by bytes in its body."""

    def match(asked: str, path: str, content: bytes) -> bool:
        place = 0
        for end in ends:
            place = path.find(end, place)
            if place < 0:
                return False
        return asked == method and path.endswith(ends[-1].rstrip("*")) | ends[-1].endswith("-") and body in content

    return match


def change(lake: LakeFSLake) -> None:
    """Write, remove and restore, in one commit."""
    with lake.stage(PRODUCTION) as staging:
        staging.write("new", b"n")
        staging.remove("old")
        staging.restore("rel-0", "back")
        staging.commit("once")


def merge(lake: LakeFSLake) -> None:
    lake.squash_merge("run-1", PRODUCTION, "once", parent=lake.resolve(PRODUCTION).id)


def revert(lake: LakeFSLake) -> None:
    lake.revert(PRODUCTION, lake.resolve(PRODUCTION).id, "once")


CHANGED = {"keep": b"k", "new": b"n", "back": b"then"}
CASES = {
    "make a passing branch": Case(at("POST", "/branches", body=b'"kfm-'), change, CHANGED, ONE, "once"),
    "upload": Case(at("POST", "/branches/kfm-", "/objects"), change, CHANGED, ONE, "once"),
    "refer": Case(at("PUT", "/branches/kfm-", "/objects"), change, CHANGED, ONE, "once"),
    "remove": Case(at("POST", "/branches/kfm-", "/objects/delete"), change, CHANGED, ONE, "once"),
    "commit": Case(at("POST", "/branches/kfm-", "/commits"), change, CHANGED, ONE, "once"),
    "merge a stage": Case(at("POST", "/refs/kfm-", "/merge/env-prod"), change, CHANGED, ALL, "once"),
    "remove a passing branch": Case(at("DELETE", "/branches/kfm-"), change, CHANGED, ONE, "once"),
    "merge": Case(at("POST", "/refs/kfm-", "/merge/env-prod"), merge, LIVE | {"run": b"r"}, ALL, "once"),
    "revert": Case(
        at("POST", "/branches/env-prod", "/revert"), revert, {"keep": b"k", "old": b"o", "back": b"then"}, ALL, "once"
    ),
    "make a branch": Case(
        at("POST", "/branches", body=b'"run-2"'), lambda lake: lake.create_branch("run-2", PRODUCTION), LIVE, ONE
    ),
    "remove a branch": Case(at("DELETE", "/branches/run-1"), lambda lake: lake.delete_branch("run-1"), LIVE, ONE),
    "make a tag": Case(at("POST", "/tags"), lambda lake: lake.create_tag("rel-1", PRODUCTION), LIVE, ONE),
}


@pytest.fixture
def proxied(tmp_path: Path):
    """Give a lake behind a proxy, the same lake straight, and what is to go wrong."""
    with repository() as server, misbehaving(URL, LATE) as (endpoint, plans):
        straight = LakeFSLake(server, tmp_path / "straight", WallClock())
        put(straight, PRODUCTION, {"keep": b"k", "old": b"o", "back": b"then"})
        straight.create_tag("rel-0", PRODUCTION)
        put(straight, PRODUCTION, {"back": b"now"})
        straight.create_branch("run-1", PRODUCTION)
        put(straight, "run-1", {"run": b"r"})
        through = replace(server, endpoint=endpoint, timeout_seconds=TIMEOUT, attempts=4, first_wait_seconds=0.02)
        lake = LakeFSLake(through, tmp_path / "through", WallClock())
        lake.resolve("rel-0"), lake.resolve("run-1")
        yield lake, straight, plans
        lake.close()
        straight.close()


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name, case in CASES.items() for fault in case.faults])
def test_what_was_asked_for_happens_exactly_once(proxied, name: str, fault: Fault) -> None:
    lake, straight, plans = proxied
    case = CASES[name]
    before = len(list(straight.log(PRODUCTION)))
    plans.plan(case.match, fault)
    started = time.monotonic()
    case.act(lake)
    assert time.monotonic() - started < PATIENCE
    plans.settle()
    assert plans.happened == 1
    if fault in CARRIED_OUT and name in ONCE:
        assert plans.again == 0
    assert held(straight, PRODUCTION) == case.result
    messages = [commit.message for commit in straight.log(PRODUCTION)]
    assert messages.count("once") == len(messages) - before == bool(case.message)
    assert ("run-2" in straight.branches()) == (name == "make a branch")
    assert ("run-1" in straight.branches()) == (name != "remove a branch")
    assert ("rel-1" in straight.tags()) == (name == "make a tag")
    assert list(straight.verify()) == []


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with repository() as server:
        away = replace(server, endpoint="http://127.0.0.1:9", attempts=2, first_wait_seconds=0.01)
        lake = LakeFSLake(away, tmp_path, WallClock())
        with pytest.raises(Unavailable) as caught:
            lake.resolve(PRODUCTION)
        assert server.secret_key not in f"{caught.value}{caught.value.advice}{away!r}"


def test_wrong_keys_are_a_wrong_setting(tmp_path: Path) -> None:
    with repository() as server:
        lake = LakeFSLake(replace(server, access_key="AKIANOBODY"), tmp_path, WallClock())
        with pytest.raises(InvalidPolicy):
            lake.resolve(PRODUCTION)
