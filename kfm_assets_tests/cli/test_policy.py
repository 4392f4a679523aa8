"""`kfm policy`: what is asked and why, whether a file is a policy, and how each gate stands."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from kfm_assets import settings, wiring
from kfm_assets.adapters.policies import load, load_levels, loader
from kfm_assets.adapters.policies.listing import level_entries, policy_entries
from kfm_assets.adapters.policies.yaml import read
from kfm_assets.cli.explaining import ASKS
from kfm_assets.datasets.registry import DATASETS
from kfm_assets.domain.canonical import digest_of
from kfm_assets.domain.verdict import Gate
from kfm_assets.engine import record
from kfm_assets_tests.adapters.policies.test_load import SHIPPED
from kfm_assets_tests.cli import homes
from kfm_assets_tests.docs.documents import ROOT

STORMS, QUAKES = homes.STORMS, homes.EARTHQUAKES

LOOKS = [
    ("show", QUAKES),
    ("show", STORMS),
    ("show", QUAKES, "--slo"),
    ("show", STORMS, "--slo"),
    ("explain", QUAKES),
    ("explain", STORMS),
    ("check",),
]


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_a_look_fits_80_columns_with_and_without_a_home(kfm, home, tmp_path, arguments):
    for place in (home, tmp_path / "none"):
        ended = kfm("policy", *arguments, "--home", place)
        assert (ended.code, ended.err) == (0, "")
        assert max(map(len, ended.out.splitlines())) <= 80
        assert not any(line != line.rstrip() for line in ended.out.splitlines())
    assert not (tmp_path / "none").exists(), "looking at nothing makes nothing"


@pytest.mark.parametrize("dataset", DATASETS)
def test_show_has_every_number_with_its_unit_and_its_reason(kfm, dataset, tmp_path):
    (line,) = kfm("policy", "show", dataset, "--json", "--home", tmp_path / "none").lines
    policy = load(DATASETS)[dataset]
    assert (line["dataset"], line["digest"]) == (dataset, policy.digest)
    by_part = {part: [one for one in line["entries"] if one["part"] == part] for part in ("thresholds", "most_days")}
    assert {one["name"]: one["value"] for one in by_part["thresholds"]} == policy.thresholds
    assert {one["gate"]: int(one["value"]) for one in by_part["most_days"]} == policy.most_days
    assert all(one["unit"] and one["why"] for one in line["entries"])
    told = kfm("policy", "show", dataset, "--home", tmp_path / "none").told
    assert all(word in told for one in line["entries"] if one["part"] == "thresholds" for word in one["value"].split())


def test_what_a_dataset_replaces_is_marked_as_its_own():
    storms = {one.name: one.given_by for one in policy_entries(loader.promotion(DATASETS), STORMS) if one.gate == "E"}
    assert (storms["rows_least"], storms["most_days"]) == (STORMS, "defaults")
    drought = level_entries(loader.levels(DATASETS), "climate/drought")
    assert {one.name for one in drought if one.given_by != "defaults"} == {"schema_valid_percent_least"}


def test_check_says_what_is_wrong_in_one_line(kfm, tmp_path, monkeypatch):
    bad = tmp_path / "bad.yml"
    bad.write_text(SHIPPED.replace('value: "5"', 'value: "500"', 1))
    for arguments in (("check", bad), ("check", tmp_path / "absent.yml"), ("check", bad, "--slo")):
        ended = kfm("policy", *arguments)
        assert (ended.code, ended.out, ended.err.count("\n")) == (7, "", 1)
    assert "0 to 100" in kfm("policy", "check", bad).err
    good = tmp_path / "good.yml"
    good.write_text(SHIPPED)
    assert kfm("policy", "check", good).code == 0
    monkeypatch.setenv("KFM_POLICY", str(bad))
    assert kfm("policy", "check").code == 7
    assert kfm("policy", "show", QUAKES).code == 7


@pytest.mark.parametrize(("slo", "shipped"), [((), "promotion.yml"), (("--slo",), "slo.yml")])
def test_the_schema_takes_the_shipped_file_and_refuses_others(kfm, slo, shipped):
    schema = json.loads(kfm("policy", "check", "--schema", *slo).out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    text = (ROOT / "kfm_assets/policies" / shipped).read_text()
    assert list(validator.iter_errors(read(text))) == []
    for old, new in (("name: ", "nmae: "), ('value: "5"', "value: 5"), ('value: "9', 'value: "x9'), ("why: ", "how: ")):
        if old in text:
            assert list(validator.iter_errors(read(text.replace(old, new, 1)))), new
    assert validator.is_valid({**read(text), "extra": 1}) is False


def test_explain_says_how_each_gate_stands(kfm, home):
    lines = kfm("policy", "explain", QUAKES, "--json", "--home", home).lines
    policy = load(DATASETS)[QUAKES]
    assert [line["gate"] for line in lines if line["kind"] == "gate"] == [*policy.build_gates, *policy.release_gates]
    standing = [line for line in lines if line["kind"] == "standing"]
    system = wiring.wire(settings.load(home=home))
    builds = record.builds(system, record.stable(system, QUAKES))
    assert len(standing) == len(builds) * len(policy.build_gates) + len(policy.release_gates)
    assert all(line["open"] and line["where"] == "live" for line in standing)
    assert "Every gate is open." in kfm("policy", "explain", QUAKES, "--home", home).told


def test_explain_names_the_gate_that_holds_a_build(kfm, home, tmp_path, monkeypatch):
    strict = SHIPPED.replace('value: "20"', 'value: "0"')
    assert strict != SHIPPED
    (tmp_path / "strict.yml").write_text(strict)
    monkeypatch.setenv("KFM_POLICY", str(tmp_path / "strict.yml"))
    told = kfm("policy", "explain", QUAKES, "--home", home).told
    assert "its verdict is under another policy" in told
    assert "stays live" in told
    homes.prepare(home, QUAKES, seed=3)
    waits = [line for line in kfm("policy", "explain", QUAKES, "--json", "--home", home).lines
             if line["kind"] == "standing" and line["where"] == "waits"]  # fmt: skip
    held = [line for line in waits if not line["open"]]
    assert {line["gate"] for line in held} == {"E"}
    assert "at most 0 % may be" in held[0]["reasons"][0]
    closed = [line for line in kfm("policy", "explain", QUAKES, "--json", "--home", home).lines
              if line["kind"] == "gate" and line["gate"] == "E"]  # fmt: skip
    assert any(re.match("more than 0 percent", words) for words in closed[0]["closes_on"])
    assert "which waits: FAIL" in kfm("policy", "explain", QUAKES, "--home", home).told


def test_every_gate_is_explained_and_the_page_says_the_same():
    assert set(ASKS) == set(Gate)
    page = (ROOT / "docs/gates/README.md").read_text()
    rows = re.findall(r"^\| (\w+) \| (?:build|release|either) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(gate.value, ASKS[gate]) for gate in sorted(Gate, key=[one for one, _ in rows].index)]


def test_levels_say_what_is_measured_and_what_is_not(kfm, home):
    lines = {
        line["entry"]["name"]: line for line in kfm("policy", "show", QUAKES, "--slo", "--json", "--home", home).lines
    }
    levels = load_levels(DATASETS)[QUAKES]
    assert {line["digest"] for line in lines.values()} == {levels.digest} == {digest_of(levels)}
    for name in ("schema_valid_percent_least", "dq_valid_percent_least"):
        assert (lines[name]["state"], lines[name]["value"]) == ("met", "100.00")
        assert "0 do" in lines[name]["budget"]
    assert (lines["cost_per_run_most"]["state"], float(lines["cost_per_run_most"]["value"]) >= 0) == ("met", True)
    for name in ("drift_score_most", "anomaly_count_most", "retries_per_run"):
        assert (lines[name]["state"], lines[name]["value"]) == ("not measured yet", None)
