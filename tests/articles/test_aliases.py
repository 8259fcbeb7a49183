"""Names found in the press: proposed with a preview, approved by a second person, looked for in the stored news."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import aliases, review
from articles.aliases import AliasError, Decided, NotTheirsToDecide
from articles.indexing import catch_up
from articles.matching import suggest
from articles.models import AliasProposal, Article, RematchDue, Rematching
from articles.tasks import rematch
from plans.models import Alias, Plan, Sector, User
from plans.rights import BACKEND
from tests.articles.conftest import make_article, make_source
from tests.conftest import child_environment, make_user

pytestmark = pytest.mark.django_db

NEW = "Land of Fire"  # no alias of the seeds
SAYS = f"The Gulf Cooperation Council and the {NEW} signed a memorandum on energy."


@pytest.fixture
def news(plan: Plan) -> list[Article]:
    """Three texts with the new name, one with its words apart, one without; all of them matched and in search."""
    energy = Sector.objects.create(slug="energy", name_en="Energy", name_ar="الطاقة")
    bloc = plan.side_a if plan.side_a.slug == "gcc" else plan.side_b
    known: list[tuple[str, str, dict[str, object]]] = [
        ("Gulf Cooperation Council", "name", {"party": bloc}),
        ("GCC", "acronym", {"party": bloc}),
        ("energy", "keyword", {"sector": energy}),
    ]
    for text, kind, thing in known:
        Alias.objects.create(text=text, language="en", kind=kind, **thing)
    source = make_source(language="en")
    texts = [
        SAYS,
        SAYS + " Again.",
        SAYS + " And more.",
        "The GCC says that fire took much of the land.",
        "Rain in Florida.",
    ]
    articles = [make_article(source, f"News {n}", text, language="en") for n, text in enumerate(texts)]
    for article in articles:
        suggest(article)
    catch_up()
    return articles


@pytest.fixture
def second(db: None) -> User:
    return make_user("reviewer", "second")


@pytest.fixture
def proposal(plan: Plan, reviewer: User) -> AliasProposal:
    return aliases.propose(NEW, language="en", kind="name", thing=plan.side_b, by=reviewer)


def run() -> None:
    aliases.rematch_all()


def plans_of(article: Article) -> set[str]:
    return {one.plan.slug for one in article.suggestions.all() if one.plan}


# ------------------------------------------------------------------ the preview


def test_the_preview_says_how_many_have_the_words_how_many_the_name_and_what_would_be_new(
    news: list[Article], plan: Plan, reviewer: User
) -> None:
    seen = aliases.preview(aliases.name_of(NEW, "en", "name", plan.side_b), reviewer)

    assert (seen.found, seen.is_whole, seen.stands, len(seen.new)) == (4, True, 3, 3)
    assert not Alias.objects.filter(text=NEW).exists()
    assert all(not plans_of(article) for article in news)


def test_the_preview_reads_no_more_than_the_newest(
    news: list[Article], plan: Plan, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "LOOKED_AT", 2)
    seen = aliases.preview(aliases.name_of(NEW, "en", "name", plan.side_b), reviewer)

    assert (seen.found, seen.looked) == (4, 2)


def test_what_a_person_has_decided_is_not_counted(news: list[Article], plan: Plan, reviewer: User) -> None:
    review.dismiss(news[0], reviewer)
    catch_up()

    assert aliases.preview(aliases.name_of(NEW, "en", "name", plan.side_b), reviewer).stands == 2


@pytest.mark.parametrize("text", ["", " ", "a", "«»", "!?", "one two three four five six seven eight nine ten eleven"])
def test_what_is_no_name_is_refused(plan: Plan, text: str) -> None:
    with pytest.raises(AliasError):
        aliases.name_of(text, "en", "name", plan.side_b)


# ------------------------------------------------------------------ proposing and deciding


def test_a_proposed_name_does_not_count_yet(proposal: AliasProposal, news: list[Article]) -> None:
    suggest(news[0])

    assert proposal.state == "waiting"
    assert not plans_of(news[0])


def test_the_same_name_proposed_twice_is_one_proposal(proposal: AliasProposal, plan: Plan, second: User) -> None:
    again = aliases.propose(f" {NEW} ", language="en", kind="name", thing=plan.side_b, by=second)

    assert again.pk == proposal.pk


def test_a_known_name_however_it_is_spelt_is_refused(plan: Plan, reviewer: User) -> None:
    Alias.objects.create(text=NEW, language="en", kind="name", party=plan.side_b)

    with pytest.raises(AliasError, match="known"):
        aliases.propose(NEW.upper(), language="en", kind="name", thing=plan.side_b, by=reviewer)


def test_nobody_approves_their_own_name(proposal: AliasProposal, reviewer: User) -> None:
    with pytest.raises(NotTheirsToDecide):
        aliases.accept(proposal, by=reviewer)


def test_an_approved_name_is_an_alias_of_the_staff(proposal: AliasProposal, plan: Plan, second: User) -> None:
    aliases.accept(proposal, by=second)

    alias = Alias.objects.get(text=NEW)
    assert (alias.party, alias.origin, alias.language) == (plan.side_b, "staff", "en")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("accepted", second)


def test_a_returned_name_says_what_is_missing_and_cannot_be_approved_after(
    proposal: AliasProposal, second: User
) -> None:
    with pytest.raises(AliasError):
        aliases.give_back(proposal, by=second, note=" ")
    aliases.give_back(proposal, by=second, note="Which land?")

    with pytest.raises(Decided):
        aliases.accept(proposal, by=second)
    assert not Alias.objects.filter(text=NEW).exists()


# ------------------------------------------------------------------ matching anew


def test_stored_news_with_the_name_get_their_suggestion_and_others_are_not_looked_at(
    proposal: AliasProposal, news: list[Article], second: User
) -> None:
    work = aliases.accept(proposal, by=second)
    run()

    assert [plans_of(article) for article in news] == [{"gcc-aze"}] * 3 + [set(), set()]
    work.refresh_from_db()
    assert (work.total, work.looked, work.changed) == (4, 4, 3)
    assert work.finished_at is not None
    news[0].refresh_from_db()
    assert news[0].score > 0  # it stands in the queue


def test_matching_anew_never_undoes_what_a_person_decided(
    proposal: AliasProposal, news: list[Article], plan: Plan, second: User
) -> None:
    review.dismiss(news[0], second)
    review.accept(news[1], [plan], [], second)
    before = list(news[1].suggestions.order_by("pk").values())
    aliases.accept(proposal, by=second)
    run()

    assert [Article.objects.get(pk=one.pk).state for one in news[:2]] == ["dismissed", "accepted"]
    assert not news[0].suggestions.filter(state="open").exists()
    assert list(news[1].suggestions.order_by("pk").values()) == before


def test_a_suggestion_dismissed_on_its_own_stays_dismissed(
    proposal: AliasProposal, news: list[Article], plan: Plan, second: User
) -> None:
    dismissed = news[0].suggestions.create(plan=plan, score=0.5, revision=news[0].revision)
    review.dismiss_suggestion(dismissed, second)
    aliases.accept(proposal, by=second)
    run()

    dismissed.refresh_from_db()
    assert (dismissed.state, dismissed.score) == ("dismissed", 0.5)


def test_matching_anew_twice_changes_nothing_more(proposal: AliasProposal, news: list[Article], second: User) -> None:
    work = aliases.accept(proposal, by=second)
    run()
    before = list(news[0].suggestions.order_by("pk").values())
    run()
    aliases.go_on(work)

    assert list(news[0].suggestions.order_by("pk").values()) == before
    work.refresh_from_db()
    assert work.looked == 4


def test_a_run_that_stopped_goes_on_where_it_stopped_and_shows_how_far_it_is(
    proposal: AliasProposal, news: list[Article], second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "BATCH", 1)
    work = aliases.accept(proposal, by=second)
    aliases.go_on(work)

    work.refresh_from_db()
    assert (work.looked, work.total, work.finished_at) == (1, 4, None)
    run()
    work.refresh_from_db()
    assert (work.looked, RematchDue.objects.count()) == (4, 0)


def test_the_task_does_what_is_left(proposal: AliasProposal, news: list[Article], second: User) -> None:
    aliases.accept(proposal, by=second)
    rematch()

    assert Rematching.objects.get().finished_at is not None


KILLED = """
import os, signal, django
django.setup()
from articles import aliases, matching
aliases.BATCH = 1
keep, n = aliases.keep_suggestions, [0]
def dying(found):
    n[0] += 1
    kept = keep(found)
    if n[0] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept
aliases.keep_suggestions = dying
aliases.rematch_all()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing(
    proposal: AliasProposal, news: list[Article], second: User, broker: str
) -> None:
    work = aliases.accept(proposal, by=second)
    environment = child_environment(broker, DJANGO_SETTINGS_MODULE="config.settings", DATABASE_POOL="false")
    killed = subprocess.run([sys.executable, "-c", KILLED], env={**os.environ, **environment}, timeout=120)

    assert killed.returncode == -signal.SIGKILL
    work.refresh_from_db()
    assert (work.looked, work.due.count()) == (1, 3)
    run()
    assert [plans_of(article) for article in news[:3]] == [{"gcc-aze"}] * 3


# ------------------------------------------------------------------ pages

Desk = Callable[[User], Client]


@pytest.fixture
def desk() -> Desk:
    def sit_down(user: User) -> Client:
        client = Client()
        client.force_login(user, BACKEND)
        return client

    return sit_down


FIELDS = {"text": NEW, "thing": "party:aze", "kind": "name", "language": "en"}


def test_the_words_chosen_in_the_workspace_lead_to_the_form_with_and_without_a_script(
    desk: Desk, news: list[Article], plan: Plan, reviewer: User
) -> None:
    article, at = news[0], SAYS.index(NEW)
    address = f"/en/review/{article.pk}/evidence/"
    chosen = {"plan": plan.slug, "revision": article.revision_id, "alias": "1"}
    plain = desk(reviewer).post(address, {**chosen, "start": at, "end": at + len(NEW)})
    ticked = desk(reviewer).post(address, {**chosen, "sentence": f"0-{len(SAYS)}"})
    scripted = desk(reviewer).post(
        address, {**chosen, "start": at, "end": at + len(NEW)}, headers={"HX-Request": "true"}
    )

    assert f'value="{NEW}"' in desk(reviewer).get(plain["Location"]).content.decode()
    assert NEW in desk(reviewer).get(ticked["Location"]).content.decode()
    assert scripted["HX-Redirect"] == plain["Location"]


def test_the_form_shows_what_it_would_match_before_anything_is_kept(
    desk: Desk, news: list[Article], reviewer: User
) -> None:
    page = desk(reviewer).post("/en/review/names/add/", {**FIELDS, "look": "1"}).content.decode()

    assert "4 waiting articles have these words." in page
    assert "3 of them would get something new." in page
    assert not AliasProposal.objects.exists()


def test_a_name_is_proposed_approved_by_another_person_and_looked_for(
    desk: Desk, news: list[Article], reviewer: User, second: User, broker: str
) -> None:
    desk(reviewer).post(f"/en/review/names/add/?article={news[0].pk}", {**FIELDS, "propose": "1"})
    one = AliasProposal.objects.get()
    assert (one.article, one.preview["new"]) == (news[0], 3)

    own = desk(reviewer).post(f"/en/review/names/{one.pk}/accept/")
    assert own.status_code == 422
    assert "Somebody else must approve" in own.content.decode()

    assert NEW in desk(second).get("/en/review/names/").content.decode()
    assert desk(second).post(f"/en/review/names/{one.pk}/accept/").status_code == 302
    assert "About to begin." in desk(second).get("/en/review/names/").content.decode()
    run()
    assert "3 with something new" in desk(second).get("/en/review/names/progress/").content.decode()


def test_a_returned_name_comes_back_with_its_note(
    desk: Desk, proposal: AliasProposal, reviewer: User, second: User
) -> None:
    answer = desk(second).post(f"/en/review/names/{proposal.pk}/return/", {"note": ""})
    assert answer.status_code == 422
    desk(second).post(f"/en/review/names/{proposal.pk}/return/", {"note": "Which land?"})

    assert "Which land?" in desk(reviewer).get("/en/review/names/").content.decode()


@pytest.mark.parametrize("text", ["x", "«»", "word " * 50, "a\x00b" * 200])
def test_a_bad_name_keeps_what_was_typed_and_says_why(desk: Desk, plan: Plan, reviewer: User, text: str) -> None:
    answer = desk(reviewer).post("/en/review/names/add/", {**FIELDS, "text": text, "look": "1"})

    assert answer.status_code == 422
    assert 'class="problem"' in answer.content.decode()


def test_viewers_neither_see_nor_propose_names(desk: Desk, plan: Plan, proposal: AliasProposal) -> None:
    viewer = desk(make_user("viewer"))
    assert viewer.get("/en/review/names/").status_code == 403
    assert viewer.post("/en/review/names/add/", FIELDS).status_code == 403
    assert viewer.post(f"/en/review/names/{proposal.pk}/accept/").status_code == 403


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_empty_page_says_how_names_come_in(desk: Desk, plan: Plan, second: User, language: str) -> None:
    page = desk(second).get(f"/{language}/review/names/").content.decode()

    assert page.count('class="empty"') == 3


def test_the_page_costs_the_same_queries_at_any_size(desk: Desk, plan: Plan, reviewer: User, second: User) -> None:
    counts, client = [], desk(second)
    for several in (1, 6):
        for number in range(several):
            text = f"Land {number} of {several}"
            one = aliases.propose(text, language="en", kind="name", thing=plan.side_b, by=reviewer)
            if number:
                Rematching.objects.create(alias=Alias.objects.create(text=one.text, language="en", party=plan.side_b))
        client.get("/en/review/names/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/en/review/names/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
