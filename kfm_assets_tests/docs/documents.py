"""The project's documents as what a reader would do with them: fenced blocks, commands, links. Nothing is run here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`(?P<path>kfm_assets/[\w/]+\.py)`\n\n\Z")
_EXIT = re.compile(r"\s+# exits with (?P<code>\d+)$")
_PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text without the indentation, its first line's number, the file it shows."""

    language: str
    text: str
    line: int
    file: str = ""


@dataclass(frozen=True)
class Command:
    """A command as it stands, the line it stands on, its exit code, and the output that the page shows, if it does."""

    text: str
    line: int
    code: int = 0
    output: str | None = None


def name(document: Path) -> str:
    """Return a document's path in the repository."""
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path) -> Iterator[Block]:
    """Yield a document's fenced blocks. One that follows a path in backticks shows that file."""
    text = document.read_text()
    for found in _FENCE.finditer(text):
        indent, line = found["indent"], text.count("\n", 0, found.start()) + 2
        body = "\n".join(part.removeprefix(indent) for part in found["body"].split("\n"))
        shown = _FILE.search(text[: found.start()])
        yield Block(found["language"], body, line, shown["path"] if shown else "")


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a `bash` block, one a line, or of a `console` block, each with the output shown."""
    if block.language == "console":
        yield from _shown(block)
        return
    text, first = "", block.line
    for number, line in enumerate(block.text.splitlines(), block.line):
        first = first if text else number
        text += line
        if text.endswith("\\"):
            text = text[:-1]
            continue
        if text.strip() and not text.startswith("#"):
            yield _command(text, first)
        text = ""


def _shown(block: Block) -> Iterator[Command]:
    for part in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE):
        if part.startswith(_PROMPT):
            head, _, output = part.partition("\n")
            command = _command(
                head.removeprefix(_PROMPT), block.line + block.text[: block.text.index(part)].count("\n")
            )
            yield Command(command.text, command.line, command.code, output)


def _command(text: str, line: int) -> Command:
    ends = _EXIT.search(text)
    return Command(_EXIT.sub("", text), line, int(ends["code"]) if ends else 0)


def prose(document: Path) -> str:
    """Return a document's text outside its fenced blocks."""
    return _FENCE.sub("", document.read_text())


def inline(document: Path) -> list[str]:
    """Return what stands in backticks within the prose."""
    return re.findall(r"`([^`\n]+)`", prose(document))


def sections(document: Path) -> dict[str, str]:
    """Return the second-level headings of a document, each with its text."""
    parts = re.split(r"^## (.+)\n", document.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
