"""The live source against a service that behaves: what is offered, how it is asked, what is kept."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from kfm_assets.datasets.compression import inflate
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.dataset import Grain, Partitions
from kfm_assets.errors import BadInput, InvalidPolicy, NotFound, Unavailable
from kfm_assets.ports import Known
from kfm_assets_tests.adapters.sources.quick import USER_AGENT, Hourglass, live, offer
from kfm_assets_tests.adapters.sources.upstream import listing, send, status
from kfm_assets_tests.adapters.sources.worlds import (
    COUNTIES,
    LISTING,
    NOW,
    QUAKES,
    QUERY,
    RECORDED,
    STORMS,
    named,
    needs_recorded,
)

PAGE = "/pub/csvfiles/"
OLD = "StormEvents_details-ftp_v1.0_d1950_c20160223.csv.gz"
NEW = "StormEvents_details-ftp_v1.0_d1950_c20170120.csv.gz"
NEXT = "StormEvents_details-ftp_v1.0_d1951_c20160223.csv.gz"
DEATHS = "StormEvents_fatalities-ftp_v1.0_d1950_c20170120.csv.gz"
TEXT = b"EVENT_ID,STATE\n1,KANSAS\n"
QUERY_PATH = "/mirror/fdsnws/event/1/query?format=csv&starttime={}T00:00:00Z&endtime={}T00:00:00Z"


def test_a_listing_offers_the_newest_edition_of_each_file(upstream):
    upstream.on(PAGE, send(listing(OLD, NEW, NEXT, DEATHS, "ugc_areas.csv"), Content_Type="text/html"))
    offers = live(upstream).offers(STORMS, None)
    assert [(found.partition, found.name, found.passed_over) for found in offers] == [
        ("1950", NEW, (OLD,)),
        ("1950", DEATHS, ()),
        ("1951", NEXT, ()),
    ]
    assert offers[0].address == LISTING + NEW


def test_a_page_is_asked_for_once_and_again_after_a_while(upstream):
    upstream.on(PAGE, send(listing(NEW, DEATHS)))
    glass = Hourglass()
    source = live(upstream, glass, listing_seconds=300)
    for _ in range(3):
        assert len(source.offers(STORMS, None)) == 2
    assert upstream.asked(PAGE) == 1
    glass.now += 301
    upstream.on(PAGE, send(listing(NEW, DEATHS, NEXT)))
    assert len(source.offers(STORMS, None)) == 3


def test_links_may_be_absolute_quoted_or_senseless(upstream):
    page = (
        f"<a href=' {LISTING}{NEW}#top '>a</a><a href=\"deeper/{NEXT.replace('_', '%5F')}\">b</a><a name=x>c</a>"
        f'<a href="http://[">d</a><a href="ftp://upstream.example/{DEATHS}">e</a><a href>f</a>'
    )
    upstream.on(PAGE, send(page.encode()))
    assert [(found.name, found.address) for found in live(upstream).offers(STORMS, None)] == [
        (NEW, LISTING + NEW),
        (NEXT, LISTING + "deeper/" + NEXT.replace("_", "%5F")),
    ]


def test_links_are_relative_to_where_a_redirect_led(upstream):
    upstream.on(PAGE, status(301, Location=upstream.base + "/moved/here/"))
    upstream.on("/moved/here/", send(listing(NEW)))
    (found,) = live(upstream).offers(STORMS, None)
    assert found.address == f"https://upstream.example/moved/here/{NEW}"


def test_a_listing_without_a_file_of_the_dataset_names_what_was_looked_for(upstream):
    upstream.on(PAGE, send(listing("ugc_areas.csv")))
    with pytest.raises(NotFound, match="live has nothing of hazards/storms") as caught:
        live(upstream).offers(STORMS, None)
    assert "details: StormEvents_details" in caught.value.advice


def test_a_page_without_links_is_an_error_that_may_pass(upstream):
    upstream.on(PAGE, send(b"<html><body>Down for maintenance</body></html>"), send(listing(NEW)))
    assert len(live(upstream).offers(STORMS, None)) == 1
    upstream.on(PAGE, send(b"<html><body>Down for maintenance</body></html>"))
    with pytest.raises(Unavailable, match="not a page of links"):
        live(upstream, attempts=2).offers(STORMS, None)


def test_a_listing_that_is_gone_is_unavailable(upstream):
    with pytest.raises(Unavailable, match="answers 404"):
        live(upstream).offers(STORMS, None)


def test_a_query_is_asked_for_each_partition_in_utc(upstream):
    (found,) = live(upstream).offers(QUAKES, ["2015-12"])
    assert found.address == QUERY.format(start="2015-12-01T00:00:00Z", end="2016-01-01T00:00:00Z")
    assert (found.name, found.partition) == ("comcat_2015-12.csv", "2015-12")
    upstream.on(QUERY_PATH.format("2015-12-01", "2016-01-01"), send(b"time,latitude\n"))
    assert live(upstream).deliver(found).content == b"time,latitude\n"


def test_a_local_month_is_asked_for_by_its_utc_instants(upstream):
    spec = replace(QUAKES, partitions=Partitions(Grain.MONTH, "2010-01", "Etc/GMT+6"))
    (found,) = live(upstream).offers(spec, ["2015-08"])
    assert found.address == QUERY.format(start="2015-08-01T06:00:00Z", end="2015-09-01T06:00:00Z")


def test_a_service_that_writes_days_otherwise_and_includes_the_last_is_asked_so(upstream):
    url = "https://quakes.example/api?startdate={first_day:%m/%d/%Y}&enddate={last_day:%m/%d/%Y}"
    (found,) = live(upstream).offers(named(QUAKES, "query", url), ["2015-12"])
    assert found.address == "https://quakes.example/api?startdate=12/01/2015&enddate=12/31/2015"
    upstream.on("/mirror/api?startdate=12/01/2015&enddate=12/31/2015", send(b"a,b\n"))
    assert live(upstream).deliver(found).content == b"a,b\n"


def test_a_query_without_partitions_is_for_the_current_period_and_the_one_before(upstream):
    assert [found.partition for found in live(upstream).offers(QUAKES, None)] == ["2026-02", "2026-03"]
    young = replace(QUAKES, partitions=Partitions(Grain.MONTH, "2026-03"))
    assert [found.partition for found in live(upstream).offers(young, None)] == ["2026-03"]


def test_a_query_without_data_delivers_no_bytes(upstream):
    (found,) = live(upstream).offers(QUAKES, ["2015-12"])
    upstream.on(QUERY_PATH.format("2015-12-01", "2016-01-01"), status(204))
    delivery = live(upstream).deliver(found)
    assert (delivery.status, delivery.content) == (204, b"")


def test_a_file_is_offered_as_it_is(upstream):
    upstream.on("/geo/cb_2014_us_county_20m.zip", send(b"PK\x03\x04", Content_Type="application/zip"))
    source = live(upstream)
    (found,) = source.offers(COUNTIES, None)
    assert (found.name, found.partition) == ("cb_2014_us_county_20m.zip", "static")
    assert source.deliver(found).content == b"PK\x03\x04"


def test_a_file_whose_name_tells_nothing_is_offered_for_every_partition(upstream):
    spec = named(STORMS, "file", "https://upstream.example/pub/all.csv?x=1")
    (found,) = live(upstream).offers(spec, ["1975"])
    assert (found.name, found.partition) == ("all.csv", None)


@pytest.mark.parametrize(
    "spec", [named(STORMS, "carrier pigeon", LISTING), named(COUNTIES, "query", QUERY)], ids=["method", "static query"]
)
def test_an_endpoint_that_makes_no_sense_is_refused(upstream, spec):
    with pytest.raises(InvalidPolicy):
        live(upstream).offers(spec, None)


def test_it_says_who_asks_and_asks_for_the_file_as_it_is(upstream):
    upstream.on("/a.csv", send(TEXT))
    live(upstream).deliver(offer())
    (headers,) = upstream.headers
    assert headers["user-agent"] == USER_AGENT
    assert headers["accept-encoding"] == "identity"
    assert not {"if-none-match", "if-modified-since"} & headers.keys()


@pytest.mark.parametrize("headers", [{}, {"Content_Encoding": "x-gzip"}], ids=["plain", "as Apache labels it"])
def test_a_gzip_file_stays_as_it_is(upstream, headers):
    zipped = gzip.compress(TEXT)
    upstream.on("/a.csv.gz", send(zipped, **headers))
    assert live(upstream).deliver(offer("/a.csv.gz")).content == zipped


def test_a_coding_that_was_not_asked_for_is_refused(upstream):
    upstream.on("/a.csv", send(gzip.compress(TEXT), Content_Encoding="gzip"))
    with pytest.raises(BadInput, match="coding gzip"):
        live(upstream).deliver(offer())


def test_what_the_service_said_is_kept_but_for_cookies(upstream):
    upstream.on("/a.csv", send(TEXT, ETag='"x1"', Last_Modified="Thu, 23 Feb 2017 10:00:00 GMT", Set_Cookie="id=1"))
    delivery = live(upstream).deliver(offer())
    assert delivery.headers["etag"] == '"x1"'
    assert delivery.headers["last-modified"] == "Thu, 23 Feb 2017 10:00:00 GMT"
    assert "set-cookie" not in delivery.headers
    assert (delivery.status, delivery.at, delivery.offer) == (200, NOW, offer())


def test_a_file_that_did_not_change_is_not_sent_again(upstream):
    upstream.on("/a.csv", status(304, ETag='"x1"'))
    known = Known(digest_bytes(TEXT), '"x1"', "Thu, 23 Feb 2017 10:00:00 GMT")
    delivery = live(upstream).deliver(offer(), known)
    assert (delivery.status, delivery.content, delivery.headers["etag"]) == (304, None, '"x1"')
    (headers,) = upstream.headers
    assert headers["if-none-match"] == '"x1"'
    assert headers["if-modified-since"] == "Thu, 23 Feb 2017 10:00:00 GMT"


def test_a_file_that_changed_is_sent_although_one_was_known(upstream):
    upstream.on("/a.csv", send(TEXT, ETag='"x2"'))
    delivery = live(upstream).deliver(offer(), Known(digest_bytes(b"old"), '"x1"', ""))
    assert (delivery.status, delivery.content) == (200, TEXT)
    assert "if-modified-since" not in upstream.headers[0]


def test_not_modified_is_no_answer_to_a_question_without_a_condition(upstream):
    upstream.on("/a.csv", status(304), send(TEXT))
    assert live(upstream).deliver(offer()).content == TEXT


@needs_recorded
def test_recorded_years_come_through_the_listing_byte_for_byte(upstream):
    folder = RECORDED / "noaa_storm_events"
    recorded = {
        f"{path.name.removeprefix('KS_')}.gz": gzip.compress(path.read_bytes()) for path in folder.glob("*.csv")
    }
    upstream.on(PAGE, send(listing(*sorted(recorded)), Content_Type="text/html;charset=UTF-8"))
    for name, content in recorded.items():
        upstream.on(PAGE + name, status(503), send(content, Content_Type="application/x-gzip"))
    source = live(upstream)
    offers = source.offers(STORMS, ["1950", "1992"])
    assert [found.partition for found in offers] == ["1950", "1950", "1992"]
    for found in offers:
        content = source.deliver(found).content
        assert content == recorded[found.name]
        name, text = inflate(found.name, content)
        assert text == (folder / f"KS_{name}").read_bytes()
