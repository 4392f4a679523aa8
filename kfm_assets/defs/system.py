"""The system as a Dagster resource: the engine's ports, wired when a step first needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster import Field as ConfigField
from dagster import InitResourceContext, ResourceDefinition
from dagster._config.pythonic_config import ConfigurableResourceFactory
from pydantic import Field

if TYPE_CHECKING:
    from kfm_assets.ports import System
    from kfm_assets.settings import Settings

RESOURCE = "kansas"
"""The resource's name."""


class Kansas(ConfigurableResourceFactory[object]):
    """Opens the home that `KFM_HOME` names. What is left out is as the environment says."""

    source: str = Field(default="", description="`sample`, `live`, or the path of a folder of recorded responses.")
    sample_size: int = Field(default=0, description="About how many rows a partition of the sample has.")
    sample_seed: int = Field(default=-1, description="What the sample's generators begin with.")

    def create_resource(self, context: InitResourceContext) -> System:
        """Wire the system. It tells no observer: a run's own events say what it did."""
        from kfm_assets import settings, wiring

        del context
        chosen = settings.load(
            source=self.source or None,
            sample_size=self.sample_size or None,
            sample_seed=self.sample_seed if self.sample_seed >= 0 else None,
        )
        return wiring.wire(chosen)


def lent(system: System) -> ResourceDefinition:
    """Return the resource of a process that wired the system already, configured alike for the UI to show."""
    kinds = {"source": str, "sample_size": int, "sample_seed": int}
    schema = {name: ConfigField(kind, is_required=False) for name, kind in kinds.items()}
    return ResourceDefinition(lambda _: system, config_schema=schema)


def configuration(settings: Settings) -> dict[str, object]:
    """Return the resource's configuration that stands for some settings."""
    return {
        "source": settings.source,
        "sample_size": settings.sample_size,
        "sample_seed": settings.sample_seed,
    }
