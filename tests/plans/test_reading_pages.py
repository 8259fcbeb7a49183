"""Pages that read across plans: what they count, where their numbers lead, and what they cost."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from plans.models import Commitment, Evidence, Membership, Party, Pillar, Plan, Sector
from plans.progress import assess, record_evidence
from plans.views import reading
from tests.plans.conftest import make_commitment, make_evidence, make_party, make_plan
from tests.plans.test_pages import WellFormed, fill

pytestmark = pytest.mark.django_db


def get(client: Client, name: str, *args: Any, language: str = "en", **query: str) -> str:
    with translation.override(language):
        address = reverse(name, args=args)
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def codes(html: str) -> list[str]:
    """The codes of the commitments in a table of commitments."""
    return re.findall(r'<span class="code"><bdi>([^<]+)</bdi>', html)


def complete(commitment: Commitment, level: str = "completed") -> Evidence:
    ground = make_evidence(commitment, date(2025, 5, 1))
    assess(commitment, side="", level=level, ground=ground, on=date(2025, 5, 1), by=None)
    return ground


@pytest.fixture
def japan(gcc: Party) -> Plan:
    """A second plan, with a pillar in energy and one in health."""
    return make_plan("gcc-jpn", gcc, make_party("jpn", short_en="Japan"))


@pytest.fixture
def energy_of_japan(japan: Plan, pillar: Pillar) -> Pillar:
    return Pillar.objects.create(plan=japan, code="EN", title_en="Hydrogen", title_ar="هيدروجين", sector=pillar.sector)


@pytest.fixture
def health_of_japan(japan: Plan) -> Pillar:
    sector = Sector.objects.create(slug="health", name_en="Health", name_ar="الصحة")
    return Pillar.objects.create(plan=japan, code="HEA", title_en="Health", title_ar="الصحة", sector=sector)


PAGES: dict[str, list[str]] = {
    "party": ["gcc"],
    "sector": ["energy"],
    "pillar": ["gcc-aze", "ENE"],
    "table": [],
    "commitments": [],
}


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_keeps_its_manners(client: Client, plan: Plan, pillar: Pillar, name: str, language: str) -> None:
    fill(plan, pillar, 3)
    seen = WellFormed()
    seen.feed(get(client, name, *PAGES[name], language=language))
    assert seen.h1 == 1
    assert len(seen.ids) == len(set(seen.ids))
    assert not seen.inline


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_queries_at_any_size(
    client: Client,
    plan: Plan,
    pillar: Pillar,
    health_of_japan: Pillar,
    name: str,
) -> None:
    fill(plan, pillar, 3)
    with CaptureQueriesContext(connection) as few:
        get(client, name, *PAGES[name])
    fill(plan, pillar, 12)
    for number in range(4):
        more = make_plan(f"more-{number}", plan.side_a, make_party(f"more-{number}"))
        Membership.objects.create(bloc=plan.side_a, member=more.side_b)
        fill(more, Pillar.objects.create(plan=more, code="ENE", title_en="E", title_ar="ط", sector=pillar.sector), 2)
    with CaptureQueriesContext(connection) as many:
        get(client, name, *PAGES[name])
    assert len(few) == len(many) <= 18


# ------------------------------------------------------------------ party


def test_a_party_shows_what_it_is_its_members_with_dates_and_its_plans(client: Client, plan: Plan, gcc: Party) -> None:
    oman = make_party("omn", short_en="Oman", iso3="OMN")
    Membership.objects.create(bloc=gcc, member=oman, since=date(1981, 5, 25), until=date(2030, 1, 1))
    html = get(client, "party", "gcc")
    assert "Gulf Cooperation Council" in html and "Bloc" in html
    assert re.search(r"Oman</a>, since 1981, until 2030", html)
    assert f'href="{plan.get_absolute_url()}"' in html


def test_a_member_sees_the_plans_of_its_bloc_among_its_own(client: Client, plan: Plan, gcc: Party) -> None:
    Membership.objects.create(bloc=gcc, member=make_party("omn", short_en="Oman"))
    html = get(client, "party", "omn")
    assert 'href="/en/plans/gcc-aze/"' in html and 'href="/en/parties/gcc/"' in html


def test_a_party_shows_which_of_its_commitments_need_a_person(
    client: Client, pillar: Pillar, health_of_japan: Pillar
) -> None:
    make_commitment(pillar, "ENE-1", due_on=date(2024, 6, 1))
    make_commitment(health_of_japan, "HEA-1", due_on=date(2024, 6, 1))
    html = get(client, "party", "aze")
    assert "Commitment ENE-1" in html and "Commitment HEA-1" not in html


def test_a_party_without_plans_says_so_and_an_unknown_one_is_not_found(client: Client) -> None:
    make_party("omn")
    assert "No plan of this party is recorded" in get(client, "party", "omn")
    assert client.get("/en/parties/atlantis/").status_code == 404


# ------------------------------------------------------------------ sector and pillar


def test_a_sector_compares_the_same_pillar_across_plans(
    client: Client, pillar: Pillar, energy_of_japan: Pillar, health_of_japan: Pillar
) -> None:
    complete(make_commitment(pillar, "ENE-1"))
    make_commitment(pillar, "ENE-2")
    html = get(client, "sector", "energy")
    assert "<b>2</b> plans have a pillar in this sector, with 2 commitments" in html
    assert 'href="/en/plans/gcc-aze/pillars/ENE/"' in html and 'href="/en/plans/gcc-jpn/pillars/EN/"' in html
    assert "/pillars/HEA/" not in html
    assert html.index("gcc-aze") < html.index("gcc-jpn")  # the one heard of last stands first


def test_many_plans_of_a_sector_come_by_the_page_and_are_counted_whole(client: Client, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1")
    for number in range(22):
        one = make_plan(f"gcc-{number}", pillar.plan.side_a, pillar.plan.side_b)
        other = Pillar.objects.create(plan=one, code="ENE", title_en="E", title_ar="ط", sector=pillar.sector)
        make_commitment(other, "ENE-1")
    first = get(client, "sector", "energy")
    second = get(client, "sector", "energy", page="2")
    assert [html.count("/pillars/ENE/") for html in (first, second)] == [20, 3]
    assert all("<b>23</b> plans" in html for html in (first, second))


def test_a_large_pillar_comes_by_the_page(client: Client, pillar: Pillar) -> None:
    for number in range(52):
        make_commitment(pillar, f"ENE-{number}")
    pages = [get(client, "pillar", pillar.plan.slug, "ENE", page=page) for page in ("1", "2")]
    codes = [re.findall(r"<bdi>(ENE-\d+)</bdi></span>", html) for html in pages]
    assert [len(found) for found in codes] == [50, 2]
    assert len({*codes[0], *codes[1]}) == 52


def test_what_nothing_is_known_of_is_not_counted_as_undelivered(client: Client, pillar: Pillar) -> None:
    complete(make_commitment(pillar, "ENE-1"))
    make_commitment(pillar, "ENE-2")
    html = get(client, "sector", "energy")
    assert "1 of 1 with evidence completed" in html and "1 without evidence" in html


def test_a_pillar_shows_its_commitments_alone(
    client: Client, pillar: Pillar, plan: Plan, health_of_japan: Pillar
) -> None:
    make_commitment(pillar, "ENE-1")
    make_commitment(health_of_japan, "HEA-1")
    html = get(client, "pillar", plan.slug, "ENE")
    assert codes(html) == ["ENE-1"]
    assert 'href="/en/sectors/energy/"' in html


def test_evidence_of_a_pillar_without_commitments_counts_for_its_freshness(
    client: Client, pillar: Pillar, plan: Plan
) -> None:
    record_evidence(
        plan=plan, pillar=pillar, kind="context", summary_en="A visit.", publisher="Wire", published_on=date(2025, 3, 4)
    )
    assert '<time datetime="2025-03-04">' in get(client, "sector", "energy")
    assert "A visit." in get(client, "pillar", plan.slug, "ENE")


@pytest.mark.parametrize("address", ["/en/sectors/alchemy/", "/en/plans/gcc-aze/pillars/XYZ/"])
def test_an_unknown_sector_or_pillar_is_not_found(client: Client, plan: Plan, address: str) -> None:
    assert client.get(address).status_code == 404


# ------------------------------------------------------------------ parties and sectors


def cells(html: str, party: str) -> list[tuple[str, str]]:
    """Of a party's row: where each number leads, and the number."""
    row = re.search(
        rf'<th scope="row"[^>]*>(?:<a href="/en/parties/{party}/">)[^<]*</a></th>(.*?)</tr>', html, re.DOTALL
    )
    assert row is not None
    return re.findall(r'<a href="([^"]+)">(\d+)</a>', row[1])


def test_each_number_of_the_table_leads_to_a_list_of_as_many(
    client: Client, pillar: Pillar, energy_of_japan: Pillar, health_of_japan: Pillar, gcc: Party
) -> None:
    Membership.objects.create(bloc=gcc, member=make_plan("omn-ind", make_party("omn"), make_party("ind")).side_a)
    for place, name, count in [(pillar, "ENE", 3), (energy_of_japan, "EN", 2), (health_of_japan, "HEA", 1)]:
        for number in range(count):
            make_commitment(place, f"{name}-{number}")
    html = get(client, "table")
    assert [number for _address, number in cells(html, "gcc")] == ["5", "1", "6"]
    assert [number for _address, number in cells(html, "jpn")] == ["2", "1", "3"]
    for party in ("gcc", "aze", "jpn", "omn"):
        for address, shown in cells(html, party):
            listed = client.get(address.replace("&amp;", "&")).content.decode()
            assert len(codes(listed)) == int(shown)


def test_a_cell_says_how_many_are_completed_of_how_many_known_and_how_fresh_that_is(
    client: Client, pillar: Pillar
) -> None:
    complete(make_commitment(pillar, "ENE-1"))
    complete(make_commitment(pillar, "ENE-2"), "limited")
    make_commitment(pillar, "ENE-3")
    html = get(client, "table")
    assert "<bdi>1/2</bdi>" in html and "May 2025" in html
    assert 'class="shade-2"' in html


@pytest.mark.parametrize(
    "total, completed, unknown, shade",
    [(4, 0, 4, "none"), (4, 0, 0, "0"), (4, 1, 0, "1"), (3, 1, 0, "1"), (4, 2, 0, "2"), (4, 3, 0, "3"), (4, 1, 3, "3")],
)
def test_a_cell_is_as_dark_as_what_is_known_is_completed(total: int, completed: int, unknown: int, shade: str) -> None:
    cell = reading.Cell("", "")
    cell.add(total, completed, unknown, None)
    assert cell.shade == shade


def test_the_last_row_counts_each_commitment_once(client: Client, pillar: Pillar, health_of_japan: Pillar) -> None:
    make_commitment(pillar, "ENE-1")
    make_commitment(health_of_japan, "HEA-1")
    foot = get(client, "table").split("<tfoot")[1]
    assert re.findall(r">(\d+)</a>", foot) == ["1", "1", "2"]


def test_parties_without_commitments_stand_below_the_table(client: Client, pillar: Pillar, japan: Plan) -> None:
    make_commitment(pillar, "ENE-1")
    below = get(client, "table").split("no recorded commitment")[1]
    assert "/en/parties/jpn/" in below and "/en/parties/aze/" not in below


# ------------------------------------------------------------------ the list behind a number


@pytest.mark.parametrize(
    "query, found",
    [
        ({}, ["ENE-1", "ENE-2", "HEA-1"]),
        ({"party": "aze"}, ["ENE-1", "ENE-2"]),
        ({"party": "atlantis"}, []),
        ({"sector": "health"}, ["HEA-1"]),
        ({"plan": "gcc-jpn"}, ["HEA-1"]),
        ({"lifecycle": "expired"}, []),
        ({"status": "completed"}, ["ENE-1"]),
        ({"status": "none", "party": "gcc"}, ["ENE-2", "HEA-1"]),
        ({"flag": "overdue"}, ["HEA-1"]),
        ({"flag": "no such flag"}, ["ENE-1", "ENE-2", "HEA-1"]),
        ({"after": "no number", "plan": "\x00"}, ["ENE-1", "ENE-2", "HEA-1"]),
    ],
)
def test_the_list_is_filtered_by_its_address(
    client: Client, pillar: Pillar, health_of_japan: Pillar, query: dict[str, str], found: list[str]
) -> None:
    later = date(timezone.localdate().year + 1, 1, 1)
    complete(make_commitment(pillar, "ENE-1", due_on=later))
    make_commitment(pillar, "ENE-2", due_on=later)
    make_commitment(health_of_japan, "HEA-1", due_on=date(2024, 6, 1))
    html = get(client, "commitments", **query)
    assert codes(html) == found
    assert ("No commitment matches" in html) is not bool(found)


def test_the_list_says_how_many_match_of_how_many(client: Client, pillar: Pillar) -> None:
    complete(make_commitment(pillar, "ENE-1"))
    make_commitment(pillar, "ENE-2")
    assert "<b>1</b> of 2 commitments matches" in get(client, "commitments", status="completed")


def test_pages_of_the_list_follow_each_other_without_gap_or_repetition(
    client: Client, pillar: Pillar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "COMMITMENTS_ON_A_PAGE", 3)
    for number in range(8):
        make_commitment(pillar, f"ENE-{number}", position=number // 2)
    seen: list[str] = []
    address = "/en/commitments/?party=gcc"
    while address:
        html = client.get(address).content.decode()
        seen += codes(html)
        following = re.search(r'rel="next" href="(\?[^"]+)"', html)
        address = "/en/commitments/" + following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"ENE-{number}" for number in range(8)]


def test_the_list_without_commitments_says_what_belongs_here(client: Client) -> None:
    assert "as soon as one is entered" in get(client, "commitments")


# ------------------------------------------------------------------ the overview leads here


def test_the_overview_leads_to_parties_sectors_and_the_table(client: Client, pillar: Pillar) -> None:
    html = get(client, "overview")
    for address in ("/en/parties/aze/", "/en/sectors/energy/", "/en/table/", "/en/commitments/"):
        assert f'href="{address}"' in html


def test_the_overview_is_filtered_by_lead_body_in_either_language(client: Client, plan: Plan, japan: Plan) -> None:
    plan.lead_a_en, plan.lead_a_ar = "Secretariat General", "الأمانة العامة"
    plan.save()
    for lead in ("Secretariat General", "الأمانة العامة"):
        html = get(client, "overview", lead=lead)
        assert 'href="/en/plans/gcc-aze/"' in html and 'href="/en/plans/gcc-jpn/"' not in html
    assert "<option>Secretariat General</option>" in get(client, "overview")


def test_a_plan_leads_to_its_sides_and_pillars(client: Client, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1")
    html = get(client, "plan", pillar.plan.slug)
    for address in ("/en/parties/gcc/", "/en/parties/aze/", "/en/plans/gcc-aze/pillars/ENE/"):
        assert f'href="{address}"' in html


def test_what_needs_a_person_in_a_pillar_leads_to_the_list_of_that_pillar(client: Client, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", due_on=date(2024, 6, 1))
    address = 'href="/en/plans/gcc-aze/?flag=overdue&amp;pillar=ENE#commitments"'
    for name, args in (("sector", ["energy"]), ("pillar", ["gcc-aze", "ENE"]), ("plan", ["gcc-aze"])):
        assert address in get(client, name, *args)
