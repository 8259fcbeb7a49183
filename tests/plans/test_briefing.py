"""A briefing says what the record holds of a period, each fact with its source, and once published never changes."""

import io
import re
from datetime import date, timedelta
from typing import Any

import docx
import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from docx.oxml.ns import qn

from plans import briefing
from plans.models import ActionPoint, Briefing, Commitment, Evidence, Meeting, Membership, Party, Pillar, Plan, User
from plans.paper import paper_of, papers_of
from plans.progress import assess, move_date, record_check, record_evidence, withdraw
from tests.plans.conftest import make_commitment, make_evidence, make_party

pytestmark = pytest.mark.django_db

SINCE, UNTIL = date(2025, 5, 14), date(2025, 12, 10)


def prepare(plan: Plan, since: date = SINCE, until: date = UNTIL, reader: str = "a") -> briefing.Content:
    return briefing.prepare(Plan.objects.with_sides().get(pk=plan.pk), since=since, until=until, reader=reader)


def cited(content: briefing.Content, numbers: list[int]) -> list[int]:
    """The pieces of evidence behind these numbers."""
    by_number = {item["number"]: item["evidence"] for item in content["citations"]}
    return [by_number[number] for number in numbers]


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def text_of(lines: list[Any]) -> str:
    return "\n".join("".join(span.text for span in line.spans) for line in lines)


def section(content: briefing.Content, key: str, language: str = "en") -> Any:
    return next(one for one in paper_of(content, language).sections if one.key == key)


def fill(pillar: Pillar, count: int) -> None:
    """Commitments that are late, contested, checked, moved and silent, with action points."""
    plan = pillar.plan
    meeting = Meeting.objects.create(
        plan=plan, kind="senior_officials", held_on=SINCE, place_en="Riyadh", place_ar="الرياض"
    )
    for number in range(count):
        one = make_commitment(
            pillar, f"ENE-{number + 1}", due_on=date(2025, 9, 30), lead_a_en="Secretariat", lead_a_ar="الأمانة"
        )
        old = make_evidence(one, date(2025, 1, 10))
        new = make_evidence(one, date(2025, 11, 1))
        assess(one, side="a", level="limited", ground=old, on=date(2025, 1, 11), by=None)
        assess(one, side="a", level="substantial", ground=new, on=date(2025, 11, 2), by=None)
        assess(one, side="b", level="limited", ground=new, on=date(2025, 11, 3), by=None)
        record_check(one, on=date(2025, 11, 5), sources="Gazette", languages=["en"], by=None)
        move_date(
            one,
            to=date(2025, 10, 31),
            precision="day",
            decided_on=date(2025, 8, 1),
            by=None,
            reason_en="Late.",
            evidence=old,
        )
        ActionPoint.objects.create(meeting=meeting, commitment=one, side="a", text_en=f"Send paper {number}")


@pytest.fixture
def editor_of_plans(reviewer: User) -> User:
    reviewer.user_permissions.add(Permission.objects.get(codename="add_briefing"))
    return reviewer


# ------------------------------------------------------------------ the period and who reads
def test_without_dates_it_begins_with_the_last_meeting(plan: Plan) -> None:
    for held_on in (date(2025, 5, 14), date(2025, 11, 20), date(2026, 2, 1)):
        Meeting.objects.create(plan=plan, kind="summit", held_on=held_on, place_en="Baku", place_ar="باكو")
    assert briefing.default_since(plan, date(2025, 12, 1)) == date(2025, 11, 20)


def test_without_a_meeting_it_begins_with_the_plan(plan: Plan) -> None:
    assert briefing.default_since(plan, UNTIL) == plan.starts


def test_a_focal_points_we_is_their_party_or_the_bloc_it_belongs_to(plan: Plan, gcc: Party, aze: Party) -> None:
    member, nobody = make_party("omn"), make_party("nor")
    Membership.objects.create(bloc=gcc, member=member)
    sides = {
        party: briefing.reader_side(plan, User(username="x", party=party)) for party in (gcc, aze, member, nobody, None)
    }
    assert sides == {gcc: "a", aze: "b", member: "a", nobody: "a", None: "a"}


# ------------------------------------------------------------------ what it says
def test_a_status_that_changed_in_the_period_is_told_with_what_it_was_and_its_ground(commitment: Commitment) -> None:
    before = make_evidence(commitment, date(2025, 2, 1))
    ground = make_evidence(commitment, date(2025, 12, 2))
    assess(commitment, side="", level="limited", ground=before, on=date(2025, 2, 2), by=None)
    assess(commitment, side="", level="substantial", ground=ground, on=date(2025, 12, 3), by=None)
    content = prepare(commitment.plan)
    (change,) = content["changed"]["items"]
    assert (change["from"], change["to"], change["on"]) == ("limited", "substantial", "2025-12-03")
    assert cited(content, change["refs"]) == [ground.pk]


def test_what_was_only_said_again_is_no_change(commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2025, 2, 1))
    for on in (date(2025, 2, 2), date(2025, 6, 2)):
        assess(commitment, side="a", level="limited", ground=ground, on=on, by=None)
    assert prepare(commitment.plan)["changed"]["total"] == 0


def test_it_stands_as_of_its_last_day(commitment: Commitment) -> None:
    early = make_evidence(commitment, date(2025, 2, 1))
    late = make_evidence(commitment, date(2026, 2, 1))
    assess(commitment, side="", level="limited", ground=early, on=date(2025, 2, 2), by=None)
    assess(commitment, side="", level="completed", ground=late, on=date(2026, 2, 2), by=None)
    content = prepare(commitment.plan)
    assert content["commitments"][0]["status"] == "limited"
    assert content["evidence"] == 1
    assert prepare(commitment.plan, until=date(2026, 3, 1))["commitments"][0]["status"] == "completed"


def test_a_date_that_moved_after_its_last_day_had_not_moved_yet(commitment: Commitment) -> None:
    move_date(
        commitment, to=date(2027, 6, 30), precision="day", decided_on=date(2026, 8, 1), by=None, reason_en="Late."
    )
    assert prepare(commitment.plan, until=date(2026, 7, 15))["late"]["items"][0]["days"] == 15
    assert prepare(commitment.plan, until=date(2026, 8, 15))["late"]["total"] == 0


def test_withdrawn_evidence_and_what_rested_on_it_are_not_in_it(commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 11, 1))
    assess(commitment, side="a", level="completed", ground=piece, on=date(2025, 11, 2), by=None)
    withdraw(piece, reason="A mistake.", by=None)
    content = prepare(commitment.plan)
    assert content["citations"] == [] and content["changed"]["total"] == 0
    assert content["commitments"][0]["status"] == "none"


def test_as_of_today_it_says_what_the_plans_page_counts(pillar: Pillar) -> None:
    today = timezone.localdate()
    fill(pillar, 4)
    quiet = make_commitment(pillar, "ENE-9", due_on=today + timedelta(days=30))
    make_evidence(quiet, date(2024, 2, 1))
    make_commitment(pillar, "ENE-8", due_on=None, due_precision="plan_end")
    plan: Any = Plan.objects.with_sides().with_counts(today).get(pk=pillar.plan_id)
    everything = briefing.prepare(plan, since=SINCE, until=today)["all"]
    assert [everything[flag] for flag in ("overdue", "contested", "silent")] == [
        plan.overdue_count,
        plan.contested_count,
        plan.silent_count,
    ]
    assert everything["counts"] == {status: getattr(plan, f"count_{status}") for status in everything["counts"]}


def test_what_each_side_owes_are_its_open_commitments_and_action_points(pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", lead_a_en="Secretariat")
    make_commitment(pillar, "ENE-2", lead_b_en="Ministry")
    done = make_commitment(pillar, "ENE-3", lead_a_en="Secretariat")
    assess(done, side="", level="completed", ground=make_evidence(done, date(2025, 1, 2)), on=date(2025, 1, 3), by=None)
    meeting = Meeting.objects.create(plan=pillar.plan, kind="summit", held_on=SINCE, place_en="Baku", place_ar="باكو")
    for side, text in [("a", "Ours"), ("b", "Theirs"), ("", "Everybody’s")]:
        ActionPoint.objects.create(meeting=meeting, side=side, text_en=text)
    ActionPoint.objects.create(meeting=meeting, side="a", text_en="Done", done_on=date(2025, 6, 1))
    content = prepare(pillar.plan, reader="b")
    owed = {
        side: (
            [item["code"] for item in content["owed"][side]["commitments"]["items"]],
            [item["text"]["en"] for item in content["owed"][side]["actions"]["items"]],
        )
        for side in ("a", "b")
    }
    assert owed == {"a": (["ENE-1"], ["Ours", "Everybody’s"]), "b": (["ENE-2"], ["Theirs", "Everybody’s"])}
    titles = [one.title for one in paper_of(content, "en").sections if one.key.startswith("owed")]
    assert titles == ["What we owe (Azerbaijan)", "What they owe (GCC)"]


def test_where_the_sides_differ_both_grounds_are_cited(commitment: Commitment) -> None:
    one, two = make_evidence(commitment, date(2025, 6, 1)), make_evidence(commitment, date(2025, 7, 1))
    assess(commitment, side="a", level="completed", ground=one, on=date(2025, 7, 2), by=None)
    assess(commitment, side="b", level="limited", ground=two, on=date(2025, 7, 3), by=None)
    content = prepare(commitment.plan)
    (differ,) = content["differ"]["items"]
    assert set(cited(content, differ["refs"])) == {one.pk, two.pk}
    assert differ["levels"] == {"a": "completed", "b": "limited", "assessor": ""}


def test_open_questions_name_what_has_no_evidence_what_is_silent_and_what_was_checked(pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", lead_a_en="Secretariat")
    make_evidence(make_commitment(pillar, "ENE-2"), date(2024, 2, 1))
    record_check(make_commitment(pillar, "ENE-3"), on=date(2025, 11, 5), sources="Gazette", languages=["ar"], by=None)
    questions = prepare(pillar.plan)["questions"]
    found = {kind: [item["code"] for item in questions[kind]["items"]] for kind in ("without", "silent", "checked")}
    assert found == {"without": ["ENE-1", "ENE-2", "ENE-3"], "silent": ["ENE-2"], "checked": ["ENE-3"]}
    assert questions["without_lead"] == 2


def test_every_citation_has_publisher_date_and_address_or_says_that_none_is_recorded(commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 11, 1), publisher="Gazette", url="https://gazette.example/1")
    make_evidence(commitment, date(2025, 11, 2), publisher="Wire")
    sources = paper_of(prepare(commitment.plan), "en").sources
    assert [(one.publisher, one.day, one.url, one.address) for one in sources] == [
        ("Wire", "2 Nov 2025", "", "address not recorded"),
        ("Gazette", "1 Nov 2025", "https://gazette.example/1", ""),
    ]


def test_every_number_in_it_leads_to_a_source_and_every_source_is_cited(pillar: Pillar) -> None:
    fill(pillar, 3)
    paper = paper_of(prepare(pillar.plan), "en")
    used = {ref for one in paper.sections for line in one.lines for ref in line.refs}
    assert used == {source.number for source in paper.sources} and used


def test_a_long_list_is_cut_and_says_how_much_it_leaves_out(pillar: Pillar) -> None:
    fill(pillar, 30)
    late = section(prepare(pillar.plan), "late")
    assert len(late.lines) == briefing.MOST["late"]
    assert late.more == f"and {30 - briefing.MOST['late']} more"


def test_an_empty_plan_makes_a_briefing_that_says_so(plan: Plan) -> None:
    content = prepare(plan)
    assert "No commitments are recorded." in paper_of(content, "en").line
    assert section(content, "late").empty == "Nothing is late."


def test_it_costs_the_same_number_of_queries_at_any_size(pillar: Pillar, client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address("briefing", pillar.plan.slug)).status_code == 200
        return len(queries)

    fill(pillar, 1)
    small = cost()
    fill_more = [make_commitment(pillar, f"TRD-{number}", due_on=date(2025, 1, 31)) for number in range(12)]
    for one in fill_more:
        piece = make_evidence(one, date(2025, 6, 1))
        assess(one, side="a", level="limited", ground=piece, on=date(2025, 6, 2), by=None)
    assert cost() == small <= 22


# ------------------------------------------------------------------ its page
@pytest.mark.parametrize("language", ["ar", "en"])
def test_its_page_is_in_the_language_asked_for_whatever_the_readers(
    client: Client, pillar: Pillar, language: str
) -> None:
    fill(pillar, 2)
    page = client.get(address("briefing", pillar.plan.slug, language="en"), {"language": language})
    html = page.content.decode()
    direction = {"ar": "rtl", "en": "ltr"}[language]
    assert f'<article class="sheet" lang="{language}" dir="{direction}">' in html
    assert html.count("<h1") == 1
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#(n\d+)"', html)) <= set(ids)


def test_side_by_side_says_everything_in_both_languages(client: Client, pillar: Pillar) -> None:
    fill(pillar, 2)
    html = client.get(address("briefing", pillar.plan.slug), {"language": "ar-en"}).content.decode()
    assert "Energy" in html and "الطاقة" in html
    assert html.count('lang="ar" dir="rtl"') >= 8 and html.count('lang="en" dir="ltr"') >= 8
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "query, words",
    [
        ({"since": "2025-12-01", "until": "2025-06-01"}, "The period ends before it starts."),
        ({"until": "2999-01-01"}, "This day is still to come."),
        ({"since": "yesterday"}, "Give a day, such as 2025-12-08."),
    ],
)
def test_a_wrong_period_is_refused_in_words(client: Client, plan: Plan, query: dict[str, str], words: str) -> None:
    for name in ("briefing", "briefing_word"):
        page = client.get(address(name, plan.slug), query)
        assert page.status_code == 422
        assert words in page.content.decode()


# ------------------------------------------------------------------ Word
def opened(client: Client, path: str, **query: str) -> Any:
    answer = client.get(path, query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return docx.Document(io.BytesIO(answer.content))


def all_words(document: Any) -> str:
    return "\n".join(text.text or "" for text in document.element.body.iter(qn("w:t")))


def test_the_arabic_document_runs_from_right_to_left(client: Client, pillar: Pillar) -> None:
    fill(pillar, 2)
    document = opened(client, address("briefing_word", pillar.plan.slug), language="ar")
    paragraphs = [p for p in document.element.body.iter(qn("w:p")) if p.find(qn("w:pPr")) is not None]
    assert all(paragraph.find(qn("w:pPr")).find(qn("w:bidi")) is not None for paragraph in paragraphs)
    arabic = [
        run
        for run in document.element.body.iter(qn("w:r"))
        if re.search(r"[\u0621-\u064a]", "".join(text.text or "" for text in run.iter(qn("w:t"))))
    ]
    assert arabic
    for run in arabic:
        properties = run.find(qn("w:rPr"))
        assert properties.find(qn("w:rtl")) is not None
        assert properties.find(qn("w:rFonts")).get(qn("w:cs"))
    assert all(table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in document.tables)
    assert document.sections[0]._sectPr.find(qn("w:bidi")) is not None


ORDER = {  # of WordprocessingML's schema, as far as it is used
    "w:pPr": ["pStyle", "keepNext", "keepLines", "bidi", "spacing", "ind", "jc", "rPr"],
    "w:rPr": ["rFonts", "b", "bCs", "color", "sz", "szCs", "vertAlign", "rtl", "lang"],
    "w:sectPr": ["footerReference", "type", "pgSz", "pgMar", "cols", "titlePg", "bidi", "docGrid"],
    "w:tblPr": ["tblStyle", "bidiVisual", "tblW", "jc", "tblLayout", "tblLook"],
}


@pytest.mark.parametrize("language", briefing.LANGUAGES)
def test_every_property_stands_where_the_schema_of_word_has_it(client: Client, pillar: Pillar, language: str) -> None:
    fill(pillar, 2)
    document = opened(client, address("briefing_word", pillar.plan.slug), language=language)
    for name, order in ORDER.items():
        for element in document.element.body.iter(qn(name)):
            places = [order.index(child.tag.split("}")[1]) for child in element]
            assert places == sorted(places), (name, [child.tag for child in element])


def test_the_english_document_has_no_right_to_left_paragraph(client: Client, pillar: Pillar) -> None:
    fill(pillar, 2)
    document = opened(client, address("briefing_word", pillar.plan.slug), language="en")
    assert not list(document.element.body.iter(qn("w:bidi")))
    assert [one.text for one in document.paragraphs if one.style.name == "Heading 1"] == [
        "Where each pillar stands",
        "What changed since the last meeting (senior officials, Riyadh, 14 May 2025)",
        "What is late",
        "What we owe (GCC)",
        "What they owe (Azerbaijan)",
        "Where the sides differ",
        "Questions the record leaves open",
        "Sources",
    ]


def test_page_and_document_say_the_same(client: Client, pillar: Pillar) -> None:
    fill(pillar, 2)
    content = prepare(pillar.plan, since=SINCE, until=timezone.localdate())
    document = all_words(opened(client, address("briefing_word", pillar.plan.slug), language="en", since=f"{SINCE}"))
    html = client.get(address("briefing", pillar.plan.slug), {"since": f"{SINCE}", "language": "en"}).content.decode()
    paper = paper_of(content, "en")
    for one in paper.sections:
        assert one.title in document and one.title in html
    for source in paper.sources:
        assert source.publisher in document and source.publisher in html
        assert source.text.text in document and source.text.text in html


def test_a_document_of_both_languages_has_them_in_one_table(client: Client, pillar: Pillar) -> None:
    fill(pillar, 2)
    document = opened(client, address("briefing_word", pillar.plan.slug), language="ar-en")
    (table,) = document.tables
    english, arabic = table.rows[1].cells
    assert "Energy" in english.text and "الطاقة" in arabic.text
    assert len(table.rows) == 1 + len(papers_of(prepare(pillar.plan), "en")[0].sections)


# ------------------------------------------------------------------ publishing
def publish(client: Client, plan: Plan, **query: str) -> Any:
    return client.post(address("publish_briefing", plan.slug), {"since": f"{SINCE}", "until": f"{UNTIL}", **query})


def test_publishing_freezes_content_and_digest(client: Client, pillar: Pillar, editor_of_plans: User) -> None:
    fill(pillar, 2)
    client.force_login(editor_of_plans)
    answer = publish(client, pillar.plan, language="en")
    frozen = Briefing.objects.get()
    assert answer.status_code == 302 and answer["Location"] == address("published_briefing", frozen.pk)
    assert (frozen.since, frozen.until, frozen.published_by) == (SINCE, UNTIL, editor_of_plans)
    assert frozen.digest == briefing.digest_of(frozen.content) and len(frozen.digest) == 64
    shown = client.get(answer["Location"]).content.decode()
    make_commitment(pillar, "ENE-77", title_en="Came later")
    Commitment.objects.filter(code="ENE-1").update(title_en="Renamed")
    again = client.get(answer["Location"]).content.decode()
    sheet = re.compile(r'<article class="sheet.*</article>', re.DOTALL)
    before, after = sheet.search(shown), sheet.search(again)
    assert before and after and before[0] == after[0]
    assert frozen.digest in again and "does not match" not in again


@pytest.mark.parametrize("change", ["UPDATE plans_briefing SET content = '{}'", "DELETE FROM plans_briefing"])
def test_the_database_refuses_to_change_a_published_briefing(
    client: Client, plan: Plan, editor_of_plans: User, change: str
) -> None:
    client.force_login(editor_of_plans)
    publish(client, plan)
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        cursor.execute(change)


def test_only_who_has_the_right_publishes(client: Client, plan: Plan, reviewer: User) -> None:
    assert "login" in publish(client, plan)["Location"]
    client.force_login(reviewer)
    assert publish(client, plan).status_code == 403
    assert "Publish this briefing" not in client.get(address("briefing", plan.slug)).content.decode()
    assert not Briefing.objects.exists()


def test_a_wrong_period_is_not_published(client: Client, plan: Plan, editor_of_plans: User) -> None:
    client.force_login(editor_of_plans)
    assert publish(client, plan, since="2025-12-31").status_code == 422
    assert not Briefing.objects.exists()


def test_a_published_briefing_tells_what_changed_since_the_one_before(
    client: Client, commitment: Commitment, editor_of_plans: User
) -> None:
    client.force_login(editor_of_plans)
    first = publish(client, commitment.plan)["Location"]
    assert "This is the first briefing published of the plan." in client.get(first).content.decode()
    ground = make_evidence(commitment, date(2026, 7, 5))
    assess(commitment, side="", level="limited", ground=ground, on=date(2026, 7, 6), by=None)
    second = publish(client, commitment.plan, since=f"{UNTIL}", until="2026-07-15")["Location"]
    html = client.get(second).content.decode()
    assert "from «No evidence yet» to «Limited»" in html
    assert "is late now" in html


def test_a_published_briefing_is_offered_in_word(client: Client, pillar: Pillar, editor_of_plans: User) -> None:
    fill(pillar, 2)
    client.force_login(editor_of_plans)
    publish(client, pillar.plan, language="en")
    Commitment.objects.update(title_en="Renamed")
    document = opened(client, address("published_briefing_word", Briefing.objects.get().pk))
    assert "Commitment ENE-1" in all_words(document) and "Renamed" not in all_words(document)


def test_a_briefing_of_invented_commitments_says_that_it_is_a_demo(commitment: Commitment) -> None:
    Commitment.objects.update(is_demo=True)
    record_evidence(
        plan=commitment.plan, kind="statement", summary_en="Said.", publisher="Wire", published_on=date(2025, 11, 1)
    )
    assert paper_of(prepare(commitment.plan), "en").is_demo
    assert Evidence.objects.count() == 1
