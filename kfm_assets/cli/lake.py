"""`kfm lake`: set up the repository of a lake that is on a lakeFS server."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import InvalidPolicy, UsageError

EXAMPLES = """\b
Examples:
  export KFM_LAKE=lakefs://kansas
  kfm lake init --storage-namespace s3://bucket/kansas

\b
KFM_LAKEFS_ENDPOINT, KFM_LAKEFS_ACCESS_KEY and KFM_LAKEFS_SECRET_KEY name the
server and who asks. Doing it again does nothing. Protection begins some
seconds after it is asked for.
"""


@click.group("lake", epilog=EXAMPLES)
def command() -> None:
    """Set up the repository of a lake on a lakeFS server."""


@command.command("init", cls=Command, epilog=EXAMPLES)
@click.option(
    "--storage-namespace",
    default="",
    metavar="URI",
    help="Where the server keeps the repository's bytes; its own default where it has one.",
)
@printing.json_option
@pass_session
def init(session: Session, *, storage_namespace: str, as_json: bool) -> None:
    """Make the repository, its environments and their protection; say what is wrong with one that is there."""
    from kfm_assets.wiring import lake_setup

    settings = session.settings()
    setup = lake_setup(settings)
    if setup is None:
        raise UsageError(
            "KFM_LAKE is embedded: that lake makes itself",
            advice="set KFM_LAKE=lakefs://<repository> for one on a server",
        )
    for step in setup.initialise(storage_namespace):
        if as_json:
            printing.json_line({"what": step.what, "made": step.made})
        else:
            click.echo(f"{step.what}: {'made' if step.made else 'was there'}")
    seen, wrong = setup.examine()
    if wrong:
        raise InvalidPolicy(f"{seen}: {'; '.join(wrong)}", advice="mend it on the server; `kfm doctor` looks again")
    if not as_json:
        printing.paragraph(f"{seen}: all is well.")
