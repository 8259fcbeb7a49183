"""What is recorded goes out as Atom: evidence, changed statuses and withdrawals, by plan, party and sector."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from lxml import etree
from pytest_django.fixtures import DjangoAssertNumQueries

from plans.models import Commitment, Party, Pillar, Plan, Sector
from plans.progress import assess, withdraw
from tests.plans.conftest import QUOTE, make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
PLAN = "/en/plans/gcc-aze/feed/"


def feed(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/atom+xml")
    return etree.fromstring(response.content)


def titles(found: Any) -> list[str]:
    return [str(one) for one in found.xpath("a:entry/a:title/text()", namespaces=ATOM)]


def entry(found: Any, title: str) -> Any:
    (one,) = [each for each in found.findall("a:entry", ATOM) if each.findtext("a:title", None, ATOM) == title]
    return one


def test_evidence_goes_out_with_its_words_its_source_and_its_page(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1), url="https://news.example/?a=1&b=2")
    one = entry(feed(client, PLAN), "ENE-1 Commitment ENE-1: Progress")
    assert one.find("a:link", ATOM).get("href") == f"http://testserver/en/evidence/{piece.pk}/"
    words = one.findtext("a:summary", None, ATOM)
    assert f'<blockquote lang="ar" dir="rtl">{QUOTE}</blockquote>' in words
    assert '<a href="https://news.example/?a=1&amp;b=2">Sample Wire</a>' in words


def test_a_changed_status_says_from_what_to_what_and_by_whom(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    for on, level in ((1, "limited"), (2, "substantial")):
        assess(commitment, side="a", level=level, ground=piece, on=date(2025, 4, on), by=None)
    found = feed(client, PLAN)
    assert "GCC: «Limited», the first status" in entry(found, "ENE-1 Commitment ENE-1: Limited (GCC)").findtext(
        "a:summary", None, ATOM
    )
    assert "GCC: from «Limited» to «Substantial»" in entry(found, "ENE-1 Commitment ENE-1: Substantial (GCC)").findtext(
        "a:summary", None, ATOM
    )


def test_a_status_held_as_before_is_no_news(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    for day in (1, 2):
        assess(commitment, side="", level="limited", ground=piece, on=date(2025, 4, day), by=None)
    assert len(titles(feed(client, PLAN))) == 2


def test_a_withdrawal_is_news_and_marks_what_was_withdrawn(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    withdraw(piece, reason="Misread <b>", by=None)
    found = feed(client, PLAN)
    assert titles(found) == [
        "ENE-1 Commitment ENE-1: evidence withdrawn",
        "Withdrawn: ENE-1 Commitment ENE-1: Progress",
    ]
    assert "Misread &lt;b&gt;" in found.findtext("a:entry/a:summary", None, ATOM)


def test_invented_evidence_says_so(client: Client, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1), is_demo=True)
    assert titles(feed(client, PLAN)) == ["ENE-1 Commitment ENE-1: Progress (demo)"]


def test_a_feed_is_in_the_language_of_its_address(client: Client, plan: Plan, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1))
    found = feed(client, PLAN.replace("/en/", "/ar/"))
    assert found.get(LANG) == "ar"
    assert plan.title_ar in found.findtext("a:title", None, ATOM)
    assert found.find("a:entry/a:link", ATOM).get("href").startswith("http://testserver/ar/")


def test_ids_are_tags_that_stay_and_agree_between_feeds(client: Client, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1))
    ids = {
        feed(client, address).findtext("a:entry/a:id", None, ATOM)
        for address in (PLAN, "/en/parties/aze/feed/", "/en/sectors/energy/feed/", PLAN)
    }
    (one,) = ids
    assert re.fullmatch(r"tag:testserver,\d{4}-\d\d-\d\d:evidence/\d+/en", one)
    assert feed(client, PLAN).findtext("a:id", None, ATOM) == "tag:testserver,2025:plan/gcc-aze/en"


def test_a_partys_feed_has_its_plans_alone(client: Client, commitment: Commitment, gcc: Party) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    pillar = Pillar.objects.create(
        plan=other, code="EDU", title_en="Education", title_ar="التعليم", sector=Sector.objects.create(slug="education")
    )
    make_evidence(commitment, date(2025, 3, 1))
    make_evidence(make_commitment(pillar, "EDU-1"), date(2025, 3, 1))
    assert [title[:5] for title in titles(feed(client, "/en/parties/aze/feed/"))] == ["ENE-1"]
    assert len(titles(feed(client, "/en/parties/gcc/feed/"))) == 2
    assert [title[:5] for title in titles(feed(client, "/en/sectors/education/feed/"))] == ["EDU-1"]


def test_what_is_not_there_has_no_feed(client: Client, db: None) -> None:
    for address in (PLAN, "/en/parties/x/feed/", "/en/sectors/x/feed/"):
        assert client.get(address).status_code == 404


def test_a_feed_unchanged_is_not_sent_again(client: Client, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1))
    first = client.get(PLAN)
    again = client.get(PLAN, headers={"if-none-match": first["ETag"]})
    since = client.get(PLAN, headers={"if-modified-since": first["Last-Modified"]})
    assert (again.status_code, since.status_code, again.content) == (304, 304, b"")
    make_evidence(commitment, date(2025, 4, 1))
    assert client.get(PLAN, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_an_empty_feed_stands_still(client: Client, plan: Plan) -> None:
    first = client.get(PLAN)
    assert client.get(PLAN, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_a_feed_has_the_newest_fifty_and_costs_the_same_at_any_size(
    client: Client, commitment: Commitment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    piece = make_evidence(commitment, date(2025, 1, 1))
    with django_assert_num_queries(4):
        feed(client, PLAN)
    for number in range(60):
        make_evidence(commitment, date(2025, 1, 1) + timedelta(number))
    assess(commitment, side="a", level="limited", ground=piece, on=date(2025, 4, 1), by=None)
    withdraw(piece, reason="Misread", by=None)
    with django_assert_num_queries(4):
        assert len(titles(feed(client, PLAN))) == 50


def test_control_characters_do_not_break_a_feed(client: Client, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1), publisher="Sample\x0bWire")
    assert len(titles(feed(client, PLAN))) == 1


@pytest.mark.parametrize("address", ["/en/plans/gcc-aze/", "/en/parties/aze/", "/en/sectors/energy/"])
def test_pages_name_their_feed(client: Client, commitment: Commitment, address: str) -> None:
    html = client.get(address).content.decode()
    assert re.search(rf'<link rel="alternate" type="application/atom\+xml"[^>]* href="{address}feed/">', html)
