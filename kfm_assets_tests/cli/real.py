"""The `kfm` command as a process of its own, and folders of files as an upstream would have named them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from kfm_assets.datasets.registry import program

SIZE = 120


def kfm(home: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command, without a terminal, and return how it ended."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KFM_", "DAGSTER_"))}
    return subprocess.run(
        [Path(sys.executable).with_name("kfm"), *map(str, arguments)],
        env={**inherited, "KFM_HOME": str(home), "COLUMNS": "80", **environment},
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def files(dataset: str, partition: str, size: int = SIZE) -> Mapping[str, bytes]:
    """Return a partition's files in the upstream's own form."""
    return program(dataset).sample(partition, size, 7)


def put(folder: Path, *contents: Mapping[str, bytes]) -> Path:
    """Write files into a folder."""
    folder.mkdir(exist_ok=True)
    for content in contents:
        for name, data in content.items():
            (folder / name).write_bytes(data)
    return folder
