"""The papers: their schemas are schemas, sealing changes one field, their length follows what changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from jsonschema import Draft202012Validator

from kfm_assets.domain.canonical import canonical_json
from kfm_assets.errors import Conflict
from kfm_assets.gates import papers
from kfm_assets_tests.gates.cases import NOW, POLICY, SPEC, build, release_evidence, verdicts

GOOD = release_evidence()


@pytest.mark.parametrize("name", [papers.RECEIPT, papers.MANIFEST])
def test_each_schema_is_one_and_allows_nothing_that_it_does_not_name(name):
    schema = papers.schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(schema["properties"])


def test_the_papers_have_every_field_that_the_contract_names():
    receipt, manifest = json.loads(GOOD.receipt), json.loads(GOOD.manifest)
    assert receipt.keys() == {
        "run_id", "operation", "dataset_version_id", "inputs", "outputs", "environment", "validation", "policy",
        "created_at",
    }  # fmt: skip
    assert manifest.keys() == {
        "kfm_promotion_manifest_version", "dataset_slug", "dataset_version_id", "spec_hash", "origin", "released_at",
        "artifacts", "catalogs", "qa", "policy", "approvals",
    }  # fmt: skip
    assert receipt["run_id"] == "kfm://run/20261121t031500.1f9a2c4b"
    assert receipt["created_at"] == "2026-11-21T03:15:00Z"
    assert "git_commit" not in receipt["environment"], "what is not known is left out, not left empty"
    assert {"uri": "weather/hail/raw/ab/stones_1975.csv", "digest": build().inputs[1].digest} in receipt["inputs"]
    assert manifest["released_at"] is None
    assert manifest["dataset_slug"] == "weather-hail"


def test_an_approval_is_part_of_the_manifest():
    approval = {"role": "steward", "principal": "mail@example.org", "approved_at": "2026-11-21T03:15:00+01:00"}
    manifest = papers.manifest(
        specification=SPEC,
        release=GOOD.release,
        builds=[build()],
        report=papers.qa_report(SPEC.key, verdicts([build()])),
        policy=POLICY.digest,
        catalogs={},
        approvals=[approval],
    )
    assert papers.read(papers.MANIFEST, canonical_json(manifest)) == (manifest, ())


def test_sealing_fixes_the_instant_once_and_changes_nothing_else():
    unsealed, _ = papers.read(papers.MANIFEST, GOOD.manifest)
    sealed = papers.seal(unsealed, NOW)
    assert sealed == {**unsealed, "released_at": "2026-11-21T03:15:00Z"}
    assert papers.read(papers.MANIFEST, canonical_json(sealed)) == (sealed, ())
    assert papers.seal(sealed, NOW.astimezone(timezone(timedelta(hours=-6)))) == sealed, "the same instant again"
    with pytest.raises(Conflict):
        papers.seal(sealed, NOW + timedelta(microseconds=1))


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        papers.instant(datetime(2026, 11, 21))  # noqa: DTZ001 - that is the point
    assert papers.instant(datetime(2026, 11, 21, 3, 15, 0, 5, UTC)) == "2026-11-21T03:15:00.000005Z"


def test_ids_of_decisions_depend_on_policy_and_release():
    one, other = build().id, build("1976").id
    ids = {papers.decision_id(one, other), papers.decision_id(other, one), papers.decision_id(one, one)}
    assert len(ids) == 3
    assert papers.decision_id(one, other) == papers.decision_id(one, other)


def test_the_manifests_length_follows_what_changed_and_not_what_is_there():
    small = papers.artifacts(GOOD.release, [build()])
    assert len(small) == len(build().artifacts) + 1
    assert {"path": papers.BUILDS_MAP, "digest": GOOD.release.builds, "media_type": "application/json"} in small


def test_the_qa_report_holds_no_time_and_no_order_of_its_own():
    known = verdicts([build(), build("1976")])
    assert papers.qa_report(SPEC.key, known) == papers.qa_report(SPEC.key, reversed(known))
    assert b"2026" not in canonical_json(papers.qa_report(SPEC.key, known))
