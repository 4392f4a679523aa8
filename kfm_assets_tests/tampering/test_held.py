"""A partition by which a gate of the release closes stays out alone; what a person may do about it, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.engine.standing import everything
from kfm_assets.engine.verify import verify_all
from kfm_assets.ports import System
from kfm_assets_tests.engine.test_flow import RECORDED, STORMS, notes, opened, run
from kfm_assets_tests.tampering import editions
from kfm_assets_tests.tampering.homes import ABSENT, LIVE, NEW, copied, details, of_year, put, sent

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT)

TAMPERED, LAST = "1991", "1992"


def live(system: System) -> dict[str, str]:
    """Return the builds that readers have, by year."""
    stable = record.stable(system, STORMS)
    assert stable
    return dict(record.builds(system, stable))


def closed(system: System) -> dict[Gate, str]:
    """Return the gates that are closed for the candidate that waits, with the reasons that `policy explain` gives."""
    placed = [one for one in everything(system, STORMS) if (one.where, one.kind) == ("waits", "release")]
    return {one.standing.gate: one.standing.decision.reasons[0] for one in placed if not one.standing.decision.opens}


def waiting(system: System) -> str:
    """Return the release in which the one partition that waits was refused."""
    (pending,) = system.state.pending(STORMS)
    assert pending.release
    return pending.release


def test_of_three_new_years_the_tampered_one_stays_out_alone(storms: Path, tmp_path: Path, kfm) -> None:
    folder = put(sent(tmp_path / "in", TAMPERED, editions.six_hours_later), [*of_year(NEW), *of_year(LAST)])
    system = copied(storms, tmp_path / "home", folder)
    before = live(system)
    facts = notes(system, run(system, STORMS, [NEW, TAMPERED, LAST]))
    assert {year: bool(fact["published"]) for year, fact in facts.items()} == {NEW: True, TAMPERED: False, LAST: True}
    reason = str(facts[TAMPERED]["error"])
    assert reason.startswith("gate drift of ")
    assert f"{TAMPERED}: begin_hour: PSI " in reason
    assert live(system).keys() - before.keys() == {NEW, LAST}
    assert before.items() <= live(system).items()
    (incident,) = system.state.incidents()
    assert (incident.subject, incident.state.value, incident.summary) == (f"{STORMS}@{TAMPERED}", "open", reason)

    release = waiting(system)
    assert closed(system).keys() == {Gate.DRIFT}
    call = ("approve", release, "--gate", "drift", "--reason", "it looks right", "--home", tmp_path / "home")
    refused = kfm(*call)
    assert (refused.code, "of gate drift only INCONCLUSIVE may be accepted" in refused.err) == (3, True)
    assert kfm("promote", STORMS, "--home", tmp_path / "home").code == 3
    assert TAMPERED not in live(system)
    assert list(verify_all(system)) == []

    mended = editions.edition(folder, details(TAMPERED), editions.honest)
    assert mended.name == next(folder.glob(f"*d{TAMPERED}*{editions.LATER}*")).name
    assert notes(system, run(system, STORMS, [TAMPERED]))[TAMPERED]["published"]
    assert [one.state.value for one in system.state.incidents()] == ["resolved"]


def test_what_diff_stops_a_person_may_accept(storms: Path, tmp_path: Path, kfm) -> None:
    home = tmp_path / "home"
    system = copied(storms, home, sent(tmp_path / "in", LIVE, editions.a_third_of_a_month))
    before = live(system)
    facts = notes(system, run(system, STORMS, [LIVE]))[LIVE]
    assert str(facts["error"]).startswith("gate diff of ")
    assert live(system) == before
    assert closed(system).keys() == {Gate.DIFF}
    told = kfm("policy", "explain", STORMS, "--home", home).told
    assert "Gate diff is closed for " in told
    assert "A person may accept that." in told
    assert kfm("promote", STORMS, "--home", home).code == 3

    release = waiting(system)
    assert kfm("approve", release, "--gate", "diff", "--reason", "NCEI withdrew repeats", "--home", home).code == 0
    done = kfm("promote", STORMS, "--home", home)
    assert (done.code, done.err) == (0, "")
    assert {year for year, build in live(system).items() if build != before[year]} == {LIVE}
    assert record.stable(system, STORMS).id == release
    said = [one for one in system.state.verdicts([release]) if one.gate is Gate.DIFF]
    assert {one.outcome for one in said} == {Outcome.FAIL}
    assert [one.state.value for one in system.state.incidents()] == ["resolved"]
    assert list(verify_all(opened(home))) == []
