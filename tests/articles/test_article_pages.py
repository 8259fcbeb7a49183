"""News, article, archive and review: what each page shows to whom, what it refuses, and what it costs."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import DjangoAssertNumQueries

from articles.models import Annotation, Article, Source
from articles.review import accept, annotate, dismiss, undo_annotation
from plans.models import Commitment, Evidence, Party, Pillar, Plan, User
from tests.articles.conftest import SENTENCE, TEXT, add_revision, make_article, make_source, make_story, suggest
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_party, make_plan

pytestmark = pytest.mark.django_db

START, END = TEXT.index(SENTENCE), TEXT.index(SENTENCE) + len(SENTENCE)
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/en/review/"}


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def page(client: Client, name: str, *args: Any, language: str = "en", **query: str) -> str:
    response = client.get(address(name, *args, language=language), query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def titles(html: str) -> list[str]:
    """The titles a list of news shows, in its order."""
    return re.findall(r'<h2 class="t"><a [^>]*>([^<]+)</a>', html)


@pytest.fixture
def signed_in(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def viewer_in(client: Client) -> Client:
    client.force_login(make_user("viewer"))
    return client


def quote(article: Article, plan: Plan, by: User | None = None, **fields: Any) -> Annotation:
    assert article.revision is not None
    by = by or User.objects.get_or_create(username="another")[0]
    return annotate(article.revision, START, END, **{"kind": "progress", "plan": plan, "by": by, **fields})


# ------------------------------------------------------------------ every page


@pytest.mark.parametrize("language, direction", [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("name", ["news", "article", "archive", "search", "review", "review_article"])
def test_every_page_keeps_its_manners(
    signed_in: Client, article: Article, plan: Plan, name: str, language: str, direction: str
) -> None:
    quote(article, plan)
    copy = make_article(make_source("other"))
    suggest(copy, plan)
    make_story(article, copy)
    assert article.revision is not None
    of_page: dict[str, list[Any]] = {
        "article": [article.pk],
        "review_article": [article.pk],
        "archive": [article.revision.digest],
    }
    args = of_page.get(name, [])
    html = signed_in.get(address(name, *args, language=language)).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert re.search(r"<title>[^<]{3,} · ", html)
    assert html.count("<h1") == 1
    assert len(ids) == len(set(ids))
    assert not re.search(r'\sstyle="|\son\w+="|<script(?![^>]* src=)|<style', html)


@pytest.mark.parametrize("name", ["news", "article", "archive", "search", "sources", "review"])
def test_a_closed_site_asks_strangers_to_sign_in(
    client: Client, article: Article, settings: LazySettings, name: str
) -> None:
    settings.PUBLIC = False
    assert article.revision is not None
    of_page: dict[str, list[Any]] = {"article": [article.pk], "archive": [article.revision.digest]}
    args = of_page.get(name, [])
    where = address(name, *args)
    assert client.get(where)["Location"] == f"{address('login')}?next={where}"


def test_the_public_reads_of_an_article_nothing_but_its_quoted_sentences(
    client: Client, article: Article, plan: Plan
) -> None:
    quote(article, plan)
    assert article.revision is not None
    pages = [
        page(client, "news"),
        page(client, "article", article.pk),
        page(client, "archive", article.revision.digest),
        page(client, "search", q="الطاقة"),
        page(client, "plan", plan.slug),
        page(client, "evidence", Evidence.objects.get().pk),
    ]
    for unquoted in (TEXT[: START - 1], TEXT[END + 2 :]):
        assert not any(unquoted in html for html in pages)
    assert SENTENCE in pages[1] and SENTENCE in pages[2]


# ------------------------------------------------------------------ news


def test_news_stands_the_newest_first_and_is_paged_by_its_place(client: Client, source: Source) -> None:
    for number in range(65):
        make_article(source, f"News {number:02}", text="")
    names = [f"News {number:02}" for number in range(65)]
    first = page(client, "news")
    assert titles(first) == names[:30]
    assert 'rel="prev"' not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    make_article(source, "Arrived meanwhile", text="", listed_at=timezone.now())
    second = unescape(client.get(address("news") + older[1]).content.decode())
    assert titles(second) == names[30:60]
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer is not None
    back = unescape(client.get(address("news") + newer[1]).content.decode())
    assert titles(back) == names[:30]


@pytest.mark.parametrize("place", ["nonsense", "2025-13-01T00:00:00Z,1", "2025-01-01T00:00:00+00:00,9" * 9, "\x00,1"])
def test_a_place_that_is_none_begins_at_the_newest(client: Client, article: Article, place: str) -> None:
    assert titles(page(client, "news", before=place)) == [article.title]


@pytest.mark.parametrize(
    "query, found",
    [
        ({"plan": "gcc-aze"}, ["Of the plan"]),
        ({"plan": "gcc-jpn"}, []),
        ({"source": "other"}, ["Of another outlet"]),
        ({"language": "ru"}, ["Of another outlet"]),
        ({"language": "ar", "plan": "gcc-aze"}, ["Of the plan"]),
        ({"state": "accepted"}, ["Of the plan", "Of another outlet"]),  # a filter of reviewers, without effect
    ],
)
def test_news_is_filtered_by_its_address(
    client: Client, source: Source, plan: Plan, query: dict[str, str], found: list[str]
) -> None:
    suggest(make_article(source, "Of the plan"), plan)
    make_article(make_source("other"), "Of another outlet", language="ru")
    html = client.get(address("news"), query).content.decode()
    assert titles(html) == found
    assert ("No news matches." in html) is (found == [])


def test_a_plan_that_was_refused_for_an_article_no_longer_finds_it(
    client: Client, article: Article, reviewer: User
) -> None:
    article.suggestions.update(state="dismissed")
    assert titles(page(client, "news", plan="gcc-aze")) == []


def test_only_reviewers_see_what_concerns_no_plan(client: Client, article: Article, reviewer: User) -> None:
    dismiss(article, reviewer)
    assert titles(page(client, "news")) == []
    assert client.get(address("article", article.pk)).status_code == 404
    client.force_login(reviewer)
    assert titles(page(client, "news", state="dismissed")) == [article.title]
    assert article.title in page(client, "article", article.pk)


def test_news_without_any_says_what_belongs_here(client: Client, db: None) -> None:
    assert "Nothing has been read yet." in page(client, "news")


def test_news_costs_the_same_queries_at_any_size(
    signed_in: Client, source: Source, plan: Plan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def more(count: int) -> None:
        for _number in range(count):
            article = make_article(source)
            suggest(article, plan)
            make_story(article)

    more(3)
    with django_assert_num_queries(13):
        signed_in.get(address("news"))
    more(25)
    with django_assert_num_queries(11):
        signed_in.get(address("news"))


# ------------------------------------------------------------------ article and archive


def test_an_article_names_outlet_plans_copies_and_quotes(client: Client, article: Article, plan: Plan) -> None:
    quote(article, plan)
    make_story(article, make_article(make_source("other-gazette"), "The same elsewhere"))
    html = page(client, "article", article.pk)
    assert f'href="{article.url}"' in html
    assert f'href="{plan.get_absolute_url()}"'.replace("/ar/", "/en/") in html
    assert "1 other outlet carried this story." in html
    assert "The same elsewhere" in html
    assert f"<mark>{SENTENCE}</mark>" in html


@pytest.mark.parametrize("name", ["article", "archive"])
def test_a_quote_taken_back_is_not_shown(client: Client, article: Article, plan: Plan, name: str) -> None:
    assert article.revision is not None
    undo_annotation(quote(article, plan), None)
    assert SENTENCE not in page(client, name, article.pk if name == "article" else article.revision.digest)


def test_the_archive_shows_those_with_a_role_the_text_with_its_quotes(
    viewer_in: Client, article: Article, plan: Plan
) -> None:
    quote(article, plan)
    assert article.revision is not None
    html = page(viewer_in, "archive", article.revision.digest)
    assert TEXT[: START - 1] in html
    assert f'<mark data-a="1" id="q1">{SENTENCE}</mark>' in html


def test_what_an_outlet_changed_is_marked_beside_the_copy_before(viewer_in: Client, article: Article) -> None:
    first = article.revision
    assert first is not None
    assert viewer_in.get(address("archive_changes", first.digest)).status_code == 404
    edited = add_revision(article, TEXT.replace("الأحد", "الاثنين"))
    html = page(viewer_in, "archive_changes", edited.digest)
    assert re.search(r"<del>\s*الأحد\.</del>", html) and re.search(r"<ins>\s*الاثنين\.</ins>", html)
    assert html.count("<del>") == html.count("<ins>") == 1
    assert address("archive_changes", edited.digest) in page(viewer_in, "archive", edited.digest)


def test_an_archived_copy_is_found_by_its_digest_alone(client: Client, article: Article) -> None:
    assert client.get(address("archive", "0" * 64)).status_code == 404


# ------------------------------------------------------------------ review: who, and what it shows


@pytest.mark.parametrize("role, status", [("viewer", 403), ("editor", 403), ("reviewer", 200), ("administrator", 200)])
def test_reviewing_is_for_reviewers(client: Client, article: Article, role: str, status: int) -> None:
    client.force_login(make_user(role))
    assert client.get(address("review")).status_code == status
    link = f'href="{address("review")}"'
    assert (link in client.get(address("news")).content.decode()) is (status == 200)


def test_a_stranger_is_asked_to_sign_in_and_nothing_is_decided(client: Client, article: Article) -> None:
    where = address("review_decide", article.pk)
    assert client.post(where, {"dismiss": "1"}).status_code == 302
    answer = client.post(where, {"dismiss": "1"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"{address('login')}?next=/en/review/"
    article.refresh_from_db()
    assert article.state == "waiting"


def test_the_menu_says_how_much_waits(signed_in: Client, article: Article) -> None:
    assert re.search(r'id="review-waiting">1<', page(signed_in, "news"))
    Article.objects.update(state="dismissed")
    assert "review-waiting" not in page(signed_in, "news")


def test_review_opens_with_the_strongest_that_waits(signed_in: Client, article: Article, source: Source) -> None:
    weaker = make_article(source, "Weaker")
    suggest(weaker, article.suggestions.get().plan, 0.4)  # type: ignore[arg-type]
    html = page(signed_in, "review")
    assert f"<title>Review · {article.title} · " in html
    assert "2 left, 0 done today" in html
    assert f'href="{address("review_article", weaker.pk)}" hx-get' in html


def test_review_says_when_nothing_waits(signed_in: Client, db: None) -> None:
    assert "Nothing waits for review." in page(signed_in, "review")


def test_review_shows_the_text_by_sentences_with_the_words_that_speak_for_it(
    signed_in: Client, article: Article, pillar: Pillar
) -> None:
    suggest(article, pillar.sector, words="باكو")
    html = page(signed_in, "review_article", article.pk)
    assert html.count('name="sentence"') == 3
    assert f'value="{START}-{END}"' in html
    assert '<span class="match party" id="m11">الطاقة</span>' in html
    assert '<span class="match pillar" id="m21">باكو</span>' in html
    assert 'href="#m11"' in html


def test_an_article_whose_text_was_not_read_is_decided_by_its_title(
    signed_in: Client, source: Source, plan: Plan
) -> None:
    bare = make_article(source, text="", text_state="pending")
    suggest(bare, plan)
    html = page(signed_in, "review_article", bare.pk)
    assert "The text of this article has not been read yet." in html
    assert 'name="accept"' in html
    assert 'id="annotate"' not in html


def test_a_quote_of_an_earlier_text_stays_in_sight(signed_in: Client, article: Article, plan: Plan) -> None:
    quote(article, plan)
    add_revision(article, "نص جديد تماماً.")
    html = page(signed_in, "review_article", article.pk)
    assert "from an earlier text" in html
    assert f"<mark>{SENTENCE}</mark>" in html


def test_review_costs_the_same_queries_at_any_size(
    signed_in: Client,
    article: Article,
    plan: Plan,
    pillar: Pillar,
    reviewer: User,
    gcc: Party,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def more(count: int) -> None:
        for number in range(count):
            commitment = make_commitment(pillar, f"ENE-{Commitment.objects.count() + 1}")
            quote(article, plan, reviewer, commitment=commitment, note=str(number))
            waits = make_article(article.source)
            suggest(waits, plan, 0.5)
            suggest(waits, pillar.sector)
            partner = make_party(f"p{Party.objects.count()}")
            suggest(article, make_plan(f"gcc-{partner.slug}", gcc, partner), 0.3)

    more(2)
    with django_assert_num_queries(29):
        signed_in.get(address("review_article", article.pk))
    more(15)
    with django_assert_num_queries(29):
        signed_in.get(address("review_article", article.pk))
    with django_assert_num_queries(20):  # the plans have not changed since: what is drawn of them is kept
        signed_in.get(address("review_article", article.pk))


# ------------------------------------------------------------------ review: decisions


def toast(response: Any, client: Client) -> tuple[str, str]:
    """What the message after a step says, and where its undo posts to."""
    html = unescape(response.content.decode())
    if response.status_code == 302:
        html = unescape(client.get(response["Location"]).content.decode())
    said = re.search(r'class="toast[^"]*"><p>(.*?)</p>(?:<form method="post" action="([^"]+)")?', html)
    assert said is not None
    return said[1], said[2]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without a script", "with htmx"])
def test_an_article_is_accepted_and_the_step_undone(
    signed_in: Client, article: Article, pillar: Pillar, headers: dict[str, str]
) -> None:
    suggest(article, pillar.sector)
    where = address("review_decide", article.pk)
    response = signed_in.post(where, {"accept": "gcc-aze", "sector": ["energy"]}, headers=headers)
    here = address("review_article", article.pk)
    assert response.headers.get("HX-Push-Url" if headers else "Location") == here
    said, undo = toast(response, signed_in)
    assert said == "Accepted for GCC – Azerbaijan."
    article.refresh_from_db()
    assert article.state == "accepted"
    signed_in.post(undo, headers=headers)
    article.refresh_from_db()
    assert article.state == "waiting"
    assert set(article.suggestions.values_list("state", flat=True)) == {"open"}


def test_a_plan_nobody_suggested_is_chosen_from_the_list(signed_in: Client, article: Article, gcc: Party) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    signed_in.post(address("review_decide", article.pk), {"accept": "", "other": "gcc-jpn"})
    assert article.suggestions.get(state="accepted").plan == other


def test_accepting_no_plan_asks_for_one(signed_in: Client, article: Article) -> None:
    response = signed_in.post(address("review_decide", article.pk), {"accept": "", "other": ""})
    assert toast(response, signed_in)[0] == "Choose a plan first."
    article.refresh_from_db()
    assert article.state == "waiting"


def test_accepting_a_second_plan_keeps_the_first(signed_in: Client, article: Article, plan: Plan, gcc: Party) -> None:
    suggest(article, make_plan("gcc-jpn", gcc, make_party("jpn")), 0.4)
    accept(article, [plan], [], None)
    signed_in.post(address("review_decide", article.pk), {"accept": "gcc-jpn"})
    assert set(article.suggestions.values_list("state", flat=True)) == {"accepted"}


def test_dismissing_leads_to_the_next_article(signed_in: Client, article: Article, source: Source, plan: Plan) -> None:
    following = make_article(source, "The next")
    suggest(following, plan, 0.4)
    response = signed_in.post(address("review_decide", article.pk), {"dismiss": "1"}, headers=HTMX)
    assert response["HX-Push-Url"] == address("review_article", following.pk)
    assert "The next" in response.content.decode()
    said, undo = toast(response, signed_in)
    assert said == f"Dismissed: {article.title}"
    assert signed_in.post(undo)["Location"] == address("review_article", article.pk)
    article.refresh_from_db()
    assert article.state == "waiting"


def test_dismissing_the_last_leaves_an_empty_queue(signed_in: Client, article: Article) -> None:
    response = signed_in.post(address("review_decide", article.pk), {"dismiss": "1"})
    assert response["Location"] == address("review")
    assert "Nothing waits for review." in page(signed_in, "review")


def test_one_plan_is_refused_and_the_refusal_undone(signed_in: Client, article: Article, plan: Plan) -> None:
    said, undo = toast(signed_in.post(address("review_decide", article.pk), {"refuse": "gcc-aze"}), signed_in)
    assert said == "Not about GCC – Azerbaijan."
    assert article.suggestions.get().state == "dismissed"
    signed_in.post(undo)
    assert article.suggestions.get().state == "open"


@pytest.mark.parametrize("name", ["review_decide", "review_reopen", "review_annotate"])
def test_a_step_is_never_taken_by_a_link(signed_in: Client, article: Article, name: str) -> None:
    assert signed_in.get(address(name, article.pk)).status_code == 405


# ------------------------------------------------------------------ review: evidence


def sent(article: Article, **fields: Any) -> dict[str, Any]:
    """What the form of evidence sends."""
    assert article.revision is not None
    form = {"plan": "gcc-aze", "revision": article.revision.pk, "start": START, "end": END, "kind": "progress"}
    return {**form, "target": "plan", "speaker": "third", "side": "assessor", "level": "", **fields}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without a script", "with htmx"])
def test_a_selection_becomes_evidence_and_is_undone(
    signed_in: Client, article: Article, commitment: Commitment, headers: dict[str, str]
) -> None:
    where = address("review_annotate", article.pk)
    response = signed_in.post(where, sent(article, target=f"c{commitment.pk}", speaker="b"), headers=headers)
    said, undo = toast(response, signed_in)
    evidence = Evidence.objects.get()
    assert said == "Recorded as evidence."
    assert (evidence.quote, evidence.commitment, evidence.speaker) == (SENTENCE, commitment, "b")
    html = page(signed_in, "review_article", article.pk)
    assert f'id="q1">{SENTENCE}</mark>' in html
    assert f"{address('assess', 'gcc-aze', 'ENE-1')}?ground={evidence.pk}" in html
    signed_in.post(undo, headers=headers)
    assert not Evidence.objects.standing().exists()
    assert f'id="q1">{SENTENCE}</mark>' not in page(signed_in, "review_article", article.pk)


def test_without_a_script_the_sentences_ticked_are_the_quote(signed_in: Client, article: Article) -> None:
    html = page(signed_in, "review_article", article.pk)
    keys = re.findall(r'name="sentence" value="([^"]+)"[^>]* form="annotate"', html)
    signed_in.post(address("review_annotate", article.pk), sent(article, start="", end="", sentence=keys[:2]))
    assert Evidence.objects.get().quote == TEXT[:END]


def test_a_level_chosen_with_the_quote_changes_the_status(
    signed_in: Client, article: Article, commitment: Commitment
) -> None:
    response = signed_in.post(
        address("review_annotate", article.pk),
        sent(article, target=f"c{commitment.pk}", side="a", level="substantial"),
    )
    assert toast(response, signed_in)[0] == "Recorded as evidence, and the new level with it."
    commitment.refresh_from_db()
    assert (commitment.level_a, commitment.status) == ("substantial", "substantial")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without a script", "with htmx"])
@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"start": "", "end": ""}, "Select a sentence of the article first."),
        ({"start": 0, "end": 9999}, "Select a sentence of the article first."),
        ({"level": "limited", "target": "plan"}, "Only a commitment has a level"),
        ({"target": "c999999"}, "Select a valid choice"),
        ({"kind": "rumour"}, "Select a valid choice"),
        ({"speaker": ""}, "This field is required"),
    ],
)
def test_what_is_refused_says_why_and_loses_nothing_typed(
    signed_in: Client,
    article: Article,
    headers: dict[str, str],
    wrong: dict[str, Any],
    words: str,
) -> None:
    typed = {
        "note": "my <note>",
        "gloss_en": "They finished.",
        "sentence": [f"{START}-{END}"] if "start" not in wrong else [],
    }
    response = signed_in.post(
        address("review_annotate", article.pk), sent(article, **{**typed, **wrong}), headers=headers
    )
    html = response.content.decode()
    assert response.status_code == 422
    assert words in unescape(html)
    assert "my &lt;note&gt;</textarea>" in html
    assert '<details class="gloss-fields" open>' in html and "They finished.</textarea>" in html
    if "start" not in wrong:
        assert f'name="start" value="{START}"' in html
        assert re.search(rf'value="{START}-{END}"[^>]* checked', html)
    assert not Evidence.objects.exists()
    article.refresh_from_db()
    assert article.state == "waiting"


def test_a_focal_point_may_record_their_own_sides_view_alone(
    client: Client, article: Article, commitment: Commitment, reviewer: User, aze: Party
) -> None:
    reviewer.party = aze
    reviewer.save()
    client.force_login(reviewer)
    html = page(client, "review_article", article.pk)
    assert re.findall(r'name="side" value="(\w+)"', html) == ["b"]
    wrong = sent(article, target=f"c{commitment.pk}", side="a", level="limited")
    assert client.post(address("review_annotate", article.pk), wrong).status_code == 422
    assert not Evidence.objects.exists()


def test_who_is_limited_to_some_plans_quotes_for_those_alone(
    client: Client, article: Article, plan: Plan, gcc: Party, reviewer: User
) -> None:
    reviewer.plans.add(make_plan("gcc-jpn", gcc, make_party("jpn")))
    client.force_login(reviewer)
    assert 'id="annotate"' not in page(client, "review_article", article.pk)
    crafted = client.post(address("review_annotate", article.pk), sent(article))
    assert crafted.status_code == 422
    assert "You work in other plans than this one." in crafted.content.decode()
    client.post(address("review_decide", article.pk), {"accept": plan.slug})
    assert not Evidence.objects.exists()
    article.refresh_from_db()
    assert article.state == Article.State.WAITING


def test_a_quote_of_another_plan_is_not_undone(signed_in: Client, article: Article, gcc: Party, reviewer: User) -> None:
    signed_in.post(address("review_annotate", article.pk), sent(article))
    reviewer.plans.add(make_plan("gcc-jpn", gcc, make_party("jpn")))
    signed_in.post(address("annotation_undo", Annotation.objects.get().pk))
    assert not Evidence.objects.get().is_withdrawn


def test_the_plan_in_work_stays_chosen(signed_in: Client, article: Article, gcc: Party) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    suggest(article, other, 0.4)
    html = page(signed_in, "review_article", article.pk, plan="gcc-jpn")
    assert 'name="plan" value="gcc-jpn"' in html
    response = signed_in.post(address("review_annotate", article.pk), sent(article, plan="gcc-jpn"))
    assert response["Location"] == address("review_article", article.pk) + "?plan=gcc-jpn"
    assert Evidence.objects.get().plan == other


def test_a_quote_is_cut_from_the_text_that_was_on_the_page(signed_in: Client, article: Article) -> None:
    form = sent(article)
    add_revision(article, "نص جديد.")
    signed_in.post(address("review_annotate", article.pk), form)
    assert Evidence.objects.get().quote == SENTENCE


def test_the_speaker_of_a_sides_own_outlet_is_that_side(signed_in: Client, article: Article, aze: Party) -> None:
    article.source.party = aze
    article.source.save()
    html = page(signed_in, "review_article", article.pk)
    assert re.search(r'name="speaker" value="b" checked', html)
    assert re.search(r'name="side" value="b" checked', html)


def test_work_of_today_is_counted_by_stories(signed_in: Client, article: Article, plan: Plan, reviewer: User) -> None:
    copy = make_article(make_source("other"))
    suggest(copy, plan)
    make_story(article, copy)
    dismiss(article, reviewer)
    yesterday = make_article(article.source)
    Article.objects.filter(pk=yesterday.pk).update(
        state="dismissed", decided_at=timezone.now() - timedelta(days=1, hours=1)
    )
    assert "0 left, 1 done today" in page(signed_in, "review")


@pytest.mark.parametrize("language, words", [("en", "Review 2 articles"), ("ar", "مراجعة خبرين")])
def test_my_day_says_how_many_articles_wait_for_review(
    signed_in: Client, plan: Plan, source: Source, language: str, words: str
) -> None:
    for number in range(2):
        suggest(make_article(source, title=f"خبر {number}", text=f"{TEXT} {number}"), plan)
    Article.objects.update(score=0.9)
    assert words in page(signed_in, "my_day", language=language)
