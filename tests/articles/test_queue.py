"""The review queue: its order, its filters, claims, putting off, assigning, and deciding many at once."""

from datetime import timedelta
from functools import partial
from html import unescape

import pghistory.models
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import queue, review
from articles.models import Article, Claim, Notice
from articles.queue import Wanted
from articles.review import DecidedMeanwhile, ReviewError, annotate, decision_of
from plans.models import Commitment, Pillar, Plan, User
from tests.articles.conftest import SENTENCE, TEXT, make_article, make_source, make_story, suggest
from tests.conftest import make_user
from tests.plans.conftest import make_commitment


@pytest.fixture
def colleague(db: None) -> User:
    return make_user("reviewer", "colleague")


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


def ready(person: User, **asked: str) -> list[Article]:
    return list(Wanted(**asked).of(person, timezone.now()))


# ------------------------------------------------------------------ order


def test_what_more_words_speak_for_comes_first(article: Article, plan: Plan, reviewer: User) -> None:
    stronger = make_article(article.source)
    suggest(stronger, plan, 0.95)
    assert ready(reviewer) == [stronger, article]


def test_of_two_alike_the_more_reliable_word_comes_first(article: Article, plan: Plan, reviewer: User) -> None:
    statement = make_article(make_source("ministry", reliability="official_statement"))
    suggest(statement, plan, 0.9)
    assert ready(reviewer) == [statement, article]


def test_what_may_break_a_silence_comes_first(article: Article, pillar: Pillar, plan: Plan, reviewer: User) -> None:
    make_commitment(pillar, "ENE-1")  # begun in 2024, and nothing was heard since
    of_energy = make_article(article.source)
    suggest(of_energy, pillar.sector, 0.7)
    suggest(of_energy, plan, 0.9)
    assert ready(reviewer) == [of_energy, article]
    assert of_energy.score == article.score


def test_a_week_of_age_counts_less_than_the_word_of_a_ministry(article: Article, plan: Plan, reviewer: User) -> None:
    now = timezone.now()
    ministry = make_source("ministry", reliability="official_statement")
    week_old = make_article(ministry, listed_at=now - timedelta(days=7))
    old = make_article(ministry, listed_at=now - timedelta(days=30))
    for one in (week_old, old):
        suggest(one, plan, 0.9)
    assert ready(reviewer) == [week_old, article, old]


def test_weighed_again_on_the_same_day_nothing_changes(article: Article) -> None:
    assert queue.weigh(Article.objects.all()) == 0


# ------------------------------------------------------------------ filters


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"plan": "gcc-aze"}, True),
        ({"plan": "another"}, False),
        ({"pillar": "energy"}, True),
        ({"pillar": "trade"}, False),
        ({"language": "ar"}, True),
        ({"language": "ru"}, False),
        ({"source": "sample-wire"}, True),
        ({"source": "another"}, False),
        ({"reviewer": "-"}, True),
        ({"reviewer": "*"}, False),
        ({"reviewer": "colleague"}, False),
        ({"state": "waiting"}, True),
        ({"state": "mine"}, False),
        ({"state": "later"}, False),
        ({"state": "accepted"}, False),
    ],
)
def test_the_queue_is_narrowed_by_its_address(
    article: Article, pillar: Pillar, reviewer: User, asked: dict[str, str], found: bool
) -> None:
    suggest(article, pillar.sector)
    assert ready(reviewer, **asked) == ([article] if found else [])


def test_each_state_is_counted_by_stories(article: Article, plan: Plan, reviewer: User, colleague: User) -> None:
    copy = make_article(make_source("other-wire"))
    suggest(copy, plan)
    make_story(article, copy)
    given, done = make_article(article.source), make_article(article.source)
    for one in (given, done):
        suggest(one, plan)
    queue.assign(given, colleague, by=reviewer)
    review.dismiss(done, reviewer)
    counts = Wanted().counts(reviewer, timezone.now())
    assert counts == {
        "ready": 1,
        "waiting": 2,
        "mine": 0,
        "open": 0,
        "later": 0,
        "accepted": 0,
        "dismissed": 1,
    }


def test_from_the_end_of_the_queue_it_goes_on_at_the_beginning(article: Article, plan: Plan, reviewer: User) -> None:
    weaker = make_article(article.source)
    suggest(weaker, plan, 0.5)
    now = timezone.now()
    assert Wanted().next_after(article, reviewer, now) == weaker.pk
    assert Wanted().next_after(weaker, reviewer, now) == article.pk


def test_what_follows_an_article_whose_priority_is_a_whole_number(article: Article, plan: Plan, reviewer: User) -> None:
    weaker = make_article(article.source)
    suggest(weaker, plan, 0.5)
    between = make_article(article.source)
    Article.objects.filter(pk=article.pk).update(priority=5.5)
    Article.objects.filter(pk=weaker.pk).update(priority=4.5)
    between.priority = 5
    assert Wanted().next_after(between, reviewer, timezone.now()) == weaker.pk


# ------------------------------------------------------------------ who has it


def test_a_story_open_with_somebody_is_passed_over_by_others_alone(
    article: Article, reviewer: User, colleague: User
) -> None:
    assert [claim.person for claim in queue.claim(article, reviewer)] == [reviewer]
    assert ready(reviewer) == [article]
    assert ready(colleague) == []
    assert ready(colleague, state="open") == [article]


def test_who_comes_second_sees_who_has_it(article: Article, reviewer: User, colleague: User) -> None:
    queue.claim(article, reviewer)
    assert [claim.person for claim in queue.claim(article, colleague)] == [reviewer, colleague]


def test_a_claim_lapses_and_an_open_page_renews_it(article: Article, reviewer: User, colleague: User) -> None:
    queue.claim(article, reviewer)
    Claim.objects.update(until=timezone.now() + timedelta(seconds=5))
    queue.claim(article, reviewer)
    assert Claim.objects.get().until > timezone.now() + timedelta(minutes=5)
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert ready(colleague) == [article]
    assert [claim.person for claim in queue.claim(article, colleague)] == [colleague]


def test_a_claim_renewed_keeps_its_turn_and_one_that_lapsed_begins_anew(article: Article, reviewer: User) -> None:
    queue.claim(article, reviewer)
    first = Claim.objects.get().since
    queue.claim(article, reviewer)
    assert Claim.objects.get().since == first
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    queue.claim(article, reviewer)
    assert Claim.objects.get().since > first


def test_who_opens_one_story_lets_go_of_the_other(article: Article, plan: Plan, reviewer: User) -> None:
    other = make_article(article.source)
    suggest(other, plan)
    queue.claim(article, reviewer)
    queue.claim(other, reviewer)
    assert Claim.objects.get().article == other


def test_a_copy_is_claimed_as_its_story(article: Article, plan: Plan, reviewer: User, colleague: User) -> None:
    copy = make_article(make_source("other-wire"))
    make_story(article, copy)
    queue.claim(copy, reviewer)
    assert ready(colleague) == []


def test_a_story_assigned_is_ready_for_its_reviewer_alone(article: Article, reviewer: User, colleague: User) -> None:
    queue.assign(article, colleague, by=reviewer)
    assert (ready(reviewer), ready(colleague), ready(colleague, state="mine")) == ([], [article], [article])


def test_what_is_assigned_and_what_is_open_are_found_apart(
    article: Article, plan: Plan, reviewer: User, colleague: User
) -> None:
    unassigned = make_article(article.source)
    suggest(unassigned, plan)
    queue.assign(article, colleague, by=reviewer)
    assert ready(reviewer, state="waiting", reviewer="-") == [unassigned]
    assert ready(reviewer, state="waiting", reviewer="*") == [article]
    assert ready(reviewer, state="waiting", reviewer="colleague") == [article]
    assert ready(reviewer, state="waiting", reviewer="reviewer") == []


def test_a_story_is_not_given_to_who_does_not_review(article: Article, reviewer: User) -> None:
    with pytest.raises(ReviewError):
        queue.assign(article, make_user("viewer"), by=reviewer)


def test_who_is_given_a_story_is_told_until_it_is_given_to_another(
    article: Article, reviewer: User, colleague: User
) -> None:
    queue.assign(article, colleague, by=reviewer)
    assert list(Notice.objects.values_list("person", "article")) == [(colleague.pk, article.pk)]
    queue.assign(article, reviewer, by=reviewer)
    assert not Notice.objects.exists()  # the one no more, and who takes it himself knows


def test_decisions_and_assignments_are_in_the_history(article: Article, reviewer: User, colleague: User) -> None:
    queue.assign(article, colleague, by=reviewer)
    review.dismiss(Article.objects.get(), reviewer)
    Article.objects.update(title="Another title")  # the importer's work has its own record
    events = pghistory.models.Events.objects.tracks(article)  # type: ignore[no-untyped-call]
    kept = [(event.pgh_data["assigned_to_id"], event.pgh_data["state"]) for event in events.order_by("pgh_created_at")]
    assert kept == [(colleague.pk, "waiting"), (colleague.pk, "dismissed")]


def test_not_now_puts_a_story_off_to_its_day(article: Article, reviewer: User) -> None:
    today = timezone.localdate()
    queue.put_off(article, today + timedelta(days=3))
    assert (ready(reviewer), ready(reviewer, state="later")) == ([], [article])
    Article.objects.update(later_on=today)
    assert ready(reviewer) == [article]
    with pytest.raises(ReviewError):
        queue.put_off(article, today)


# ------------------------------------------------------------------ two at once


@pytest.mark.parametrize("second", ["accept", "dismiss"])
def test_who_decides_second_overwrites_nothing_and_is_told_who_was_first(
    article: Article, plan: Plan, reviewer: User, colleague: User, second: str
) -> None:
    seen = decision_of(article)
    annotate(article.revision, 0, 20, kind="progress", plan=plan, by=reviewer)  # type: ignore[arg-type]
    deed = partial(review.accept, article, [plan], []) if second == "accept" else partial(review.dismiss, article)
    with pytest.raises(DecidedMeanwhile, match="reviewer"):
        deed(by=colleague, seen=seen)
    article.refresh_from_db()
    assert (article.state, article.decided_by) == ("accepted", reviewer)


def test_an_undo_that_came_too_late_undoes_nobody_elses_decision(
    article: Article, plan: Plan, reviewer: User, colleague: User
) -> None:
    mine = decision_of(review.dismiss(article, reviewer))
    review.reopen(article, colleague)
    review.accept(article, [plan], [], colleague)
    with pytest.raises(DecidedMeanwhile):
        review.reopen(article, reviewer, seen=mine)


# ------------------------------------------------------------------ many at once


def test_many_are_accepted_in_one_step_and_undone_in_one(article: Article, plan: Plan, reviewer: User) -> None:
    others = [make_article(article.source) for _ in range(2)]
    for one in others:
        suggest(one, plan)
    many = queue.decide_many([article.pk, *(one.pk for one in others)], "accept", reviewer)
    assert len(many.done) == 3
    assert set(Article.objects.values_list("state", flat=True)) == {"accepted"}
    assert queue.reopen_many(many.at, reviewer) == 3
    assert len(ready(reviewer)) == 3


def test_what_somebody_else_has_open_is_left_with_the_reason(
    article: Article, plan: Plan, reviewer: User, colleague: User
) -> None:
    free = make_article(article.source)
    suggest(free, plan)
    queue.claim(article, colleague)
    many = queue.decide_many([article.pk, free.pk], "dismiss", reviewer)
    assert many.done == [free]
    assert [(one, str(why)) for one, why in many.left] == [(article, "colleague has it open")]


# ------------------------------------------------------------------ pages


@pytest.fixture
def signed_in(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


def test_the_queue_page_decides_many_and_offers_to_undo(signed_in: Client, article: Article) -> None:
    page = signed_in.post("/en/review/queue/decide/", {"article": [article.pk], "dismiss": "1"}, follow=True)
    assert "1 story dismissed." in page.text
    article.refresh_from_db()
    assert article.state == "dismissed"
    undo = page.text.split('action="/en/review/queue/reopen/')[1].split('"')[0]
    assert "1 story waits again" in signed_in.post(f"/en/review/queue/reopen/{undo}", follow=True).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Tick the stories first."),
        ({"later": "1", "until": "no day"}, "Choose a day to come."),
        ({"later": "1", "until": "2001-01-01"}, "Choose a day to come."),
        ({"assign": "1", "reviewer": "999999"}, "Choose a reviewer."),
    ],
)
def test_a_step_that_cannot_be_taken_says_why(
    signed_in: Client, article: Article, data: dict[str, str], said: str
) -> None:
    ticked = {"article": [article.pk]} if data else {}
    assert said in signed_in.post("/en/review/queue/decide/", {**ticked, **data}, follow=True).text


def test_the_queue_costs_the_same_queries_at_any_size(
    signed_in: Client, article: Article, plan: Plan, colleague: User
) -> None:
    signed_in.get("/en/review/queue/")
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/en/review/queue/?of_state=waiting")
    for _ in range(12):
        suggest(make_article(article.source), plan)
    queue.claim(article, colleague)
    with CaptureQueriesContext(connection) as many:
        signed_in.get("/en/review/queue/?of_state=waiting")
    assert len(many) == len(few)


@pytest.mark.parametrize("data", [{"assign": "1", "reviewer": "colleague"}, {"later": "1", "until": "tomorrow"}])
def test_stories_are_given_away_or_put_off_together_and_taken_back_in_one_step(
    signed_in: Client, article: Article, plan: Plan, colleague: User, reviewer: User, data: dict[str, str]
) -> None:
    own = make_article(article.source)
    suggest(own, plan)
    queue.assign(own, reviewer, by=reviewer)
    words = {"colleague": str(colleague.pk), "tomorrow": str(timezone.localdate() + timedelta(days=1))}
    sent = {"article": [article.pk, own.pk], **{name: words.get(value, value) for name, value in data.items()}}
    page = signed_in.post("/en/review/queue/decide/", sent, follow=True)
    assert ready(reviewer) == []
    undo = unescape(page.text.split('action="/en/review/queue/reopen/')[1].split('"')[0])
    page = signed_in.post(f"/en/review/queue/reopen/{undo}", follow=True)
    assert "Undone: 2 stories" in page.text
    assert ready(reviewer) == [article, own]
    assert ready(reviewer, state="mine") == [own]


def test_in_the_workspace_a_story_is_given_to_a_colleague_and_the_next_opens(
    signed_in: Client, article: Article, plan: Plan, colleague: User, reviewer: User
) -> None:
    following = make_article(article.source)
    suggest(following, plan, 0.5)
    address = f"/en/review/{article.pk}/assign/"
    page = signed_in.post(address, {"reviewer": colleague.pk}, follow=True)
    assert page.context["space"].article == following
    assert "Assigned to colleague" in page.text
    undo = unescape(page.text.split(f'action="{address}')[1].split('"')[0])
    page = signed_in.post(f"{address}{undo}", follow=True)
    assert page.context["space"].article == article
    assert not Article.objects.exclude(assigned_to=None).exists()
    assert "Choose a reviewer." in signed_in.post(address, {"reviewer": "999999"}, follow=True).text


def test_the_filters_stay_while_one_reviews(signed_in: Client, article: Article, plan: Plan) -> None:
    other = make_article(make_source("other-wire"))
    suggest(other, plan, 0.95)
    page = signed_in.get("/en/review/?of_source=sample-wire")
    assert page.context["space"].article == article
    assert f"/en/review/{article.pk}/decide/?of_source=sample-wire" in page.text


def test_not_now_leads_to_the_next_and_can_be_undone(signed_in: Client, article: Article) -> None:
    until = timezone.localdate() + timedelta(days=2)
    page = signed_in.post(f"/en/review/{article.pk}/decide/", {"later": "1", "until": until.isoformat()}, follow=True)
    assert "Put off" in page.text
    article.refresh_from_db()
    assert article.later_on == until
    signed_in.post(f"/en/review/{article.pk}/now/")
    article.refresh_from_db()
    assert article.later_on is None


def test_two_on_one_story_are_both_told_and_nothing_is_lost(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment, colleague: User
) -> None:
    other = Client()
    other.force_login(colleague)
    mine = signed_in.get(f"/en/review/{article.pk}/")
    theirs = other.get(f"/en/review/{article.pk}/")
    assert "reviewer has this story open since" in theirs.text
    opened = {"opened_at": mine.context["opened_at"].isoformat(), "seen": mine.context["seen"]}
    told = signed_in.post(f"/en/review/{article.pk}/presence/", opened)
    assert "colleague has opened this story too" in told.text

    at = TEXT.index(SENTENCE)
    quote = {
        "plan": plan.slug,
        "revision": str(article.revision_id),
        "kind": "progress",
        "target": f"c{commitment.pk}",
        "speaker": "third",
        "start": str(at),
        "end": str(at + len(SENTENCE)),
    }
    opened_theirs = {"opened_at": theirs.context["opened_at"].isoformat(), "seen": theirs.context["seen"]}
    other.post(f"/en/review/{article.pk}/evidence/", {**quote, **opened_theirs, "kind": "delay"})
    told = signed_in.post(f"/en/review/{article.pk}/presence/", opened)
    assert "has recorded" in told.text
    assert "has accepted this article" in told.text
    page = signed_in.post(f"/en/review/{article.pk}/evidence/", {**quote, **opened}, follow=True)
    assert "colleague has recorded evidence from this article meanwhile. Both stand." in page.text
    assert commitment.evidence.count() == 2
    page = signed_in.post(f"/en/review/{article.pk}/decide/", {"dismiss": "1", **opened}, follow=True)
    assert "colleague has accepted this article meanwhile. Your step was not taken" in page.text
    article.refresh_from_db()
    assert article.state == "accepted"
