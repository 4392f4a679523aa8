"""What happens outside a run reaches the UI as events of its partitions."""

from __future__ import annotations

from dagster import AssetMaterialization, AssetObservation

from kfm_assets.defs.keys import key
from kfm_assets.defs.launch import run
from kfm_assets.defs.observer import DagsterObserver
from kfm_assets.defs.step import DATA_VERSION
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.journal import Action
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.rollback import roll_back
from kfm_assets.wiring import wire
from kfm_assets_tests.defs.conftest import Home
from kfm_assets_tests.defs.feeds import COUNTIES, STORMS

AT = key(Zone.PUBLISHED, STORMS)


def materialized(home: Home) -> list[AssetMaterialization]:
    return [record.asset_materialization for record in home.dagster.fetch_materializations(AT, limit=100).records]


def observed(home: Home) -> list[AssetObservation]:
    return [record.asset_observation for record in home.dagster.fetch_observations(AT, limit=100).records]


def test_each_partition_that_is_live_or_gone_is_reported(home: Home) -> None:
    builds = {"1990": Digest("sha256:aa"), "1991": None}
    DagsterObserver(home.settings.home).published(STORMS, builds, Digest("sha256:bb"), "by hand")
    (live,), (gone,) = materialized(home), observed(home)
    assert (live.partition, live.tags[DATA_VERSION], live.description) == ("1990", "sha256:aa", "by hand")
    assert live.metadata["release"].value == "sha256:bb"
    assert gone.partition == "1991"
    assert "by hand" in gone.description
    assert home.materialized(Zone.PUBLISHED, STORMS) == {"1990"}


def test_promotion_and_rollback_outside_a_run_are_shown(home: Home) -> None:
    watched = wire(home.settings, observer=DagsterObserver(home.settings.home))
    run(home.settings, [STORMS], ["1990"], publish=False)
    promote(watched, COUNTIES)
    promote(watched, STORMS)
    assert [(event.partition, event.tags[DATA_VERSION]) for event in materialized(home)] == [*home.live(STORMS).items()]

    run(home.settings, [STORMS], ["1993"])
    roll_back(watched, STORMS, "1", Cause(Action.ROLLBACK, "the hail is wrong", "data-quality"))
    (gone,) = observed(home)
    assert gone.partition == "1993"
    assert "the hail is wrong" in gone.description
