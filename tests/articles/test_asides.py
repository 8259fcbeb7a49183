"""News beside the plans: of one member with a partner, and of one side alone; from where a person may raise it."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import asides, review
from articles.matching import suggest
from articles.models import Article
from articles.review import ReviewError
from plans.models import Membership, Plan, Sector, User
from plans.rights import BACKEND
from tests.articles.conftest import make_article, make_source
from tests.plans.conftest import make_party

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(plan: Plan) -> None:
    sau = make_party("sau")
    Membership.objects.create(bloc=plan.side_a if plan.side_a.kind == "bloc" else plan.side_b, member=sau)
    Sector.objects.create(slug="energy", name_en="Energy", name_ar="الطاقة")


@pytest.fixture
def bilateral(member: None) -> Article:
    """News of Saudi Arabia with Azerbaijan: not the plan's."""
    article = make_article(
        make_source(), "Riyadh signs", "Saudi Arabia and Azerbaijan signed a memorandum on energy.", language="en"
    )
    suggest(article)
    article.refresh_from_db()
    return article


@pytest.fixture
def reviewer(db: None) -> User:
    user = User.objects.create_user("amal", password="x")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["articles", "plans"]))
    user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def desk(reviewer: User, client: Client) -> Client:
    client.force_login(reviewer, BACKEND)
    return client


def test_a_members_news_with_the_partner_waits_in_its_own_queue_with_its_areas_and_reasons(bilateral: Article) -> None:
    aside = bilateral.asides.get()

    assert (bilateral.beside, bilateral.score) == ("members", 0)
    assert (aside.plan.slug, aside.party.slug, aside.sectors) == ("gcc-aze", "sau", ["energy"])  # type: ignore[union-attr]
    assert {reason["quote"] for reason in aside.reasons} >= {"Saudi Arabia", "Azerbaijan"}
    assert list(Article.objects.beside_the_plans("members")) == [bilateral]
    assert not Article.objects.waiting().exists()


def test_what_names_one_side_only_waits_in_the_third_queue(member: None) -> None:
    article = make_article(make_source(), "Museum", "Azerbaijan opened a museum of carpets.", language="en")
    suggest(article)

    assert list(Article.objects.beside_the_plans("one-side")) == [article]
    assert article.asides.get().reasons[0]["quote"] == "Azerbaijan"


def test_what_names_nobody_waits_nowhere(member: None) -> None:
    suggest(make_article(make_source(), "Storm", "A storm hit Florida.", language="en"))

    assert not Article.objects.exclude(beside="").exists()


def test_the_plans_own_news_is_not_members_news(member: None) -> None:
    article = make_article(make_source(), "", "The GCC and Azerbaijan met in Saudi Arabia.", language="en")
    suggest(article)

    assert (article.beside, article.asides.count()) == ("", 0)


def test_raised_news_is_accepted_for_the_plan_with_its_areas_and_leaves_the_queue(
    bilateral: Article, plan: Plan, reviewer: User
) -> None:
    asides.raise_to_plan(bilateral, plan, reviewer)

    bilateral.refresh_from_db()
    assert bilateral.state == "accepted"
    assert {(one.plan_id, one.state) for one in bilateral.suggestions.filter(sector=None)} == {(plan.pk, "accepted")}
    assert bilateral.suggestions.filter(sector__slug="energy", state="accepted").exists()
    assert not Article.objects.beside_the_plans("members").exists()


def test_matching_again_never_undoes_that_a_person_raised_it(bilateral: Article, plan: Plan, reviewer: User) -> None:
    asides.raise_to_plan(bilateral, plan, reviewer)
    decided = list(bilateral.suggestions.order_by("pk").values())
    bilateral.refresh_from_db()
    suggest(bilateral)

    assert list(bilateral.suggestions.order_by("pk").values()) == decided
    bilateral.refresh_from_db()
    assert bilateral.state == "accepted"


def test_raising_can_be_undone(bilateral: Article, plan: Plan, reviewer: User) -> None:
    review.reopen(asides.raise_to_plan(bilateral, plan, reviewer), reviewer)

    assert list(Article.objects.beside_the_plans("members")) == [bilateral]


def test_what_somebody_decided_meanwhile_is_not_raised(bilateral: Article, plan: Plan, reviewer: User) -> None:
    review.dismiss(bilateral, User.objects.create_user("other"))

    with pytest.raises(ReviewError):
        asides.raise_to_plan(bilateral, plan, reviewer)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("path", ["members", "one-side"])
def test_an_empty_queue_says_what_appears_in_it(desk: Client, plan: Plan, language: str, path: str) -> None:
    assert 'class="empty"' in desk.get(f"/{language}/review/{path}/").content.decode()


def test_the_queue_narrows_to_a_plan_a_member_and_a_pillar(desk: Client, bilateral: Article) -> None:
    for query, shown in [("plan=gcc-aze&party=sau&pillar=energy", True), ("pillar=health", False)]:
        page = desk.get(f"/en/review/members/?{query}").content.decode()
        assert ("Riyadh signs" in page) is shown


def test_the_button_raises_and_leads_to_the_quoting(desk: Client, bilateral: Article) -> None:
    answer = desk.post(f"/en/review/beside/{bilateral.pk}/decide/", {"plan": "gcc-aze", "raise": "1"})

    assert answer.url == f"/en/review/{bilateral.pk}/"  # type: ignore[attr-defined]
    bilateral.refresh_from_db()
    assert bilateral.state == "accepted"


def test_the_button_dismisses_and_stays_in_the_queue(desk: Client, bilateral: Article) -> None:
    back = "/en/review/members/?party=sau"
    answer = desk.post(f"/en/review/beside/{bilateral.pk}/decide/", {"dismiss": "1", "back": back})

    assert answer.url == back  # type: ignore[attr-defined]
    bilateral.refresh_from_db()
    assert bilateral.state == "dismissed"


def test_the_queues_are_for_reviewers(client: Client, bilateral: Article) -> None:
    assert client.get("/en/review/members/").status_code in (302, 403)


def test_the_queue_costs_the_same_queries_at_any_size(desk: Client, bilateral: Article) -> None:
    desk.get("/en/review/members/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/en/review/members/")
    for number in range(5):
        suggest(make_article(bilateral.source, f"{number}", "Saudi Arabia and Azerbaijan agreed.", language="en"))
    with CaptureQueriesContext(connection) as many:
        desk.get("/en/review/members/")

    assert len(many) == len(few)
