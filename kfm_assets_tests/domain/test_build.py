"""A build's id covers all that it says, and a dataset's hash all of its specification."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.policy import Policy
from kfm_assets_tests.gates.cases import POLICY, SPEC, build


def test_a_build_is_read_back_from_its_json():
    assert Build.from_json(json.loads(canonical_json(build()))) == build()


OTHER = {"origin": Origin.SYNTHETIC, "inputs": (), "artifacts": ()}


@pytest.mark.parametrize("name", [field.name for field in fields(Build)])
def test_every_field_of_a_build_is_in_its_id(name):
    assert replace(build(), **{name: OTHER.get(name, digest_bytes(b"other"))}).id != build().id


@pytest.mark.parametrize("name", [field.name for field in fields(SPEC)])
def test_every_field_of_a_specification_but_the_witness_is_in_its_hash(name):
    value = getattr(SPEC, name)
    other = ("other",) if isinstance(value, tuple) else {"other": "x"} if isinstance(value, dict) else "other"
    assert (replace(SPEC, **{name: other}).spec_hash == SPEC.spec_hash) is (name == "witness")


@pytest.mark.parametrize("name", [field.name for field in fields(Policy)])
def test_every_field_of_a_policy_is_in_its_digest(name):
    value = getattr(POLICY, name)
    other = ("other",) if isinstance(value, tuple) else {"other": 1} if isinstance(value, dict) else "other"
    assert replace(POLICY, **{name: other}).digest != POLICY.digest
