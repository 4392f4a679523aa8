"""A sharded Merkle map from names to values: what a lake's directories and a release's builds are made of.

The map is a trie over sha256(name), 16 ways a level, whose small subtrees are kept as one leaf. Its shape depends on
what it holds and on nothing else, so equal content has an equal root whatever the order of the edits; an edit writes
one path from leaf to root, so its cost does not grow with the map. Nodes live in a `Nodes` store that somebody else keeps.

A root is a digest; `EMPTY` is the digest of the map that holds nothing and is never stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes

LEAF_MOST = 64
_WAYS = 16

Value = str | list[str | int]
"""What a name maps to: text, or a flat list of text and integers."""


class Nodes(Protocol):
    """Where nodes are kept: content-addressed bytes."""

    def get(self, digest: Digest) -> bytes:
        """Return the bytes of a node; raise `IntegrityError` where they are absent or do not match."""
        ...

    def put(self, content: bytes) -> Digest:
        """Keep a node and return its digest; keeping it twice is keeping it once."""
        ...


class Difference(NamedTuple):
    """One name on which two maps differ; None is where it is absent."""

    name: str
    before: Value | None
    after: Value | None


class _Child(NamedTuple):
    """A subtree by reference: how many names it holds, and its digest."""

    names: int
    digest: Digest


_Leaf = dict[str, Value]
_Branch = list[_Child | None]
_Node = _Leaf | _Branch

EMPTY = digest_bytes(canonical_json({"leaf": {}}))


def lookup(nodes: Nodes, root: Digest, name: str) -> Value | None:
    """Return what a name maps to, or None."""
    node, path = _load(nodes, root), _path(name)
    for depth in range(len(path)):
        if isinstance(node, dict):
            return node.get(name)
        child = node[path[depth]]
        if child is None:
            return None
        node = _load(nodes, child.digest)
    return node.get(name) if isinstance(node, dict) else None


def items(nodes: Nodes, root: Digest) -> Iterator[tuple[str, Value]]:
    """Yield every name with its value, in the trie's order (not sorted)."""
    node = _load(nodes, root)
    if isinstance(node, dict):
        yield from node.items()
        return
    for child in node:
        if child is not None:
            yield from items(nodes, child.digest)


def size(nodes: Nodes, root: Digest) -> int:
    """Return how many names the map holds, from its top node alone."""
    return _count(_load(nodes, root))


def update(nodes: Nodes, root: Digest, changes: Mapping[str, Value | None]) -> Digest:
    """Return the root of the map with these names set, or removed where the value is None."""
    if not changes:
        return root
    routed = [(_path(name), name, value) for name, value in changes.items()]
    child = _update(nodes, _load(nodes, root), routed, 0)
    return EMPTY if child is None else child.digest


def diff(nodes: Nodes, left: Digest, right: Digest) -> Iterator[Difference]:
    """Yield each name on which two maps differ; equal subtrees are never read."""
    if left == right:
        return
    a, b = _load(nodes, left), _load(nodes, right)
    if isinstance(a, list) and isinstance(b, list):
        for one, other in zip(a, b, strict=True):
            yield from diff(nodes, one.digest if one else EMPTY, other.digest if other else EMPTY)
        return
    before, after = dict(_flatten(nodes, a)), dict(_flatten(nodes, b))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Difference(name, before.get(name), after.get(name))


def reachable(nodes: Nodes, root: Digest) -> Iterator[Digest]:
    """Yield the digest of every stored node under a root, the root first."""
    if root == EMPTY:
        return
    yield root
    node = _load(nodes, root)
    if isinstance(node, list):
        for child in node:
            if child is not None:
                yield from reachable(nodes, child.digest)


def _path(name: str) -> bytes:
    return bytes(int(digit, 16) for digit in hashlib.sha256(name.encode()).hexdigest())


def _update(nodes: Nodes, node: _Node, changes: list[tuple[bytes, str, Value | None]], depth: int) -> _Child | None:
    if isinstance(node, dict):
        leaf = dict(node)
        for _, name, value in changes:
            if value is None:
                leaf.pop(name, None)
            else:
                leaf[name] = value
        return _store(nodes, leaf, depth)
    branch = list(node)
    for way, group in _by_way(changes, depth):
        child = branch[way]
        branch[way] = _update(nodes, _load(nodes, child.digest) if child else {}, group, depth + 1)
    if sum(child.names for child in branch if child) <= LEAF_MOST:
        return _store(nodes, dict(_flatten(nodes, branch)), depth)
    return _put(nodes, branch)


def _by_way(
    changes: Iterable[tuple[bytes, str, Value | None]], depth: int
) -> Iterable[tuple[int, list[tuple[bytes, str, Value | None]]]]:
    groups: dict[int, list[tuple[bytes, str, Value | None]]] = {}
    for change in changes:
        groups.setdefault(change[0][depth], []).append(change)
    return groups.items()


def _store(nodes: Nodes, leaf: _Leaf, depth: int) -> _Child | None:
    """Keep a set of names as one leaf, or split it as far as it must be."""
    if not leaf:
        return None
    if len(leaf) <= LEAF_MOST:
        return _put(nodes, leaf)
    routed: list[tuple[bytes, str, Value | None]] = [(_path(name), name, value) for name, value in leaf.items()]
    branch: _Branch = [None] * _WAYS
    for way, group in _by_way(routed, depth):
        branch[way] = _store(nodes, {name: value for _, name, value in group if value is not None}, depth + 1)
    return _put(nodes, branch)


def _flatten(nodes: Nodes, node: _Node) -> Iterator[tuple[str, Value]]:
    if isinstance(node, dict):
        yield from node.items()
        return
    for child in node:
        if child is not None:
            yield from items(nodes, child.digest)


def _count(node: _Node) -> int:
    return len(node) if isinstance(node, dict) else sum(child.names for child in node if child)


def _load(nodes: Nodes, digest: Digest) -> _Node:
    if digest == EMPTY:
        return {}
    document = json.loads(nodes.get(digest))
    if "leaf" in document:
        leaf: _Leaf = document["leaf"]
        return leaf
    return [_Child(child[0], Digest(child[1])) if child else None for child in document["branch"]]


def _put(nodes: Nodes, node: _Node) -> _Child:
    if isinstance(node, dict):
        return _Child(len(node), nodes.put(canonical_json({"leaf": node})))
    return _Child(_count(node), nodes.put(canonical_json({"branch": node})))
