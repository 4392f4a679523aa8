"""JSON-LD documents as RDF statements, and statements against the SHACL shapes in `shapes`. Nothing is ever fetched.

Every document has the project's context, written out; one with another context, or with one inside, is refused. Shapes
are held to many documents at once, which is what makes them quick: subjects that documents share (a specification, say)
have what any of them says of them, so what must be said by each is compared document by document, in `dcat` and `prov`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import CONTEXT
from kfm_assets.gates.catalogs.reading import Document

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.graph import _TripleType

BASE = "https://lake.invalid/"
"""What stands for the dataset's prefix while a document is read: rdflib resolves no relative link against `kfm://`."""

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

Edge = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Statements:
    """What one document says: its triples, its objects by subject and predicate, and those between named things."""

    triples: tuple[_TripleType, ...]
    objects: Mapping[tuple[str, str], set[str]]
    edges: frozenset[Edge]

    def values(self, subject: str, *path: str) -> set[str]:
        """Return the texts to which a path of prefixed properties, such as `dcterms:title`, leads from a subject."""
        found = {subject}
        for name in path:
            found = {text for one in found for text in self.objects.get((one, full(name)), ())}
        return found

    def types(self, subject: str) -> set[str]:
        """Return the types that are given to a thing."""
        return self.objects.get((subject, TYPE), set())

    def astray(self, listed: Collection[str]) -> list[str]:
        """Return the relative links that lead to nothing in the release's tree."""
        named = {name for edge in self.edges for name in edge if name.startswith(BASE)}
        return sorted(path for path in (name.removeprefix(BASE) for name in named) if path not in listed)


def read(path: str, document: Document) -> Statements:
    """Read a JSON-LD document.

    Raises:
        ValueError: for one with another context than the project's.
    """
    # Imported here, so that loading the definitions stays cheap.
    from rdflib import URIRef  # noqa: PLC0415
    from rdflib.plugins.parsers.jsonld import to_rdf  # noqa: PLC0415

    from kfm_assets.gates.catalogs.listener import Listener  # noqa: PLC0415

    if document.get("@context") != dict(CONTEXT) or _has_context(document.get("@graph")):
        raise ValueError("its @context is not the one that the project writes")
    heard = Listener()
    to_rdf(document, heard, base=f"{BASE}{path}")
    objects: dict[tuple[str, str], set[str]] = {}
    edges = set()
    for one, name, to in heard.heard:
        objects.setdefault((str(one), str(name)), set()).add(str(to))
        if isinstance(one, URIRef) and isinstance(to, URIRef):
            edges.add((str(one), str(name), str(to)))
    return Statements(tuple(heard.heard), objects, frozenset(edges))


def broken(batch: Mapping[str, Statements], shapes: str) -> Iterator[str]:
    """Say where documents, by path, break the shapes of `dcat` or `prov`."""
    from pyshacl import validate  # noqa: PLC0415 - as above
    from rdflib import Graph  # noqa: PLC0415
    from rdflib.namespace import SH  # noqa: PLC0415

    together = Graph(bind_namespaces="none")
    for one in batch.values():
        for triple in one.triples:
            together.store.add(triple, together)  # past the graph's own look at terms that its parser made
    conforms, report, text = validate(together, shacl_graph=_shapes(shapes), inference="none", inplace=True)
    if conforms:
        return
    results = sorted(report.subjects(SH.resultSeverity), key=str) if isinstance(report, Graph) else []
    if not results:
        yield f"{shapes}: {text.strip()[:200]}"
    for result in results:
        focus, shape, message = (
            report.value(result, name) for name in (SH.focusNode, SH.sourceShape, SH.resultMessage)
        )
        said_by = (path for path, one in batch.items() if any(subject == focus for subject, _, _ in one.triples))
        yield f"{next(said_by, shapes)}: {focus} breaks the shape {str(shape).rpartition('#')[2]}: {message}"


@cache
def full(name: str) -> str:
    """Return a prefixed name of the context in full."""
    prefix, _, local = name.partition(":")
    return f"{CONTEXT[prefix]}{local}"


def _has_context(value: Json) -> bool:
    if isinstance(value, dict):
        return "@context" in value or any(map(_has_context, value.values()))
    return isinstance(value, list) and any(map(_has_context, value))


@cache
def _shapes(name: str) -> Graph:
    from rdflib import Graph  # noqa: PLC0415 - as above

    file = resources.files("kfm_assets.gates").joinpath("shapes", f"{name}.ttl")
    return Graph().parse(data=file.read_text("utf-8"), format="turtle")
