"""`kfm verify`: recompute every digest of some releases, or of all that the home holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.exits import Held
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.errors import IntegrityError

if TYPE_CHECKING:
    from kfm_assets.ports import Problem, Recorded, System

EXAMPLES = """\b
Examples:
  kfm verify                 the releases that are live
  kfm verify 3f2a91c0e1b2    one release, by the first digits of its id
  kfm verify --all           the whole home: lake, raw, evidence, pointers

\b
Exits with 6 where something is not what its digest says.
"""


@click.command("verify", cls=Command, epilog=EXAMPLES)
@click.argument("releases", metavar="[RELEASE]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that is stored, and not only what is live.")
@printing.json_option
@pass_session
def command(session: Session, *, releases: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Recompute digests and compare them with what is on record."""
    system = session.open()
    what, problems = _check(system, releases, everything=everything)
    found = 0
    for problem in problems:
        found += 1
        if as_json:
            printing.json_line({"where": problem.where, "what": problem.what})
        else:
            click.echo(f"{problem.where}: {problem.what}")
    if found:
        if not as_json:
            printing.paragraph(f"{printing.counted(found, 'problem')} in {what}. Restore the files, or roll back.")
        raise Held(IntegrityError.exit_code)
    if not as_json:
        printing.paragraph(f"{what[0].upper()}{what[1:]}: every digest is right.")


def _check(system: System, releases: tuple[str, ...], *, everything: bool) -> tuple[str, Iterator[Problem]]:
    from kfm_assets.engine.record import find
    from kfm_assets.engine.verify import verify, verify_all

    if everything:
        return "the whole home", verify_all(system)
    chosen = [find(system, name) for name in releases] if releases else _live(system)
    noun = printing.counted(len(chosen), "release" if releases else "live release")
    return noun, verify(system, chosen)


def _live(system: System) -> list[Recorded]:
    return [system.state.release(pointer.stable) for pointer in system.state.pointers() if pointer.stable]
