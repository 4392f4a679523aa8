"""The entry point of `kfm` and of `python -m kfm_assets`. What a command does lives in `kfm_assets.cli`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command and return its exit code."""
    from kfm_assets.cli.exits import run_command
    from kfm_assets.cli.root import command

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
