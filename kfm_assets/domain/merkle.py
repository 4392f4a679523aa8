"""A sharded Merkle map from names to values: what a lake's directories and a release's builds are made of.

The map is a trie over sha256(name), 16 ways a level, whose small subtrees are kept as one leaf. Its shape depends on
what it holds and on nothing else, so equal content has an equal root whatever the order of the edits; an edit writes
one path from leaf to root, so its cost does not grow with the map. Nodes live in a `Nodes` store that somebody else
keeps. Values that are read are shared with later reads: nobody changes one in place.

A root is a digest; `EMPTY` is the digest of the map that holds nothing and is never stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
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


class Node(NamedTuple):
    """What one stored node holds: the nodes right below it, or, in a leaf, names with their values."""

    children: tuple[Digest, ...]
    names: Mapping[str, Value]


class _Child(NamedTuple):
    """A subtree by reference: how many names it holds, and its digest."""

    names: int
    digest: Digest


_Leaf = Mapping[str, Value]
_Branch = list[_Child | None]
_Node = _Leaf | _Branch
_Change = tuple[str, str, Value | None]
"""The digits that route a name, the name, and its new value."""

EMPTY = digest_bytes(canonical_json({"leaf": {}}))
_NOTHING = _Child(0, EMPTY)


def lookup(nodes: Nodes, root: Digest, name: str) -> Value | None:
    """Return what a name maps to, or None."""
    node = _load(nodes, root)
    if isinstance(node, list):
        for digit in _route(name):
            child = node[int(digit, 16)]
            if child is None:
                return None
            node = _load(nodes, child.digest)
            if not isinstance(node, list):
                break
    return None if isinstance(node, list) else node.get(name)


def items(nodes: Nodes, root: Digest) -> Iterator[tuple[str, Value]]:
    """Yield every name with its value, in the trie's order (not sorted)."""
    yield from _flatten(nodes, _load(nodes, root))


def size(nodes: Nodes, root: Digest) -> int:
    """Return how many names the map holds, from its top node alone."""
    return _count(_load(nodes, root))


def update(nodes: Nodes, root: Digest, changes: Mapping[str, Value | None]) -> Digest:
    """Return the root of the map with these names set, or removed where the value is None.

    Raises:
        TypeError: for a value that is neither text nor a flat list of text and integers.
    """
    for value in changes.values():
        _check(value)
    if not changes:
        return root
    routed = [(_route(name), name, value) for name, value in changes.items()]
    top = _Child(size(nodes, root), root)
    return _update(nodes, top, routed, 0).digest


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
    for child in expand(nodes, root).children:
        yield from reachable(nodes, child)


def expand(nodes: Nodes, digest: Digest) -> Node:
    """Read one node, for whoever walks a map in an order of their own."""
    node = _load(nodes, digest)
    if isinstance(node, list):
        return Node(tuple(child.digest for child in node if child), {})
    return Node((), node)


def _route(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _check(value: Value | None) -> None:
    parts = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(part, str | int) and not isinstance(part, bool) for part in parts):
        msg = f"{value!r}: a map's value is text, or a flat list of text and integers"
        raise TypeError(msg)


def _update(nodes: Nodes, child: _Child, changes: list[_Change], depth: int) -> _Child:
    """Return the subtree with the changes made; itself, and nothing written, where they change nothing."""
    node = _load(nodes, child.digest)
    if not isinstance(node, list):
        leaf = {**node, **{name: value for _, name, value in changes if value is not None}}
        for _, name, value in changes:
            if value is None:
                leaf.pop(name, None)
        return child if leaf == node else _store(nodes, leaf, depth)
    branch = list(node)
    for way, group in _by_way(changes, depth).items():
        below = _update(nodes, branch[way] or _NOTHING, group, depth + 1)
        branch[way] = below if below.names else None
    if branch == node:
        return child
    if _count(branch) <= LEAF_MOST:
        return _store(nodes, dict(_flatten(nodes, branch)), depth)
    return _put(nodes, branch)


def _by_way(changes: list[_Change], depth: int) -> Mapping[int, list[_Change]]:
    groups: dict[int, list[_Change]] = {}
    for change in changes:
        groups.setdefault(int(change[0][depth], 16), []).append(change)
    return groups


def _store(nodes: Nodes, leaf: _Leaf, depth: int) -> _Child:
    """Keep a set of names as one leaf, or split it as far as it must be."""
    if len(leaf) <= LEAF_MOST:
        return _put(nodes, leaf) if leaf else _NOTHING
    branch: _Branch = [None] * _WAYS
    for way, group in _by_way([(_route(name), name, value) for name, value in leaf.items()], depth).items():
        branch[way] = _store(nodes, {name: leaf[name] for _, name, _ in group}, depth + 1)
    return _put(nodes, branch)


def _flatten(nodes: Nodes, node: _Node) -> Iterator[tuple[str, Value]]:
    if not isinstance(node, list):
        yield from node.items()
        return
    for child in node:
        if child is not None:
            yield from items(nodes, child.digest)


def _count(node: _Node) -> int:
    return sum(child.names for child in node if child) if isinstance(node, list) else len(node)


def _load(nodes: Nodes, digest: Digest) -> _Node:
    return {} if digest == EMPTY else _parse(nodes.get(digest))


@lru_cache(maxsize=1024)
def _parse(content: bytes) -> _Node:
    """Read a node. What it returns is shared, so nothing here ever changes a node in place."""
    document = json.loads(content)
    if "leaf" in document:
        leaf: _Leaf = document["leaf"]
        return leaf
    return [_Child(child[0], Digest(child[1])) if child else None for child in document["branch"]]


def _put(nodes: Nodes, node: _Node) -> _Child:
    return _Child(_count(node), nodes.put(_encode(node)))


def _encode(node: _Node) -> bytes:
    """Write what `canonical_json` writes, without its detours: a node's form is known and its keys are mostly ASCII."""
    if isinstance(node, list):
        document: object = {"branch": node}
    else:
        ascii_keys = all(map(str.isascii, node))
        names = sorted(node) if ascii_keys else sorted(node, key=lambda name: name.encode("utf-16-be"))
        document = {"leaf": {name: node[name] for name in names}}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
