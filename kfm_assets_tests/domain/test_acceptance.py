"""An acceptance opens exactly the verdict whose report it names, where the policy allows it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.verdict import ACCEPTABLE, Finding, Gate, Outcome, Verdict, accepts, fold

NOW = datetime(2026, 11, 21, tzinfo=UTC)
POLICY, OTHER_POLICY = digest_bytes(b"policy"), digest_bytes(b"other policy")
RELEASE, OTHER_RELEASE = digest_bytes(b"release"), digest_bytes(b"other release")
REPORTS = [digest_bytes(name) for name in (b"first report", b"second report")]
ALLOWED = {gate.value: tuple(outcomes) for gate, outcomes in ACCEPTABLE.items()}
AGES = {"approval": timedelta(days=5), "drift": timedelta(days=20), "diff": timedelta(days=20)}

policies = st.sampled_from([POLICY, POLICY, POLICY, OTHER_POLICY])
releases = st.sampled_from([RELEASE, RELEASE, RELEASE, OTHER_RELEASE])
instants = st.integers(-24 * 24, 12).map(lambda hours: NOW + timedelta(hours=hours))
gates = st.sampled_from([Gate.DRIFT, Gate.DIFF, Gate.MODEL, Gate.QUALITY])


def judged(outcome=Outcome.INCONCLUSIVE, report=REPORTS[0], *, gate=Gate.DRIFT, subject=RELEASE, policy=POLICY, days=2):
    found = (Finding("psi", outcome, "too few rows"),)
    return Verdict(subject, gate, policy, outcome, found, (report,), NOW - timedelta(days=days))


def accepted(verdict, *, days=1, **other):
    found = (Finding(f"accepts.{verdict.gate}", Outcome.PASS, "ann accepts it: there is no earlier year"),)
    own = digest_bytes(b"the approval's own report")
    made = Verdict(verdict.subject, Gate.APPROVAL, verdict.policy, Outcome.PASS, found, (own, verdict.evidence[0]), NOW)
    return replace(made, at=NOW - timedelta(days=days), **other)


def opens(known, *, gate=Gate.DRIFT, allowed=None):
    return fold([(RELEASE, gate)], known, POLICY, NOW, AGES, approvals=ALLOWED if allowed is None else allowed).opens


verdicts = st.builds(
    lambda outcome, report, gate, subject, policy, at: replace(
        judged(outcome, report, gate=gate, subject=subject, policy=policy), at=at
    ),
    st.sampled_from([Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, *Outcome]),
    st.sampled_from(REPORTS),
    gates,
    releases,
    policies,
    instants,
)
acceptances = st.builds(
    lambda verdict, at, outcome: replace(accepted(verdict), at=at, outcome=outcome),
    verdicts,
    instants,
    st.sampled_from([Outcome.PASS, Outcome.PASS, Outcome.PASS, *Outcome]),
)


@st.composite
def cases(draw):
    """Draw a gate and verdicts: any, and one with its acceptance, of which one thing may be another than it should."""
    gate = draw(st.sampled_from([*ACCEPTABLE]))
    outcome = draw(st.sampled_from([Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.ERROR]))
    verdict = judged(outcome, gate=gate, days=draw(st.integers(0, 8)))
    other = {
        "at": NOW + timedelta(days=draw(st.sampled_from([-6, 1]))),
        "subject": OTHER_RELEASE,
        "policy": OTHER_POLICY,
        "outcome": Outcome.FAIL,
        "evidence": (REPORTS[0], draw(st.sampled_from(REPORTS))),
    }
    changed = draw(st.sampled_from([None, None, None, *other]))
    approval = accepted(verdict, days=draw(st.integers(0, 5)))
    pair = [verdict, replace(approval, **{changed: other[changed]}) if changed else approval]
    known = [*draw(st.lists(verdicts | acceptances, max_size=6)), *pair]
    # Which of two equally new verdicts counts is another test's question.
    return gate, list({(one.subject, one.gate, one.policy, one.at): one for one in known}.values())


allowances = st.dictionaries(
    gates.map(lambda gate: gate.value), st.lists(st.sampled_from(Outcome)), max_size=4
) | st.just(ALLOWED)


def by_the_book(known, gate, allowed):
    """Say the rule again, in another way than the fold goes."""
    mine = sorted((one for one in known if (one.subject, one.gate, one.policy) == (RELEASE, gate, POLICY)), key=when)
    if not mine or not timedelta(0) <= NOW - mine[-1].at <= AGES.get(gate.value, timedelta.max):
        return False
    last = mine[-1]
    if last.outcome is Outcome.PASS:
        return True
    most = {Gate.DRIFT: {"INCONCLUSIVE"}, Gate.MODEL: {"INCONCLUSIVE"}, Gate.DIFF: {"INCONCLUSIVE", "FAIL"}}
    if last.outcome.value not in most.get(gate, set()) & {one.value for one in allowed.get(gate.value, ())}:
        return False
    return any(
        one.gate.value == "approval"
        and one.outcome.value == "PASS"
        and (one.subject, one.policy) == (RELEASE, POLICY)
        and one.evidence[1] == last.evidence[0]
        and one.findings[0].check == "accepts." + gate.value
        and timedelta(0) <= NOW - one.at <= AGES["approval"]
        for one in known
    )


def when(verdict):
    return verdict.at


@given(cases(), allowances, st.randoms())
@example((Gate.DRIFT, [judged(), accepted(judged())]), ALLOWED, None)
@example((Gate.DIFF, [judged(Outcome.FAIL, gate=Gate.DIFF), accepted(judged(gate=Gate.DIFF))]), ALLOWED, None)
def test_it_opens_exactly_by_the_book_whatever_the_order(case, allowed, random):
    gate, known = case
    decision = fold([(RELEASE, gate)], known, POLICY, NOW, AGES, approvals=allowed)
    assert decision.opens == by_the_book(known, gate, allowed)
    assert bool(decision.reasons) != decision.opens
    if random:
        shuffled = random.sample(known, len(known))
        again = fold([(RELEASE, gate)], shuffled, POLICY, NOW, AGES, approvals=allowed)
        assert (again.outcome, again.reasons) == (decision.outcome, decision.reasons)


@given(cases())
def test_without_an_allowance_no_acceptance_changes_anything(case):
    gate, known = case
    plain = [one for one in known if one.gate is not Gate.APPROVAL]
    assert fold([(RELEASE, gate)], known, POLICY, NOW, AGES) == fold([(RELEASE, gate)], plain, POLICY, NOW, AGES)


@given(verdicts, st.sampled_from([gate for gate in Gate if gate not in ACCEPTABLE and gate is not Gate.APPROVAL]))
def test_no_policy_can_let_anybody_accept_what_the_other_gates_say(verdict, gate):
    closed = replace(verdict, gate=gate, outcome=Outcome.INCONCLUSIVE, subject=RELEASE, policy=POLICY, at=NOW)
    everything = {one.value: tuple(Outcome) for one in Gate}
    assert not opens([closed, accepted(closed, days=0)], gate=gate, allowed=everything)


@pytest.mark.parametrize("gate", [Gate.DRIFT, Gate.DIFF, Gate.MODEL])
def test_nobody_can_accept_an_error(gate):
    failed = judged(Outcome.ERROR, gate=gate)
    assert not opens([failed, accepted(failed)], gate=gate, allowed={one.value: tuple(Outcome) for one in Gate})


def test_an_acceptance_opens_the_verdict_that_it_names_and_says_who_and_why():
    decision = fold([(RELEASE, Gate.DRIFT)], [judged(), accepted(judged())], POLICY, NOW, AGES, approvals=ALLOWED)
    assert (decision.outcome, decision.reasons, decision.acceptable) == (Outcome.PASS, (), ())
    (line,) = decision.accepted
    assert line.startswith("gate drift of ")
    assert line.endswith("is open: ann accepts it: there is no earlier year")


def test_what_could_be_accepted_is_named_and_closed():
    decision = fold([(RELEASE, Gate.DRIFT)], [judged()], POLICY, NOW, AGES, approvals=ALLOWED)
    assert (decision.opens, decision.acceptable) == (False, ((RELEASE, Gate.DRIFT),))
    assert fold([(RELEASE, Gate.DRIFT)], [judged()], POLICY, NOW, AGES).acceptable == ()


def test_a_newer_verdict_with_another_report_closes_again_and_the_same_report_anew_does_not():
    first = judged()
    assert opens([first, accepted(first), judged(days=0.5)])
    assert not opens([first, accepted(first), judged(report=REPORTS[1], days=0.5)])
    assert not opens([first, accepted(first), judged(Outcome.FAIL, REPORTS[1], days=0.5)])
    assert not opens([first, accepted(first), judged(Outcome.ERROR, days=0.5)])


@pytest.mark.parametrize(
    "other",
    [
        {"subject": OTHER_RELEASE},
        {"policy": OTHER_POLICY},
        {"outcome": Outcome.INCONCLUSIVE},
        {"outcome": Outcome.FAIL},
        {"gate": Gate.DRIFT, "at": NOW - timedelta(days=3)},
        {"gate": Gate.QUALITY},
        {"findings": ()},
        {"findings": (Finding("accepts.diff", Outcome.PASS, "of another gate"),)},
        {"findings": (Finding("accepts.drift", Outcome.PASS, "x"), Finding("accepts.diff", Outcome.PASS, "x"))},
        {"evidence": ()},
        {"evidence": (REPORTS[0],)},
        {"evidence": (REPORTS[1], REPORTS[1])},
        {"evidence": (REPORTS[1], REPORTS[0], REPORTS[0])},
        {"at": NOW + timedelta(minutes=1)},
        {"at": NOW - timedelta(days=5, minutes=1)},
    ],
    ids=str,
)
def test_an_acceptance_of_anything_else_opens_nothing(other):
    assert opens([judged(), accepted(judged())])
    assert not opens([judged(), replace(accepted(judged()), **other)])


@pytest.mark.parametrize("gate", [gate for gate in Gate if gate is not Gate.APPROVAL])
def test_only_a_verdict_of_gate_approval_accepts(gate):
    assert accepts(accepted(judged()), judged())
    assert not accepts(replace(accepted(judged()), gate=gate), judged())


def test_a_verdict_without_a_report_cannot_be_accepted():
    bare = replace(judged(), evidence=())
    assert not accepts(replace(accepted(judged()), evidence=(REPORTS[0],)), bare)
    assert not opens([bare, replace(accepted(judged()), evidence=(REPORTS[0],))])


def test_what_is_too_old_is_not_made_young_by_accepting_it():
    old = judged(days=21)
    assert not opens([old, accepted(old)])
