"""A home's layout and its lake, in `home.json`. A home of another version is left untouched.

A home is made by one process at a time, and is there or is not: what a killed one began is nobody's, and is made anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from kfm_assets.adapters.home.lock import alone
from kfm_assets.adapters.home.records import HomeRecords, is_unfinished
from kfm_assets.errors import HomeVersion, Unavailable

LAYOUT = 1
_FILE = "home.json"


def open_home(root: Path) -> Path:
    """Return the home, made where there is none.

    Raises:
        HomeVersion: when another version wrote it, or it is somebody else's folder.
        Unavailable: when it cannot be opened or made.
    """
    try:
        content = HomeRecords(root).get(_FILE)
        if content is None:
            root.mkdir(parents=True, exist_ok=True)
            with alone(root):
                content = _made(root)
    except OSError as error:
        raise Unavailable(
            f"{root} cannot be opened or made: {error.strerror}", advice="name another with --home"
        ) from error
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


def lake_of(root: Path) -> str | None:
    """Return the name of the lake that an open home's releases lie in; None where nobody ever named one."""
    name = json.loads(HomeRecords(root).get(_FILE) or b"{}").get("lake")
    return None if name is None else str(name)


def keep_lake(root: Path, name: str) -> None:
    """Keep which lake an open home's releases lie in. The folder must be held alone. Raises Unavailable."""
    HomeRecords(root).put(_FILE, json.dumps({"layout": LAYOUT, "lake": name}).encode() + b"\n")


def _made(root: Path) -> bytes:
    """Return the version's file, written where there is none. The folder must be held alone."""
    records = HomeRecords(root)
    content = records.get(_FILE)
    if content is not None:
        return content
    if any(not is_unfinished(path) for path in root.iterdir()):
        raise HomeVersion(f"{root} is no home of kfm, and it is not empty", advice="name an empty folder with --home")
    for left in root.iterdir():
        left.unlink()
    content = json.dumps({"layout": LAYOUT}).encode() + b"\n"
    records.put(_FILE, content)
    return content
