"""How commands end: the exit code, one line on standard error that says what to do, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kfm_assets import settings, wiring
from kfm_assets.cli import exits
from kfm_assets.cli.root import NAMES
from kfm_assets.errors import Conflict, KfmError
from kfm_assets_tests.cli import homes

STORMS, QUAKES = homes.STORMS, homes.EARTHQUAKES

WRONG = [
    (2, ("run", STORMS, "--partitions", "75")),
    (2, ("run", STORMS, "--partitions", "1980..1975")),
    (2, ("run", STORMS, QUAKES, "--partitions", "1975")),
    (2, ("run", "--partitions", "yesterday")),
    (2, ("run", "--source", "")),
    (2, ("statsu",)),
    (2, ("status", "--jsn")),
    (2, ("rollback", QUAKES)),
    (2, ("read", QUAKES, "--format", "xlsx")),
    (2, ("read", QUAKES, "-o", "rows.xlsx")),
    (2, ("read", QUAKES, "-o", "no/such/folder/rows.csv")),
    (2, ("read", QUAKES, "--at", "yesterday")),
    (2, ("read", QUAKES, "--release", "v1", "--at", "2026-01-01")),
    (8, ("run", "hazards/floods")),
    (8, ("run", STORMS, "--partitions", "1949")),
    (8, ("run", QUAKES, "--partitions", "2999-01")),
    (8, ("run", "--source", "no/such/folder")),
    (8, ("status", "hazards/floods")),
    (8, ("read", STORMS)),
    (8, ("read", QUAKES, "--partitions", "2001-01")),
    (8, ("read", QUAKES, "--release", "v9")),
    (8, ("read", QUAKES, "--release", "abcdef0123")),
    (8, ("read", QUAKES, "--table", "aftershocks")),
    (8, ("read", QUAKES, "--at", "2001-01-01")),
    (8, ("quarantine", QUAKES, "--partitions", "2001-01")),
    (8, ("show", "abcdef0123")),
    (8, ("show", "v1")),
    (8, ("verify", "abcdef0123")),
    (8, ("rollback", QUAKES, "--to", "v9", "--reason", "x")),
    (8, ("rollback", STORMS, "--to", "v1", "--reason", "x")),
]


def one_line(err: str) -> str:
    assert err.startswith("kfm: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("code", "arguments"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_a_wrong_call_ends_in_one_line_and_changes_nothing(kfm, home, code, arguments):
    before = kfm("status", "--json", "--home", home).out
    ended = kfm(*arguments, "--home", home)
    assert ended.code == code
    assert "; " in one_line(ended.err), "it says what to do"
    assert kfm("status", "--json", "--home", home).out == before
    assert not (home / "crashes").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *(("status",), ("read", QUAKES), ("quarantine", QUAKES), ("releases",), ("show", "abcdef"), ("verify",)),
        *(("recover",), ("gc",), ("promote", QUAKES), ("rollback", QUAKES, "--to", "v1", "--reason", "x")),
    ],
    ids=" ".join,
)
def test_where_there_is_no_home_none_is_made(kfm, tmp_path, arguments):
    ended = kfm("--home", tmp_path / "nothing", *arguments)
    assert ended.code == 8
    assert "kfm run" in one_line(ended.err)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("arguments", [("status",), ("run", homes.COUNTIES), ("verify", "--all")], ids=" ".join)
@pytest.mark.parametrize("content", ['{"layout": 99}', "{", None])
def test_a_home_of_another_version_is_left_alone(kfm, tmp_path, arguments, content):
    home = tmp_path / "home"
    home.mkdir()
    (home / ("home.json" if content else "letter.txt")).write_text(content or "Dear Dorothy")
    ended = kfm("--home", home, *arguments)
    assert ended.code == 9
    one_line(ended.err)
    assert [path.name for path in home.iterdir()] == ["home.json" if content else "letter.txt"]


def test_a_state_of_another_version_is_left_alone(kfm, home):
    with sqlite3.connect(home / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    ended = kfm("--home", home, "status")
    assert ended.code == 9
    one_line(ended.err)


@pytest.mark.parametrize("place", ["a-file", "a-file/below"])
def test_a_home_that_cannot_be_made_is_unavailable(kfm, tmp_path, place):
    (tmp_path / "a-file").write_text("")
    ended = kfm("--home", tmp_path / place, "run", homes.COUNTIES)
    assert ended.code in {2, 5}
    one_line(ended.err)


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        (("SAMPLE_SIZE", "many"), "a whole number from 1"),
        (("SAMPLE_SIZE", "0"), "a whole number from 1"),
        (("SAMPLE_SEED", "-1"), "a whole number from 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_in_our_words(kfm, home, monkeypatch, setting, wanted):
    name, value = setting
    monkeypatch.setenv(f"KFM_{name}", value)
    ended = kfm("--home", home, "status")
    assert ended.code == 7
    assert f"KFM_{name} is '{value}', and must be {wanted}" in one_line(ended.err)


def test_an_empty_variable_says_nothing(kfm, monkeypatch, tmp_path):
    for name in ("HOME", "SOURCE", "POLICY", "SAMPLE_SIZE"):
        monkeypatch.setenv(f"KFM_{name}", "")
    ended = kfm("status")
    assert (ended.code, "there is no home at .kfm" in one_line(ended.err)) == (8, True)
    (tmp_path / ".kfm").mkdir()
    wiring.wire(settings.load())
    assert kfm("status").code == 0
    assert [path.name for path in tmp_path.iterdir()] == [".kfm"]


def test_a_policy_that_makes_no_sense_is_invalid(kfm, home, monkeypatch, tmp_path):
    (tmp_path / "policy.yml").write_text("version: 1\nname: mine\n")
    monkeypatch.setenv("KFM_POLICY", str(tmp_path / "policy.yml"))
    homes_before = kfm("status", "--json", "--home", home).out
    ended = kfm("--home", home, "rollback", QUAKES, "--to", "v1", "--reason", "x")
    assert ended.code == 7
    one_line(ended.err)
    assert kfm("status", "--json", "--home", home).out == homes_before


def ending(error: BaseException, capfd, home=None) -> tuple[int, str]:
    @click.command()
    @click.pass_obj
    def broken(session) -> None:
        session.home = home
        raise error

    code = exits.run_command(broken, [])
    return code, capfd.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict("somebody was here", advice="look"), 4),
        (KfmError("what\nis\tthis"), 70),
        (OSError(errno.ENOSPC, "No space left on device", "/lake/x"), 5),
        (OSError(errno.EROFS, "Read-only file system"), 5),
        (OSError("No space left on device (os error 28)"), 5),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_a_line_and_a_code(error, code, capfd):
    ended, err = ending(error, capfd)
    assert ended == code
    one_line(err)


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError("Broken pipe (os error 32)")])
def test_a_reader_that_goes_away_is_no_error(error):
    script = f"""
import click
from kfm_assets.cli.exits import run_command
@click.command()
def command(): raise {error!r}
raise SystemExit(run_command(command, []))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_the_unexpected_keeps_its_traceback_under_the_home(capfd, home):
    code, err = ending(ZeroDivisionError("division\nby zero"), capfd, home)
    assert code == 70
    (kept,) = (home / "crashes").iterdir()
    assert str(kept) in one_line(err)
    assert "ZeroDivisionError" in kept.read_text()


def test_the_unexpected_without_a_home_keeps_its_traceback_elsewhere(capfd, tmp_path, monkeypatch):
    monkeypatch.setattr(exits, "gettempdir", lambda: str(tmp_path))
    code, err = ending(ZeroDivisionError(), capfd, tmp_path / "nothing")
    assert code == 70
    (kept,) = tmp_path.iterdir()
    assert str(kept) in one_line(err)
    assert not (tmp_path / "nothing").exists()


def test_help_lists_every_command_and_every_exit_code(kfm):
    ended = kfm("--help")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    for code in {error.exit_code for error in KfmError.__subclasses__()} | {70, 130, 141}:
        assert re.search(rf"\b{code} [a-z]", ended.out)
    for name in NAMES:
        assert re.search(rf"^  {name} ", ended.out, re.MULTILINE)
        helped = kfm(name, "--help")
        assert helped.code == 0
        assert f"kfm {name}" in helped.out.split("Options:")[1], "it has an example"
        assert max(map(len, helped.out.splitlines())) <= 80


def test_no_command_at_all_is_a_wrong_call_that_is_answered_with_help(kfm):
    ended = kfm()
    assert ended.code == 2
    assert "Publish:" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_shells_script(kfm, shell):
    ended = kfm("completion", shell)
    assert ended.code == 0
    assert "_KFM_COMPLETE" in ended.out


def test_the_shell_completes_commands_and_datasets():
    kfm = Path(sys.executable).with_name("kfm")

    def completed(line: str, word: int) -> str:
        environment = {**os.environ, "_KFM_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(word)}
        return subprocess.run([kfm], env=environment, capture_output=True, text=True, check=False).stdout

    assert "plain,releases" in completed("kfm rel", 1)
    assert "plain,hazards/earthquakes" in completed("kfm read haz", 2)


def test_json_lines_are_one_object_each(kfm, home):
    for arguments in (
        ("status",),
        ("releases",),
        ("show", "v1", "--dataset", QUAKES),
        ("doctor",),
        ("quarantine", QUAKES),
    ):
        for line in kfm(*arguments, "--json", "--home", home).out.splitlines():
            assert isinstance(json.loads(line), dict)
