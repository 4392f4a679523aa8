"""Trees to bytes and back, by skops: a zip of JSON and arrays that cannot run code when it is read, unlike a pickle.

skops names its files and nodes by addresses in memory, and dates them with the present. Here they are numbered in the
order in which they stand, and dated with the beginning of zip's time, so that the same trees are the same bytes.
Nothing is compressed: the bytes of a compressor change with its version. https://skops.readthedocs.io/en/stable/persistence.html
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from kfm_assets.errors import IntegrityError

MEDIA_TYPE = "application/vnd.skops+zip"

_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 64 * 2**20
_TREE = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"

TRUSTED = frozenset(
    {
        _TREE,
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.ndarray",
        "numpy.uint64",
        "sklearn._loss._loss.CyHalfPoissonLoss",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogLink",
        "sklearn._loss.loss.HalfPoissonLoss",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
    }
)
"""Every class that an archive may name; one that names another is not read."""


def dump(trees: Any) -> bytes:  # noqa: ANN401 - scikit-learn ships no types
    """Return trees as bytes that depend on them alone."""
    import skops.io  # noqa: PLC0415 - only a step that trains pays for it

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(trees))) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        files: dict[str, str] = {}
        _number(schema, {}, files)
        contents = {new: archive.read(old) for old, new in files.items()}
    contents[_SCHEMA] = json.dumps(schema, sort_keys=True, separators=(",", ":")).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, contents[name])
    return out.getvalue()


def load(content: bytes) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    """Return the trees that `dump` wrote.

    Raises:
        IntegrityError: for what is no such archive, or names a class that trees have no need of.
    """
    import skops.io  # noqa: PLC0415 - only a step that predicts pays for it

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise IntegrityError("a model's archive is too large", advice="train it again")
            named = classes(json.loads(archive.read(_SCHEMA)))
        strangers = sorted(named - TRUSTED)
        if strangers:
            raise IntegrityError(f"a model's archive names {strangers[0]}", advice="it is not read; train it again")
        return skops.io.loads(content, trusted=[_TREE])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise IntegrityError(f"a model's archive cannot be read: {error}", advice="train it again") from error


def classes(node: object) -> set[str]:
    """Return every class that a schema names."""
    if isinstance(node, dict):
        here = {f"{node['__module__']}.{node['__class__']}"} if "__class__" in node and "__module__" in node else set()
        return here.union(*(classes(part) for part in node.values()))
    if isinstance(node, list):
        return set().union(*(classes(part) for part in node))
    return set()


def _number(node: object, ids: dict[int, int], files: dict[str, str]) -> None:
    """Give nodes and files their numbers, in the order in which they stand; what is one object stays one."""
    if isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if isinstance(node.get("file"), str):
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1:06}.{node['file'].rpartition('.')[2]}")
        for part in node.values():
            _number(part, ids, files)
    elif isinstance(node, list):
        for part in node:
            _number(part, ids, files)
