"""A reader's terminal: runs a document's commands one after the other, in one folder and one home.

Commands of `kfm` run in this process, through the command line's own entry; with pipes, redirections and other programs
they go to bash. What cannot be run inside a test is held to a stated check instead:

- `make TARGET`: `make -n` knows the target and would call what `CALLS` says; the recipe of `make run` is then run.
- `kfm ui`, `--source live` and `kfm lake init`: the command line takes the arguments; servers and the network are left
  alone. What a page exports reaches no later line, so that its other commands run on a lake in a folder.
- `pytest`: there are tests where the command says; none is started.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from kfm_assets.cli.exits import run_command
from kfm_assets.cli.root import command as kfm
from kfm_assets.cli.session import Session
from kfm_assets_tests.docs.documents import Command

CALLS = {
    "run": ".venv/bin/kfm run",
    "ui": ".venv/bin/kfm ui",
    "test": ".venv/bin/pytest",
    "test-long": "KFM_TEST_LONG=1 .venv/bin/pytest",
    "bench": ".venv/bin/python -m benchmarks",
    "lint": ".venv/bin/lint-imports",
    "lock": "uv pip compile",
    "clean": "rm -rf .venv",
}
"""What a target's recipe must hold."""

_SETTING = re.compile(r"(\w+)=(\S+)\s+")
_OPERATORS = set("|&;<>()")


@dataclass
class Terminal:
    """A folder to stand in, and what was printed there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, command: Command) -> tuple[int, str]:
        """Run a command; return its exit code, and what it wrote on either stream."""
        settings, text = _settings(command.text)
        words = shlex.split(text, comments=True)
        match words:
            case ["make", *targets]:
                return self._make(targets)
            case ["kfm", *arguments] if not _is_for_a_shell(text):
                with self._set(settings):
                    return _parsed(arguments) if _is_for_a_server(arguments) else self._kfm(arguments)
            case [program, *arguments] if program.endswith("pytest"):
                return self._pytest(arguments)
            case _:
                return self._bash(command.text)

    def _make(self, targets: list[str]) -> tuple[int, str]:
        code, recipe = self._bash(shlex.join(["make", "-n", *targets]))
        if code:
            return code, recipe
        for target in targets:
            assert CALLS[target] in recipe, f"make {target} would call {recipe!r}"
        return self._kfm(["run"]) if targets == ["run"] else (0, recipe)

    def _pytest(self, arguments: list[str]) -> tuple[int, str]:
        paths = [argument for argument in arguments if not argument.startswith("-")]
        missing = [path for path in paths if not any((self.folder / path).rglob("test_*.py"))]
        return (4, f"no tests in {missing}") if missing or not paths else (0, "")

    def _kfm(self, arguments: list[str]) -> tuple[int, str]:
        # The streams themselves, not only Python's names for them: Dagster's libraries keep the ones they found.
        written = self.folder / ".written"
        with written.open("w+") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run_command(kfm, arguments)
        return code, written.read_text()

    def _bash(self, text: str) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ended = subprocess.run(
            ["bash", "-c", text],
            cwd=self.folder,
            env={**os.environ, **self.environment, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout

    @contextlib.contextmanager
    def _set(self, settings: dict[str, str]) -> Iterator[None]:
        kept = dict(os.environ)
        os.environ.update(settings)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)


def _settings(text: str) -> tuple[dict[str, str], str]:
    """Take the settings off that stand before a command."""
    settings = {}
    while found := _SETTING.match(text):
        settings[found[1]] = found[2]
        text = text[found.end() :]
    return settings, text


def _is_for_a_shell(text: str) -> bool:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return "$(" in text or any(set(word) <= _OPERATORS for word in lexer)


def _is_for_a_server(arguments: list[str]) -> bool:
    return arguments[0] == "ui" or "live" in arguments or arguments[:2] == ["lake", "init"]


def _parsed(arguments: list[str], group: click.Group = kfm, above: click.Context | None = None) -> tuple[int, str]:
    """Let the command line read some arguments, down to the command's own, and go no further."""
    name, *rest = arguments
    with click.Context(group, obj=Session(), parent=above) as context:
        found = group.get_command(context, name)
        assert found
        if isinstance(found, click.Group):
            return _parsed(rest, found, context)
        with found.make_context(name, rest, parent=context) as own:
            return 0, repr(own.params)
