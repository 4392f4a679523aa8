"""The Merkle map, against a plain dict: its shape depends on what it holds alone, and its cost on what changed."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes
from kfm_assets.domain.merkle import EMPTY, LEAF_MOST

NAMES = st.one_of(st.integers(0, 300).map(str), st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
VALUES = st.one_of(st.text(max_size=3), st.lists(st.one_of(st.text(max_size=3), st.integers(0, 9)), max_size=3))
MAPS = st.dictionaries(NAMES, VALUES, max_size=250)


class Kept(dict[Digest, bytes]):
    """A `Nodes` store that counts."""

    reads = 0

    def get(self, digest: Digest) -> bytes:
        self.reads += 1
        return self[digest]

    def put(self, content: bytes) -> Digest:
        digest = digest_bytes(content)
        self[digest] = content
        return digest


def numbered(count: int) -> dict[str, str]:
    return {f"name-{n}": str(n) for n in range(count)}


@given(content=MAPS, detour=MAPS, seed=st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_root_depends_on_the_content_alone(content, detour, seed) -> None:
    nodes = Kept()
    direct = merkle.update(nodes, EMPTY, content)
    root = merkle.update(nodes, EMPTY, detour)
    steps = [*content.items(), *((name, None) for name in detour.keys() - content.keys())]
    seed.shuffle(steps)
    while steps:
        count = seed.randint(1, 100)
        root = merkle.update(nodes, root, dict(steps[:count]))
        del steps[:count]
    assert root == direct
    assert dict(merkle.items(nodes, root)) == content
    assert merkle.size(nodes, root) == len(content)
    assert (root == EMPTY) == (not content)
    assert all(merkle.lookup(nodes, root, name) == content.get(name) for name in [*content, *detour, "absent"])


@given(left=MAPS, right=MAPS)
@settings(deadline=None)
def test_a_difference_is_every_name_on_which_two_maps_differ(left, right) -> None:
    nodes = Kept()
    roots = merkle.update(nodes, EMPTY, left), merkle.update(nodes, EMPTY, right)
    found = list(merkle.diff(nodes, *roots))
    names = sorted(left.keys() | right.keys())
    wanted = [(name, left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)]
    assert sorted(found, key=lambda one: one[0]) == wanted
    changes = {name: after for name, _, after in found}
    assert merkle.update(nodes, roots[0], changes) == roots[1]


@given(content=MAPS)
@settings(deadline=None)
def test_nodes_are_canonical_json_and_all_reachable(content) -> None:
    nodes = Kept()
    root = merkle.update(nodes, EMPTY, content)
    reached = list(merkle.reachable(nodes, root))
    assert len(set(reached)) == len(reached)
    assert reached[:1] == ([root] if content else [])
    found: dict[str, object] = {}
    for digest in reached:
        document = json.loads(nodes[digest])
        assert nodes[digest] == canonical_json(document)
        found |= document.get("leaf", {})
        assert len(document.get("leaf", {})) <= LEAF_MOST
        below = merkle.expand(nodes, digest)
        assert dict(below.names) == document.get("leaf", {})
        assert list(below.children) == [child[1] for child in document.get("branch", []) if child]
    assert found == content


@pytest.mark.parametrize("count", [LEAF_MOST, LEAF_MOST + 1, 1_000])
def test_a_map_folds_up_again_when_it_shrinks(count: int) -> None:
    nodes, content = Kept(), numbered(count)
    root = merkle.update(nodes, EMPTY, content)
    assert ("branch" in json.loads(nodes[root])) == (count > LEAF_MOST)
    for name in list(content):
        root = merkle.update(nodes, root, {name: None})
        del content[name]
        if LEAF_MOST - 1 <= len(content) <= LEAF_MOST + 1:
            assert root == merkle.update(nodes, EMPTY, content)
            assert ("branch" in json.loads(nodes[root])) == (len(content) > LEAF_MOST)
    assert root == EMPTY


def test_empty_is_the_digest_of_nothing_and_never_stored() -> None:
    nodes = Kept()
    assert digest_bytes(canonical_json({"leaf": {}})) == EMPTY
    assert merkle.update(nodes, EMPTY, {}) == EMPTY
    assert merkle.update(nodes, EMPTY, {"absent": None}) == EMPTY
    assert merkle.update(nodes, merkle.update(nodes, EMPTY, {"a": "1"}), {"a": None}) == EMPTY
    assert merkle.size(nodes, EMPTY) == 0
    assert list(merkle.items(nodes, EMPTY)) == list(merkle.reachable(nodes, EMPTY)) == []
    assert merkle.lookup(nodes, EMPTY, "a") is None
    assert EMPTY not in nodes


def test_an_update_that_changes_nothing_writes_nothing() -> None:
    nodes, content = Kept(), numbered(1_000)
    root = merkle.update(nodes, EMPTY, content)
    kept = set(nodes)
    nodes.put = None  # type: ignore[method-assign,assignment]
    assert merkle.update(nodes, root, {**content, "absent": None}) == root
    assert set(nodes) == kept


def test_an_edit_costs_one_path_however_large_the_map() -> None:
    costs = {}
    for count in (1_000, 50_000):
        nodes = Kept()
        root = merkle.update(nodes, EMPTY, numbered(count))
        before, nodes.reads = len(nodes), 0
        changed = merkle.update(nodes, root, {"name-7": "new"})
        costs[count] = (len(nodes) - before, nodes.reads)
        nodes.reads = 0
        assert [one.name for one in merkle.diff(nodes, root, changed)] == ["name-7"]
        assert nodes.reads <= 2 * costs[count][0]
    assert costs[1_000][0] <= 3
    assert costs[50_000][0] <= 5
    assert costs[50_000][1] <= 7


@pytest.mark.parametrize("value", [1.5, True, ("a",), ["a", None], [["a"]], {"a": 1}, 2.0])
def test_values_are_text_or_flat_lists(value) -> None:
    with pytest.raises(TypeError):
        merkle.update(Kept(), EMPTY, {"a": value})


def test_the_form_is_fixed() -> None:
    """Digests are kept on disks and in signed bundles: a change of the form is a change of the layout."""
    nodes = Kept()
    small = merkle.update(nodes, EMPTY, {"b": ["f", "x", 1], "a": "é"})
    assert nodes[small] == '{"leaf":{"a":"é","b":["f","x",1]}}'.encode()
    beyond = merkle.update(nodes, EMPTY, {"\ufb33": "1", "\U0001d11e": "2", "z": "3"})
    assert nodes[beyond] == '{"leaf":{"z":"3","\U0001d11e":"2","\ufb33":"1"}}'.encode()
    names = list(numbered(200).items())
    random.Random(1).shuffle(names)
    assert merkle.update(nodes, EMPTY, dict(names)) == Digest(
        "sha256:7d89ae950dfd01e4c27324f96abff7109be2d1f6eae8817e921c8edf49a4dce6"
    )
