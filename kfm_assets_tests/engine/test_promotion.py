"""Promotion fails closed, lands once, and never mixes two states."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.evidence_ref import ReleaseRef
from kfm_assets.domain.journal import Action
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import record
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.rollback import roll_back
from kfm_assets.errors import Conflict, GateClosed, IntegrityError, KfmError, NotFound, UsageError
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.simulator import POLICY_GATES, STORMS, World, account, policy

BACK = Cause(Action.ROLLBACK, "the hail is wrong", "data-quality")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def published(world: World, contents: dict[str, str], origin: Origin = Origin.REAL) -> str:
    world.prepare(contents, origin)
    return str(promote(world.system(), STORMS).release)


def test_a_promotion_makes_exactly_its_partitions_live(world: World) -> None:
    published(world, {"1950": "a", "1951": "b"})
    done = promote_again(world, {"1951": "c"})
    assert done.changed == ("1951",)
    assert world.seen() == {"1950": "a", "1951": "c"}
    assert world.state.pending() == []


def promote_again(world: World, contents: dict[str, str]):
    world.prepare(contents)
    return promote(world.system(), STORMS)


def test_the_same_builds_again_change_nothing(world: World) -> None:
    first = published(world, {"1950": "a"})
    before = world.state.pointer(STORMS), len(world.state.journal()), world.lake.branches()["env-prod"]
    again = promote_again(world, {"1950": "a"})
    assert (again.release, again.changed) == (first, ())
    assert before == (world.state.pointer(STORMS), len(world.state.journal()), world.lake.branches()["env-prod"])


def test_a_release_id_depends_on_content_only(tmp_path: Path) -> None:
    ids = []
    for name, steps in (("one", [{"1950": "a", "1951": "b"}]), ("two", [{"1951": "x"}, {"1951": "b"}, {"1950": "a"}])):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        ids.append([published(world, step) for step in steps][-1])
    assert ids[0] == ids[1]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR])
def test_only_pass_opens(world: World, outcome: Outcome) -> None:
    _good, bad = world.prepare({"1950": "a", "1951": "b"})
    world.judge(bad, [Gate.QUALITY], outcome=outcome)
    done = promote(world.system(), STORMS)
    assert done.changed == ("1950",)
    assert outcome.value in done.held["1951"]
    assert world.seen() == {"1950": "a"}
    assert [pending.build for pending in world.state.pending()] == [bad]


@pytest.mark.parametrize("gates", [(Gate.IDENTITY, Gate.QUALITY, Gate.CATALOGS), ()])
def test_a_required_gate_without_a_verdict_and_an_empty_set_stay_closed(world: World, gates: tuple[Gate, ...]) -> None:
    world.prepare({"1950": "a"})
    asked = replace(policy(STORMS), build_gates=gates)
    system = replace(world.system(), policy=lambda dataset: asked)
    # The verdicts on record are under another policy as well: its digest has changed with what it asks.
    assert promote(system, STORMS).changed == ()
    assert world.seen() == {}


def test_a_missing_verdict_on_the_release_keeps_it_closed(world: World) -> None:
    world.prepare({"1950": "a"})
    asked = Policy("simulated", STORMS, POLICY_GATES[0], (*POLICY_GATES[1], Gate.IDENTITY), {}, {})
    system = replace(world.system(), policy=lambda dataset: asked)
    for pending in world.state.pending():
        world.judge(pending.build, POLICY_GATES[0], under=asked)
    with pytest.raises(GateClosed, match=r"gate A .* no verdict"):
        promote(system, STORMS)
    assert world.seen() == {}


def test_a_verdict_that_is_too_old_is_none(world: World) -> None:
    world.prepare({"1950": "a"})
    asked = Policy("simulated", STORMS, *POLICY_GATES, thresholds={}, most_days={"E": 30})
    for pending in world.state.pending():
        world.judge(pending.build, POLICY_GATES[0], under=asked, age=timedelta(days=31))
    done = promote(replace(world.system(), policy=lambda dataset: asked), STORMS)
    assert "older than 30 days" in done.held["1950"]


@pytest.mark.parametrize(("assembled", "error"), [(False, GateClosed), (True, IntegrityError)])
def test_bytes_that_are_not_those_that_were_judged_are_never_published(
    world: World, assembled: bool, error: type[KfmError]
) -> None:
    world.prepare({"1950": "a"})
    if assembled:
        assemble(world.system(), "20260101t000000-aa", STORMS, ["1950"])
    pending = world.state.pending()[0]
    with world.lake.stage(f"run-{pending.run}") as staging:
        staging.write(f"{STORMS}/work/1950/account.json", b"exchanged after the verdict")
        commit = staging.commit("tampered").id
    world.state.set_pending([replace(pending, commit=commit)])
    with pytest.raises(error, match=r"nothing kept|not what the release"):
        promote(world.system(), STORMS)
    assert world.seen() == {}


def test_disjoint_promotions_are_rebased_and_both_land(world: World) -> None:
    published(world, {"1950": "a"})
    world.prepare({"1951": "b"})
    assemble(world.system(), "20260101t000000-aa", STORMS, ["1951"])
    world.prepare({"1952": "c"})
    promote(world.system(), STORMS, ["1952"])
    promote(world.system(), STORMS, ["1951"])
    assert world.seen() == {"1950": "a", "1951": "b", "1952": "c"}


def test_two_promotions_of_one_partition_are_a_conflict(world: World) -> None:
    published(world, {"1950": "a"})
    world.prepare({"1950": "mine"})
    mine = world.state.pending()
    world.prepare({"1950": "theirs"})
    promote(world.system(), STORMS)
    world.state.set_pending(mine)
    with pytest.raises(Conflict, match="published by somebody else"):
        promote(world.system(), STORMS)
    assert world.seen() == {"1950": "theirs"}


def test_real_replaces_synthetic_as_a_whole_and_never_the_other_way(world: World) -> None:
    published(world, {"1949": "invented", "1950": "invented"}, Origin.SYNTHETIC)
    published(world, {"1950": "real"})
    assert world.seen() == {"1950": "real"}
    world.prepare({"1949": "invented"}, Origin.SYNTHETIC)
    done = promote(world.system(), STORMS)
    assert (done.changed, list(done.held)) == ((), ["1949"])
    assert "synthetic data never replaces" in done.held["1949"]
    with pytest.raises(GateClosed, match="synthetic data never replaces"):
        roll_back(world.system(), STORMS, "v1", BACK)
    assert world.seen() == {"1950": "real"}


def test_rolling_back_and_forward_again(world: World) -> None:
    published(world, {"1950": "a", "1951": "b"})
    second = published(world, {"1951": "worse", "1952": "c"})
    back = roll_back(world.system(), STORMS, "previous", BACK)
    assert world.seen() == {"1950": "a", "1951": "b"}
    assert sorted(back.changes) == ["1951", "1952"]
    dataset, builds, release, description = world.told[-1]
    assert (dataset, release, builds["1952"], builds["1951"]) == (STORMS, back.target, None, back.changes["1951"].after)
    assert description.endswith(": the hail is wrong")
    roll_back(world.system(), STORMS, second[7:15], BACK)
    assert world.seen() == {"1950": "a", "1951": "worse", "1952": "c"}
    assert [entry.intent.action.value for entry in world.state.journal()] == [
        "promotion",
        "promotion",
        "rollback",
        "rollback",
    ]
    assert world.state.pointer(STORMS).generation == 4


def test_the_same_build_can_be_promoted_again_after_a_rollback(world: World) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    roll_back(world.system(), STORMS, "v1", BACK)
    published(world, {"1950": "b"})
    assert world.seen() == {"1950": "b"}


def test_one_partition_goes_back_and_leaves_the_others(world: World) -> None:
    published(world, {"1950": "a", "1951": "b"})
    published(world, {"1950": "worse", "1951": "better", "1952": "new"})
    done = roll_back(world.system(), STORMS, "1", BACK, ["1950", "1952"])
    assert world.seen() == {"1950": "a", "1951": "better"}
    assert done.target not in {entry.intent.target for entry in world.state.journal()[:2]}


def test_a_dry_run_says_what_would_change_and_changes_nothing(world: World) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    before = world.seen(), len(world.state.journal()), world.lake.branches(), dict(world.records.files)
    planned = roll_back(world.system(), STORMS, "v1", Cause(Action.ROLLBACK), dry_run=True)
    assert list(planned.changes) == ["1950"]
    assert before == (world.seen(), len(world.state.journal()), world.lake.branches(), world.records.files)


def test_a_rollback_leaves_a_prov_correction_and_an_incident(world: World) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    done = roll_back(world.system(), STORMS, "v1", BACK)
    assert done.intent
    record_ = json.loads(world.records.files[f"data/lineage/reliability/rollbacks/{done.intent.txn}.prov.jsonld"])
    activity = next(node for node in record_["@graph"] if "prov:Activity" in node["@type"])
    assert activity["rdfs:comment"] == "the hail is wrong"
    assert activity["@type"] == ["prov:Activity", "kfm:Correction", "kfm:Rollback"]
    assert activity["prov:used"] == [{"@id": str(ReleaseRef(one))} for one in (done.source, done.target)]
    incident = json.loads(world.records.files[f"data/lineage/reliability/incidents/rollback-{done.intent.txn}.json"])
    assert (incident["state"], incident["severity"]) == ("mitigated", "sev2")
    published(world, {"1949": "unrelated"})
    assert {incident.state.value for incident in world.state.incidents()} == {"mitigated"}
    published(world, {"1950": "c"})
    assert {incident.state.value for incident in world.state.incidents()} == {"resolved"}


def test_a_rollback_names_what_it_cannot_do(world: World) -> None:
    with pytest.raises(NotFound, match=r"nothing of .* was ever published"):
        roll_back(world.system(), STORMS, "v1", BACK)
    published(world, {"1950": "a"})
    with pytest.raises(UsageError, match="needs a reason"):
        roll_back(world.system(), STORMS, "v1", Cause(Action.ROLLBACK, " "))
    with pytest.raises(NotFound, match="names no release"):
        roll_back(world.system(), STORMS, "v9", BACK)
    with pytest.raises(NotFound, match="no earlier release"):
        roll_back(world.system(), STORMS, "previous", BACK)
    with pytest.raises(NotFound, match="partition 1999"):
        roll_back(world.system(), STORMS, "v1", BACK, ["1999"])


def test_what_is_live_at_an_instant_follows_the_journal(world: World) -> None:
    first = published(world, {"1950": "a"})
    between = world.clock.now()
    second = published(world, {"1950": "b"})
    system = world.system()
    assert record.live_at(system, STORMS, between) == first
    assert record.live_at(system, STORMS, world.clock.now()) == second
    with pytest.raises(NotFound, match="was live at"):
        record.live_at(system, STORMS, between - timedelta(days=400))


def test_a_rollback_is_gated_like_anything_else(world: World) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    old = record.builds(world.system(), record.find(world.system(), "v1", STORMS).release)["1950"]
    world.judge(old, [Gate.QUALITY], outcome=Outcome.FAIL)
    with pytest.raises(GateClosed, match="gate E"):
        roll_back(world.system(), STORMS, "v1", BACK)
    assert world.seen() == {"1950": "b"}
    assert not world.state.unfinished()


def test_a_verdict_that_was_altered_where_it_is_stored_opens_nothing(world: World, tmp_path: Path) -> None:
    (build,) = world.prepare({"1950": "a"})
    world.judge(build, [Gate.QUALITY], outcome=Outcome.FAIL)
    with sqlite3.connect(tmp_path / "state.db") as meddler:
        meddler.execute("UPDATE verdicts SET verdict = replace(verdict, 'FAIL', 'PASS')")
    meddler.close()
    done = promote(world.system(), STORMS)
    assert "not what its evidence concludes" in done.held["1950"]
    assert world.seen() == {}


@pytest.mark.parametrize(
    "change",
    [
        "replace(verdict, 'FAIL', 'PASS')",
        "'{'",
        "json_set(verdict, '$.policy', 'sha256:0')",
        "json_set(verdict, '$.at', '2001-01-01T00:00:00+00:00', '$.outcome', 'PASS')",
        "json_set(verdict, '$.subject', 'sha256:0')",
    ],
)
def test_no_older_verdict_comes_to_count_where_the_newest_was_altered(
    world: World, tmp_path: Path, change: str
) -> None:
    (build,) = world.prepare({"1950": "a"})
    world.judge(build, [Gate.QUALITY], outcome=Outcome.FAIL)
    with sqlite3.connect(tmp_path / "state.db") as meddler:
        meddler.execute(f"UPDATE verdicts SET verdict = {change} WHERE verdict LIKE '%FAIL%'")  # noqa: S608 - words of this file
    meddler.close()
    assert list(promote(world.system(), STORMS).held) == ["1950"]
    assert record.to_go_by(world.system(), build, Gate.QUALITY, policy(STORMS).digest) is None
    world.judge(build, [Gate.QUALITY])
    world.judge(build, [Gate.IDENTITY])
    assert promote(world.system(), STORMS).changed == ("1950",)


def everything(world: World, folder: Path) -> tuple[object, ...]:
    """Return all that is stored."""
    with sqlite3.connect(folder / "state.db") as looker:
        state = list(looker.iterdump())
    looker.close()
    return state, world.lake.branches(), world.lake.tags(), dict(world.records.files), list(world.told)


def refused(world: World, folder: Path, error: type[KfmError], words: str, **more: object) -> None:
    """See that the dry run says what the rollback says, and writes nothing."""
    before = everything(world, folder)
    with pytest.raises(error, match=words) as foreseen:
        roll_back(world.system(), STORMS, "v1", Cause(Action.ROLLBACK), dry_run=True, **more)
    assert everything(world, folder) == before
    with pytest.raises(error, match=words) as seen:
        roll_back(world.system(), STORMS, "v1", BACK, **more)
    assert (foreseen.value.advice, foreseen.value.exit_code) == (seen.value.advice, seen.value.exit_code)


def test_a_dry_run_says_that_synthetic_data_replace_no_real_ones(world: World, tmp_path: Path) -> None:
    published(world, {"1950": "invented"}, Origin.SYNTHETIC)
    published(world, {"1950": "real"})
    refused(world, tmp_path, GateClosed, "synthetic data never replaces")


def test_a_dry_run_says_which_gate_is_closed(world: World, tmp_path: Path) -> None:
    (old,) = world.prepare({"1950": "a"})
    promote(world.system(), STORMS)
    published(world, {"1950": "b"})
    world.judge(old, [Gate.QUALITY], outcome=Outcome.FAIL)
    refused(world, tmp_path, GateClosed, "gate E of .* is closed")
    refused(world, tmp_path, GateClosed, "gate E of .* is closed", partitions=["1950"])


def test_a_dry_run_says_that_bytes_are_damaged(world: World, tmp_path: Path) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    del world.lake.stored[digest_bytes(account("a"))]
    refused(world, tmp_path, IntegrityError, "account.json is not sha256:")


def test_a_dry_run_of_what_must_be_judged_first_judges_and_keeps_nothing(world: World, tmp_path: Path) -> None:
    published(world, {"1950": "a", "1951": "x"})
    published(world, {"1950": "b", "1951": "y"})
    before = everything(world, tmp_path)
    planned = roll_back(world.system(), STORMS, "v1", Cause(Action.ROLLBACK), ["1951"], dry_run=True)
    assert everything(world, tmp_path) == before
    assert planned.target == roll_back(world.system(), STORMS, "v1", BACK, ["1951"]).target


def test_a_dry_run_says_that_somebody_else_moved_production(world: World, tmp_path: Path) -> None:
    published(world, {"1950": "a"})
    published(world, {"1950": "b"})
    with world.lake.stage(PRODUCTION) as staging:
        staging.write(f"{STORMS}/work/1950/account.json", b"foreign")
        staging.commit("meddled")
    before = everything(world, tmp_path)
    with pytest.raises(Conflict, match="does not hold what the stable release"):
        roll_back(world.system(), STORMS, "v1", Cause(Action.ROLLBACK), dry_run=True)
    assert everything(world, tmp_path) == before
    with pytest.raises(Conflict, match="does not hold what the stable release"):
        roll_back(world.system(), STORMS, "v1", BACK)
