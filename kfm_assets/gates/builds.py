"""The gates on a build: A, identity; B, rights; C, sensitivity; E, quality. What each asks stands in its docstring."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from kfm_assets.domain import reach
from kfm_assets.domain.artifact import Zone, zone_prefix
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import digest_bytes, plain
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome
from kfm_assets.gates import conservation, obligations, periods, quality
from kfm_assets.gates.evidence import BuildEvidence, Judgement, clear, hold, judged

QUARANTINE_MOST = "quarantine_most_percent"
"""The threshold of gate E: how many percent of a build's rows in scope may be held back, over all its wires."""

ROWS_LEAST = "rows_least"
"""Gate E's other one, where a policy names it: how many rows in scope must have come for the main table."""


# --- A: identity and versioning ---------------------------------------------------------------------------------------

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BUILD_ZONES = (Zone.PROCESSED, Zone.QUARANTINE, Zone.WORK)


def identity(evidence: BuildEvidence, policy: Policy) -> Judgement:
    """Gate A: the ids are what the content makes them, and the build says what it was made of and where it lies."""
    spec, build = evidence.specification, evidence.build
    names = [item.name for item in build.inputs]
    digests = [build.code, build.terms, *(item.digest for item in build.inputs)]
    digests += [artifact.digest for artifact in build.artifacts]
    findings = (
        hold("dataset", build.dataset == spec.key, spec.key, f"the build is of {build.dataset}, not {spec.key}"),
        hold("spec_hash", build.spec_hash == spec.spec_hash, "recomputed", "not that of the specification"),
        hold("build_id", build.id == evidence.subject, "recomputed", f"the build's content makes it {build.id}"),
        hold("digests", all(_DIGEST.fullmatch(one) for one in digests), "code and all else have one", "not all do"),
        clear("partition", periods.problem(spec.partitions, build.partition, evidence.now), build.partition),
        clear("inputs", _unnamed(build), f"{len(names)} named, sorted"),
        clear("upstream", _unreached(spec, build), "each required dataset is among them, as far as it is due"),
        clear("artifacts", _misplaced(build), f"{len(build.artifacts)} in their zones, sorted"),
    )
    return judged(Gate.IDENTITY, evidence.subject, policy, findings)


def _unnamed(build: Build) -> str:
    if not build.inputs:
        return "there are none"
    if list(build.inputs) != sorted(set(build.inputs)):
        return "they are not sorted, or repeat"
    return "" if all(item.name for item in build.inputs) else "one has no name"


def _unreached(spec: Dataset, build: Build) -> str:
    """Say which required dataset is not among the inputs, or not with the partitions that are due of it."""
    for key in spec.requires:
        used = [item.name.rpartition("@")[2] for item in build.inputs if item.name.startswith(f"{key}@")]
        if not used:
            return f"no input from {key}"
        requirement = spec.reaches.get(key)
        if requirement is None:
            continue
        due = reach.reached(requirement, build.partition, used)
        wrong = reach.problem(requirement, build.partition, due)
        beyond = sorted(set(used) - set(due))
        if wrong or beyond:
            return f"{key}: {wrong or f'{beyond[0]} is not due'}"
    return ""


def _misplaced(build: Build) -> str:
    prefixes = tuple(f"{zone_prefix(zone, build.partition)}/" for zone in _BUILD_ZONES)
    paths = [artifact.path for artifact in build.artifacts]
    if not paths:
        return "there are none"
    if paths != sorted(set(paths)):
        return "their paths are not sorted, or repeat"
    stray = [path for path in paths if not path.startswith(prefixes) or {"", ".", ".."} & set(path.split("/"))]
    return f"{stray[0]} is in none of the partition's zones" if stray else ""


# --- B: licensing and rights ------------------------------------------------------------------------------------------

_NEEDS_NO_CREDIT = re.compile(r"public-domain|cc0|pddl", re.IGNORECASE)


def rights(evidence: BuildEvidence, policy: Policy) -> Judgement:
    """Gate B: licence and terms are stated, the snapshot of the terms is kept, credit is given where the licence asks.

    Only works in the public domain, and licences that waive all rights (CC0-1.0, PDDL-1.0), go without a credit.
    """
    spec, upstream = evidence.specification, evidence.specification.upstream
    stated = {
        "licence": spec.licence,
        "publisher": upstream.publisher,
        "title": upstream.title,
        "homepage": upstream.homepage,
        "terms": upstream.terms,
        "terms_url": upstream.terms_url,
    }
    missing = [name for name, text in stated.items() if not text.strip()]
    credited = bool(upstream.credit.strip() or _NEEDS_NO_CREDIT.search(spec.licence))
    findings = (
        clear("stated", missing and f"nothing is stated as {', '.join(missing)}", "licence, publisher and terms"),
        hold("credit", credited, upstream.credit or "not required", f"{spec.licence} requires a credit, there is none"),
        _terms(evidence),
    )
    return judged(Gate.RIGHTS, evidence.subject, policy, findings)


def _terms(evidence: BuildEvidence) -> Finding:
    terms = evidence.terms
    if terms is None:
        return _absent(evidence, "terms")
    if not terms.strip():
        return Finding("terms", Outcome.FAIL, "the kept snapshot of the terms is empty")
    kept = digest_bytes(terms)
    return hold("terms", kept == evidence.build.terms, "the snapshot is kept", f"the kept snapshot is another, {kept}")


# --- C: sensitivity ---------------------------------------------------------------------------------------------------


def sensitivity(evidence: BuildEvidence, policy: Policy) -> Judgement:
    """Gate C: the policy allows the label, and each obligation is verified on the stored tables."""
    spec = evidence.specification
    allowed = spec.policy_label in policy.labels
    findings = [
        hold("policy_label", allowed, spec.policy_label, f"{spec.policy_label!r} is not a label that may be published"),
        *(_absent(evidence, table.name) for table in spec.tables if table.name not in evidence.tables),
        *(obligations.verify(obligation, evidence.tables) for obligation in spec.obligations),
    ]
    return judged(Gate.SENSITIVITY, evidence.subject, policy, findings)


# --- E: quality -------------------------------------------------------------------------------------------------------


def quality_and_thresholds(evidence: BuildEvidence, policy: Policy) -> Judgement:
    """Gate E: stored tables keep schema and rules, no row is lost, and no more is held back than the policy bears.

    The report is the build's QA report: every check with its counts, the account, the share held back.
    """
    spec, tables = evidence.specification, evidence.tables
    main = tables.get(spec.main.name)
    complete = all(table.name in tables for table in spec.tables)
    results = [
        result
        for table in spec.tables
        if table.name in tables
        for result in quality.judge(tables[table.name], table, main)
    ]
    account, problem = _account(evidence)
    findings = [
        *(_absent(evidence, table.name) for table in spec.tables if table.name not in tables),
        *(result.finding for result in results),
        *([problem] if problem else []),
        *(_absent(evidence, name) for name in ("quarantine", "counted") if getattr(evidence, name) is None),
    ]
    if account:
        if complete and evidence.quarantine is not None and evidence.counted is not None:
            findings += conservation.judge(spec, account, tables, evidence.quarantine, evidence.counted)
        findings.append(_held_back(account, policy))
        findings += _too_few(account, spec, policy)
    return judged(
        Gate.QUALITY, evidence.subject, policy, findings, {"checks": plain(results), "account": plain(account)}
    )


def _account(evidence: BuildEvidence) -> tuple[conservation.Account | None, Finding | None]:
    if evidence.account is None:
        return None, _absent(evidence, "account")
    try:
        return conservation.read_account(evidence.account), None
    except ValueError as error:
        return None, Finding("account", Outcome.ERROR, f"the account cannot be read: {error}")


def _held_back(account: conservation.Account, policy: Policy) -> Finding:
    try:
        most = Decimal(policy.thresholds[QUARANTINE_MOST])
    except (KeyError, InvalidOperation):
        most = Decimal("NaN")
    if not most.is_finite():
        return Finding("quarantine", Outcome.INCONCLUSIVE, f"the policy has no {QUARANTINE_MOST}")
    held = sum(account.held(wire) for wire in account.rows_in)
    of = sum(account.in_scope(wire) for wire in account.rows_in)
    said = f"{held} of {of} rows in scope are held back; at most {most} % may be"
    return hold("quarantine", 0 <= held * 100 <= most * of, said, said)


def _too_few(account: conservation.Account, spec: Dataset, policy: Policy) -> list[Finding]:
    """Say whether enough rows came for the main table, where the policy says that an empty partition is implausible."""
    if ROWS_LEAST not in policy.thresholds:
        return []
    least = policy.thresholds[ROWS_LEAST]
    if not least.isdecimal():
        return [Finding("rows", Outcome.INCONCLUSIVE, f"{least!r} is no number of rows")]
    wires = [wire for wire, table in account.yields.items() if table == spec.main.name and wire in account.rows_in]
    rows = sum(account.in_scope(wire) for wire in wires)
    said = f"{rows} rows in scope came for {spec.main.name}; {least} or more are plausible"
    return [hold("rows", rows >= int(least), said, f"{said}; see that the file is whole")]


def _absent(evidence: BuildEvidence, name: str) -> Finding:
    """Return the finding on evidence that is not there, or that could not be read."""
    if name in evidence.unreadable:
        return Finding(name, Outcome.ERROR, f"it cannot be read: {evidence.unreadable[name]}")
    return Finding(name, Outcome.INCONCLUSIVE, "it is not there")
