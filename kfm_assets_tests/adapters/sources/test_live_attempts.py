"""The live source against a service that misbehaves: what is tried again, for how long, and what it ends in."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from kfm_assets.adapters.sources.fetch import Fetcher
from kfm_assets.adapters.sources.live import LiveSource
from kfm_assets.adapters.sources.manners import Timing
from kfm_assets.errors import BadInput, Unavailable
from kfm_assets_tests.adapters.sources.quick import QUICK, USER_AGENT, Hourglass, live, offer
from kfm_assets_tests.adapters.sources.upstream import chunks_cut_off, hang_up, send, stall, status, trickle
from kfm_assets_tests.adapters.sources.worlds import NOW, StandingClock

TEXT = b"EVENT_ID,STATE\n1,KANSAS\n" * 100
PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head></html>"


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408, 425, 429])
def test_an_error_that_may_pass_is_tried_again(upstream, code):
    upstream.on("/a.csv", status(code), status(code), send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT
    assert upstream.asked("/a.csv") == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 416, 418])
def test_an_error_that_stays_is_not_tried_again(upstream, code):
    upstream.on("/a.csv", status(code))
    with pytest.raises(Unavailable, match=rf"https://upstream\.example/a\.csv answers {code}"):
        live(upstream).deliver(offer())
    assert upstream.asked("/a.csv") == 1


def test_it_gives_up_after_so_many_attempts_with_waits_that_double_up_to_a_cap(upstream):
    upstream.on("/a.csv", status(500))
    glass = Hourglass()
    source = live(upstream, glass, attempts=6, backoff_seconds=1, backoff_cap_seconds=5, failures_to_open=99)
    with pytest.raises(Unavailable, match=r"answers 500 .*\(attempts: 6\)") as caught:
        source.deliver(offer())
    assert upstream.asked("/a.csv") == 6
    assert glass.slept == [1, 2, 4, 5, 5]
    assert type(caught.value) is Unavailable
    assert caught.value.exit_code == 5
    assert "try again later" in caught.value.advice


def test_a_wait_is_a_random_part_of_the_whole(upstream):
    upstream.on("/a.csv", status(500))
    glass, asked = Hourglass(), []

    def between(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 4

    source = live(upstream, timing=Timing(glass.monotonic, glass.sleep, between), attempts=4)
    with pytest.raises(Unavailable):
        source.deliver(offer())
    assert asked[:3] == [(0, 1), (0, 2), (0, 4)]
    assert glass.slept == [0.25, 0.5, 1]


def test_patience_ends_before_a_wait_that_would_outlast_it(upstream):
    upstream.on("/a.csv", status(500))
    glass = Hourglass()
    with pytest.raises(Unavailable, match="attempts: 3"):
        live(upstream, glass, patience_seconds=6).deliver(offer())
    assert glass.slept == [1, 2]


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_in_seconds_is_waited_for(upstream, code):
    upstream.on("/a.csv", status(code, Retry_After="17"), send(TEXT))
    glass = Hourglass()
    assert live(upstream, glass).deliver(offer()).content == TEXT
    assert glass.slept == [17]


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_retry_after_as_a_date_is_waited_for(upstream, zone):
    date = format_datetime(NOW + timedelta(seconds=42)).replace("+0000", zone)
    upstream.on("/a.csv", status(429, Retry_After=date), send(TEXT))
    glass = Hourglass()
    live(upstream, glass).deliver(offer())
    assert glass.slept == [42]


@pytest.mark.parametrize("value", ["soon", "-5", format_datetime(NOW - timedelta(days=1)), "0"])
def test_a_retry_after_without_sense_or_gone_by_leaves_the_usual_wait(upstream, value):
    upstream.on("/a.csv", status(429, Retry_After=value), send(TEXT))
    glass = Hourglass()
    live(upstream, glass).deliver(offer())
    assert glass.slept == [1]


def test_a_retry_after_beyond_the_cap_ends_the_fetch_at_once(upstream):
    upstream.on("/a.csv", status(429, Retry_After="121"))
    glass = Hourglass()
    with pytest.raises(Unavailable) as caught:
        live(upstream, glass).deliver(offer())
    assert (upstream.asked("/a.csv"), glass.slept) == (1, [])
    assert "in 121 seconds, as the service asks" in caught.value.advice


def test_a_stalled_body_times_out_and_is_tried_again(upstream):
    upstream.on("/a.csv", stall(TEXT, upstream), send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT
    assert upstream.asked("/a.csv") == 2


def test_a_body_that_trickles_for_ever_meets_the_deadline_of_the_attempt(upstream):
    upstream.on("/a.csv", trickle(upstream), send(TEXT))
    glass = Hourglass()
    timing = Timing(time.monotonic, glass.sleep, lambda _, high: high)
    started = time.monotonic()
    assert live(upstream, timing=timing, attempt_seconds=0.3).deliver(offer()).content == TEXT
    assert time.monotonic() - started < 4
    assert upstream.asked("/a.csv") == 2


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(send(TEXT, length=len(TEXT) + 1), id="shorter than its Content-Length"),
        pytest.param(send(TEXT[:7], length=len(TEXT)), id="cut off"),
        pytest.param(chunks_cut_off(TEXT), id="chunks cut off"),
        pytest.param(hang_up, id="no answer at all"),
    ],
)
def test_a_body_that_is_not_whole_is_never_delivered(upstream, behaviour):
    upstream.on("/a.csv", behaviour)
    with pytest.raises(Unavailable, match=r"/a\.csv: "):
        live(upstream, attempts=2).deliver(offer())
    assert upstream.asked("/a.csv") == 2
    upstream.on("/a.csv", behaviour, send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(send(PAGE, Content_Type="text/plain"), id="by its body"),
        pytest.param(send(b"\xef\xbb\xbf\r\n <HTML>\nno</HTML>"), id="by its body, after a byte order mark"),
        pytest.param(send(b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html>'), id="XHTML"),
        pytest.param(send(b"Service Unavailable", Content_Type="Text/HTML; charset=utf-8"), id="by its type"),
    ],
)
def test_a_web_page_in_place_of_a_file_is_an_error_that_may_pass(upstream, behaviour):
    upstream.on("/a.csv", behaviour)
    with pytest.raises(Unavailable, match=r"answers with a web page in place of a\.csv"):
        live(upstream, attempts=2).deliver(offer())
    assert upstream.asked("/a.csv") == 2
    upstream.on("/a.csv", behaviour, send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT


def test_text_that_speaks_of_html_is_no_web_page(upstream):
    text = b"REMARK\nsee <html> and <!DOCTYPE html>\n"
    upstream.on("/a.csv", send(text))
    assert live(upstream).deliver(offer()).content == text


def test_a_web_page_is_delivered_where_a_web_page_was_asked_for(upstream):
    upstream.on("/terms.html", send(PAGE, Content_Type="text/html"))
    assert live(upstream).deliver(offer("/terms.html")).content == PAGE


def test_an_empty_file_is_bad_input(upstream):
    upstream.on("/a.csv", send(b""))
    with pytest.raises(BadInput, match=r"a\.csv is empty"):
        live(upstream).deliver(offer())
    assert upstream.asked("/a.csv") == 1


@pytest.mark.parametrize("behaviour", [send(TEXT), chunks_cut_off(TEXT)], ids=["announced", "in chunks"])
def test_a_file_larger_than_allowed_is_bad_input(upstream, behaviour):
    upstream.on("/a.csv", behaviour)
    with pytest.raises(BadInput, match=f"more than {len(TEXT) - 1} bytes"):
        live(upstream, most_bytes=len(TEXT) - 1).deliver(offer())
    assert upstream.asked("/a.csv") == 1


def test_a_file_announced_as_too_large_is_not_waited_for(upstream):
    upstream.on("/a.csv", send(TEXT[:7], length=1001))
    with pytest.raises(BadInput, match="more than 1000 bytes"):
        live(upstream, most_bytes=1000).deliver(offer())


def test_a_file_as_large_as_allowed_is_delivered(upstream):
    upstream.on("/a.csv", send(TEXT))
    assert live(upstream, most_bytes=len(TEXT)).deliver(offer()).content == TEXT


def test_a_refused_connection_is_tried_again_then_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = taken.getsockname()[1]
        glass = Hourglass()
        source = LiveSource(StandingClock(), user_agent=USER_AGENT, manners=QUICK, timing=glass.timing())
        where = f"http://127.0.0.1:{port}/a.csv"
        with pytest.raises(Unavailable, match="attempts: 5"):
            source.deliver(replace(offer(), address=where))
    assert glass.slept == [1, 2, 4, 8]


def test_redirects_are_followed_but_not_in_circles(upstream):
    upstream.on("/a.csv", status(301, Location="/b.csv"))
    upstream.on("/b.csv", send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT
    upstream.on("/b.csv", status(302, Location="/a.csv"))
    with pytest.raises(Unavailable, match="redirects"):
        live(upstream, attempts=2).deliver(offer())


def test_a_redirect_to_where_nothing_is_encrypted_is_refused(monkeypatch):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"location": "http://upstream.example/a.csv"})
        return httpx.Response(200, content=TEXT)

    def client(_: Fetcher) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True)

    monkeypatch.setattr(Fetcher, "_client", client)
    source = LiveSource(StandingClock(), user_agent=USER_AGENT, timing=Hourglass().timing())
    with pytest.raises(Unavailable, match="not encrypted"):
        source.deliver(offer())


def test_the_circuit_opens_after_failures_in_a_row_and_half_opens_with_time(upstream):
    upstream.on("/a.csv", status(500))
    upstream.on("/b.csv", send(TEXT))
    glass = Hourglass()
    source = live(upstream, glass, attempts=5, failures_to_open=3, open_seconds=60)
    with pytest.raises(Unavailable, match=r"answers 500 .*attempts: 3"):
        source.deliver(offer())
    with pytest.raises(Unavailable, match=r"upstream\.example is not asked: it failed 3 times in a row") as caught:
        source.deliver(offer("/b.csv"))
    assert caught.value.advice.startswith("try again in 60 seconds")
    assert upstream.asked("/b.csv") == 0

    glass.now += 60  # half-open: one trial, which fails and opens it again
    with pytest.raises(Unavailable, match="attempts: 1"):
        source.deliver(offer())
    with pytest.raises(Unavailable, match="is not asked"):
        source.deliver(offer("/b.csv"))

    glass.now += 60  # half-open: the trial succeeds and closes it
    assert source.deliver(offer("/b.csv")).content == TEXT
    with pytest.raises(Unavailable, match="attempts: 3"):
        source.deliver(offer())
    assert upstream.paths == ["/a.csv"] * 4 + ["/b.csv"] + ["/a.csv"] * 3


def test_an_answer_in_between_keeps_the_circuit_closed(upstream):
    upstream.on("/a.csv", status(500))
    source = live(upstream, attempts=1, failures_to_open=3)
    for path in ["/a.csv", "/a.csv", "/missing.csv", "/a.csv", "/a.csv"]:  # a 404 is an answer
        with pytest.raises(Unavailable, match="answers"):
            source.deliver(offer(path))
    assert len(upstream.paths) == 5


def test_the_circuit_of_one_host_is_not_that_of_another(upstream):
    upstream.on("/a.csv", status(500))
    upstream.on("/mirror/a.csv", send(TEXT))
    source = live(upstream, failures_to_open=1)
    with pytest.raises(Unavailable):
        source.deliver(offer())
    assert source.deliver(offer(host="quakes.example")).content == TEXT


def test_there_is_a_pause_between_two_requests_to_a_host(upstream):
    upstream.on("/a.csv", send(TEXT))
    glass = Hourglass()
    source = live(upstream, glass, interval_seconds=3)
    source.deliver(offer())
    assert glass.slept == []
    glass.now += 1
    source.deliver(offer())
    assert glass.slept == [2]
    glass.now += 10
    source.deliver(offer())
    assert glass.slept == [2]


def test_a_host_is_asked_one_thing_at_a_time(upstream):
    inside: list[int] = []
    most: list[int] = []

    def slowly(request):
        # Counted until the answer begins: the next one may come as soon as it has ended.
        inside.append(1)
        time.sleep(0.02)
        most.append(len(inside))
        inside.pop()
        send(TEXT)(request)

    upstream.on("/a.csv", slowly)
    source = live(upstream)
    threads = [threading.Thread(target=source.deliver, args=(offer(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (upstream.asked("/a.csv"), max(most)) == (6, 1)
