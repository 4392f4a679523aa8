"""The commands that change what readers get: rollback and promote."""

from __future__ import annotations

import json

import pytest

from kfm_assets import settings, wiring
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Mark
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine import publish as publishing
from kfm_assets.engine.promote import promote
from kfm_assets_tests.cli import homes, real


class Stop(BaseException):
    """Ends a process in the middle."""


def stable(home, dataset=homes.EARTHQUAKES):
    return wiring.wire(settings.load(home=home)).state.pointer(dataset).stable


def test_a_dry_run_prints_what_would_change_and_changes_nothing(kfm, home):
    before = stable(home)
    (line,) = kfm("rollback", homes.EARTHQUAKES, "--to", "previous", "--dry-run", "--json", "--home", home).lines
    assert (line["from"], line["dry_run"], line["changed"], line["txn"]) == (before, True, False, None)
    assert set(line["changes"]) == {"2015-07", "2015-08", "2015-09"}
    assert all(change["before"] != change["after"] for change in line["changes"].values())
    told = kfm("rollback", homes.EARTHQUAKES, "--to", "previous", "--dry-run", "--home", home)
    assert "Nothing was changed" in told.told
    assert stable(home) == before


def test_a_dry_run_ends_as_the_rollback_would(kfm, tmp_path):
    source = real.put(tmp_path / "real", real.files(homes.EARTHQUAKES, "2015-08"), real.files(homes.COUNTIES, "static"))
    home = tmp_path / "home"
    homes.publish(home, homes.COUNTIES)
    homes.publish(home, homes.EARTHQUAKES, partitions=["2015-08"])
    for dataset in (homes.COUNTIES, homes.EARTHQUAKES):
        homes.publish(home, dataset, source=str(source))
    to = ("rollback", homes.EARTHQUAKES, "--to", "v1", "--home", home)
    foreseen, seen = kfm(*to, "--dry-run"), kfm(*to, "--reason", "x")
    assert (foreseen.code, foreseen.err) == (seen.code, seen.err)
    assert (seen.code, seen.out, foreseen.out) == (3, "", "")
    assert "synthetic data never replaces" in seen.err


def test_back_and_forward_again(kfm, home):
    first, second = (line["release"] for line in kfm("releases", homes.EARTHQUAKES, "--json", "--home", home).lines)
    back = ("rollback", homes.EARTHQUAKES, "--to", "v1", "--reason", "wrong depths", "--category", "data-quality")
    (line,) = kfm(*back, "--json", "--home", home).lines
    assert (line["to"], line["changed"], line["reason"]) == (first, True, "wrong depths")
    assert stable(home) == first
    kept = home / "data/lineage/reliability/rollbacks" / f"{line['txn']}.prov.jsonld"
    assert "wrong depths" in json.dumps(json.loads(kept.read_text()))
    again = kfm(*back, "--home", home)
    assert (again.code, "nothing changed" in again.told) == (0, True)
    forward = kfm("rollback", homes.EARTHQUAKES, "--to", second[7:19], "--reason", "they were right", "--home", home)
    assert forward.code == 0
    assert stable(home) == second


def test_one_partition_goes_back_alone(kfm, home):
    ended = kfm(
        *("rollback", homes.EARTHQUAKES, "--to", "v1", "--partitions", "2015-08", "--reason", "x", "--json"),
        *("--home", home),
    )
    assert list(ended.lines[0]["changes"]) == ["2015-08"]
    live = kfm("show", stable(home)[7:19], "--json", "--home", home).lines[0]["builds"]
    old = kfm("show", "v1", "--dataset", homes.EARTHQUAKES, "--json", "--home", home).lines[0]["builds"]
    assert {name for name in live if live[name] == old[name]} == {"2015-08"}


@pytest.mark.parametrize("reason", [(), ("--reason", "  ")])
def test_a_rollback_needs_a_reason(kfm, home, reason):
    before = stable(home)
    ended = kfm("rollback", homes.EARTHQUAKES, "--to", "v1", *reason, "--home", home)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "--reason" in ended.err
    assert stable(home) == before


def test_promote_publishes_what_waits(kfm, home):
    homes.prepare(home, homes.EARTHQUAKES, seed=3)
    (one,) = kfm("promote", homes.EARTHQUAKES, "--partitions", "2015-08", "--json", "--home", home).lines
    assert (one["partition"], one["published"], one["changed"]) == ("2015-08", True, True)
    assert one["release"] == stable(home)
    rest = kfm("promote", homes.EARTHQUAKES, "--json", "--home", home)
    assert [line["partition"] for line in rest.lines] == ["2015-07", "2015-09"]
    nothing = kfm("promote", homes.EARTHQUAKES, "--home", home)
    assert (nothing.code, "Nothing" in nothing.told) == (0, True)


def test_promote_leaves_out_what_a_gate_holds_and_says_so(kfm, home):
    system = homes.prepare(home, homes.EARTHQUAKES, seed=3)
    held = next(item for item in system.state.pending(homes.EARTHQUAKES) if item.partition == "2015-08")
    system.state.record_verdict(
        Verdict(
            subject=Digest(held.build),
            gate=Gate.QUALITY,
            policy=system.policy(homes.EARTHQUAKES).digest,
            outcome=Outcome.FAIL,
            findings=(Finding("depth", Outcome.FAIL, "depths are upside down"),),
            evidence=(),
            at=system.clock.now(),
        )
    )
    ended = kfm("promote", homes.EARTHQUAKES, "--json", "--home", home)
    assert ended.code == 3
    by_partition = {line["partition"]: line for line in ended.lines}
    assert not by_partition["2015-08"]["published"]
    assert "depths are upside down" in by_partition["2015-08"]["error"]
    assert by_partition["2015-07"]["published"]
    told = kfm("promote", homes.EARTHQUAKES, "--home", home)
    assert (told.code, "held" in told.told) == (3, True)


def test_promote_of_what_was_never_made_is_not_found(kfm, home):
    ended = kfm("promote", homes.EARTHQUAKES, "--partitions", "2015-10", "--home", home)
    assert (ended.code, ended.err.count("\n")) == (8, 1)


def test_recover_ends_what_a_crash_left(kfm, home, monkeypatch):
    homes.prepare(home, homes.EARTHQUAKES, seed=3)
    system = wiring.wire(settings.load(home=home))

    def crash(*_arguments: object) -> None:
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_swap", crash)
        with pytest.raises(Stop):
            promote(system, homes.EARTHQUAKES)
    unfinished = kfm("releases", homes.EARTHQUAKES, "--json", "--home", home).lines[2]
    assert (unfinished["live"], unfinished["was_live"]) == (False, [])
    assert "kfm recover" in kfm("status", "--home", home).told
    assert kfm("doctor", "--json", "--home", home).code in {4, 8}
    (line,) = kfm("recover", "--json", "--home", home).lines
    assert (line["dataset"], line["mark"]) == (homes.EARTHQUAKES, Mark.DONE)
    assert "Nothing was left" in kfm("recover", "--home", home).told
