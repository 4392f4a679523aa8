"""Gate `model`: an honest new year closes nothing, and each kind of tampering is stopped by the check named for it.

The table of docs/gates/model.md is held here, line by line.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from kfm_assets.datasets.models.storm_frequency.features import FEATURES
from kfm_assets.domain.canonical import canonical_json, digest_of
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.model import ModelEvidence, judge, safety
from kfm_assets.gates.model.gate import LEAST, MOST
from kfm_assets_tests.datasets.models import recorded
from kfm_assets_tests.gates.model.cases import (
    POLICY,
    SPEC,
    Stub,
    answering,
    closed,
    future,
    heard,
    honest,
    noise,
    shuffled,
    trained_on,
    with_table,
)

pytestmark = pytest.mark.skipif(not recorded.FOLDER.exists(), reason="the recorded storms are not here")

LONG = os.environ.get("KFM_TEST_LONG") == "1"
HONEST = range(1963, 1993) if LONG else (1975, 1992)
"""1975 comes closest to a limit."""
TAMPERED = (1967, 1975, 1980, 1986, 1992) if LONG else (1992,)
PAGE = Path(__file__).parents[3] / "docs" / "gates" / "model.md"


@pytest.mark.parametrize("year", HONEST)
def test_an_honest_new_year_closes_nothing(year: int) -> None:
    assert closed(honest(year)) == {}


def test_the_first_model_is_held_to_climatology_and_that_is_a_finding() -> None:
    judgement = heard(honest(1962, first=True))
    assert judgement.outcome is Outcome.PASS
    found = {one.check: one.message for one in judgement.findings}
    assert "no model stands before it: by policy" in found["baseline"]
    assert "climatology" in found
    assert not {"deviance", "attribution_cells"} & set(found)


CASES = {
    "a feature replaced by noise": lambda year: trained_on(year, noise("month")),
    "a feature of the table replaced by noise": lambda year: with_table(year, noise("pdsi_december")),
    "a model trained on shuffled labels": lambda year: trained_on(year, shuffled),
    "a model that saw the future": lambda year: trained_on(year, future),
    "a feature of the target period": lambda year: with_table(year, future),
}


def listed() -> dict[str, tuple[set[str], set[str], bool]]:
    """Return the page's table: tampering -> the checks that stop it, those that may close too, whether one suffices."""
    rows = re.findall(r"^\| (a [^|]+?) \| ([^|]+?) \| ([^|]*?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = re.compile(r"`(\w+)`")
    return {name: (set(names.findall(one)), set(names.findall(two)), " or " in one) for name, one, two in rows}


def test_the_page_lists_every_tampering() -> None:
    assert set(listed()) == set(CASES)


@pytest.mark.parametrize("year", TAMPERED)
@pytest.mark.parametrize("name", CASES)
def test_what_was_tampered_with_is_stopped_by_what_the_page_names(name: str, year: int) -> None:
    stops, may, either = listed()[name]
    found = closed(CASES[name](year))
    if either:
        assert set(found) & stops
    else:
        assert {check for check, outcome in found.items() if outcome is Outcome.FAIL} >= stops
    assert set(found) <= stops | may


@pytest.mark.parametrize("feature", [*FEATURES, "exposure_events"])
def test_noise_in_any_feature_of_the_table_is_not_what_the_inputs_give(feature: str) -> None:
    base = honest(1992)
    candidate = replace(base.candidate, features=noise(feature)(base.candidate.features))
    assert safety.leaks(candidate, base.as_known)
    assert safety.leaks(base.candidate, base.as_known) == ""


def test_trees_that_their_own_features_do_not_give_are_not_reproduced() -> None:
    tampered = trained_on(1992, noise("division_share_5y"))
    assert closed(replace(tampered, retrained=honest(1992).retrained))["reproduced"] is Outcome.FAIL


def test_a_model_that_expects_less_than_nothing_is_stopped() -> None:
    model = Stub(lambda rows: rows["exposure_events"] - 1)
    assert closed(answering(honest(1992), model))["no_negative_rate"] is Outcome.FAIL


def test_a_model_that_expects_less_where_there_was_more_is_stopped() -> None:
    model = Stub(lambda rows: 1 / rows["exposure_events"])
    assert closed(answering(honest(1992), model))["monotone"] is Outcome.FAIL


@pytest.mark.parametrize("column", ["observed_events", "target_year"])
def test_a_model_that_uses_a_forbidden_column_is_stopped(column: str) -> None:
    model = Stub(lambda rows: rows["exposure_events"], ("month", column))
    found = heard(answering(honest(1992), model)).findings
    (said,) = [one.message for one in found if one.check == "forbidden_columns"]
    assert f"it uses {column}, which the policy forbids" in said


def test_a_model_that_uses_a_column_that_nobody_declared_is_stopped() -> None:
    model = Stub(lambda rows: rows["exposure_events"], ("month", "storms_of_tomorrow"))
    found = closed(answering(honest(1992), model))
    assert found["forbidden_columns"] is found["no_leak"] is found["panel"] is Outcome.FAIL


def test_events_after_the_year_that_it_is_trained_to_are_a_leak() -> None:
    base = honest(1992)
    known = base.candidate.features.with_columns(pl.col("observed_events").fill_null(3))
    assert "no_leak" in closed(replace(base, candidate=replace(base.candidate, features=known)))


def test_what_was_live_and_is_of_other_code_is_compared_and_not_made_again() -> None:
    found = heard(replace(honest(1992), as_known=None, retrained=None)).findings
    said = {one.check: (one.outcome, one.message) for one in found}
    for check in ("no_leak", "reproduced"):
        assert said[check] == (Outcome.PASS, "1992: made by other code than runs now, and live before: not asked again")
    tampered = replace(trained_on(1992, shuffled), as_known=None, retrained=None)
    assert closed(tampered)["deviance"] is Outcome.FAIL


def test_too_few_years_are_inconclusive() -> None:
    strict = replace(POLICY, thresholds={**POLICY.thresholds, "panel_years_least": "4"})
    assert closed(honest(1992), policy=strict) == {"panel": Outcome.INCONCLUSIVE}


@pytest.mark.parametrize("name", [*MOST.values(), *LEAST.values(), "panel_years_least", "monotone_columns"])
def test_a_threshold_that_the_policy_lacks_opens_nothing(name: str) -> None:
    without = replace(POLICY, thresholds={key: value for key, value in POLICY.thresholds.items() if key != name})
    comparison = honest(1962, first=True) if name.startswith("bootstrap") else honest(1992)
    assert Outcome.INCONCLUSIVE in closed(comparison, policy=without).values()


def test_within_noise_is_what_the_policy_says_it_is() -> None:
    report = json.loads(canonical_json(heard(honest(1992)).report))["comparisons"][0]
    value, low, _ = (float(report["prediction_shift"][name]) for name in ("value", "low", "high"))
    found = {}
    for word in ("PASS", "INCONCLUSIVE"):
        more = {"prediction_shift_most_percent": f"{(value + low) / 2:.4f}", "within_noise": word}
        found[word] = closed(honest(1992), policy=replace(POLICY, thresholds={**POLICY.thresholds, **more}))
    assert found == {"PASS": {}, "INCONCLUSIVE": {"prediction_shift": Outcome.INCONCLUSIVE}}


def test_of_several_models_the_worst_decides_and_is_named() -> None:
    judgement = heard(honest(1975), trained_on(1992, shuffled))
    assert judgement.outcome is Outcome.FAIL
    (said,) = [one.message for one in judgement.findings if one.check == "deviance"]
    assert said.startswith("1992: ")


def test_no_model_is_inconclusive_and_one_that_cannot_be_read_is_an_error() -> None:
    assert heard().outcome is Outcome.INCONCLUSIVE
    judgement, _ = judge(ModelEvidence(SPEC, digest_of("release"), (), {"1992": "torn"}), POLICY)
    assert judgement.outcome is Outcome.ERROR


def test_the_report_and_what_is_kept_are_canonical_and_say_what_was_compared() -> None:
    evidence = ModelEvidence(SPEC, digest_of("release"), [honest(1992)])
    judgement, documents = judge(evidence, POLICY)
    again, same = judge(evidence, POLICY)
    assert canonical_json(judgement.report) == canonical_json(again.report)
    assert [digest_of(one) for one in documents] == [digest_of(one) for one in same]
    report = json.loads(canonical_json(judgement.report))["comparisons"][0]
    panel, explanation = documents
    assert (report["panel"], report["explanation"]) == (digest_of(panel), digest_of(explanation))
    assert len(panel["rows"]) == 324
    shares = [float(one["candidate"]) for one in explanation["shares_percent"]]
    assert sum(shares) == pytest.approx(100, abs=0.01)
