"""What `kfm` does outside a Dagster run, told to the UI as runless asset events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dagster import AssetMaterialization, AssetObservation, DagsterInstance, MetadataValue

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
                _report(dagster, dataset, partition, build, release, description)


def _report(
    dagster: DagsterInstance, dataset: str, partition: str, build: Digest | None, release: Digest, description: str
) -> None:
    at, metadata = key(Zone.PUBLISHED, dataset), {"release": MetadataValue.text(release)}
    if build:
        event = AssetMaterialization(
            at,
            partition=event_partition(partition),
            description=description,
            metadata={**metadata, "build": MetadataValue.text(build)},
            tags={DATA_VERSION: build},
        )
        dagster.report_runless_asset_event(event)
    else:
        dagster.report_runless_asset_event(gone(dataset, partition, release, description))


def gone(dataset: str, partition: str, release: Digest, description: str) -> AssetObservation:
    """Return the event that says that a release no longer holds a partition; Dagster has no other way to unmake one."""
    return AssetObservation(
        key(Zone.PUBLISHED, dataset),
        partition=event_partition(partition),
        description=f"No longer published. {description}",
        metadata={"release": MetadataValue.text(release), "published": MetadataValue.bool(False)},
    )
