"""`kfm ui`: Dagster's own UI and daemon, on the instance that `kfm run` writes to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kfm_assets.cli.session import Command, Session, pass_session

EXAMPLES = """\b
Examples:
  kfm ui
  kfm ui --port 3001

\b
It takes some seconds to answer; Ctrl-C ends it. Schedules run only while it
does, and only those that are switched on in it.
"""


@click.command("ui", cls=Command, epilog=EXAMPLES)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Where to listen.")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address; there is no log-in.")
@pass_session
def command(session: Session, *, port: int, host: str) -> None:
    """Start Dagster's UI: every run, partition, check and row count."""
    from kfm_assets.defs.instance import folder, opened
    from kfm_assets.wiring import wire

    settings = session.settings()
    home = Path(wire(settings).home)
    click.echo(f"Dagster's UI of {home}: http://{host}:{port} (Ctrl-C ends it)", err=True)
    environment = {"DAGSTER_HOME": str(folder(home)), "KFM_HOME": str(home)}
    with opened(home):
        pass  # Dagster's processes would each make the tables of a new instance, and get in one another's way.
    sys.stderr.flush()
    # This process becomes Dagster's, so that signals, the terminal and the exit code are its own.
    os.execve(sys.executable, arguments(host, port), {**os.environ, **environment})  # noqa: S606 - no shell is wanted


def arguments(host: str, port: int) -> list[str]:
    """Return the command line that starts Dagster on this project's code location."""
    workspace = Path(__file__).parents[2] / "workspace.yaml"
    where = ["-w", str(workspace)] if workspace.exists() else ["-m", "kfm_assets.definitions"]
    # `dagster dev` warns that it is superseded by `dg dev`, which wants a project laid out by `dg`.
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    return [sys.executable, *quiet, "-m", "dagster", "dev", *where, "--host", host, "--port", str(port)]
