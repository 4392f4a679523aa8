"""Every command that a document shows is run, in the document's order, and ends as the document says."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from kfm_assets.cli.root import NAMES
from kfm_assets_tests.docs.documents import DOCUMENTS, ROOT, blocks, commands, inline, name
from kfm_assets_tests.docs.shell import CALLS

TUTORIAL = ROOT / "docs/adding-a-dataset.md"
"""Its commands are run by `test_adding_a_dataset`, in a package that has the dataset."""

FROM_NOTHING = re.compile(r"README\.md|docs/pipelines/.*")
"""The documents whose first command makes the home."""

RUN = ("bash", "console", "python")
READ = ("text", "mermaid", "json", "diff")
WITH_COMMANDS = [
    document for document in DOCUMENTS if document != TUTORIAL and any(b.language in RUN for b in blocks(document))
]


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=name)
def test_commands_end_as_the_document_says(document, terminal, published):
    reader = terminal(None if FROM_NOTHING.fullmatch(name(document)) else published)
    subprocess.run(["git", "init", "--quiet", reader.folder], check=True)  # a hook wants a repository to be put into
    for block in blocks(document):
        if block.language == "python":
            exec(compile(block.text, f"{name(document)}:{block.line}", "exec"), {})  # noqa: S102 - the page's own code
        elif block.language in RUN:
            for command in commands(block):
                code, written = reader.run(command)
                where = f"{name(document)}:{command.line}: {command.text}\n{written}"
                assert code == command.code, where
                assert command.output is None or agrees(written, command.output), where


def test_what_the_readme_writes_is_left_out_of_the_repository(tmp_path):
    names = [word for block in blocks(ROOT / "README.md") if block.language == "bash" for word in written(block)]
    assert {"stac", "storms"} <= set(names)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    for folder in names:
        assert subprocess.run(["git", "-C", tmp_path, "check-ignore", "-q", f"{folder}/"], check=False).returncode == 0


def written(block):
    """Return the folders that a block's exports make."""
    for command in commands(block):
        match command.text.split():
            case ["kfm", "catalog", "export", folder, *_] | ["kfm", "export", _, folder, *_]:
                yield folder


def test_the_readmes_item_is_an_items_own_words(terminal, published):
    reader = terminal(published)
    assert reader._kfm(["catalog", "export", "stac", "--dataset", "climate/drought"])[0] == 0
    (shown,) = (json.loads(block.text) for block in blocks(ROOT / "README.md") if block.language == "json")
    item = json.loads((reader.folder / "stac/climate-drought/2024/item.json").read_text())
    assert is_part(shown, item)
    assert not is_part({**shown, "id": "another"}, item)


def is_part(shown, whole) -> bool:
    """Say whether something is shown as it is, where … stands for any text, and what is not named is left out."""
    if isinstance(shown, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(whole) and all(map(is_part, shown, whole))
    if isinstance(shown, str) and "…" in shown:
        return shown == "…" or re.fullmatch(".*".join(map(re.escape, shown.split("…"))), whole) is not None
    return shown == whole


def agrees(written: str, shown: str) -> bool:
    """Say whether a command wrote what a page shows; a last line of … stands for whatever follows."""
    wanted, found = shape(shown), shape(written)
    if wanted[-1:] == ["…"]:
        return found[: len(wanted) - 1] == wanted[:-1]
    return found == wanted


def shape(output: str) -> list[str]:
    """Return an output without what is another one each time: ids, instants, ages, and the widths that follow them."""
    for pattern, word in (
        (r"\b[0-9a-f]{12}\b", "ID"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME"),
        (r"\b\d+ (s|min|h|d) ago|\bnow\b", "AGE"),
    ):
        output = re.sub(pattern, word, output)
    return [" ".join(line.split()) for line in output.strip().splitlines()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_block_says_what_it_is(document):
    """A command in a block of another language, or of none, would never be run."""
    assert {block.language for block in blocks(document)} <= {*RUN, *READ}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_what_prose_calls_a_command_is_one(document):
    for text in inline(document):
        match text.split():
            case ["kfm", verb, *_] if not verb.startswith("-"):
                assert verb in NAMES, text
            case ["make", target, *_]:
                assert target in CALLS, text


def test_every_target_of_the_makefile_is_checked():
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(CALLS)
