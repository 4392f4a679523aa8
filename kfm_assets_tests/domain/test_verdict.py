"""The fold opens only where every required gate has a PASS on exactly this content, under this policy, in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict, fold, worst

NOW = datetime(2026, 11, 21, tzinfo=UTC)
POLICY, OTHER_POLICY = digest_bytes(b"policy"), digest_bytes(b"other policy")
SUBJECTS = [digest_bytes(name) for name in (b"build", b"another build", b"release")]
AGES = {"A": timedelta(days=10), "E": timedelta(days=3)}

subjects = st.sampled_from(SUBJECTS)
gates = st.sampled_from(Gate)
requirements = st.lists(st.tuples(subjects, gates), max_size=5)
verdicts = st.lists(
    st.builds(
        Verdict,
        subject=subjects,
        gate=gates,
        policy=st.sampled_from([POLICY, POLICY, POLICY, OTHER_POLICY]),
        outcome=st.sampled_from([Outcome.PASS, Outcome.PASS, Outcome.PASS, *Outcome]),
        findings=st.just(()),
        evidence=st.just(()),
        at=st.integers(-14 * 24, 24).map(lambda hours: NOW + timedelta(hours=hours)),
    ),
    max_size=25,
    unique_by=lambda verdict: (verdict.subject, verdict.gate, verdict.policy, verdict.at),
)


def verdict(outcome=Outcome.PASS, *, days=1.0, subject=SUBJECTS[0], gate=Gate.QUALITY, policy=POLICY, findings=()):
    return Verdict(subject, gate, policy, outcome, tuple(findings), (), NOW - timedelta(days=days))


def opens_by_the_book(required, known):
    """Say the rule again, gate by gate, in another way than the fold goes."""

    def is_open(subject, gate):
        mine = [v for v in known if (v.subject, v.gate, v.policy) == (subject, gate, POLICY)]
        if not mine:
            return False
        newest = max(mine, key=lambda v: v.at)
        age = NOW - newest.at
        return newest.outcome is Outcome.PASS and timedelta(0) <= age <= AGES.get(gate.value, timedelta.max)

    return bool(required) and all(is_open(*one) for one in required)


@given(requirements, verdicts, st.randoms())
def test_it_opens_exactly_by_the_book_whatever_the_order(required, known, random):
    decision = fold(required, known, POLICY, NOW, AGES)
    assert decision.opens == opens_by_the_book(required, known)
    assert bool(decision.reasons) != decision.opens, "a closed way says why, an open one has nothing to say"
    shuffled = random.sample(known, len(known))
    assert fold(required, shuffled, POLICY, NOW, AGES) == decision


@given(requirements, verdicts)
def test_asking_for_more_never_opens_what_was_closed(required, known):
    if fold([*required, (SUBJECTS[0], Gate.CATALOGS)], known, POLICY, NOW, AGES).opens and required:
        assert fold(required, known, POLICY, NOW, AGES).opens


@given(requirements, verdicts, st.sampled_from([Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE]))
def test_a_newer_verdict_that_is_no_pass_closes(required, known, outcome):
    for subject, gate in required[:1]:
        latest = Verdict(subject, gate, POLICY, outcome, (), (), NOW)
        known = [one for one in known if one.at < NOW]
        assert not fold(required, [*known, latest], POLICY, NOW, AGES).opens


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ([], "there is no verdict on this content"),
        ([verdict(subject=SUBJECTS[1])], "there is no verdict on this content"),
        ([verdict(gate=Gate.IDENTITY)], "there is no verdict on this content"),
        ([verdict(policy=OTHER_POLICY)], "its verdict is under another policy; run again"),
        ([verdict(days=3.01)], "older than 3 days"),
        ([verdict(days=-0.01)], "in the future"),
        ([verdict(days=2), verdict(days=-0.01)], "in the future"),
        ([verdict(days=2), verdict(Outcome.FAIL)], "FAIL: no finding says why"),
        ([verdict(Outcome.ERROR, findings=[Finding("x", Outcome.ERROR, "torn page")])], "ERROR: torn page"),
        (
            [verdict(Outcome.INCONCLUSIVE, findings=[Finding("x", Outcome.PASS, "fine"),
                                                     Finding("y", Outcome.INCONCLUSIVE, "too few")])],
            "INCONCLUSIVE: too few",
        ),
    ],
)  # fmt: skip
def test_each_way_in_which_a_gate_stays_closed_has_its_reason(known, reason):
    decision = fold([(SUBJECTS[0], Gate.QUALITY)], known, POLICY, NOW, AGES)
    assert not decision.opens
    (line,) = decision.reasons
    assert line.startswith("gate E of ")
    assert reason in line


def test_a_verdict_opens_up_to_its_last_day_and_without_a_limit_for_ever():
    assert fold([(SUBJECTS[0], Gate.QUALITY)], [verdict(days=3)], POLICY, NOW, AGES).opens
    assert fold([(SUBJECTS[0], Gate.QUALITY)], [verdict(days=3000)], POLICY, NOW, {}).opens


def test_nothing_required_is_inconclusive():
    decision = fold([], [verdict()], POLICY, NOW, AGES)
    assert (decision.outcome, decision.opens) == (Outcome.INCONCLUSIVE, False)
    assert decision.reasons


@given(st.lists(st.sampled_from(Outcome)))
def test_the_worst_is_pass_only_where_all_are(outcomes):
    assert (worst(outcomes) is Outcome.PASS) == (bool(outcomes) and set(outcomes) == {Outcome.PASS})
    if Outcome.FAIL in outcomes:
        assert worst(outcomes) is Outcome.FAIL


def test_a_decision_is_of_the_verdicts_alone():
    known = [verdict(), replace(verdict(Outcome.FAIL), gate=Gate.RIGHTS)]
    assert fold([(SUBJECTS[0], Gate.QUALITY)], known, POLICY, NOW, AGES).opens, (
        "a gate that is not asked for says nothing"
    )
