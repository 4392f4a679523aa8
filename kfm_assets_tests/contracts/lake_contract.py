"""What every lake promises: named scenarios. A test module subclasses `LakeContract` with its own `lake` fixture.

A lake that removes bytes itself promises `CollectingLakeContract`; others leave that to the server that keeps them.

The promises that need a model, and random rules, stand in `test_lake.py`.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import Conflict, NoChanges, NotFound, Unavailable, UsageError
from kfm_assets.ports import PRODUCTION, Change, Commit, File, Lake

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class TickingClock:
    """A second passes each time somebody looks."""

    def __init__(self, start: datetime = EPOCH) -> None:
        """Start at an instant."""
        self.time = start
        self._names = itertools.count()

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def fresh(self) -> str:
        return f"{next(self._names):012d}"


def put(lake: Lake, branch: str, files: Mapping[str, bytes | None], message: str = "put") -> Commit:
    """Commit some files to a branch; None removes one."""
    with lake.stage(branch) as staging:
        for path, content in files.items():
            if content is None:
                staging.remove(path)
            else:
                staging.write(path, content)
        return staging.commit(message)


def held(lake: Lake, ref: str, prefix: str = "") -> dict[str, bytes]:
    """Return all that a reference holds."""
    return {file.path: lake.read(ref, file.path) for file in lake.files(ref, prefix)}


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, whatever it is asked for."""

    def __init__(self, content: bytes) -> None:
        """Give these bytes."""
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._inner.readinto(memoryview(buffer)[:7])


class LakeContract:
    """Scenarios over one lake, fresh for each."""

    # --- a new lake, branches, tags, references

    def test_a_new_lake_has_an_empty_production_branch(self, lake: Lake) -> None:
        assert list(lake.branches()) == [PRODUCTION]
        assert lake.tags() == {}
        (root,) = lake.log(PRODUCTION)
        assert root.parents == ()
        assert list(lake.files(PRODUCTION)) == []
        assert lake.resolve(root.id) == lake.resolve(PRODUCTION) == root
        assert root.tree == lake.tree(PRODUCTION)

    def test_a_branch_starts_where_it_is_made_and_goes_its_own_way(self, lake: Lake) -> None:
        base = put(lake, PRODUCTION, {"a": b"1"})
        assert lake.create_branch("run-1", PRODUCTION) == base
        head = put(lake, "run-1", {"a": b"2"}, "two")
        assert lake.branches() == {PRODUCTION: base.id, "run-1": head.id}
        assert held(lake, PRODUCTION) == {"a": b"1"}
        assert held(lake, "run-1") == {"a": b"2"}
        assert [commit.message for commit in lake.log("run-1")][:2] == ["two", "put"]
        lake.delete_branch("run-1")
        assert list(lake.branches()) == [PRODUCTION]
        assert held(lake, head.id) == {"a": b"2"}

    def test_a_name_is_taken_once(self, lake: Lake) -> None:
        lake.create_branch("run-1", PRODUCTION)
        lake.create_tag("rel-1", PRODUCTION)
        for name in (PRODUCTION, "run-1", "rel-1"):
            with pytest.raises(Conflict):
                lake.create_branch(name, PRODUCTION)
        with pytest.raises(Conflict):
            lake.create_tag("run-1", PRODUCTION)

    def test_unknown_references_are_not_found(self, lake: Lake) -> None:
        lake.create_tag("rel-1", PRODUCTION)
        for ref in ("nowhere", "0" * 64, "", "../lock"):
            with pytest.raises(NotFound):
                lake.resolve(ref)
            with pytest.raises(NotFound):
                lake.create_branch("run-1", ref)
            with pytest.raises(NotFound):
                lake.create_tag("rel-2", ref)
            with pytest.raises(NotFound):
                lake.tree(ref)
            with pytest.raises(NotFound):
                list(lake.files(ref))
            with pytest.raises(NotFound):
                list(lake.diff(PRODUCTION, ref))
            with pytest.raises(NotFound):
                list(lake.log(ref))
            with pytest.raises(NotFound):
                lake.squash_merge(ref, PRODUCTION, "m")
            with pytest.raises(NotFound):
                lake.revert(PRODUCTION, ref, "m")
        for name in ("nowhere", "rel-1", lake.resolve(PRODUCTION).id):
            with pytest.raises(NotFound):
                lake.delete_branch(name)
            with pytest.raises(NotFound):
                put(lake, name, {"a": b"1"})
            with pytest.raises(NotFound):
                lake.squash_merge(PRODUCTION, name, "m")
        with pytest.raises(NotFound):
            lake.read(PRODUCTION, "a")
        with pytest.raises(NotFound):
            lake.fetch(PRODUCTION, "a")
        with pytest.raises(NotFound):
            lake.address(PRODUCTION, "a")

    def test_the_production_branch_stays(self, lake: Lake) -> None:
        with pytest.raises(UsageError):
            lake.delete_branch(PRODUCTION)

    @pytest.mark.parametrize("name", ["", "runs/1", "a b", "-x", "ä", "a.b", "x\n", "f" * 64])
    def test_names_are_those_that_lakefs_takes(self, lake: Lake, name: str) -> None:
        with pytest.raises(UsageError):
            lake.create_branch(name, PRODUCTION)
        with pytest.raises(UsageError):
            lake.create_tag(name, PRODUCTION)

    def test_a_tag_names_one_commit_for_good(self, lake: Lake) -> None:
        first = put(lake, PRODUCTION, {"a": b"1"})
        lake.create_tag("rel-1", PRODUCTION)
        second = put(lake, PRODUCTION, {"a": b"2"})
        lake.create_tag("rel-1", first.id)
        with pytest.raises(Conflict):
            lake.create_tag("rel-1", second.id)
        assert lake.tags() == {"rel-1": first.id}
        assert held(lake, "rel-1") == {"a": b"1"}

    # --- paths

    @pytest.mark.parametrize(
        "path",
        [
            *("/a", "a/", "a//b", ".", "a/..", "../a", "a\\b", "a\x00b", "a\nb", "a\x7f", "cafe\u0301", "\ud800"),
            *("x" * 256, "/".join(["x" * 200] * 6), "é" * 128),
        ],
    )
    def test_what_is_no_path_is_refused_everywhere(self, lake: Lake, path: str) -> None:
        with lake.stage(PRODUCTION) as staging:
            with pytest.raises(UsageError):
                staging.write(path, b"")
            with pytest.raises(UsageError):
                staging.remove(path)
            with pytest.raises(UsageError):
                staging.restore(PRODUCTION, path)
        for reader in (lake.read, lake.fetch, lake.address, lake.tree, lake.files):
            with pytest.raises(UsageError):
                reader(PRODUCTION, path)
        with pytest.raises(UsageError):
            lake.diff(PRODUCTION, PRODUCTION, path)

    def test_the_empty_path_is_no_file(self, lake: Lake) -> None:
        with lake.stage(PRODUCTION) as staging, pytest.raises(UsageError):
            staging.write("", b"")

    @pytest.mark.parametrize(
        "path", ["a", "x" * 255, "Überlauf/€ 𝄞.csv", "a b/c+d=e&f", "..a/b..", "é" * 127, ".hidden"]
    )
    def test_what_is_a_path_is_taken(self, lake: Lake, path: str) -> None:
        file = put(lake, PRODUCTION, {path: b"x"}) and next(lake.files(PRODUCTION))
        assert file == File(path, digest_bytes(b"x"), 1)
        assert lake.read(PRODUCTION, path) == b"x"

    def test_a_prefix_is_whole_parts(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a/b": b"1", "ab": b"2", "a-b/c": b"3", "a/b-c": b"4", "a/c/d": b"5"})
        assert list(held(lake, PRODUCTION)) == ["a-b/c", "a/b", "a/b-c", "a/c/d", "ab"]
        assert list(held(lake, PRODUCTION, "a")) == ["a/b", "a/b-c", "a/c/d"]
        assert list(held(lake, PRODUCTION, "a/b")) == ["a/b"]
        assert list(held(lake, PRODUCTION, "a/b/c")) == []

    # --- staging and commits

    def test_nothing_is_seen_before_the_commit_and_all_of_it_after(self, lake: Lake) -> None:
        with lake.stage(PRODUCTION) as staging:
            staging.write("a", b"1")
            staging.write("b/c", b"2")
            assert held(lake, PRODUCTION) == {}
            commit = staging.commit("both", {"run": "7"})
        assert held(lake, PRODUCTION) == {"a": b"1", "b/c": b"2"}
        assert (commit.message, commit.metadata) == ("both", {"run": "7"})
        assert commit == lake.resolve(PRODUCTION)
        assert commit.parents == (list(lake.log(PRODUCTION))[1].id,)
        assert commit.at.tzinfo is not None

    def test_leaving_without_a_commit_discards(self, lake: Lake) -> None:
        head = lake.resolve(PRODUCTION)
        with lake.stage(PRODUCTION) as staging:
            staging.write("a", b"1")
        assert lake.resolve(PRODUCTION) == head
        with pytest.raises(UsageError):
            staging.write("a", b"1")
        with pytest.raises(UsageError):
            staging.commit("late")

    def test_a_stage_goes_on_after_its_commit(self, lake: Lake) -> None:
        with lake.stage(PRODUCTION) as staging:
            staging.write("a", b"1")
            staging.commit("one")
            staging.write("b", b"2")
            staging.commit("two")
            with pytest.raises(NoChanges):
                staging.commit("three")
        assert held(lake, PRODUCTION) == {"a": b"1", "b": b"2"}

    def test_a_commit_without_changes_is_none(self, lake: Lake) -> None:
        head = put(lake, PRODUCTION, {"a": b"1", "b": b"2"})
        for files in ({}, {"a": b"1"}, {"nothing": None}, {"b": b"2", "a": b"1"}):
            with pytest.raises(NoChanges):
                put(lake, PRODUCTION, files)
        assert lake.resolve(PRODUCTION) == head

    def test_two_stages_on_one_branch_both_land(self, lake: Lake) -> None:
        with lake.stage(PRODUCTION) as one, lake.stage(PRODUCTION) as other:
            one.write("a", b"1")
            one.write("both", b"one")
            other.write("b", b"2")
            other.write("both", b"other")
            one.commit("one")
            other.commit("other")
        assert held(lake, PRODUCTION) == {"a": b"1", "b": b"2", "both": b"other"}

    def test_a_branch_that_went_takes_no_commit(self, lake: Lake) -> None:
        lake.create_branch("run-1", PRODUCTION)
        with lake.stage("run-1") as staging:
            staging.write("a", b"1")
            lake.delete_branch("run-1")
            with pytest.raises(NotFound):
                staging.commit("late")

    def test_removing_takes_a_file_or_a_folder_and_leaves_no_empty_ones(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a/b/c": b"1", "a/b/d": b"2", "a/e": b"3", "ab": b"4"})
        put(lake, PRODUCTION, {"a/b": None})
        assert held(lake, PRODUCTION) == {"a/e": b"3", "ab": b"4"}
        put(lake, PRODUCTION, {"a/e": None})
        assert held(lake, PRODUCTION) == {"ab": b"4"}
        put(lake, PRODUCTION, {"a": b"now a file"})
        put(lake, PRODUCTION, {"": None})
        assert lake.tree(PRODUCTION) == list(lake.log(PRODUCTION))[-1].tree

    def test_changes_count_in_their_order(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a/b": b"old", "a/c": b"old"})
        with lake.stage(PRODUCTION) as staging:
            staging.write("a/b", b"lost")
            staging.remove("a")
            staging.write("a/d", b"first")
            staging.write("a/d", b"second")
            staging.write("e", b"lost")
            staging.remove("e")
            staging.commit("order")
        assert held(lake, PRODUCTION) == {"a/d": b"second"}

    def test_restoring_brings_presence_and_absence(self, lake: Lake) -> None:
        old = put(lake, PRODUCTION, {"a/b": b"1", "a/c": b"2", "f": b"3", "z": b"4"})
        put(lake, PRODUCTION, {"a/b": b"9", "a/c": None, "a/new": b"9", "f": None, "f/g": b"9", "z": b"9"})
        with lake.stage(PRODUCTION) as staging:
            for path in ("a", "f", "nothing"):
                staging.restore(old.id, path)
            staging.commit("restore")
        assert held(lake, PRODUCTION) == {"a/b": b"1", "a/c": b"2", "f": b"3", "z": b"9"}
        assert lake.tree(PRODUCTION, "a") == lake.tree(old.id, "a")
        with lake.stage(PRODUCTION) as staging:
            staging.restore(old.id, "")
            staging.write("a/d", b"5")
            staging.commit("all of it, and more")
        assert held(lake, PRODUCTION) == {"a/b": b"1", "a/c": b"2", "a/d": b"5", "f": b"3", "z": b"4"}
        with lake.stage(PRODUCTION) as staging, pytest.raises(NotFound):
            staging.restore("nowhere", "a")

    def test_a_path_is_a_file_or_a_folder(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"file": b"1", "folder/x": b"2"})
        for path in ("file/x", "file/x/y", "folder"):
            with pytest.raises(Conflict):
                put(lake, PRODUCTION, {path: b"3"})
        with lake.stage(PRODUCTION) as staging:
            staging.write("new", b"1")
            with pytest.raises(UsageError):
                staging.write("new/x", b"2")
            staging.write("other/x/y", b"1")
            with pytest.raises(UsageError):
                staging.write("other", b"2")
        put(lake, PRODUCTION, {"file": None, "file/x": b"3", "folder/x": None, "folder": b"4"})
        assert held(lake, PRODUCTION) == {"file/x": b"3", "folder": b"4"}

    def test_metadata_and_messages_are_text(self, lake: Lake) -> None:
        with lake.stage(PRODUCTION) as staging:
            staging.write("a", b"1")
            with pytest.raises(UsageError):
                staging.commit("m", {"n": 1})
            with pytest.raises(UsageError):
                staging.commit("\ud800")
            assert staging.commit("Größe €", {"": ""}).message == "Größe €"

    def test_bytes_come_from_a_stream_too(self, lake: Lake) -> None:
        content = bytes(range(256)) * 5
        with lake.stage(PRODUCTION) as staging:
            file = staging.write("a", Trickle(content))
            empty = staging.write("empty", io.BytesIO())
            staging.commit("streams")
        assert file == File("a", digest_bytes(content), len(content))
        assert empty == File("empty", digest_bytes(b""), 0)
        assert held(lake, PRODUCTION) == {"a": content, "empty": b""}

    def test_a_stream_that_breaks_changes_nothing(self, lake: Lake) -> None:
        class Broken(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                raise EOFError(size)

        with lake.stage(PRODUCTION) as staging:
            with pytest.raises(EOFError):
                staging.write("a", Broken())
            staging.write("b", b"1")
            staging.commit("the rest")
        assert held(lake, PRODUCTION) == {"b": b"1"}

    def test_fetch_gives_a_read_only_file(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a": b"1"})
        path = Path(lake.fetch(PRODUCTION, "a"))
        assert path.read_bytes() == b"1"
        assert path.stat().st_mode & 0o222 == 0

    # --- looking at a file without reading it

    def test_a_look_at_a_file_says_what_its_tree_has(self, lake: Lake) -> None:
        first = put(lake, PRODUCTION, {"a/b": b"1", "a/c": b"22"})
        lake.create_tag("rel-1", first.id)
        put(lake, PRODUCTION, {"a/b": b"333"})
        for ref, path, content in (("rel-1", "a/b", b"1"), (first.id, "a/c", b"22"), (PRODUCTION, "a/b", b"333")):
            file = lake.stat(ref, path)
            assert (file.path, file.digest, file.size) == (path, digest_bytes(content), len(content))
        with pytest.raises(NotFound):
            lake.stat("rel-1", "a")
        with pytest.raises(NotFound):
            lake.stat("rel-2", "a/b")

    # --- addresses

    def found(self, lake: Lake, address: str) -> bytes:  # noqa: ARG002 - a lake on a server is asked
        """Return what another program finds at an address."""
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("file", "")
        return Path(unquote(parts.path)).read_bytes()

    @pytest.mark.parametrize("path", ["a", "Überlauf/a b+c&d=1%25#e?.csv"])
    def test_an_address_goes_on_naming_the_same_bytes(self, lake: Lake, path: str) -> None:
        first = put(lake, PRODUCTION, {path: b"1"})
        address = lake.address(PRODUCTION, path)
        assert address.isascii()
        lake.create_tag("rel-1", first.id)
        put(lake, PRODUCTION, {path: b"2"})
        assert lake.address("rel-1", path) == lake.address(first.id, path) == address
        assert lake.address(PRODUCTION, path) != address
        assert self.found(lake, lake.address(PRODUCTION, path)) == b"2"
        put(lake, PRODUCTION, {path: None})
        assert self.found(lake, address) == b"1"

    def test_only_a_file_has_an_address(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a/b": b"1"})
        for ref, path in ((PRODUCTION, "a"), (PRODUCTION, "a/b/c"), ("nowhere", "a/b")):
            with pytest.raises(NotFound):
                lake.address(ref, path)

    # --- trees and differences

    def test_equal_content_has_an_equal_digest_whatever_its_history(self, lake: Lake) -> None:
        files = {f"d{n % 7}/e{n % 3}/f{n}": str(n).encode() for n in range(150)}
        for name, order in (("run-1", list(files)), ("run-2", list(reversed(files)))):
            lake.create_branch(name, PRODUCTION)
            for start in range(0, len(order), 40):
                put(lake, name, {"detour": b"x"} | {path: files[path] for path in order[start : start + 40]})
                put(lake, name, {"detour": None})
        assert lake.tree("run-1") == lake.tree("run-2") == lake.resolve("run-1").tree
        assert lake.tree("run-1", "d1") == lake.tree("run-2", "d1") != lake.tree("run-1", "d2")
        assert list(lake.diff("run-1", "run-2")) == []
        assert lake.resolve("run-1").id != lake.resolve("run-2").id

    def test_a_trees_digest_tells_paths_bytes_and_kinds_apart(self, lake: Lake) -> None:
        shapes = [{"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a/a": b"1"}, {"a": b"1", "b": b"1"}, {"a/b": b"1"}]
        digests = {lake.tree(PRODUCTION), lake.tree(PRODUCTION, "nothing")}
        assert len(digests) == 1
        for number, shape in enumerate(shapes):
            lake.create_branch(f"run-{number}", PRODUCTION)
            digests.add(put(lake, f"run-{number}", shape).tree)
        assert len(digests) == 1 + len(shapes)
        assert lake.tree("run-3", "a") == lake.tree("run-0")
        assert lake.tree("run-0", "a") != lake.tree("run-1", "a") != lake.tree(PRODUCTION, "a")
        assert lake.tree("run-0", "a") == lake.tree("run-3", "a/a")

    def test_a_diff_is_sorted_and_says_before_and_after(self, lake: Lake) -> None:
        old = put(lake, PRODUCTION, {"b": b"1", "d/x": b"2", "e": b"3", "same/x": b"4"})
        put(lake, PRODUCTION, {"a-b": b"5", "a/c": b"5", "b": b"6", "d/x": None, "e": None, "e/f": b"7"})
        one = {file.path: file for file in lake.files(old.id)}
        other = {file.path: file for file in lake.files(PRODUCTION)}
        paths = ["a-b", "a/c", "b", "d/x", "e", "e/f"]
        assert list(lake.diff(old.id, PRODUCTION)) == [Change(p, one.get(p), other.get(p)) for p in paths]
        assert list(lake.diff(PRODUCTION, old.id)) == [Change(p, other.get(p), one.get(p)) for p in paths]
        assert [change.path for change in lake.diff(old.id, PRODUCTION, "e")] == ["e", "e/f"]
        assert [change.path for change in lake.diff(old.id, PRODUCTION, "d")] == ["d/x"]
        assert list(lake.diff(old.id, PRODUCTION, "same")) == []

    # --- merges and reverts

    def test_a_squash_merge_is_one_commit_with_one_parent_and_the_staged_tree(self, lake: Lake) -> None:
        head = put(lake, PRODUCTION, {"a": b"1", "b": b"2"})
        lake.create_branch("audit-1", PRODUCTION)
        put(lake, "audit-1", {"a": b"3"})
        staged = put(lake, "audit-1", {"b": None, "c/d": b"4"})
        merged = lake.squash_merge("audit-1", PRODUCTION, "publish", {"txn": "1"})
        assert merged.parents == (head.id,)
        assert merged.tree == staged.tree
        assert (merged.message, merged.metadata) == ("publish", {"txn": "1"})
        assert held(lake, PRODUCTION) == {"a": b"3", "c/d": b"4"}
        assert [commit.message for commit in lake.log(PRODUCTION)][:2] == ["publish", "put"]

    def test_disjoint_changes_merge(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {f"d/{n}": b"0" for n in range(200)})
        for name in ("one", "two"):
            lake.create_branch(name, PRODUCTION)
        put(lake, "one", {"d/1": b"1", "new/1": b"1", "d/3": None, "same": b"s"})
        put(lake, "two", {"d/2": b"2", "new/2": b"2", "d/3": None, "same": b"s"})
        lake.squash_merge("one", PRODUCTION, "one")
        lake.squash_merge("two", PRODUCTION, "two")
        content = held(lake, PRODUCTION)
        assert len(content) == 200 - 1 + 3
        assert [content[path] for path in ("d/1", "d/2", "new/1", "new/2", "same")] == [b"1", b"2", b"1", b"2", b"s"]

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ({"a": b"1"}, {"a": b"2"}),
            ({"a": b"1"}, {"a": None}),
            ({"a": None}, {"a": b"1"}),
            ({"new": b"1"}, {"new": b"2"}),
            ({"new": b"1"}, {"new/x": b"1"}),
            ({"new/x": b"1"}, {"new": b"1"}),
            ({"f/x": b"1"}, {"f": None, "f/y": b"2", "f/x": b"3"}),
            ({"f/z": b"1"}, {"f/x": None, "f": b"1"}),
        ],
    )
    def test_both_sides_changing_a_path_is_a_conflict_that_changes_nothing(self, lake: Lake, one, two) -> None:
        put(lake, PRODUCTION, {"a": b"0", "f/x": b"0"})
        for name, files in (("one", one), ("two", two)):
            lake.create_branch(name, PRODUCTION)
            put(lake, name, files)
        lake.squash_merge("one", PRODUCTION, "one")
        before = lake.resolve(PRODUCTION)
        with pytest.raises(Conflict):
            lake.squash_merge("two", PRODUCTION, "two")
        assert lake.resolve(PRODUCTION) == before

    def test_a_folder_that_both_left_may_become_a_file(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"f/x": b"0"})
        for name, files in (("one", {"f": None}), ("two", {"f/x": None, "f": b"1"})):
            lake.create_branch(name, PRODUCTION)
            put(lake, name, files)
        lake.squash_merge("one", PRODUCTION, "one")
        lake.squash_merge("two", PRODUCTION, "two")
        assert held(lake, PRODUCTION) == {"f": b"1"}

    def test_a_merge_that_brings_nothing_is_none(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"a": b"1"})
        lake.create_branch("run-1", PRODUCTION)
        with pytest.raises(NoChanges):
            lake.squash_merge("run-1", PRODUCTION, "nothing")
        put(lake, PRODUCTION, {"a": b"2"})
        with pytest.raises(NoChanges):
            lake.squash_merge("run-1", PRODUCTION, "behind")
        put(lake, "run-1", {"a": b"2"})
        with pytest.raises(NoChanges):
            lake.squash_merge("run-1", PRODUCTION, "the same on both sides")

    def test_a_merge_may_insist_on_a_parent(self, lake: Lake) -> None:
        planned = put(lake, PRODUCTION, {"a": b"1"})
        lake.create_branch("audit-1", PRODUCTION)
        put(lake, "audit-1", {"b": b"2"})
        moved = put(lake, PRODUCTION, {"c": b"3"})
        with pytest.raises(Conflict):
            lake.squash_merge("audit-1", PRODUCTION, "late", parent=planned.id)
        assert lake.resolve(PRODUCTION) == moved
        assert lake.squash_merge("audit-1", PRODUCTION, "in time", parent=moved.id).parents == (moved.id,)

    def test_a_revert_undoes_one_commit_by_a_new_one(self, lake: Lake) -> None:
        before = put(lake, PRODUCTION, {"a": b"1", "b": b"1"})
        undone = put(lake, PRODUCTION, {"a": b"2", "c/d": b"2", "b": None})
        put(lake, PRODUCTION, {"e": b"3"})
        reverted = lake.revert(PRODUCTION, undone.id, "undo", {"why": "bad"})
        assert held(lake, PRODUCTION) == {"a": b"1", "b": b"1", "e": b"3"}
        assert (reverted.message, reverted.metadata) == ("undo", {"why": "bad"})
        assert len(list(lake.log(PRODUCTION))) == 5
        with pytest.raises(NoChanges):
            lake.revert(PRODUCTION, undone.id, "again")
        put(lake, PRODUCTION, {"e": None})
        assert lake.tree(PRODUCTION) == before.tree

    def test_a_revert_of_what_changed_since_is_a_conflict(self, lake: Lake) -> None:
        undone = put(lake, PRODUCTION, {"a": b"1"})
        head = put(lake, PRODUCTION, {"a": b"2"})
        with pytest.raises(Conflict):
            lake.revert(PRODUCTION, undone.id, "undo")
        assert lake.resolve(PRODUCTION) == head

    def test_only_a_branchs_own_commits_are_reverted(self, lake: Lake) -> None:
        lake.create_branch("run-1", PRODUCTION)
        foreign = put(lake, "run-1", {"a": b"1"})
        with pytest.raises(NotFound):
            lake.revert(PRODUCTION, foreign.id, "undo")

    def test_a_release_goes_live_again_after_it_was_reverted(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {"other/x": b"1", "data/2020": b"old"})
        lake.create_branch("run-1", PRODUCTION)
        put(lake, "run-1", {"data/2020": b"new", "data/2021": b"new"})
        trees = []
        for txn in ("1", "2"):
            lake.create_branch(f"audit-{txn}", PRODUCTION)
            with lake.stage(f"audit-{txn}") as staging:
                staging.restore("run-1" if txn == "1" else "rel-1", "data")
                staged = staging.commit("stage")
            if txn == "1":
                lake.create_tag("rel-1", staged.id)
                put(lake, PRODUCTION, {"other/x": b"2"})
            merged = lake.squash_merge(f"audit-{txn}", PRODUCTION, f"publish {txn}")
            trees.append(lake.tree(PRODUCTION))
            if txn == "1":
                lake.revert(PRODUCTION, merged.id, "roll back")
                assert held(lake, PRODUCTION, "data") == {"data/2020": b"old"}
        assert trees[0] == trees[1]
        assert lake.tree(PRODUCTION, "data") == lake.tree("rel-1", "data")
        assert held(lake, PRODUCTION, "data") == {"data/2020": b"new", "data/2021": b"new"}

    # --- protection and reset

    def test_a_reset_drops_history_and_brings_it_back(self, lake: Lake) -> None:
        base = put(lake, PRODUCTION, {"a": b"1"})
        lake.create_branch("other", PRODUCTION)
        first = put(lake, "other", {"b": b"2"})
        second = put(lake, "other", {"a": None, "b": b"3"})
        lake.create_tag("rel-2", second.id)
        lake.reset("other", first.id, before=second.id)
        assert lake.resolve("other") == first
        assert held(lake, "other") == {"a": b"1", "b": b"2"}
        assert [commit.id for commit in lake.log("other")][:2] == [first.id, base.id]
        assert held(lake, "rel-2") == {"b": b"3"}
        lake.reset("other", "rel-2", before=first.id)
        assert [commit.id for commit in lake.log("other")][:3] == [second.id, first.id, base.id]
        lake.reset("other", PRODUCTION, before=second.id)
        assert put(lake, "other", {"c": b"4"}).parents == (base.id,)
        assert held(lake, "other") == {"a": b"1", "c": b"4"}
        assert lake.resolve(PRODUCTION) == base
        assert list(lake.verify()) == []

    def test_a_reset_insists_on_where_the_branch_is(self, lake: Lake) -> None:
        lake.create_branch("other", PRODUCTION)
        lake.create_tag("rel-1", PRODUCTION)
        first = put(lake, "other", {"a": b"1"})
        second = put(lake, "other", {"a": b"2"})
        for to in (PRODUCTION, first.id, second.id):
            with pytest.raises(Conflict):
                lake.reset("other", to, before=first.id)
        for branch, to in (("other", "nowhere"), ("nowhere", first.id), ("rel-1", first.id), (second.id, first.id)):
            with pytest.raises(NotFound):
                lake.reset(branch, to, before=second.id)
        assert lake.resolve("other") == second

    def test_what_is_protected_is_not_reset_and_all_else_is(self, lake: Lake) -> None:
        first = put(lake, PRODUCTION, {"a": b"1"})
        lake.create_branch("other", PRODUCTION)
        for branch in (PRODUCTION, "other"):
            before = put(lake, branch, {"a": b"2"})
            if lake.is_protected(branch):
                with pytest.raises(Conflict):
                    lake.reset(branch, first.id, before=before.id)
                assert lake.resolve(branch) == before
            else:
                lake.reset(branch, first.id, before=before.id)
                assert lake.resolve(branch) == first
        assert not lake.is_protected("other")

    def test_only_branches_are_protected_or_not(self, lake: Lake) -> None:
        lake.create_tag("rel-1", PRODUCTION)
        for name in ("nowhere", "rel-1", lake.resolve(PRODUCTION).id):
            with pytest.raises(NotFound):
                lake.is_protected(name)

    # --- care

    def test_a_lake_in_use_verifies(self, lake: Lake) -> None:
        put(lake, PRODUCTION, {f"a/{n}": b"%d" % n for n in range(100)})
        put(lake, PRODUCTION, {"a": None})
        assert list(lake.verify()) == []

    def test_a_collection_takes_passing_branches_that_nobody_moved(self, lake: Lake, clock: TickingClock) -> None:
        put(lake, PRODUCTION, {"a": b"live"})
        for name in ("run-old", "audit-old", "undo-old", "run-kept", "keep-me", "run-again"):
            lake.create_branch(name, PRODUCTION)
            put(lake, name, {"b": name.encode()})
        lake.create_branch("run-bare", PRODUCTION)
        lake.create_tag("rel-1", "run-old")
        lake.delete_branch("run-again")
        horizon = clock.now()
        lake.create_branch("run-young", PRODUCTION)
        lake.create_branch("run-again", "rel-1")
        expired = ("audit-old", "run-bare", "run-old", "undo-old")
        assert lake.collect(keep=["run-kept"], before=horizon, dry_run=True).branches == expired
        assert held(lake, "run-old") == {"a": b"live", "b": b"run-old"}
        assert lake.collect(keep=["run-kept"], before=horizon).branches == expired
        assert set(lake.branches()) == {PRODUCTION, "run-kept", "keep-me", "run-young", "run-again"}
        assert held(lake, "rel-1") == {"a": b"live", "b": b"run-old"}
        assert lake.collect(keep=["run-kept"], before=horizon).branches == ()
        assert lake.collect(keep=[], before=clock.now()).branches == ("run-again", "run-kept", "run-young")
        assert list(lake.verify()) == []


class CollectingLakeContract(LakeContract):
    """Scenarios over a lake that removes the bytes that nothing names."""

    def test_a_collection_takes_passing_branches_and_what_only_they_named(
        self, lake: Lake, clock: TickingClock
    ) -> None:
        put(lake, PRODUCTION, {"a": b"live"})
        for name in ("run-old", "audit-old", "undo-old", "run-kept", "run-tagged", "keep-me"):
            lake.create_branch(name, PRODUCTION)
            put(lake, name, {"b": name.encode(), "shared": b"s"})
        lake.create_tag("rel-1", "run-tagged")
        waiting = lake.resolve("run-old").id
        horizon = clock.now()
        put(lake, PRODUCTION, {"later": b"x"})
        lake.create_branch("run-new", "run-old")
        lake.create_branch("run-young", PRODUCTION)
        lake.delete_branch("run-new")
        dry = lake.collect(keep=["run-kept"], before=horizon, dry_run=True)
        assert held(lake, "run-old")["b"] == b"run-old"
        assert held(lake, waiting)["b"] == b"run-old"
        assert dry.branches == ("audit-old", "run-old", "run-tagged", "undo-old")
        assert (dry.objects, dry.bytes) == (3, len("audit-oldrun-oldundo-old"))
        assert lake.collect(keep=["run-kept"], before=horizon) == dry
        assert set(lake.branches()) == {PRODUCTION, "run-kept", "keep-me", "run-young"}
        for ref, content in (("run-kept", b"run-kept"), ("rel-1", b"run-tagged"), ("keep-me", b"keep-me")):
            assert held(lake, ref) == {"a": b"live", "b": content, "shared": b"s"}
        with pytest.raises(NotFound):
            lake.resolve(waiting)
        assert list(lake.verify()) == []
        again = lake.collect(keep=["run-kept"], before=horizon)
        assert (again.objects, again.bytes, again.branches) == (0, 0, ())
        put(lake, PRODUCTION, {"b": b"run-old"})
        assert held(lake, PRODUCTION) == {"a": b"live", "b": b"run-old", "later": b"x"}

    def test_what_is_young_is_not_collected(self, lake: Lake, clock: TickingClock) -> None:
        lake.create_branch("run-1", PRODUCTION)
        horizon = clock.now()
        commit = put(lake, "run-1", {"a": b"1"})
        lake.delete_branch("run-1")
        assert lake.collect(keep=[], before=horizon).objects == 0
        assert held(lake, commit.id) == {"a": b"1"}
        assert lake.collect(keep=[], before=clock.now()).objects == 1
        assert list(lake.verify()) == []

    def test_what_was_staged_again_is_young_again(self, lake: Lake, clock: TickingClock) -> None:
        put(lake, PRODUCTION, {"file": b"1"})
        lake.create_branch("run-1", PRODUCTION)
        put(lake, "run-1", {"a": b"old"})
        lake.delete_branch("run-1")
        horizon = clock.now()
        with pytest.raises(Conflict):
            put(lake, PRODUCTION, {"file/x": b"old"})
        assert lake.collect(keep=[], before=horizon).objects == 0
        assert lake.collect(keep=[], before=clock.now()).objects == 1

    def test_what_was_collected_is_not_restored(self, lake: Lake, clock: TickingClock) -> None:
        lake.create_branch("run-1", PRODUCTION)
        put(lake, "run-1", {"a/b": b"1"})
        with lake.stage(PRODUCTION) as staging:
            staging.restore("run-1", "a")
            lake.delete_branch("run-1")
            lake.collect(keep=[], before=clock.now())
            with pytest.raises(Unavailable):
                staging.commit("too late")
        assert held(lake, PRODUCTION) == {}
        assert list(lake.verify()) == []

    def test_a_collection_beside_an_open_stage_loses_nothing_of_it(self, lake: Lake, clock: TickingClock) -> None:
        lake.create_branch("run-1", PRODUCTION)
        old = put(lake, "run-1", {"a": b"1"})
        with lake.stage(PRODUCTION) as staging:
            staging.write("a", b"1")
            staging.write("b", b"2")
            lake.delete_branch("run-1")
            lake.collect(keep=[], before=clock.now() + timedelta(days=1))
            with pytest.raises(NotFound):
                lake.resolve(old.id)
            staging.commit("after the collection")
        assert held(lake, PRODUCTION) == {"a": b"1", "b": b"2"}
        assert list(lake.verify()) == []
