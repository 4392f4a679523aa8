"""Reading a policy file: YAML to `document.Document` to one frozen `Policy` for each dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kfm_assets.domain.policy import Policy
from kfm_assets.errors import InvalidPolicy

if TYPE_CHECKING:
    from pydantic import ValidationError

    from kfm_assets.adapters.policies.document import Document, Thresholds


def load(datasets: Sequence[str], path: str | os.PathLike[str] | None = None) -> Mapping[str, Policy]:
    """Return the policy of each dataset, from a file, or from the one that comes with the package.

    Raises:
        InvalidPolicy: in one line that names the file, the key and what to do, when the file is not there or not YAML,
            has a key twice, a key that is not known, a value of another type, a gate or a dataset that there is not.
    """
    where = str(path) if path else "kfm_assets/policies/promotion.yml"
    document = _document(where, _text(where, path))
    strangers = [key for key in document.datasets if key not in datasets]
    if strangers:
        raise _invalid(
            where, f"datasets.{strangers[0]}", f"there is no such dataset; write one of {', '.join(datasets)}"
        )
    return {dataset: _policy(document, dataset) for dataset in datasets}


def _text(where: str, path: str | os.PathLike[str] | None) -> str:
    try:
        if path:
            return Path(path).read_text(encoding="utf-8")
        return resources.files("kfm_assets").joinpath("policies", "promotion.yml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(where, "", f"it cannot be read ({error}); give a YAML file in UTF-8") from None


def _document(where: str, text: str) -> Document:
    # These two are imported here so that a command that asks no policy does not pay for them.
    from pydantic import ValidationError  # noqa: PLC0415

    from kfm_assets.adapters.policies import document, yaml  # noqa: PLC0415

    try:
        return document.Document.model_validate(yaml.read(text))
    except yaml.YamlError as error:
        raise _invalid(where, "", str(error)) from None
    except ValidationError as error:
        raise _invalid(where, *_first(error)) from None


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
    )


def _values(thresholds: Thresholds) -> dict[str, str]:
    """Return what is given of the thresholds of all gates, by name."""
    given = [pair for _, of_gate in thresholds for pair in of_gate]
    return {name: _text_of(threshold.value) for name, threshold in given if threshold is not None}


def _text_of(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)
