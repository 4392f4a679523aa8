"""Another change lands on the branch in the moment between the look at its head and the merge."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.contracts.lake_contract import held, put


def between(lake: LakeFSLake, files: Mapping[str, bytes | None]) -> None:
    """Let somebody commit some files right before the next merge reaches the server."""
    landing = lake._landing
    plain = landing.merge

    def merge(into: str, message: str):
        act = plain(into, message)

        def late(source: str, metadata: Mapping[str, str]) -> None:
            landing.merge = plain
            nonlocal files
            if files:
                others, files = files, {}
                put(lake, PRODUCTION, others, "in between")
            act(source, metadata)

        return late

    landing.merge = merge


def messages(lake: LakeFSLake) -> list[str]:
    return [commit.message for commit in lake.log(PRODUCTION)][:-1]


def test_a_merge_that_insists_on_its_parent_is_taken_back(lake: LakeFSLake) -> None:
    head = put(lake, PRODUCTION, {"a": b"1"})
    lake.create_branch("audit-1", PRODUCTION)
    put(lake, "audit-1", {"b": b"2"})
    between(lake, {"c": b"3"})
    with pytest.raises(Conflict) as caught:
        lake.squash_merge("audit-1", PRODUCTION, "publish", parent=head.id)
    assert "taken back" in str(caught.value)
    assert held(lake, PRODUCTION) == {"a": b"1", "c": b"3"}
    undo, *others = messages(lake)
    assert undo.startswith("Undo ")
    assert others == ["publish", "in between", "put"]


def test_a_merge_that_does_not_insist_joins_what_is_disjoint(lake: LakeFSLake) -> None:
    put(lake, PRODUCTION, {"a": b"1"})
    lake.create_branch("run-1", PRODUCTION)
    put(lake, "run-1", {"b": b"2"})
    between(lake, {"c": b"3"})
    merged = lake.squash_merge("run-1", PRODUCTION, "publish")
    assert merged == lake.resolve(PRODUCTION)
    assert held(lake, PRODUCTION) == {"a": b"1", "b": b"2", "c": b"3"}
    assert messages(lake) == ["publish", "in between", "put"]


def test_a_file_where_a_folder_came_is_taken_back(lake: LakeFSLake) -> None:
    """The server itself would let a path be both."""
    put(lake, PRODUCTION, {"a": b"1"})
    lake.create_branch("run-1", PRODUCTION)
    put(lake, "run-1", {"x": b"2"})
    between(lake, {"x/y": b"3"})
    with pytest.raises(Conflict):
        lake.squash_merge("run-1", PRODUCTION, "publish")
    assert held(lake, PRODUCTION) == {"a": b"1", "x/y": b"3"}


def test_a_stage_meets_what_came_in_between(lake: LakeFSLake) -> None:
    put(lake, PRODUCTION, {"a": b"1", "d/old": b"1"})
    between(lake, {"a": b"other", "d/new": b"other", "e": b"other"})
    with lake.stage(PRODUCTION) as staging:
        staging.write("a", b"2")
        staging.remove("d")
        staging.commit("ours")
    assert held(lake, PRODUCTION) == {"a": b"2", "e": b"other"}
    assert messages(lake) == ["ours", "in between", "put"]


def test_a_stage_that_removes_a_folder_removes_what_came_into_it(lake: LakeFSLake) -> None:
    """Nothing of this is a conflict to the server, and what it made of it is not what was asked for."""
    put(lake, PRODUCTION, {"d/old": b"1"})
    between(lake, {"d/new": b"other"})
    with lake.stage(PRODUCTION) as staging:
        staging.remove("d")
        staging.write("e", b"2")
        commit = staging.commit("ours")
    assert held(lake, PRODUCTION) == {"e": b"2"}
    assert commit == lake.resolve(PRODUCTION)
    first, undo, taken, *others = messages(lake)
    assert undo.startswith("Undo ")
    assert [first, taken, *others] == ["ours", "ours", "in between", "put"]
