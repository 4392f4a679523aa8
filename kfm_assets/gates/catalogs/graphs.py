"""JSON-LD documents as RDF graphs, and graphs against the SHACL shapes that lie in `shapes`. Nothing is ever fetched.

Every document has the project's context, written out; one with another context, or with one inside, is refused. Shapes
are held to many documents at once, which is what makes them quick: subjects that documents share (a specification, say)
have what any of them says of them, so what must be said by each is compared document by document, in `dcat` and `prov`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import CONTEXT
from kfm_assets.gates.catalogs.reading import Document

if TYPE_CHECKING:
    from rdflib import Graph, URIRef
    from rdflib.term import Node

BASE = "https://lake.invalid/"
"""What stands for the dataset's prefix while a document is read: rdflib resolves no relative link against `kfm://`."""

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def graph(path: str, document: Document) -> Graph:
    """Read a JSON-LD document.

    Raises:
        ValueError: for one with another context than the project's.
    """
    # Imported here, so that loading the definitions stays cheap.
    from rdflib import Graph  # noqa: PLC0415
    from rdflib.plugins.parsers.jsonld import to_rdf  # noqa: PLC0415

    if document.get("@context") != dict(CONTEXT) or _has_context(document.get("@graph")):
        raise ValueError("its @context is not the one that the project writes")
    read = Graph(bind_namespaces="none")
    to_rdf(document, read, base=f"{BASE}{path}")
    return read


def broken(batch: Mapping[str, Graph], shapes: str) -> Iterator[str]:
    """Say where documents, by path, break the shapes of `dcat` or `prov`."""
    from pyshacl import validate  # noqa: PLC0415 - as above
    from rdflib import Graph  # noqa: PLC0415
    from rdflib.namespace import SH  # noqa: PLC0415

    together = Graph(bind_namespaces="none")
    for one in batch.values():
        together += one
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
        path = next((path for path, one in batch.items() if (focus, None, None) in one), shapes)
        yield f"{path}: {focus} breaks the shape {str(shape).rpartition('#')[2]}: {message}"


def values(read: Graph, subject: str, *path: str) -> set[str]:
    """Return the texts to which a path of prefixed properties leads from a subject."""
    from rdflib import URIRef  # noqa: PLC0415 - as above

    nodes: set[Node] = {URIRef(subject)}
    for name in path:
        nodes = {found for node in nodes for found in read.objects(node, term(name))}
    return set(map(str, nodes))


def types(read: Graph, subject: str) -> set[str]:
    """Return the types that a document gives a thing."""
    from rdflib import RDF, URIRef  # noqa: PLC0415 - as above

    return {str(kind) for kind in read.objects(URIRef(subject), RDF.type)}


def edges(read: Graph) -> set[tuple[str, str, str]]:
    """Return what is said of one named thing by another, and of its types."""
    from rdflib import URIRef  # noqa: PLC0415 - as above

    return {
        (str(subject), str(name), str(found))
        for subject, name, found in read
        if isinstance(subject, URIRef) and isinstance(found, URIRef)
    }


def astray(read: Graph, listed: Collection[str]) -> list[str]:
    """Return the relative links of a document that lead to nothing in the release's tree."""
    named = {str(node) for triple in read for node in triple}
    paths = (name.removeprefix(BASE) for name in named if name.startswith(BASE))
    return sorted(path for path in paths if path not in listed)


@cache
def term(name: str) -> URIRef:
    """Return a prefixed name of the context, such as `dcterms:title`, in full."""
    from rdflib import URIRef  # noqa: PLC0415 - as above

    prefix, _, local = name.partition(":")
    return URIRef(f"{CONTEXT[prefix]}{local}")


def _has_context(value: Json) -> bool:
    if isinstance(value, dict):
        return "@context" in value or any(map(_has_context, value.values()))
    return isinstance(value, list) and any(map(_has_context, value))


@cache
def _shapes(name: str) -> Graph:
    from rdflib import Graph  # noqa: PLC0415 - as above

    file = resources.files("kfm_assets.gates").joinpath("shapes", f"{name}.ttl")
    return Graph().parse(data=file.read_text("utf-8"), format="turtle")
