"""The gate as a whole: what it trusts, what it says, and which partitions close it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.drift import Practice
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.errors import IntegrityError
from kfm_assets.gates.drift import DriftEvidence, drift
from kfm_assets_tests.gates.drift.made import build_of, evidence, policy, rows, specification

SPEC = specification()
YEARS = {str(year): rows(year) for year in range(1990, 2001)}
HONEST = evidence(SPEC, YEARS, list(YEARS))


def spoilt(name: str) -> DriftEvidence:
    """Return evidence of a release in which one year has another mix."""
    return evidence(SPEC, YEARS | {name: rows(int(name), kinds=(0.1, 0.3, 0.6))}, list(YEARS))


def test_an_honest_release_passes_and_says_what_stood_in() -> None:
    said = drift(HONEST, policy())
    assert (said.judgement.outcome, said.closing) == (Outcome.PASS, frozenset())
    told = {finding.check: finding.message for finding in said.judgement.findings}
    assert told.keys() == {"drift.compared", "drift.bootstrap"}
    assert "of 8 of 11 partitions were compared" in told["drift.compared"]
    assert "1990, 1991, 1992" in told["drift.bootstrap"]


def test_a_year_that_drifts_is_named_with_its_numbers_and_closes_alone() -> None:
    said = drift(spoilt("1999"), policy())
    assert (said.judgement.outcome, said.closing) == (Outcome.FAIL, {"1999"})
    (finding,) = [one for one in said.judgement.findings if one.outcome is Outcome.FAIL]
    assert finding.check == "drift.kind"
    assert finding.message.startswith("1999: kind: PSI ")
    assert "against 1990–1998, more than 0." in finding.message  # noqa: RUF001 - as people write a span
    assert "% of rows, before" in finding.message


def test_the_report_has_every_number_and_neither_float_nor_time() -> None:
    said = drift(spoilt("1999"), policy())
    report = json.loads(canonical_json(said.judgement.report))
    assert (report["gate"], report["bins"]) == (Gate.DRIFT.value, digest_bytes(spoilt("1999").bins))
    assert report["closing"] == ["1999"]
    kind = report["partitions"]["1999"]["columns"]["kind"]
    assert (kind["outcome"], kind["rows"], kind["near"]["first"], kind["near"]["last"]) == ("FAIL", 200, "1990", "1998")
    assert float(kind["near"]["low"]) > float(kind["near"]["limit"])
    assert report["counts"]["1999"] == digest_bytes(spoilt("1999").counts["1999"])


def test_what_a_release_does_not_change_is_not_judged() -> None:
    said = drift(replace(spoilt("1999"), changed=frozenset({"2000"})), policy())
    assert said.judgement.outcome is Outcome.PASS
    assert list(said.judgement.report["partitions"]) == ["2000"]


def test_a_release_that_brings_nothing_is_told_so_and_passes() -> None:
    assert drift(replace(HONEST, changed=frozenset()), policy()).judgement.outcome is Outcome.PASS


def test_a_practice_is_named_with_its_source() -> None:
    practice = Practice("1995", ("kind",), "kinds are counted otherwise", "https://example.org/kinds")
    said = drift(evidence(specification(practices=[practice]), YEARS, ["2000"]), policy())
    (finding,) = [one for one in said.judgement.findings if one.check == "drift.practice"]
    assert finding.message == (
        "kind: compared only since 1995, because kinds are counted otherwise (https://example.org/kinds)"
    )


def unreadable(partition: str) -> pl.DataFrame:
    raise IntegrityError(f"{partition} is damaged", advice="")


def other_counts(given: DriftEvidence) -> DriftEvidence:
    document = json.loads(given.counts["2000"])
    document["rows"][6] += 1
    return replace(given, counts={**given.counts, "2000": canonical_json(document)})


def without_counts(given: DriftEvidence) -> DriftEvidence:
    return replace(given, counts={name: counts for name, counts in given.counts.items() if name != "1995"})


BROKEN: dict[str, tuple[Callable[[DriftEvidence], DriftEvidence], str, Outcome]] = {
    "counts that are not of the rows": (other_counts, "drift.counts", Outcome.FAIL),
    "counts that are missing": (without_counts, "drift.evidence", Outcome.ERROR),
    "counts of another build": (
        lambda given: replace(given, mapped={**given.mapped, "1995": build_of("other")}),
        "drift.counts",
        Outcome.FAIL,
    ),
    "rows that cannot be read": (lambda given: replace(given, rows=unreadable), "drift.counts", Outcome.ERROR),
    "no bins": (lambda given: replace(given, bins=b"{}"), "drift.evidence", Outcome.ERROR),
    "bins for another declaration": (
        lambda given: replace(given, specification=specification(*given.specification.drift.columns[:2])),
        "drift.bins",
        Outcome.FAIL,
    ),
    "nothing that is watched": (
        lambda given: replace(given, specification=replace(SPEC, drift=None)),
        "drift.declared",
        Outcome.INCONCLUSIVE,
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_evidence_that_is_not_right_opens_nothing(how: str) -> None:
    spoil, check, outcome = BROKEN[how]
    said = drift(spoil(HONEST), policy())
    assert said.judgement.outcome is outcome
    assert check in {finding.check for finding in said.judgement.findings}


@pytest.mark.parametrize("name", [name for name in policy().thresholds if name.startswith("drift_")])
def test_without_a_threshold_nothing_is_judged(name: str) -> None:
    whole = policy()
    less = replace(whole, thresholds={key: value for key, value in whole.thresholds.items() if key != name})
    said = drift(HONEST, less)
    assert said.judgement.outcome is Outcome.INCONCLUSIVE
    assert name in said.judgement.findings[0].message
