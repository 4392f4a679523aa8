"""Gate D itself: in which order the parts are heard. Where evidence is missing, what can be judged still is."""

from __future__ import annotations

from collections.abc import Iterator

from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome
from kfm_assets.gates.catalogs import collection, dcat, extents, items, links, prov
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.reading import read
from kfm_assets.gates.evidence import Judgement, hold, judged


def catalogs(evidence: CatalogEvidence, policy: Policy) -> Judgement:
    """Gate D: STAC, DCAT and PROV validate, every link resolves to what has that digest, extents are the data's.

    Documents of partitions that the release does not change were judged when it was they that changed, and must be the
    same bytes: of these the items alone are held again to their schemas, their builds and what they link to.
    """
    return judged(Gate.CATALOGS, evidence.subject, policy, _findings(evidence, policy))


def _findings(evidence: CatalogEvidence, policy: Policy) -> Iterator[Finding]:
    yield from _release(evidence)
    held, findings = read(evidence)
    yield from findings
    yield from _heard("stac.items", items.judge(evidence, held))
    yield from _heard("stac.collection", collection.judge(evidence, held))
    yield from _heard("extent", extents.judge(evidence, held))
    yield from _heard("dcat", dcat.judge(evidence, held))
    yield from _heard("prov", prov.judge(evidence, held, policy.digest))
    yield from _heard("links", links.judge(evidence, held))


def _heard(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what a part finds. A document so misshapen that a part cannot go on is no reason not to hear the others."""
    try:
        yield from findings
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        yield Finding(check, Outcome.ERROR, f"cannot be judged: {error!r:.200}")


def _release(evidence: CatalogEvidence) -> Iterator[Finding]:
    """See that the release is what its id says, and that the changed builds are those of its map."""
    spec, release = evidence.specification, evidence.release
    if not evidence.mapped:
        yield Finding("release.partitions", Outcome.INCONCLUSIVE, "the release has no partition")
    wrong = [
        name
        for name, build in sorted(evidence.changed.items())
        if evidence.mapped.get(name) != (build.id if build else None)
    ]
    foreign = [
        name
        for name, build in evidence.builds.items()
        if (build.dataset, build.partition, build.origin) != (release.dataset, name, release.origin)
    ]
    yield hold("release.id", release.id == evidence.subject, "recomputed", f"its content makes it {release.id}")
    yield hold("release.dataset", release.dataset == spec.key, spec.key, f"it is of {release.dataset}, not {spec.key}")
    yield hold("release.builds", not wrong, f"{len(evidence.changed)} changed", f"its map has another build of {wrong}")
    yield hold("release.origin", not foreign, release.origin, f"{foreign} are of another dataset, partition or origin")
