"""DCAT and PROV documents alike: read, held to the shapes, their relative links followed, their facts asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kfm_assets.domain.catalog import DCAT, partition_path, release_path
from kfm_assets.domain.verdict import Finding, Outcome
from kfm_assets.gates.catalogs import graphs
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.graphs import Statements
from kfm_assets.gates.catalogs.problems import settled
from kfm_assets.gates.catalogs.reading import Held

_BATCH = 200
"""How many documents are read and held to the shapes at once: enough to be quick, few enough to fit in memory."""


def judge(
    evidence: CatalogEvidence,
    held: Held,
    name: str,
    partition: Callable[[str, Statements], Iterator[str]],
    release: Callable[[Statements], Iterator[Finding]],
) -> Iterator[Finding]:
    """Judge the documents called `name`, DCAT or PROV, of the changed partitions and of the release.

    `partition` says what is wrong with the facts of a partition's document, `release` judges those of the release's.
    """
    kind = "dcat" if name == DCAT else "prov"
    wanted = {partition_path(one, name): one for one in evidence.builds}
    there = [path for path in (*wanted, release_path(name)) if path in held.contents]
    of_release: Statements | None = None
    unreadable: list[str] = []
    broken: list[str] = []
    strays: list[str] = []
    wrong: list[str] = []
    for at in range(0, len(there), _BATCH):
        batch: dict[str, Statements] = {}
        for path in there[at : at + _BATCH]:
            try:
                batch[path] = graphs.read(path, held.at(path) or {})
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                unreadable.append(f"{path}: {error}")
        broken += graphs.broken(batch, kind)
        for path, graph in batch.items():
            lost = graph.astray(evidence.listed)
            strays += (f"{path}: links to {to!r}, which is not in the tree" for to in lost)
            wrong += partition(wanted[path], graph) if path in wanted else ()
        of_release = batch.get(release_path(name))
    yield settled(f"{kind}.readable", unreadable, f"{len(there)} documents are JSON-LD", Outcome.ERROR)
    yield settled(f"{kind}.shapes", broken, f"{len(there)} documents keep the shapes")
    yield settled(f"{kind}.links", strays, "relative links lead to documents of the tree")
    yield settled(f"{kind}.partitions", wrong, f"{len(wanted)} documents say what their builds are")
    if of_release is not None:
        yield from release(of_release)
