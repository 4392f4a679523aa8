"""`kfm lake`: set up the repository of a lake that is on a lakeFS server; break glass."""

from __future__ import annotations

import click

from kfm_assets.cli import printing
from kfm_assets.cli.partitions import dataset_argument
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


RESET_EXAMPLES = """\b
Examples:
  kfm lake reset hazards/earthquakes --to v3 --reason "leaked column" \\
      --break-glass

\b
Production's branch itself goes back to where it held that release; what
followed is dropped from its log, and the pointer moves last. Refused where the
branch is protected, where another dataset's release would be dropped, and
where a dropped release has no tag. `kfm rollback` is the ordinary way.
"""


@click.group("lake", epilog=EXAMPLES)
def command() -> None:
    """Set up the repository of a lake on a lakeFS server; break glass."""


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


@command.command("reset", cls=Command, epilog=RESET_EXAMPLES)
@dataset_argument
@click.option("--to", required=True, metavar="RELEASE", help="The release to go back to: an id, its start, or v3.")
@click.option("--reason", default="", metavar="TEXT", help="What went wrong; it is kept.")
@click.option("--category", default="", metavar="WORD", help="data-quality, governance, security, …; it is kept.")
@click.option("--break-glass", is_flag=True, help="Say that history is to be dropped.")
@printing.json_option
@pass_session
def reset(
    session: Session, *, dataset: str, to: str, reason: str, category: str, break_glass: bool, as_json: bool
) -> None:
    """Move production's branch back, and drop what followed."""
    from kfm_assets.domain.journal import Action
    from kfm_assets.engine.promote import Cause
    from kfm_assets.engine.reset import reset as break_it

    if not break_glass:
        raise UsageError(
            "a reset drops history from production's log",
            advice=f"`kfm rollback {dataset} --to {to}` keeps it; or add --break-glass",
        )
    intent = break_it(session.acting(), dataset, to, Cause(Action.RESET, reason, category))
    if as_json:
        printing.json_line({"txn": intent.txn, "dataset": dataset, "release": intent.target, "from": intent.source})
        return
    printing.paragraph(
        f"{dataset} stands at {printing.short(intent.target)}, and so does production's branch. "
        f"{printing.short(intent.source or '')} is no more in its log, and still at its tag."
    )
