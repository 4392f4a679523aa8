"""Gates A, B, C and E: each passes the good build, and closes on each thing that is wrong with one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
import shapely

from kfm_assets.domain.artifact import PARQUET, Artifact
from kfm_assets.domain.build import Input
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.dataset import Grain, Partitions
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.gates import obligations, periods
from kfm_assets.gates.contract import BUILD_GATES
from kfm_assets_tests.gates.cases import ACCOUNT, POLICY, QUARANTINE, SPEC, TABLES, TERMS, build, build_evidence

A, B, C, E = (BUILD_GATES[gate] for gate in (Gate.IDENTITY, Gate.RIGHTS, Gate.SENSITIVITY, Gate.QUALITY))


def bent_build(**changes):
    return build_evidence(build=build(**changes))


def upstream(**changes):
    return build_evidence(specification=replace(SPEC, upstream=replace(SPEC.upstream, **changes)))


def closed(judgement):
    return {finding.check: finding.outcome for finding in judgement.findings if finding.outcome is not Outcome.PASS}


@pytest.mark.parametrize("gate", list(BUILD_GATES))
def test_a_good_build_passes_and_the_report_is_fit_to_be_kept(gate):
    judgement = BUILD_GATES[gate](build_evidence(), POLICY)
    assert (judgement.outcome, closed(judgement)) == (Outcome.PASS, {})
    assert len(judgement.findings) >= 3
    report = json.loads(canonical_json(judgement.report))
    assert (report["gate"], report["subject"], report["outcome"]) == (gate.value, build().id, "PASS")
    assert report["policy"] == POLICY.digest
    assert len(report["findings"]) == len(judgement.findings)


ONE, *OTHERS = build().artifacts


@pytest.mark.parametrize(
    ("evidence", "check"),
    [
        (bent_build(dataset="weather/snow"), "dataset"),
        (bent_build(spec_hash=digest_bytes(b"")), "spec_hash"),
        (build_evidence(specification=replace(SPEC, title="Sleet")), "spec_hash"),
        (build_evidence(subject=digest_bytes(b"another")), "build_id"),
        (bent_build(code=""), "digests"),
        (bent_build(code="sha256:" + "A" * 64), "digests"),
        (bent_build(artifacts=(replace(ONE, digest="md5:0"), *OTHERS)), "digests"),
        (bent_build(inputs=()), "inputs"),
        (bent_build(inputs=(Input("", digest_bytes(b"")), *build().inputs)), "inputs"),
        (bent_build(inputs=tuple(reversed(build().inputs))), "inputs"),
        (bent_build(inputs=(*build().inputs, build().inputs[-1])), "inputs"),
        (bent_build(inputs=build().inputs[1:]), "upstream"),
        (bent_build(artifacts=()), "artifacts"),
        (bent_build(artifacts=tuple(reversed(build().artifacts))), "artifacts"),
        (bent_build(artifacts=(ONE, ONE, *OTHERS)), "artifacts"),
        (bent_build(artifacts=(Artifact("processed/1974/x.parquet", ONE.digest, 1, PARQUET),)), "artifacts"),
        (bent_build(artifacts=(Artifact("release/1975/x.parquet", ONE.digest, 1, PARQUET),)), "artifacts"),
        (bent_build(artifacts=(Artifact("processed/1975/../x", ONE.digest, 1, PARQUET),)), "artifacts"),
        (bent_build(artifacts=(Artifact("processed/1975/", ONE.digest, 1, PARQUET),)), "artifacts"),
        (build_evidence(build=build("1949")), "partition"),
        (build_evidence(build=build("2027")), "partition"),
        (build_evidence(build=build("75")), "partition"),
    ],
)
def test_gate_a_closes_on(evidence, check):
    judgement = A(evidence, POLICY)
    assert judgement.outcome is Outcome.FAIL
    assert check in closed(judgement)


@pytest.mark.parametrize(
    ("grain", "name", "now", "legal"),
    [
        (Grain.STATIC, "static", "2026-11-21T00:00", True),
        (Grain.STATIC, "1975", "2026-11-21T00:00", False),
        (Grain.YEAR, "2026", "2026-11-21T00:00", True),
        (Grain.YEAR, "2027", "2027-01-01T05:59", False),
        (Grain.YEAR, "2027", "2027-01-01T06:00", True),
        (Grain.YEAR, "1975\n", "2026-11-21T00:00", False),
        (Grain.YEAR, "1975-01", "2026-11-21T00:00", False),
        (Grain.MONTH, "1975-12", "2026-11-21T00:00", True),
        (Grain.MONTH, "1975-13", "2026-11-21T00:00", False),
        (Grain.MONTH, "1975", "2026-11-21T00:00", False),
        (Grain.MONTH, "2026-12", "2026-11-21T00:00", False),
        (Grain.MONTH, "1949-12", "2026-11-21T00:00", False),
    ],
)
def test_a_partition_is_legal_from_the_first_to_the_current_one(grain, name, now, legal):
    first = {"static": "static", "year": "1950", "month": "1950-01"}[grain]
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert (periods.problem(Partitions(grain, first, "America/Chicago"), name, at) == "") is legal


@pytest.mark.parametrize(
    ("evidence", "check", "outcome"),
    [
        (build_evidence(specification=replace(SPEC, licence=" ")), "stated", Outcome.FAIL),
        (upstream(publisher=""), "stated", Outcome.FAIL),
        (upstream(terms=""), "stated", Outcome.FAIL),
        (upstream(terms_url=""), "stated", Outcome.FAIL),
        (upstream(credit=""), "credit", Outcome.FAIL),
        (build_evidence(terms=b" \n"), "terms", Outcome.FAIL),
        (build_evidence(terms=TERMS + b"!"), "terms", Outcome.FAIL),
        (bent_build(terms=digest_bytes(b"others")), "terms", Outcome.FAIL),
        (build_evidence(terms=None), "terms", Outcome.INCONCLUSIVE),
        (build_evidence(terms=None, unreadable={"terms": "flipped bit"}), "terms", Outcome.ERROR),
    ],
)
def test_gate_b_closes_on(evidence, check, outcome):
    judgement = B(evidence, POLICY)
    assert judgement.outcome is outcome
    assert closed(judgement) == {check: outcome}


@pytest.mark.parametrize("licence", ["CC0-1.0", "LicenseRef-US-Public-Domain"])
def test_gate_b_asks_no_credit_for_the_public_domain(licence):
    spec = replace(SPEC, licence=licence, upstream=replace(SPEC.upstream, credit=""))
    assert B(build_evidence(specification=spec), POLICY).outcome is Outcome.PASS


SEEN = TABLES["stones"].with_columns(observer=pl.lit("somebody"))
FINE = TABLES["stones"].with_columns(latitude=pl.Series([37.25, 38.001, 39.99]))


@pytest.mark.parametrize(
    ("evidence", "check", "outcome"),
    [
        (build_evidence(specification=replace(SPEC, policy_label="restricted")), "policy_label", Outcome.FAIL),
        (build_evidence(specification=replace(SPEC, policy_label="")), "policy_label", Outcome.FAIL),
        (build_evidence(tables={**TABLES, "stones": SEEN}), "obligation.remove:observer", Outcome.FAIL),
        (build_evidence(tables={**TABLES, "sightings": SEEN}), "obligation.remove:observer", Outcome.FAIL),
        (build_evidence(tables={**TABLES, "stones": FINE}), "obligation.generalize:latitude:2", Outcome.FAIL),
        (build_evidence(tables={"stones": TABLES["stones"]}), "sightings", Outcome.INCONCLUSIVE),
        (
            build_evidence(tables={"stones": TABLES["stones"]}, unreadable={"sightings": "not Parquet"}),
            "sightings",
            Outcome.ERROR,
        ),
    ],
)
def test_gate_c_closes_on(evidence, check, outcome):
    judgement = C(evidence, POLICY)
    assert judgement.outcome is outcome
    assert closed(judgement) == {check: outcome}


def test_gate_c_closes_where_the_policy_allows_no_label_and_where_there_are_no_tables():
    assert C(build_evidence(), replace(POLICY, labels=())).outcome is Outcome.FAIL
    assert C(build_evidence(tables={}), POLICY).outcome is not Outcome.PASS


WKB = pl.DataFrame({"shape": [shapely.to_wkb(shapely.Point(-97.25, 38.5)), None]})


@pytest.mark.parametrize(
    ("obligation", "tables", "verified"),
    [
        ("remove:observer", TABLES, True),
        ("remove:id", TABLES, False),
        ("remove:", TABLES, False),
        ("remove", TABLES, False),
        ("remove:a:b", TABLES, False),
        ("hide:observer", TABLES, False),
        ("", TABLES, False),
        ("generalize:latitude:2", TABLES, True),
        ("generalize:latitude:1", TABLES, False),
        ("generalize:latitude:-1", TABLES, False),
        ("generalize:latitude:x", TABLES, False),
        ("generalize:latitude:99", TABLES, False),
        ("generalize:longitude:2", TABLES, False),
        ("generalize:id:0", TABLES, True),
        ("generalize:shape:2", {"t": WKB}, True),
        ("generalize:shape:1", {"t": WKB}, False),
        ("generalize:shape:2", {"t": pl.DataFrame({"shape": [b"no WKB"]})}, False),
        ("generalize:name:2", {"t": pl.DataFrame({"name": ["38.12345"]})}, False),
        ("generalize:latitude:2", {"t": pl.DataFrame({"latitude": [38.12, None, float("nan")]})}, True),
    ],
)
def test_an_obligation_is_verified_on_content_or_fails(obligation, tables, verified):
    assert (obligations.verify(obligation, tables).outcome is Outcome.PASS) is verified


def test_every_decimal_that_is_written_with_few_places_counts_as_such():
    written = pl.DataFrame({"latitude": [float(f"{at / 1000:.3f}") for at in range(-180_000, 180_001, 7)]})
    assert obligations.verify("generalize:latitude:3", {"t": written}).outcome is Outcome.PASS


def account(**changes):
    return canonical_json({**ACCOUNT, **changes})


@pytest.mark.parametrize(
    ("changes", "check", "outcome"),
    [
        (
            {"tables": {**TABLES, "stones": TABLES["stones"].with_columns(size_mm=pl.lit(900.0))}},
            "stones.size",
            Outcome.FAIL,
        ),
        (
            {"tables": {**TABLES, "stones": TABLES["stones"].with_columns(id=pl.lit(1).cast(pl.Int64))}},
            "stones.key_unique",
            Outcome.FAIL,
        ),
        (
            {"tables": {**TABLES, "sightings": TABLES["sightings"].with_columns(stone=pl.lit(9).cast(pl.Int64))}},
            "sightings.of_a_stone",
            Outcome.FAIL,
        ),
        ({"tables": {"stones": TABLES["stones"]}}, "sightings", Outcome.INCONCLUSIVE),
        ({"tables": {"stones": TABLES["stones"]}, "unreadable": {"sightings": "torn"}}, "sightings", Outcome.ERROR),
        ({"account": None}, "account", Outcome.INCONCLUSIVE),
        ({"account": None, "unreadable": {"account": "torn"}}, "account", Outcome.ERROR),
        ({"account": b"{"}, "account", Outcome.ERROR),
        ({"account": account(rows_out={"stones": 2, "sightings": 2})}, "conservation.balance", Outcome.FAIL),
        ({"counted": {"stones": 7, "seen": 2}}, "conservation.rows_in", Outcome.FAIL),
        ({"counted": None}, "counted", Outcome.INCONCLUSIVE),
        ({"counted": None, "unreadable": {"counted": "no file"}}, "counted", Outcome.ERROR),
        ({"quarantine": None}, "quarantine", Outcome.INCONCLUSIVE),
        ({"quarantine": QUARANTINE.clear()}, "conservation.quarantined", Outcome.FAIL),
    ],
)
def test_gate_e_closes_on(changes, check, outcome):
    judgement = E(build_evidence(**changes), POLICY)
    assert judgement.outcome is outcome
    assert closed(judgement)[check] is outcome


@pytest.mark.parametrize(
    ("most", "outcome"),
    [
        ("16.66", Outcome.FAIL),  # 1 of the 6 rows that are in scope is held back
        ("16.67", Outcome.PASS),
        ("0", Outcome.FAIL),
        ("many", Outcome.INCONCLUSIVE),
        ("NaN", Outcome.INCONCLUSIVE),
        ("Infinity", Outcome.INCONCLUSIVE),
        (None, Outcome.INCONCLUSIVE),
    ],
)
def test_gate_e_bounds_the_share_held_back(most, outcome):
    policy = replace(POLICY, thresholds={} if most is None else {"quarantine_most_percent": most})
    assert E(build_evidence(), policy).outcome is outcome


@pytest.mark.parametrize(
    ("least", "outcome"),
    [
        ("4", Outcome.PASS),  # 4 of the 6 rows of stones are in scope
        ("5", Outcome.FAIL),
        ("few", Outcome.INCONCLUSIVE),
    ],
)
def test_gate_e_asks_for_rows_where_the_policy_does(least, outcome):
    policy = replace(POLICY, thresholds={**POLICY.thresholds, "rows_least": least})
    assert E(build_evidence(), policy).outcome is outcome


def test_gate_e_keeps_every_check_and_the_account_in_its_report():
    report = E(build_evidence(), POLICY).report
    assert len(report["checks"]) == 2 * 6 + 2
    assert report["account"]["rows_in"] == ACCOUNT["rows_in"]


def test_gate_e_holds_of_a_partition_without_rows():
    empty = {name: frame.clear() for name, frame in TABLES.items()}
    nothing = account(
        rows_in={"stones": 0, "seen": 0}, out_of_scope={}, quarantined={}, rows_out={"stones": 0, "sightings": 0}
    )
    evidence = build_evidence(
        tables=empty, quarantine=QUARANTINE.clear(), account=nothing, counted={"stones": 0, "seen": 0}
    )
    assert E(evidence, POLICY).outcome is Outcome.PASS
