"""The gate `drift`: what a release brings is distributed like what came before it, or as its specification announces.

It sees first that what it goes by is right: bins of today's declaration, and of each partition the counts of just its
build; those of the partitions that the release brings are counted anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from kfm_assets.domain.canonical import Digest, Json, digest_bytes
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome, worst
from kfm_assets.errors import InvalidPolicy, KfmError
from kfm_assets.gates.drift import bins as frozen
from kfm_assets.gates.drift import counting, limits, telling
from kfm_assets.gates.drift.evidence import Conclusion, DriftEvidence
from kfm_assets.gates.drift.judging import History, outcomes
from kfm_assets.gates.evidence import judged


def drift(evidence: DriftEvidence, policy: Policy) -> Conclusion:
    """Judge the partitions that a release brings, each by those before it.

    FAIL where a distribution differs by more than the policy bears and honest partitions differ among themselves,
    beyond what chance can explain; INCONCLUSIVE where there is too little to tell and the policy lets nothing stand in.
    """
    spec = evidence.specification
    if spec.drift is None or not spec.drift.columns:
        told = f"the specification of {spec.key} does not say what is watched for drift"
        return _unheard(evidence, policy, Finding("drift.declared", Outcome.INCONCLUSIVE, told))
    try:
        history = _history(evidence, limits.read(policy))
    except InvalidPolicy as error:
        return _unheard(evidence, policy, Finding("drift.policy", Outcome.INCONCLUSIVE, str(error)))
    except (ValueError, LookupError, TypeError) as error:
        told = f"the bins or the counts cannot be read: {error!r:.200}"
        return _unheard(evidence, policy, Finding("drift.evidence", Outcome.ERROR, told))
    wrong = list(_wrong(evidence, history))
    if wrong:
        return _unheard(evidence, policy, *wrong)
    found = [history.judge(partition) for partition in sorted(evidence.changed)]
    closing = frozenset(one.partition for one in found if worst(outcomes(one)) is not Outcome.PASS)
    more: dict[str, Json] = {
        "bins": history.bins.digest,
        "counts": {name: digest_bytes(evidence.counts[name]) for name in sorted(evidence.changed)},
        "closing": sorted(closing),
        "partitions": telling.report(history, found),
    }
    return Conclusion(judged(Gate.DRIFT, evidence.subject, policy, telling.findings(history, found), more), closing)


def _unheard(evidence: DriftEvidence, policy: Policy, *findings: Finding) -> Conclusion:
    return Conclusion(judged(Gate.DRIFT, evidence.subject, policy, findings), frozenset())


def _history(evidence: DriftEvidence, read: limits.Limits) -> History:
    cut = frozen.read(evidence.bins)
    counts = [counting.read(evidence.counts[name]) for name in sorted(evidence.mapped)]
    return History(evidence.specification, cut, counts, read, evidence.now)


def _wrong(evidence: DriftEvidence, history: History) -> Iterator[Finding]:
    """Say what of the evidence is not what it should be."""
    spec = evidence.specification
    if history.bins.declaration != frozen.declaration(spec) or history.bins.dataset != spec.key:
        yield Finding("drift.bins", Outcome.FAIL, "the bins were cut for another declaration")
        return
    for one in history.counts:
        if (one.build, one.bins) != (evidence.mapped[one.partition], history.bins.digest):
            yield Finding("drift.counts", Outcome.FAIL, f"{one.partition}: the counts are of another build, or bins")
        elif one.partition in evidence.changed:
            yield from _recounted(evidence, history, one.partition, one.build)


def _recounted(evidence: DriftEvidence, history: History, partition: str, build: Digest) -> Iterator[Finding]:
    try:
        rows = evidence.rows(partition)
        again = counting.count(evidence.specification, history.bins, partition, build, rows)
    except (KfmError, pl.exceptions.PolarsError) as error:
        yield Finding("drift.counts", Outcome.ERROR, f"{partition}: its rows cannot be counted: {error!s:.200}")
        return
    if not again.same_as(counting.read(evidence.counts[partition])):
        yield Finding("drift.counts", Outcome.FAIL, f"{partition}: the counts are not those of its rows")
