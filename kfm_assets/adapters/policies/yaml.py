"""YAML, read safely and strictly: a key that stands twice in one mapping is an error, not a silent replacement."""

from __future__ import annotations

from collections.abc import Hashable

import yaml


class YamlError(ValueError):
    """A text that is not YAML, or says something twice; where, in one line."""


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for at, key in enumerate(keys):
            if key in keys[:at]:
                line = node.value[at][0].start_mark.line + 1
                raise YamlError(f"line {line}: {key} stands there twice; remove one")
        return super().construct_mapping(node, deep=deep)


def read(text: str) -> object:
    """Return what a YAML text holds, as plain values. Raises YamlError."""
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - it is a SafeLoader
    except yaml.YAMLError as error:
        raise YamlError(f"it is not YAML: {error}") from None
    except RecursionError:
        raise YamlError("it is nested too deeply for a policy") from None
