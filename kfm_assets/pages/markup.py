"""HTML in pieces: text that is escaped, tables, figures with what they show in words. No page's own content.

What comes from data goes through `text`, so that no value can be markup. Nothing is fetched: no script, font or picture
from elsewhere, and the page's own policy (CSP) forbids it to browsers too.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib import resources

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def text(value: object) -> str:
    """Return a value as text that is no markup; a sign stands for each character that cannot be seen."""
    told = "".join(_shown(sign) for sign in str(value))
    return html.escape(told, quote=True)


def _shown(sign: str) -> str:
    if sign in "\n\t" or (sign.isprintable() and sign not in _TURNING):
        return sign
    return " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}"


_TURNING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def page(title: str, parts: Iterable[str]) -> str:
    """Return a whole page: its title, its style, a link past the head, and its parts."""
    style = resources.files("kfm_assets.pages").joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light">',
            f"<title>{text(title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#main">Skip to the content</a>',
            '<main id="main">',
            *parts,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def section(name: str, title: str, *parts: str) -> str:
    """Return a section with a heading, which links and screen readers find by name."""
    return (
        f'<section aria-labelledby="{text(name)}">\n<h2 id="{text(name)}">{text(title)}</h2>\n'
        + "\n".join(parts)
        + "\n</section>"
    )


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table. A column whose name begins with `>` holds numbers; the first cell of a row is its heading."""
    right = [name.startswith(">") for name in head]
    names = "".join(
        f'<th scope="col"{_class(number)}>{text(name.removeprefix(">"))}</th>'
        for name, number in zip(head, right, strict=True)
    )
    body = "\n".join(f"<tr>{''.join(_cells(row, right))}</tr>" for row in rows)
    said = text(caption)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{said}"><table>\n<caption>{said}</caption>\n'
        f"<thead><tr>{names}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _cells(row: Sequence[object], right: Sequence[bool]) -> Iterable[str]:
    for place, (cell, number) in enumerate(zip(row, right, strict=True)):
        told = f"{cell:,}" if isinstance(cell, int) else text(cell)
        yield f'<th scope="row"{_class(number)}>{told}</th>' if place == 0 else f"<td{_class(number)}>{told}</td>"


def _class(number: bool) -> str:
    return ' class="number"' if number else ""


def figure(svg: str, said: str, caption: str, *below: str) -> str:
    """Return a drawing with what it shows in words for those who do not see it, its caption, and what stands below."""
    return (
        f'<figure>\n<div class="drawing" role="img" aria-label="{text(said)}">{svg}</div>\n'
        f"<figcaption>{text(caption)}</figcaption>\n" + "\n".join(below) + "\n</figure>"
    )


def folded(summary: str, content: str) -> str:
    """Return something that is opened on demand, by mouse or keyboard, and always in print."""
    return f"<details><summary>{text(summary)}</summary>\n{content}\n</details>"


def listed(lines: Iterable[str]) -> str:
    """Return a list of lines of text."""
    return "<ul>\n" + "\n".join(f"<li>{text(line)}</li>" for line in lines) + "\n</ul>"
