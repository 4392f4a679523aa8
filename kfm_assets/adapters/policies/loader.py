"""Reading policy files: YAML to a strict document, to one frozen `Policy`, or `ServiceLevels`, for each dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kfm_assets.domain.levels import ServiceLevels
from kfm_assets.domain.policy import Policy
from kfm_assets.errors import InvalidPolicy

if TYPE_CHECKING:
    from pydantic import ValidationError

    from kfm_assets.adapters.policies.document import Document, Thresholds
    from kfm_assets.adapters.policies.kinds import Strict
    from kfm_assets.adapters.policies.levels import LevelsDocument

    D = TypeVar("D", Document, LevelsDocument)

PROMOTION, LEVELS = "promotion.yml", "slo.yml"
"""The files that come with the package."""

File = str | os.PathLike[str] | None


def load(datasets: Sequence[str], path: File = None) -> Mapping[str, Policy]:
    """Return the policy of each dataset, from a file, or from the one that comes with the package.

    Raises:
        InvalidPolicy: in one line that names the file, the key and what to do, when the file is not there or not YAML,
            has a key twice, a key that is not known, a value of another type, a gate or a dataset that there is not.
    """
    document = promotion(datasets, path)
    return {dataset: _policy(document, dataset) for dataset in datasets}


def load_levels(datasets: Sequence[str], path: File = None) -> Mapping[str, ServiceLevels]:
    """Return the service levels of each dataset, as `load` does the policy. Raises InvalidPolicy."""
    document = levels(datasets, path)
    return {dataset: _levels(document, dataset) for dataset in datasets}


def promotion(datasets: Sequence[str], path: File = None) -> Document:
    """Return a policy file as it is written, or the package's. Raises InvalidPolicy."""
    from kfm_assets.adapters.policies.document import Document  # noqa: PLC0415 - as in _document

    return _known(_document(Document, path, PROMOTION), datasets, path, PROMOTION)


def levels(datasets: Sequence[str], path: File = None) -> LevelsDocument:
    """Return a file of service levels as it is written, or the package's. Raises InvalidPolicy."""
    from kfm_assets.adapters.policies.levels import LevelsDocument  # noqa: PLC0415 - as in _document

    return _known(_document(LevelsDocument, path, LEVELS), datasets, path, LEVELS)


def schema(*, levels: bool = False) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of a policy file, or of a file of service levels.

    It knows every key, type and pattern. What one key asks of another (a gate in its place, a threshold that the
    defaults must have, a dataset that there is) loading alone finds out.
    """
    from kfm_assets.adapters.policies.document import Document  # noqa: PLC0415 - as in _document
    from kfm_assets.adapters.policies.levels import LevelsDocument  # noqa: PLC0415 - as in _document

    made = (LevelsDocument if levels else Document).model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def where(path: File, shipped: str) -> str:
    """Return how a file is called, or the one of the package that stands for it."""
    return str(path) if path else f"kfm_assets/policies/{shipped}"


def _known(document: D, datasets: Sequence[str], path: File, shipped: str) -> D:
    strangers = [key for key in document.datasets if key not in datasets]
    if strangers:
        raise _invalid(
            where(path, shipped),
            f"datasets.{strangers[0]}",
            f"there is no such dataset; write one of {', '.join(datasets)}",
        )
    return document


def _document(model: type[D], path: File, shipped: str) -> D:
    # These two are imported here so that a command that asks no policy does not pay for them.
    from pydantic import ValidationError  # noqa: PLC0415

    from kfm_assets.adapters.policies import yaml  # noqa: PLC0415

    name = where(path, shipped)
    try:
        return model.model_validate(yaml.read(_text(name, path, shipped)))
    except yaml.YamlError as error:
        raise _invalid(name, "", str(error)) from None
    except ValidationError as error:
        raise _invalid(name, *_first(error)) from None


def _text(name: str, path: File, shipped: str) -> str:
    try:
        if path:
            return Path(path).read_text(encoding="utf-8")
        return resources.files("kfm_assets").joinpath("policies", shipped).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(name, "", f"it cannot be read ({error}); give a YAML file in UTF-8") from None


_PLAIN = {
    "extra_forbidden": "this key is not known; remove it, or mend its spelling",
    "missing": "add this key",
    "model_type": "write keys and values here",
    "dict_type": "write keys and values here",
}


def _first(error: ValidationError) -> tuple[str, str]:
    """Return the key of the first thing that is wrong, and what to do about it; a key that is not known comes first.

    Such a key is likely the other error's cause: a misspelt one is unknown here and missing there.
    """
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] in _PLAIN:
        return key, _PLAIN[first["type"]]
    if first["type"] == "value_error":
        return key, first["msg"].removeprefix("Value error, ")
    return key, f"{first['msg'][:1].lower()}{first['msg'][1:]}, not {str(first['input'])[:60]!r}"


def _invalid(where: str, key: str, problem: str) -> InvalidPolicy:
    at = f"{where}: {key}" if key else where
    return InvalidPolicy(
        f"{at}: {' '.join(problem.split())}", advice=f"mend {where}; nothing is published without a policy"
    )


def _policy(document: Document, dataset: str) -> Policy:
    from kfm_assets.adapters.policies.document import Override  # noqa: PLC0415 - as above

    defaults, override = document.defaults, document.datasets.get(dataset, Override())
    thresholds = _values(defaults.thresholds) | _values(override.thresholds)
    return Policy(
        name=document.name,
        dataset=dataset,
        build_gates=override.build_gates or defaults.build_gates,
        release_gates=override.release_gates or defaults.release_gates,
        thresholds=thresholds,
        most_days={gate.value: days.value for gate, days in {**defaults.most_days, **override.most_days}.items()},
        labels=override.labels or defaults.labels,
        stage_hours=(override.stage_hours or defaults.stage_hours).value,
        approvals={
            gate.value: allowed.outcomes for gate, allowed in {**defaults.approvals, **override.approvals}.items()
        },
    )


def _levels(document: LevelsDocument, dataset: str) -> ServiceLevels:
    from kfm_assets.adapters.policies.levels import Levels  # noqa: PLC0415 - as above

    defaults, override = document.defaults, document.datasets.get(dataset, Levels())
    return ServiceLevels(
        name=document.name,
        dataset=dataset,
        objectives=_given(defaults.objectives) | _given(override.objectives),
        ceilings=_given(defaults.ceilings) | _given(override.ceilings),
    )


def _values(thresholds: Thresholds) -> dict[str, str]:
    """Return what is given of the thresholds of all gates, by name."""
    return {name: value for _, of_gate in thresholds for name, value in _given(of_gate).items()}


def _given(part: Strict) -> dict[str, str]:
    """Return what is given of one gate's thresholds, or of objectives or ceilings, by name."""
    from kfm_assets.adapters.policies.kinds import written  # noqa: PLC0415 - as above

    return {name: written(threshold) for name, threshold in part if threshold is not None}
