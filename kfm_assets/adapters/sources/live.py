"""The upstream services themselves, over HTTP: which addresses to ask, and whether what came can be the file.

How they are asked is in `fetch`. Endpoints are of three kinds: a page of links, a query for a period, a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from kfm_assets.adapters.sources.fetch import NOT_MODIFIED, OK, Answer, Fetcher
from kfm_assets.adapters.sources.host import PassingError
from kfm_assets.adapters.sources.links import links
from kfm_assets.adapters.sources.manners import Manners, Timing
from kfm_assets.adapters.sources.matching import Found, choose, nothing, recognise
from kfm_assets.adapters.sources.periods import bounds, current, days, demand, previous
from kfm_assets.datasets.compression import is_gzipped
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import STATIC, Dataset, Feed, Grain
from kfm_assets.errors import BadInput, InvalidPolicy
from kfm_assets.ports import Clock, Delivery, Known, Offer

_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_DAY = "%Y-%m-%d"
_ASKED = re.compile(r"\{(?P<name>start|end|first_day|last_day)(?::(?P<form>[^}]+))?\}")
_HEAD = 1024
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_POLITE = Manners()
_REAL_TIME = Timing()


class LiveSource:
    """The public endpoints that the datasets' feeds name."""

    name = "live"
    origin = Origin.REAL

    def __init__(
        self,
        clock: Clock,
        *,
        user_agent: str,
        manners: Manners = _POLITE,
        timing: Timing = _REAL_TIME,
        bases: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the settings.

        `user_agent` says who asks and how to reach them; `bases` maps a host to the base URL to ask in its place.
        """
        self._clock = clock
        self._fetcher = Fetcher(clock, user_agent, manners, timing, bases or {})
        self._manners = manners
        self._timing = timing
        self._pages: dict[str, tuple[float, list[tuple[str, str]]]] = {}

    def offers(self, dataset: Dataset, partitions: Sequence[str] | None) -> Sequence[Offer]:
        """List what the services have for some partitions, or for all.

        Of a listing "all" is every file in it. A query can be asked for any period; where nobody says which, it is
        asked for the current, unfinished one and the one before, which may have been revised.

        Raises:
            NotFound: when no page lists a file of the dataset; for a partition that the dataset cannot have.
            Unavailable: when a page of links cannot be read.
            InvalidPolicy: when a feed's endpoint makes no sense.
        """
        demand(dataset, partitions or (), self._clock.now())
        found = [file for feed in dataset.upstream.feeds for file in self._found(dataset, feed, partitions)]
        if not found:
            raise nothing("live", dataset)
        return choose(found, partitions)

    def deliver(self, offer: Offer, known: Known | None = None) -> Delivery:
        """Fetch one file; None for its content where the service says that it has not changed since `known`.

        The status 204 ("no data for this query", which FDSN services answer) delivers no bytes. Headers have lower-case
        names. `at` is when the last byte had come.

        Raises:
            Unavailable: when the service does not answer, answers with an error, or answers with a web page, which is
                how many of them say that they are being maintained.
            BadInput: when the file is empty, larger than allowed, or in a coding that was not asked for.
        """

        def check(answer: Answer) -> None:
            _demand_file(offer, answer, conditional=known is not None)

        answer = self._fetcher.get(offer.address, _conditions(known), check)
        content = None if answer.status == NOT_MODIFIED else answer.content
        return Delivery(offer, content, answer.status, answer.headers, self._clock.now())

    def _found(self, dataset: Dataset, feed: Feed, partitions: Sequence[str] | None) -> Iterator[Found]:
        match feed.endpoint.method:
            case "listing":
                files = (recognise(dataset, [feed], *link) for link in self._links(feed.endpoint.url))
                yield from (file for file in files if file)
            case "query":
                asked = self._recent(dataset) if partitions is None else partitions
                yield from (_query(dataset, feed, partition) for partition in asked)
            case "file":
                yield _file(dataset, feed)
            case other:
                raise InvalidPolicy(
                    f"{dataset.key}: no endpoint has the method {other!r}", advice="listing, query or file"
                )

    def _recent(self, dataset: Dataset) -> list[str]:
        now = current(dataset.partitions, self._clock.now())
        if dataset.partitions.grain is Grain.STATIC or now == dataset.partitions.first:
            return [now]
        return [previous(dataset.partitions, now), now]

    def _links(self, url: str) -> list[tuple[str, str]]:
        """Return a page's links; the page is asked for once in a while, not once for each feed and each partition."""
        now = self._timing.monotonic()
        read_at, found = self._pages.get(url, (now, []))
        if not found or now - read_at > self._manners.listing_seconds:
            answer = self._fetcher.get(url, {}, _demand_links)
            found = _links_of(answer)
            self._pages[url] = (now, found)
        return found


def _query(dataset: Dataset, feed: Feed, partition: str) -> Found:
    start, end = bounds(dataset.partitions, partition)
    first_day, last_day = days(dataset.partitions, partition)
    told = {
        "start": (start, _INSTANT),
        "end": (end, _INSTANT),
        "first_day": (first_day, _DAY),
        "last_day": (last_day, _DAY),
    }

    def asked(word: re.Match[str]) -> str:
        when, form = told[word["name"]]
        return when.strftime(word["form"] or form)

    address = _ASKED.sub(asked, feed.endpoint.url)
    name = f"{feed.wire}_{partition}{_suffix(address)}"
    return Found(feed, name, address, partition, vintage="", identity=partition)


def _suffix(address: str) -> str:
    """Return what a query's answer is: what its `format` says, as FDSN and USGS services have it."""
    parts = urlsplit(address)
    form = parse_qs(parts.query).get("format", [""])[0]
    return f".{form}" if form else ""


def _file(dataset: Dataset, feed: Feed) -> Found:
    url = feed.endpoint.url
    name = urlsplit(url).path.rpartition("/")[2]
    static = STATIC if dataset.partitions.grain is Grain.STATIC else None
    return recognise(dataset, [feed], name, url) or Found(feed, name, url, static, vintage="", identity=name)


def _conditions(known: Known | None) -> dict[str, str]:
    """Return the headers that ask for a file only if it changed (RFC 9110 section 13.1)."""
    if known is None:
        return {}
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _links_of(answer: Answer) -> list[tuple[str, str]]:
    return links(answer.content.decode("utf-8", errors="replace"), answer.url)


def _demand_links(answer: Answer) -> None:
    if answer.status != OK or not _links_of(answer):
        raise PassingError(f"{answer.url} is not a page of links")


def _demand_file(offer: Offer, answer: Answer, *, conditional: bool) -> None:
    if answer.status == NOT_MODIFIED and not conditional:
        raise PassingError(f"{offer.address} answers 304 although nothing was said to be known")
    if answer.status != OK:
        return
    coding = answer.headers.get("content-encoding", "identity")
    if coding != "identity" and not is_gzipped(offer.name):
        raise BadInput(
            f"{offer.name} came in the coding {coding}", advice="the service must honour Accept-Encoding: identity"
        )
    if not answer.content:
        raise BadInput(f"{offer.name} is empty", advice=f"look at {offer.address}")
    if _is_page(answer) and not re.search(r"\.x?html?$", offer.name):
        raise PassingError(f"{offer.address} answers with a web page in place of {offer.name}")


def _is_page(answer: Answer) -> bool:
    if answer.headers.get("content-type", "").lower().startswith(_PAGE_TYPES):
        return True
    head = answer.content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(b"<") and (b"<!doctype html" in head or b"<html" in head)
