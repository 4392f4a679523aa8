"""A graph that keeps what a parser tells it as a list. Loads rdflib: import it where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rdflib import Graph

if TYPE_CHECKING:
    from rdflib.graph import _TripleType


class Listener(Graph):
    """What rdflib's parser writes a document into. Indexes are made once, for many documents together."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        super().__init__(store="SimpleMemory", bind_namespaces="none")
        self.heard: list[_TripleType] = []

    def add(self, triple: _TripleType) -> Self:
        """Hear a triple."""
        self.heard.append(triple)
        return self

    def bind(self, *_: object, **__: object) -> None:
        """Pass over prefixes, which matter to nobody who reads in full."""
