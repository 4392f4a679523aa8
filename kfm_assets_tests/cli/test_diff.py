"""`kfm diff`: what it prints fits a terminal, is JSON under its schema, and writes a page."""

from __future__ import annotations

import os

import pytest

from kfm_assets.gates.diff.report import problems
from kfm_assets_tests.cli import homes


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("more", [(), ("--from", "v2", "--to", "v1")], ids=["newest", "named"])
def test_it_fits_the_terminal(kfm, home, monkeypatch, columns, more):
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((columns, 24)))
    ended = kfm("--home", home, "diff", homes.EARTHQUAKES, *more)
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= columns
    assert "compared with release v" in ended.told
    assert "\x1b" not in ended.out


def test_what_was_first_is_compared_with_nothing(kfm, home):
    ended = kfm("--home", home, "diff", homes.COUNTIES)
    assert ended.code == 0
    assert "compared with nothing before it" in ended.told
    assert "1 added" in ended.told


def test_json_is_one_report(kfm, home):
    (report,) = kfm("--home", home, "diff", homes.EARTHQUAKES, "--json").lines
    assert problems(report) == []
    assert report["dataset"] == homes.EARTHQUAKES


def test_a_page_is_written(kfm, home, tmp_path):
    page = tmp_path / "diff.html"
    ended = kfm("--home", home, "diff", homes.EARTHQUAKES, "--html", page)
    assert ended.code == 0
    assert str(page) in ended.told.replace(" ", "")
    written = page.read_text(encoding="utf-8")
    assert written.startswith("<!doctype html>")
    assert 20_000 < len(written) < 2_000_000


def test_what_cannot_be_compared_is_said_in_a_line(kfm, home, tmp_path):
    assert kfm("--home", home, "diff", homes.EARTHQUAKES, "--to", "v99").code == 8
    assert kfm("--home", home, "diff", "no/such").code == 8
    nowhere = kfm("--home", home, "diff", homes.EARTHQUAKES, "--html", tmp_path / "no" / "diff.html")
    assert nowhere.code == 5
    assert "name a file in a folder that is there" in nowhere.err
