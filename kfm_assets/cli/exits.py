"""How a command ends: its exit code, and one line on standard error that says what to do. Never a traceback.

| code | means |
|---|---|
| 0 | done |
| 2 | the call is wrong |
| 3 | a gate is closed |
| 4 | conflict: somebody else moved what a plan was to move |
| 5 | something outside is unavailable: a service, a disk without room, a folder that cannot be written |
| 6 | bytes are not what they should be: an upstream file, or what is stored |
| 7 | a policy or a setting contradicts itself |
| 8 | there is nothing of that name |
| 9 | the home was written by another version |
| 70 | unexpected; the traceback is kept in a file |
| 130 | interrupted |
| 141 | whoever read the output went away |
"""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

import click

from kfm_assets.cli import printing
from kfm_assets.cli.session import Session
from kfm_assets.errors import KfmError, Unavailable

COMPLETION = "_KFM_COMPLETE"
"""The variable by which a shell asks what may come next."""

UNEXPECTED, INTERRUPTED, UNREAD = 70, 130, 141

_OUTSIDE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "see that the disk has room"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "see that it can be written, or choose another place"),
    errno.EIO: "look at the disk",
    errno.EMFILE: "close other programs, or raise `ulimit -n`",
}
"""What an operating system's error says of the world outside, and what to do about it."""


class Held(Exception):  # noqa: N818 - not an error: all was said, and the exit code is left
    """A command has printed all that there is to say and ends with a code that is not zero."""

    def __init__(self, code: int) -> None:
        """Keep the exit code."""
        super().__init__(f"exit code {code}")
        self.code = code


def run_command(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Run a command line, say in one line what kept it from its end, and return the exit code."""
    asked = os.environ.get(COMPLETION)
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(command, {}, "kfm", COMPLETION, asked)
    session = Session()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with command.make_context("kfm", given, obj=session) as context:
            code = command.invoke(context)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - this is where every error ends
        return _ended(error, session)
    return code if isinstance(code, int) else 0


def _ended(error: BaseException, session: Session) -> int:  # noqa: PLR0911 - a line for each way to end
    match error:
        case Held():
            return _flushed(error.code, session)
        case click.exceptions.Exit():
            return _flushed(error.exit_code, session)
        case KeyboardInterrupt() | click.Abort():
            click.echo("", err=True, nl=sys.stderr.isatty())
            say("interrupted", "what was published stays published; run again to go on")
            return INTERRUPTED
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return error.exit_code
        case click.ClickException():
            say(error.format_message(), _help(error))
            return error.exit_code
        case KfmError():
            say(str(error), error.advice)
            return error.exit_code
        case OSError() if _number(error) == errno.EPIPE:
            return _unread()
        case OSError() if _number(error) in _OUTSIDE:
            say(_system(error), _OUTSIDE[_number(error)])
            return Unavailable.exit_code
        case _:
            return _unexpected(error, session.place)


def say(message: str, advice: str = "") -> None:
    """Print one line to standard error, whatever the message holds."""
    text = f"{message.rstrip('.')}; {advice}" if advice else message
    with suppress(OSError, ValueError):
        click.echo(f"kfm: {' '.join(printing.typable(text).split())}", err=True)


def _flushed(code: int, session: Session) -> int:
    try:
        sys.stdout.flush()
    except OSError as error:
        return _ended(error, session)
    return code


def _unread() -> int:
    """End as a program does that the pipe's signal ends, and keep Python from flushing into the pipe once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREAD


def _help(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context else "see `kfm --help`"


def _number(error: OSError) -> int:
    """Return the system's number of an error; polars and pyarrow write it into the text only."""
    told = re.search(r"os error (\d+)|errno (\d+)", str(error))
    return error.errno or (int(told[1] or told[2]) if told else 0)


def _system(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)


def _unexpected(error: BaseException, home: Path) -> int:
    kept = _keep("".join(traceback.format_exception(error)), home)
    advice = f"what led there is in {kept}" if kept else "what led there could not be kept"
    say(
        f"unexpected {type(error).__name__}: {str(error)[:200] or 'no message'}", f"{advice}; `kfm doctor` may know why"
    )
    return UNEXPECTED


def _keep(text: str, home: Path) -> Path | None:
    """Write a traceback under the home, or where temporary files lie if there is no home that can be written."""
    folders = [home / "crashes"] if (home / "home.json").exists() else []
    for folder in [*folders, Path(gettempdir())]:
        path = folder / f"kfm-{os.getpid()}-{os.urandom(3).hex()}.txt"
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
            path.write_text(text)
            return path
    return None
