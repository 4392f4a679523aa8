"""The policy file that comes with the package, and what happens to files that are not one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from importlib import resources

import pytest

from kfm_assets.adapters.policies import load
from kfm_assets.adapters.policies.document import BUILD_GATES, RELEASE_GATES, ModelThresholds
from kfm_assets.adapters.policies.listing import level_entries, policy_entries
from kfm_assets.adapters.policies.loader import levels, promotion
from kfm_assets.adapters.policies.yaml import read
from kfm_assets.datasets.registry import ACQUIRED, DATASETS
from kfm_assets.domain.verdict import ACCEPTABLE, Gate, Outcome
from kfm_assets.errors import InvalidPolicy
from kfm_assets.gates import contract
from kfm_assets.gates.builds import QUARANTINE_MOST, ROWS_LEAST
from kfm_assets.gates.diff.limits import PREFIX, missing
from kfm_assets.gates.drift.limits import Limits

SHIPPED = resources.files("kfm_assets").joinpath("policies", "promotion.yml").read_text(encoding="utf-8")
GOOD = """
version: 1
name: mine
defaults:
  build_gates: [A, E]
  release_gates: [D, F]
  labels: [public]
  thresholds:
    E: {quarantine_most_percent: {value: "2.5", unit: percent of rows, why: because}}
  most_days:
    A: {value: 10, why: because}
    F: {value: 5, why: because}
  stage_hours: {value: 6, why: because}
  approvals:
    drift: {outcomes: [INCONCLUSIVE], why: because}
datasets:
  b/two:
    release_gates: [G]
    labels: [internal]
    thresholds:
      E:
        quarantine_most_percent: {value: "0", unit: percent of rows, why: because}
        rows_least: {value: "3", unit: rows in scope, why: because}
    most_days:
      F: {value: 7, why: because}
    stage_hours: {value: 24, why: because}
    approvals:
      drift: {outcomes: [], why: because}
      diff: {outcomes: [INCONCLUSIVE, FAIL], why: because}
"""
GOOD_ROWS = 'rows_least: {value: "3", unit: rows in scope, why: because}'


def loaded(tmp_path, text, datasets=("a/one", "b/two")):
    path = tmp_path / "policy.yml"
    path.write_text(text, encoding="utf-8")
    return load(datasets, path)


def test_the_shipped_policy_asks_for_every_gate_that_is_judged():
    policies = load(DATASETS)
    assert list(policies) == list(DATASETS)
    for dataset, policy in policies.items():
        assert policy.dataset == dataset
        assert set(policy.build_gates) == set(contract.BUILD_GATES)
        model = {Gate.MODEL} if dataset == "models/storm_frequency" else set()
        watched = {Gate.DRIFT} if dataset in ACQUIRED else set()
        assert set(policy.release_gates) == {*contract.RELEASE_GATES, Gate.CATALOGS, Gate.DIFF, *watched, *model}
        assert missing(policy.thresholds) == [], "every limit that the gate diff asks for"
        others = {name for name in policy.thresholds if not name.startswith(PREFIX)}
        wanted = {QUARANTINE_MOST, *(field.name for field in fields(Limits))}
        wanted |= {*ModelThresholds.model_fields} if model else set()
        assert others - {ROWS_LEAST} == wanted, "every threshold that another gate asks for"
        gates = {gate.value for gate in (*policy.build_gates, *policy.release_gates)}
        assert set(policy.most_days) >= gates | {Gate.APPROVAL.value}
        assert policy.approvals == {gate.value: policy.approvals[gate.value] for gate in ACCEPTABLE}
        assert policy.labels == ("public",)


def test_which_gates_judge_what_is_said_once():
    assert set(BUILD_GATES) == set(contract.BUILD_GATES)
    assert set(RELEASE_GATES) >= set(contract.RELEASE_GATES)
    assert {*BUILD_GATES, *RELEASE_GATES} | {Gate.APPROVAL} == set(Gate)


def test_a_dataset_replaces_what_it_names_and_keeps_the_rest(tmp_path):
    one, two = loaded(tmp_path, GOOD).values()
    assert (one.build_gates, one.release_gates) == (
        (Gate.IDENTITY, Gate.QUALITY),
        (Gate.CATALOGS, Gate.RECEIPT),
    )
    assert (two.build_gates, two.release_gates) == ((Gate.IDENTITY, Gate.QUALITY), (Gate.MANIFEST,))
    assert (one.thresholds, two.thresholds) == (
        {QUARANTINE_MOST: "2.5"},
        {QUARANTINE_MOST: "0", ROWS_LEAST: "3"},
    )
    assert (one.stage_hours, two.stage_hours) == (6, 24)
    assert (one.most_days, two.most_days) == ({"A": 10, "F": 5}, {"A": 10, "F": 7})
    assert (one.labels, two.labels) == (("public",), ("internal",))
    assert one.approvals == {"drift": (Outcome.INCONCLUSIVE,)}
    assert two.approvals == {"drift": (), "diff": (Outcome.INCONCLUSIVE, Outcome.FAIL)}
    assert one.digest != two.digest
    assert one.digest == loaded(tmp_path, GOOD)["a/one"].digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2.5"', '"2.6"'),
        ("[A, E]", "[E]"),
        ("[D, F]", "[D, G]"),
        ("[public]", "[internal]"),
        ("value: 10", "value: 11"),
        ("value: 6", "value: 7"),
        ("outcomes: [INCONCLUSIVE]", "outcomes: []"),
        ("name: mine", "name: yours"),
    ],
)
def test_whatever_changes_what_applies_changes_the_digest(tmp_path, old, new):
    assert old in GOOD
    changed = loaded(tmp_path, GOOD.replace(old, new, 1))["a/one"]
    assert changed.digest != loaded(tmp_path, GOOD)["a/one"].digest


@pytest.mark.parametrize(
    ("old", "new", "key", "advice"),
    [
        ("version: 1", "version: 2", "version", "1"),
        ("name: mine", "nmae: mine", "nmae", "not known"),
        ("name: mine", "", "name", "add this key"),
        ("  labels: [public]\n", "", "defaults.labels", "add this key"),
        ("[A, E]", "[A, X]", "defaults.build_gates.1", "'X'"),
        ("[A, E]", "[A, F]", "defaults.build_gates", "F does not judge a build"),
        ("[A, E]", "[]", "defaults.build_gates", "at least 1"),
        ("[A, E]", "[A, A]", "defaults.build_gates", "once"),
        ("[A, E]", "A", "defaults.build_gates", "tuple"),
        ("[D, F]", "[D, E]", "defaults.release_gates", "E does not judge a release"),
        ('"2.5"', "2.5", "defaults.thresholds.E.quarantine_most_percent.value", "string"),
        ('"2.5"', '"-1"', "defaults.thresholds.E.quarantine_most_percent.value", "0 to 100"),
        ('"2.5"', '"NaN"', "defaults.thresholds.E.quarantine_most_percent.value", "0 to 100"),
        ('"2.5"', '"few"', "defaults.thresholds.E.quarantine_most_percent.value", "decimal in quotes"),
        ("percent of rows", "rows", "defaults.thresholds.E.quarantine_most_percent.unit", "percent"),
        ("quarantine_most_percent", "quarantine_most", "defaults.thresholds.E.quarantine_most", "not known"),
        (
            '    E: {quarantine_most_percent: {value: "2.5", unit: percent of rows, why: because}}\n',
            "    E: {}\n",
            "defaults.thresholds",
            "add E.quarantine_most_percent",
        ),
        (GOOD_ROWS, GOOD_ROWS.replace('"3"', '"0.5"'), "datasets.b/two.thresholds.E.rows_least.value", "whole number"),
        (GOOD_ROWS, GOOD_ROWS.replace("rows in", "in"), "datasets.b/two.thresholds.E.rows_least.unit", "rows"),
        ("value: 10", "value: 0", "defaults.most_days.A.value", "1"),
        ("value: 10", 'value: "10"', "defaults.most_days.A.value", "integer"),
        ("A: {value: 10", "Q: {value: 10", "defaults.most_days.Q", "'Q'"),
        (", why: because}\n    F", "}\n    F", "defaults.most_days.A.why", "add this key"),
        ("b/two", "c/three", "datasets.c/three", "a/one, b/two"),
        ("[INCONCLUSIVE]", "[FAIL]", "defaults.approvals", "nobody may accept FAIL of gate drift"),
        ("[INCONCLUSIVE]", "[ERROR]", "defaults.approvals", "nobody may accept ERROR of gate drift"),
        ("[INCONCLUSIVE]", "[INCONCLUSIVE, INCONCLUSIVE]", "defaults.approvals.drift.outcomes", "once"),
        ("[INCONCLUSIVE]", "[MAYBE]", "defaults.approvals.drift.outcomes.0", "'MAYBE'"),
        ("drift: {outcomes: [INC", "E: {outcomes: [INC", "defaults.approvals", "nobody may accept what gate E says"),
        ("drift: {outcomes: [], why: because}", "drift: {outcomes: []}", "datasets.b/two.approvals.drift.why", "add"),
        ("  b/two:\n", "  b/two:\n    gates: [A]\n", "datasets.b/two.gates", "not known"),
        ("name: mine", "name: mine\nname: yours", "", "line 4: name stands there twice"),
        ("[A, E]", "[A, E", "", "not YAML"),
        (GOOD, "", "", "keys and values"),
        (GOOD, "- 1", "", "keys and values"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key_in_one_line(tmp_path, old, new, key, advice):
    assert old in GOOD
    with pytest.raises(InvalidPolicy) as caught:
        loaded(tmp_path, GOOD.replace(old, new, 1))
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{tmp_path / 'policy.yml'}: {key}: " if key else f"{tmp_path / 'policy.yml'}: ")
    assert advice in line
    assert caught.value.advice


def test_a_file_that_cannot_be_read_is_an_invalid_policy(tmp_path):
    with pytest.raises(InvalidPolicy, match="cannot be read"):
        load(DATASETS, tmp_path / "absent.yml")
    (tmp_path / "latin.yml").write_bytes(b"name: \xff")
    with pytest.raises(InvalidPolicy, match="cannot be read"):
        load(DATASETS, tmp_path / "latin.yml")


def test_yaml_makes_no_objects():
    with pytest.raises(ValueError, match="not YAML"):
        read("!!python/object/apply:os.getcwd []")


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_shipped_files_give_a_reason_for_every_number(dataset):
    entries = [*policy_entries(promotion(DATASETS), dataset), *level_entries(levels(DATASETS), dataset)]
    assert entries
    assert all(entry.why.endswith(".") and len(entry.why) > 10 and entry.unit for entry in entries)


def test_importing_the_loader_costs_neither_pydantic_nor_yaml():
    code = "import sys; import kfm_assets.adapters.policies; print({'pydantic', 'yaml'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("value", ["0", "100"])
def test_nothing_is_certain_and_nothing_is_certainly_wrong(tmp_path, value):
    confidence = 'drift_confidence_percent:\n        value: "95"'
    with pytest.raises(InvalidPolicy, match="above 0 and below 100"):
        loaded(tmp_path, SHIPPED.replace(confidence, confidence.replace("95", value)), DATASETS)


def test_a_file_that_is_nested_without_end_is_no_policy():
    with pytest.raises(ValueError, match="nested too deeply"):
        read("[" * 5000)
