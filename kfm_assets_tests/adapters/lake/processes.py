"""Starting the workers of these tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def start(role: str, root: Path, name: str = "one", amount: int = 0) -> subprocess.Popen[str]:
    """Start a worker on a lake."""
    command = [sys.executable, "-m", "kfm_assets_tests.adapters.lake.worker", role, str(root), name, str(amount)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def finish(worker: subprocess.Popen[str]) -> list[str]:
    """Wait for a worker that must succeed; return the lines that it said."""
    out, err = worker.communicate(timeout=120)
    assert worker.returncode == 0, err
    return out.split("\n")[:-1]
