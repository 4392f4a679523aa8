"""What `kfm` does outside a Dagster run, told to the UI as runless asset events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dagster import AssetMaterialization, AssetObservation, MetadataValue

from kfm_assets.defs import instance
from kfm_assets.defs.keys import key
from kfm_assets.defs.partitions import event_partition
from kfm_assets.defs.step import DATA_VERSION
from kfm_assets.domain.artifact import Zone
from kfm_assets.domain.canonical import Digest


class DagsterObserver:
    """The `Observer` port on the instance of a home, which is opened when there is something to tell."""

    def __init__(self, home: Path) -> None:
        """Keep the home's path."""
        self._home = home

    def published(self, dataset: str, builds: Mapping[str, Digest | None], release: Digest, description: str) -> None:
        """Report each partition that is live by another build now, and each that is gone."""
        with instance.opened(self._home) as dagster:
            for partition, build in builds.items():
                event = live(dataset, partition, build, release) if build else gone(dataset, partition, release)
                dagster.report_runless_asset_event(event._replace(description=description))


def live(dataset: str, partition: str, build: Digest, release: Digest) -> AssetMaterialization:
    """Return the event that says that readers get this build of a partition."""
    return AssetMaterialization(
        key(Zone.PUBLISHED, dataset),
        partition=event_partition(partition),
        metadata={"release": MetadataValue.text(release), "build": MetadataValue.text(build)},
        tags={DATA_VERSION: build},
    )


def gone(dataset: str, partition: str, release: Digest) -> AssetObservation:
    """Return the event that says that a release no longer holds a partition; Dagster has no other way to unmake one."""
    return AssetObservation(
        key(Zone.PUBLISHED, dataset),
        partition=event_partition(partition),
        description="No longer published.",
        metadata={"release": MetadataValue.text(release), "published": MetadataValue.bool(False)},
    )
