"""Asset checks: what gate E found of each build, as it is on record, and what a witness says of it. None blocks.

The engine records, checks show; a witness is heard when its check is asked for, and only warns.

A check that blocks would stop the partitions of a run that pass along with those that do not, and would let through
what was never checked. What may be published is decided by the recorded verdicts alone.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    MetadataValue,
    PreviewWarning,
    TableMetadataValue,
    multi_asset_check,
)

from kfm_assets.defs.instance import burst
from kfm_assets.defs.keys import key, step_name
from kfm_assets.defs.metadata import records, short
from kfm_assets.defs.partitions import definition, event_partition
from kfm_assets.defs.step import Step
from kfm_assets.defs.system import RESOURCE
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import Dataset, Rule
from kfm_assets.domain.verdict import Finding, Gate, Outcome, worst

if TYPE_CHECKING:
    from kfm_assets.ports import Intake, System

SCHEMA, CONSERVATION, QUARANTINE = "schema", "row_conservation", "quarantine"


def specs(spec: Dataset) -> list[AssetCheckSpec]:
    """Return a dataset's checks: schema, each quality rule, row conservation, the share held back."""
    described = {
        SCHEMA: "The stored tables have the columns, types and keys that the specification says.",
        **{f"{table.name}__{rule.name}": _asks(rule) for table in spec.tables for rule in table.rules},
        CONSERVATION: "Each row that came is out, held back or out of scope, and what is stored says the same.",
        QUARANTINE: "No more rows are held back than the policy bears.",
        **_witness_of(spec),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)  # partitioned checks are a preview in this version of Dagster
        return [
            AssetCheckSpec(
                name,
                asset=key(Zone.PROCESSED, spec.key),
                description=description,
                partitions_def=definition(spec.partitions),
            )
            for name, description in described.items()
        ]


def witness_name(spec: Dataset) -> str:
    """Return the name of the check that a dataset's witness has; empty for a dataset without one."""
    return f"{spec.witness.name}_witness" if spec.witness else ""


def _witness_of(spec: Dataset) -> dict[str, str]:
    if spec.witness is None:
        return {}
    upstream = spec.witness.upstream
    told = f"At least {spec.witness.agreement} % agree with: {upstream.title}, {upstream.publisher}. It only warns."
    return {witness_name(spec): told}


def _asks(rule: Rule) -> str:
    """Say in a line what a rule asks for, and why."""
    arguments = [f"{name} {value}" for name, value in rule.arguments.items() if not isinstance(value, tuple)]
    return f"{', '.join(rule.columns) or 'the table'}: {' '.join([rule.check, *arguments])}. Because: {rule.why}."


def checks(spec: Dataset) -> AssetChecksDefinition:
    """Return the step that shows what is on record of a dataset's builds."""

    @multi_asset_check(
        name=step_name("check", spec.key),
        specs=specs(spec),
        can_subset=True,
        required_resource_keys={RESOURCE},
    )
    def check(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        step = Step(cast("AssetExecutionContext", context.op_execution_context), spec)
        wanted = {asked.name for asked in context.selected_asset_check_keys}
        builds = _newest(step.system, spec.key)
        built = [name for name in _built(step) if name in builds]
        evaluations = [one for name in built for one in _evaluations(step, name, builds[name])]
        if witness_name(spec) in wanted:
            intakes = step.system.state.intakes(spec.key)
            evaluations += [one for name in built for one in _heard(step, name, builds[name], intakes)]
        with burst(context.op_execution_context.instance):
            for evaluation in (one for one in evaluations if one.check_name in wanted):
                # Its annotation forgets evaluations; its docstring and its code do not.
                context.op_execution_context.log_event(evaluation)  # type: ignore[arg-type]
        yield from ()

    return check


def _built(step: Step) -> list[str]:
    """Return the partitions that this run could build; what is on record of others is not about this run's input."""
    notes = step.system.state.notes(step.run)
    failed = step.failed()
    return [name for name in step.partitions if name not in failed or notes[step.spec.key, name].get("build")]


@dataclass(frozen=True, slots=True)
class _Report:
    """What gate E left as evidence: its findings by check, and how many rows each check saw."""

    build: Digest
    findings: Mapping[str, Finding]
    seen: Mapping[str, Mapping[str, object]]


def _evaluations(step: Step, partition: str, build: Digest) -> Iterator[AssetCheckEvaluation]:
    """Say of each check how a build of a partition stands."""
    report = _report(step.system, step.spec.key, build)
    for name, findings in _by_check(step.spec, report).items():
        outcome = worst(finding.outcome for finding in findings)
        seen = report.seen.get(findings[0].check, {}) if len(findings) == 1 else {}
        yield AssetCheckEvaluation(
            asset_key=key(Zone.PROCESSED, step.spec.key),
            check_name=name,
            passed=outcome is Outcome.PASS,
            severity=AssetCheckSeverity.ERROR,
            description=_told(findings, outcome),
            metadata={
                "outcome": MetadataValue.text(outcome.value),
                **{f"rows {what}": MetadataValue.int(count) for what, count in _counts(seen)},
                "build": MetadataValue.text(short(build)),
            },
            partition=event_partition(partition),
        )


def _heard(
    step: Step, partition: str, build: Digest, intakes: Mapping[str, "Intake"]
) -> Iterator[AssetCheckEvaluation]:
    """Say what the witness says of a build of a partition, with the largest disagreements and both sides of each."""
    from kfm_assets.engine.witness import hear

    heard = hear(step.system, step.spec.key, partition, build, intakes)
    if heard is None:
        return
    sides = {name: "" for row in heard.disagreements for name in row}
    yield AssetCheckEvaluation(
        asset_key=key(Zone.PROCESSED, step.spec.key),
        check_name=witness_name(step.spec),
        passed=heard.outcome is Outcome.PASS,
        severity=AssetCheckSeverity.WARN,
        description=heard.message,
        metadata={
            "outcome": MetadataValue.text(heard.outcome.value),
            **({"agreement": _table(dict(heard.counts))} if heard.counts else {}),
            "largest disagreements": records(({**sides, **row} for row in heard.disagreements), ("none",)),
            **({"evidence": MetadataValue.text(heard.evidence)} if heard.evidence else {}),
            "build": MetadataValue.text(short(build)),
        },
        partition=event_partition(partition),
    )


def _table(counts: Mapping[str, int | str]) -> TableMetadataValue:
    return records({"what": name.replace("_", " "), "count": str(count)} for name, count in counts.items())


def _newest(system: "System", dataset: str) -> dict[str, Digest]:
    """Return the newest build of each partition: the one that waits, or else the one that is live."""
    from kfm_assets.engine import record

    stable = record.stable(system, dataset)
    live = record.builds(system, stable) if stable else {}
    return live | {pending.partition: pending.build for pending in system.state.pending(dataset)}


def _report(system: "System", dataset: str, build: Digest) -> _Report:
    """Read the evidence of the newest verdict of gate E on a build under today's policy; empty where there is none."""
    policy = system.policy(dataset).digest
    judged = [one for one in system.state.verdicts([build]) if one.gate is Gate.QUALITY and one.policy == policy]
    if not judged:
        return _Report(build, {}, {})
    evidence = json.loads(system.state.documents.get(judged[-1].evidence[0]))
    seen = {one["finding"]["check"]: one for one in evidence.get("checks", [])}
    return _Report(build, {finding.check: finding for finding in judged[-1].findings}, seen)


def _by_check(spec: Dataset, report: _Report) -> dict[str, list[Finding]]:
    """Sort the findings under the checks that show them. A check that nothing was found of has no verdict."""
    found: dict[str, list[Finding]] = {SCHEMA: []}
    for table in spec.tables:
        for rule in table.rules:
            found[f"{table.name}__{rule.name}"] = []
    found |= {CONSERVATION: [], QUARANTINE: []}
    for check, finding in report.findings.items():
        head, _, rest = check.partition(".")
        if head == "conservation":
            found[CONSERVATION].append(finding)
        elif check == QUARANTINE:
            found[QUARANTINE].append(finding)
        elif f"{head}__{rest}" in found:
            found[f"{head}__{rest}"].append(finding)
        else:
            found[SCHEMA].append(finding)
    missing = "no verdict on this build is on record under today's policy"
    return {name: some or [Finding(name, Outcome.INCONCLUSIVE, missing)] for name, some in found.items()}


def _told(findings: list[Finding], outcome: Outcome) -> str:
    messages = [finding.message for finding in findings if finding.outcome is outcome]
    return "; ".join(messages[:3])


def _counts(seen: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    for name, what in (("rows", "checked"), ("broken", "that break it")):
        count = seen.get(name)
        if isinstance(count, int):
            yield what, count
