"""The datasets there are: one line each. A specification is cheap to load; a program is loaded when it runs."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from kfm_assets.domain.dataset import Dataset
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    from kfm_assets.datasets.program import Derived, Program

ACQUIRED = (
    "climate/divisional",
    "climate/drought",
    "geography/counties",
    "hazards/earthquakes",
    "hazards/storm_events",
    "hydrology/streamflow",
)
"""The datasets that an upstream sends, each after those that it requires."""

DERIVED = (
    "models/storm_frequency",
    "models/storm_outlook",
)
"""The datasets that are made from others alone, each after those that it requires."""

DATASETS = ACQUIRED + DERIVED
"""In an order in which each stands after those that it requires."""


@cache
def specification(key: str) -> Dataset:
    """Return a dataset's specification. Raises NotFound for a key that is not in the registry."""
    if key not in DATASETS:
        raise NotFound(f"there is no dataset {key!r}", advice=f"the datasets are: {', '.join(DATASETS)}")
    module = import_module(f"{package(key)}.specification")
    spec: Dataset = module.SPECIFICATION
    return spec


@cache
def program(key: str) -> Program:
    """Return the code of a dataset that an upstream sends. Raises NotFound as `specification` does."""
    from kfm_assets.datasets.program import Program  # noqa: PLC0415 - Dagster's definitions load without it

    spec = specification(key)
    parser, transform, sample = (import_module(f"{package(key)}.{name}") for name in ("parser", "transform", "sample"))
    witness = import_module(f"{package(key)}.witness") if spec.witness else None
    return Program(
        specification=spec,
        parse=parser.parse,
        verbatim=parser.verbatim,
        transform=transform.transform,
        sample=sample.generate,
        sample_partitions=sample.PARTITIONS,
        witness=witness.hear if witness else None,
        witness_sample=witness.sample if witness else None,
    )


@cache
def derived(key: str) -> Derived:
    """Return the code of a dataset that is made from others alone. Raises NotFound as `specification` does."""
    from kfm_assets.datasets.program import Derived  # noqa: PLC0415 - as above

    return Derived(specification(key), import_module(f"{package(key)}.derive").derive)


def package(key: str) -> str:
    """Return the package that holds a dataset's folder."""
    return "kfm_assets.datasets." + key.replace("/", ".")
