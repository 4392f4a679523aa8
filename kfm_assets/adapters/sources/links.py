"""The links of an HTML page, such as the listing that a web server makes of a folder."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit


def links(page: str, url: str) -> list[tuple[str, str]]:
    """Return (file name, address) of each link of a page at an address, once, in the page's order; HTTP alone."""
    reader = _Reader()
    reader.feed(page)
    pairs = dict.fromkeys(pair for href in reader.hrefs if (pair := _target(url, href)))
    return list(pairs)


def _target(url: str, href: str) -> tuple[str, str] | None:
    try:
        address = urljoin(url, href).partition("#")[0]
        parts = urlsplit(address)
    except ValueError:  # no address at all, such as `http://[`
        return None
    name = unquote(parts.path.rpartition("/")[2])
    return (name, address) if name and parts.scheme in {"http", "https"} else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value.strip() for name, value in attrs if tag == "a" and name == "href" and value]
