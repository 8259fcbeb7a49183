"""Working together: who is told what, once, in the page and by e-mail; comments; followed plans."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pghistory.models
import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from articles import notices
from articles.models import Annotation, Article, Comment, Correction, Digest, Follow, Notice, Wish
from articles.review import annotate, change_annotation, undo_annotation
from plans.models import Commitment, Plan, User
from plans.progress import ProgressError, assess
from tests.articles.conftest import SENTENCE, TEXT
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence

MORNING = datetime(2026, 3, 4, 8, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def follower(plan: Plan) -> User:
    person = make_user("viewer", "follower")
    person.email = "follower@example.org"
    person.save()
    Follow.objects.create(plan=plan, person=person, since=timezone.now() - timedelta(days=30))
    return person


@pytest.fixture
def quote(article: Article, commitment: Commitment, reviewer: User) -> Annotation:
    at = TEXT.index(SENTENCE)
    assert article.revision is not None
    said: dict[str, Any] = {"kind": "progress", "plan": commitment.plan, "commitment": commitment}
    return annotate(article.revision, at, at + len(SENTENCE), by=reviewer, **said)


def told(person: User) -> list[str]:
    return sorted(Notice.objects.filter(person=person).values_list("kind", flat=True))


# ------------------------------------------------------------------ told once


def test_a_follower_is_told_of_a_new_status_once(commitment: Commitment, follower: User, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2025, 2, 1))
    assess(commitment, side="", level="limited", ground=ground, by=reviewer, on=date(2025, 2, 1))
    notices.gather(timezone.now())
    notices.gather(timezone.now())
    assert told(follower).count("status") == 1
    assert told(reviewer) == []


def test_a_follower_is_told_of_silence_and_of_what_is_due_soon(pillar: Any, follower: User) -> None:
    today = timezone.localdate()
    make_commitment(pillar, "ENE-8", starts=date(2024, 1, 1), due_on=today + timedelta(days=14))
    make_commitment(pillar, "ENE-9", starts=today, due_on=today + timedelta(days=15))
    notices.gather(timezone.now())
    assert told(follower) == ["due", "silent", "silent"]
    assert Notice.objects.get(kind="due").commitment == Commitment.objects.get(code="ENE-8")


def test_who_is_given_a_quote_is_told_sees_it_in_the_queue_and_lays_it_down(
    client: Client, quote: Annotation, reviewer: User
) -> None:
    other = make_user("approver")
    client.force_login(reviewer)
    address = f"/en/quotes/{quote.pk}/assign/"
    page = client.post(address, {"colleague": other.pk}, follow=True)
    assert "Assigned to approver, who is told." in page.text and f"{address}?colleague=-" in page.text
    assert "approver is to look at it" in client.get(f"/en/review/{quote.revision.article_id}/").text
    client.force_login(other)
    assert f"To look at, assigned to you: {SENTENCE}" in client.get("/en/notices/").text
    client.post(address, {"colleague": "-"})
    quote.refresh_from_db()
    assert quote.assigned_to is None
    assert not Notice.objects.exists()


def test_the_quotes_a_reviewer_is_asked_to_look_at_stand_above_the_queue(
    client: Client, quote: Annotation, reviewer: User
) -> None:
    notices.assign_quote(quote, reviewer, by=make_user("approver"))
    client.force_login(reviewer)
    assert "Quotes you are asked to look at" in client.get("/en/review/queue/").text
    undo_annotation(quote, reviewer)
    assert "Quotes you are asked to look at" not in client.get("/en/review/queue/").text


def test_comments_and_who_is_to_look_go_with_a_quote_that_is_recorded_otherwise(
    quote: Annotation, reviewer: User
) -> None:
    other = make_user("approver")
    said = notices.comment(quote, "Is it delay?", other)
    notices.assign_quote(quote, other, by=reviewer)
    quote.refresh_from_db()
    new = change_annotation(quote, reviewer, kind="delay")
    assert list(new.comments.all()) == [said]
    assert list(notices.assigned_to(other)) == [new]
    assert Notice.objects.get().annotation == new


@pytest.mark.parametrize("wrong", ["viewer", "999999", "x"])
def test_a_quote_is_not_given_to_who_does_not_work_on_quotes(
    client: Client, quote: Annotation, reviewer: User, wrong: str
) -> None:
    number = str(make_user("viewer").pk) if wrong == "viewer" else wrong
    client.force_login(reviewer)
    page = client.post(f"/en/quotes/{quote.pk}/assign/", {"colleague": number}, follow=True)
    assert "viewer does not work on quotes." in page.text or "Choose a colleague." in page.text
    assert not Annotation.objects.exclude(assigned_to=None).exists()


def test_who_does_not_want_a_kind_is_not_told(pillar: Any, follower: User) -> None:
    Wish.objects.create(person=follower, unwanted=["silent"])
    make_commitment(pillar, "ENE-9", due_on=None)
    notices.gather(timezone.now())
    assert told(follower) == []


def test_the_page_lists_notices_and_marks_them_as_read(client: Client, pillar: Any, follower: User) -> None:
    make_commitment(pillar, "ENE-9", due_on=None)
    notices.gather(timezone.now())
    client.force_login(follower)
    html = client.get("/en/notices/").text
    assert "Silent for long: ENE-9" in html and 'class="badge">1' in html
    client.post("/en/notices/read/")
    assert 'class="badge">1' not in client.get("/en/notices/").text


def test_nobody_marks_the_notices_of_another_as_read(client: Client, pillar: Any, follower: User) -> None:
    make_commitment(pillar, "ENE-9", due_on=None)
    notices.gather(timezone.now())
    client.force_login(make_user("viewer", "other"))
    client.post("/en/notices/read/", {"notice": str(Notice.objects.get().pk)})
    assert Notice.objects.get().read_at is None


# ------------------------------------------------------------------ by e-mail


@pytest.fixture
def noticed(pillar: Any, follower: User) -> User:
    """Somebody with a notice who wants a daily digest."""
    make_commitment(pillar, "ENE-9", due_on=None)
    Wish.objects.create(person=follower, digest="daily", language="en")
    notices.gather(timezone.now())
    return follower


def test_a_digest_is_never_sent_twice_for_one_period(noticed: User) -> None:
    assert notices.send_digests(MORNING) == 1
    Notice.objects.create(person=noticed, kind="silent", key="more", commitment=Commitment.objects.get())
    assert notices.send_digests(MORNING + timedelta(hours=5)) == 0
    assert notices.send_digests(MORNING + timedelta(days=1)) == 1
    assert [message.subject for message in mail.outbox] == ["Mithaq: 1 notice", "Mithaq: 1 notice"]


def test_a_digest_says_what_happened_and_where(noticed: User, settings: Any) -> None:
    settings.SITE_ADDRESS = "https://mithaq.example.org"
    notices.send_digests(MORNING)
    assert mail.outbox[0].to == ["follower@example.org"]
    assert "Silent for long: ENE-9" in mail.outbox[0].body
    assert "https://mithaq.example.org/en/plans/gcc-aze/ENE-9/" in mail.outbox[0].body


def test_a_period_another_worker_has_claimed_is_left_to_it(noticed: User) -> None:
    Digest.objects.create(person=noticed, period="2026-03-04")
    assert notices.send_digests(MORNING) == 0
    assert mail.outbox == []


def test_a_digest_the_server_refused_is_not_tried_twice_and_its_notices_come_with_the_next(
    noticed: User, settings: Any
) -> None:
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        9,
    )
    assert notices.send_digests(MORNING) == 0
    assert Digest.objects.get().error
    settings.EMAIL_BACKEND = backend
    assert notices.send_digests(MORNING) == 0
    assert notices.send_digests(MORNING + timedelta(days=1)) == 1


def test_without_a_wish_an_address_or_news_there_is_no_e_mail(pillar: Any, noticed: User) -> None:
    notices.mark_read(noticed, timezone.now())
    Wish.objects.create(person=make_user("viewer", "without address"), digest="daily")
    assert notices.send_digests(MORNING) == 0


@pytest.mark.parametrize(
    ("digest", "hour", "period"),
    [("daily", 8, "2026-03-04"), ("weekly", 8, "2026-W10"), ("daily", 0, None)],
)
def test_a_period_begins_in_the_morning(digest: str, hour: int, period: str | None, settings: Any) -> None:
    with timezone.override("UTC"):
        assert notices.period_of(digest, MORNING.replace(hour=hour)) == period


# ------------------------------------------------------------------ wishes and followed plans


def test_a_person_chooses_what_they_are_told(client: Client, plan: Plan, reviewer: User) -> None:
    client.force_login(reviewer)
    asked = {"digest": "weekly", "language": "ar", "wanted": ["mention", "due"], "plans": [plan.pk]}
    client.post("/en/notices/preferences/", asked)
    wish = Wish.objects.get(person=reviewer)
    assert (wish.digest, wish.language, set(wish.unwanted)) == ("weekly", "ar", {"assigned", "status", "silent"})
    assert list(reviewer.follows.values_list("plan", flat=True)) == [plan.pk]
    client.post("/en/notices/preferences/", {"digest": "", "language": "ar"})
    assert not reviewer.follows.exists()


def test_a_plan_is_followed_and_no_longer(client: Client, plan: Plan, reviewer: User) -> None:
    client.force_login(reviewer)
    page = client.post("/en/follow/gcc-aze/", follow=True)
    assert reviewer.follows.count() == 1 and "Undo" in page.text
    client.post("/en/follow/gcc-aze/?stop=1")
    assert reviewer.follows.count() == 0


# ------------------------------------------------------------------ comments


def test_who_is_mentioned_in_a_comment_is_told(client: Client, quote: Annotation, reviewer: User) -> None:
    other = make_user("approver")
    make_user("viewer")
    client.force_login(reviewer)
    address = f"/en/quotes/{quote.pk}/comments/"
    client.post(address, {"text": "Look, @approver. And @nobody, or mail@viewer.example, @reviewer?"})
    assert (told(other), told(reviewer)) == (["mention"], [])
    assert not Notice.objects.exclude(person=other).exists()
    client.force_login(other)
    assert "mentions you: Look, @approver" in client.get("/en/notices/").text


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4001])
def test_a_comment_that_cannot_be_kept_stays_in_its_form(
    client: Client, quote: Annotation, reviewer: User, text: str
) -> None:
    client.force_login(reviewer)
    response = client.post(f"/en/quotes/{quote.pk}/comments/", {"text": text})
    assert response.status_code == 422 and text in response.text
    assert not Comment.objects.exists()


def test_markup_in_a_comment_is_shown_as_written(client: Client, quote: Annotation, reviewer: User) -> None:
    notices.comment(quote, "<script>alert(1)</script>\u202e@x\x00", reviewer)
    client.force_login(reviewer)
    html = client.get(f"/en/quotes/{quote.pk}/comments/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html and "<script>alert" not in html


def test_a_comment_is_removed_by_who_wrote_it_alone(quote: Annotation, reviewer: User) -> None:
    said = notices.comment(quote, "A slip.", reviewer)
    with pytest.raises(ProgressError):
        notices.remove_comment(said, make_user("approver"))
    notices.remove_comment(said, reviewer)
    assert Comment.objects.get().removed_at is not None


# ------------------------------------------------------------------ corrections


def test_a_correction_is_public_with_what_was_wrong_what_holds_and_the_evidence(
    client: Client, commitment: Commitment
) -> None:
    piece = make_evidence(commitment, date(2025, 2, 1))
    client.force_login(make_user("approver"))
    said = {"on": "2026-01-02", "wrong_en": "It began in 2023.", "holds_en": "It began in 2024.", "evidence": piece.pk}
    client.post("/en/corrections/add/", said)
    client.logout()
    for address in ("/en/corrections/", "/ar/corrections/", "/en/corrections/feed/"):
        html = client.get(address).text
        assert "It began in 2023." in html and "It began in 2024." in html
    assert piece.get_absolute_url() in client.get("/en/corrections/").text


@pytest.mark.parametrize(
    "wrong", [{"evidence": "999999"}, {"holds_en": ""}, {"on": "2999-01-01"}, {"evidence": ""}, {"on": "x"}]
)
def test_a_correction_without_its_parts_is_refused_and_kept_in_the_form(
    client: Client, commitment: Commitment, wrong: dict[str, str]
) -> None:
    piece = make_evidence(commitment, date(2025, 2, 1))
    client.force_login(make_user("approver"))
    said = {"on": "2026-01-02", "wrong_en": "It began in 2023.", "holds_en": "In 2024.", "evidence": str(piece.pk)}
    response = client.post("/en/corrections/add/", said | wrong)
    assert response.status_code == 422 and "It began in 2023." in response.text
    assert not Correction.objects.exists()


def test_what_people_do_to_quotes_is_in_the_history(quote: Annotation, reviewer: User) -> None:
    said = notices.comment(quote, "A slip.", reviewer)
    notices.remove_comment(said, reviewer)
    events = pghistory.models.Events.objects.tracks(said)  # type: ignore[no-untyped-call]
    assert [event.pgh_label for event in events.order_by("pgh_created_at")] == ["insert", "update"]
