"""`kfm run`: acquire, build, judge and publish, as one run of the Dagster job that `kfm ui` shows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import printing
from kfm_assets.cli.exits import Held, say
from kfm_assets.cli.partitions import datasets_argument, fits, parse, partitions_option
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.datasets.registry import DATASETS, specification
from kfm_assets.errors import GateClosed, KfmError, NotFound, UsageError

if TYPE_CHECKING:
    from kfm_assets.domain.canonical import Json
    from kfm_assets.settings import Settings

    Facts = Mapping[str, Json]

EXAMPLES = """\b
Examples:
  kfm run                         the sample, of every dataset
  kfm run hazards/storm_events --partitions 1975..1980
  kfm run --source ~/recorded     a folder of files as the upstreams name them
  kfm run hazards/earthquakes --source live --partitions 2015-08
  kfm run --no-publish            publish later, with kfm promote
  kfm run --json | jq 'select(.published | not)'

\b
A dataset's run first runs those that it is made from, from the same source.
With --json, one line for each dataset and partition:
  dataset partition rows_in rows_out rows_quarantined rows_out_of_scope build
  release verdicts (gate: outcome) published (this build is live now) changed
  (this run made it so) revision (what it says otherwise than the build before
  it, where it replaces one) seconds, and error where it failed.

\b
Exits with 0 if every partition is published, else with the gravest code of
those that are not (from the gravest: 70 6 7 9 4 5 8 3; 3 where a gate held
it). With --no-publish: with 0 if every partition is published already, or
waits with all its gates open.
"""

_GRAVITY = (0, 3, 8, 5, 4, 9, 7, 6)
"""Exit codes from the least grave on; any other is graver."""

_ADVICE = {
    3: "`kfm show` with the build's id has the verdicts, `kfm quarantine` the rows that were held back",
    4: "`kfm status` says where it stands; run again",
    5: "run again later",
    6: "what came is kept in raw; see that the source has the right file, and run again",
    8: "leave --partitions out to run what the source has",
}
"""What to do about a partition that stayed out, by its exit code."""

_UNASKED = "see that the source has the right files"
"""What to do about one that there is not, where nobody named it."""

_FACTS: dict[str, Json] = {
    "rows_in": None,
    "rows_out": None,
    "rows_quarantined": None,
    "rows_out_of_scope": None,
    "build": None,
    "release": None,
    "verdicts": {},
    "published": False,
    "changed": False,
    "revision": None,
    "seconds": None,
}
"""What a line holds beside the dataset and the partition, and what it says of a partition that was never made."""


@click.command("run", cls=Command, epilog=EXAMPLES)
@datasets_argument
@partitions_option
@click.option("--source", metavar="sample|live|FOLDER", help="Where from; KFM_SOURCE or the sample by default.")
@click.option("--no-publish", is_flag=True, help="Build and judge, and leave publishing to `kfm promote`.")
@printing.json_option
@pass_session
def command(
    session: Session,
    *,
    datasets: tuple[str, ...],
    partitions: str | None,
    source: str | None,
    no_publish: bool,
    as_json: bool,
) -> None:
    """Acquire, build, judge and publish datasets."""
    keys, names = _chosen(datasets, partitions)
    settings = session.settings(source=source)
    found, error = _run(settings, keys, names, publish=not no_publish)
    notes = {at: facts for at, facts in found.items() if at[1]}
    if error and not notes:
        raise error
    if as_json:
        for (dataset, partition), facts in notes.items():
            printing.json_line(_line(dataset, partition, facts))
    else:
        from kfm_assets.cli.results import tell

        tell(found, publish=not no_publish, source=settings.source)
    codes = {key: exit_code(facts, publish=not no_publish) for key, facts in notes.items()}
    worst = max([*codes.values(), error.exit_code if error else 0], key=_gravity)
    if worst:
        stayed_out = {key: code for key, code in codes.items() if code}
        _complain(error, notes, stayed_out, _ADVICE if partitions else {**_ADVICE, NotFound.exit_code: _UNASKED})
        raise Held(worst)


def _run(
    settings: Settings, keys: list[str], names: tuple[str, ...] | None, *, publish: bool
) -> tuple[Mapping[tuple[str, str], Facts], KfmError | None]:
    """Run, and return what became of each partition, with what kept a whole dataset from running, if something did."""
    from kfm_assets.cli.progress import shown
    from kfm_assets.wiring import wire

    system, refusal = wire(settings), None
    name = system.clock.fresh()
    # Dagster prints to standard error what its own log cannot take; what concerns a person is in the notes.
    with shown() as progress, redirect_stderr(StringIO()):
        from kfm_assets.defs.launch import run

        try:
            run(settings, keys, names, publish=publish, progress=progress, name=name)
        except KfmError as error:
            refusal = error
    return system.state.notes(name), refusal


def _chosen(datasets: tuple[str, ...], partitions: str | None) -> tuple[list[str], tuple[str, ...] | None]:
    """Return the datasets to run, and the partitions of them.

    Where partitions are named and no dataset is, those datasets are meant that are cut in that way.

    Raises:
        UsageError: where no dataset, or not each of the named ones, can have such partitions.
        NotFound: for a partition that one of them cannot have.
    """
    keys = [key for key in DATASETS if not datasets or key in datasets]
    if partitions is None:
        return keys, None
    if not datasets:
        keys = [key for key in keys if fits(partitions, specification(key))]
        if not keys:
            raise UsageError(f"no dataset has partitions like {partitions!r}", advice="write 1975..1980 or 2015-08")
    named = [parse(partitions, specification(key)) for key in keys]
    return keys, named[0]


def _complain(
    error: KfmError | None,
    notes: Mapping[tuple[str, str], Facts],
    codes: Mapping[tuple[str, str], int],
    advice: Mapping[int, str],
) -> None:
    """Say in one line on standard error what stayed out and what to do, whatever else was printed."""
    if error:
        say(str(error), error.advice)
        return
    worst = max(codes, key=lambda key: _gravity(codes[key]))
    more = f" (and {len(codes) - 1} more)" if len(codes) > 1 else ""
    reason = notes[worst].get("error") or "a gate is closed"
    say(f"{' '.join(worst)}{more} stayed out: {reason}", advice.get(codes[worst], "`kfm status` has the incidents"))


def _gravity(code: int) -> int:
    """Return how grave an exit code is. What another failure leads to (8, 3) is less so than what leads there."""
    return _GRAVITY.index(code) if code in _GRAVITY else len(_GRAVITY)


def _line(dataset: str, partition: str, facts: Facts) -> dict[str, object]:
    line: dict[str, object] = {"dataset": dataset, "partition": partition}
    line |= {name: absent if facts.get(name) is None else facts[name] for name, absent in _FACTS.items()}
    return line | ({"error": facts["error"]} if facts.get("error") else {})


def exit_code(facts: Facts, *, publish: bool) -> int:
    """Return what a partition adds to the run's exit code: 0 where it is as it should be."""
    if facts.get("published"):
        return 0
    told = facts.get("exit_code")
    if facts.get("error"):
        return told if isinstance(told, int) else GateClosed.exit_code
    verdicts = facts.get("verdicts")
    opened = isinstance(verdicts, Mapping) and bool(verdicts) and all(value == "PASS" for value in verdicts.values())
    return 0 if opened and not publish else GateClosed.exit_code
