"""Kansas Frontier Matrix: Kansas data as partitioned assets that are published through gates and can be rolled back.

The flow stands in the folder names: `datasets` say what, `gates` judge, `engine` decides, `adapters` do, `defs` shows
it to Dagster, `cli` to a person. Import from here: `kfm_assets.read`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfm_assets.reading import read as read

__version__ = "0.1.0"
__all__ = ["__version__", "read"]


def __getattr__(name: str) -> object:
    """Import `read` on first use, so that `import kfm_assets` stays cheap."""
    if name == "read":
        return import_module("kfm_assets.reading").read
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
