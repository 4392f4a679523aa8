"""The version of a home's layout, in `home.json`. A home of another version is left untouched."""

from __future__ import annotations

import json
from pathlib import Path

from kfm_assets.adapters.home.records import HomeRecords
from kfm_assets.errors import HomeVersion, Unavailable

LAYOUT = 1
_FILE = "home.json"


def open_home(root: Path) -> Path:
    """Return the home, made where there is none.

    Raises:
        HomeVersion: when another version wrote it, or it is somebody else's folder.
        Unavailable: when it cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{root} cannot be made: {error.strerror}", advice="name another with --home") from error
    records = HomeRecords(root)
    content = records.get(_FILE)
    if content is None:
        if any(root.iterdir()):
            raise HomeVersion(
                f"{root} is no home of kfm, and it is not empty", advice="name an empty folder with --home"
            )
        records.put(_FILE, json.dumps({"layout": LAYOUT}).encode() + b"\n")
        return root
    try:
        found = json.loads(content)["layout"]
    except (ValueError, KeyError, TypeError):
        found = "unknown"
    if found != LAYOUT:
        raise HomeVersion(
            f"{root} has layout {found}, and this version of kfm uses {LAYOUT}",
            advice="use the kfm that wrote it, or name another folder with --home",
        )
    return root
