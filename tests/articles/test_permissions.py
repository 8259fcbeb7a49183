"""Who may do what with news and quotes: every address times every role, by page and by crafted request.

Viewers read, reviewers quote (where they are limited to plans, in those), approvers comment and confirm; of a text
the public sees what was quoted, and nothing else.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import urls
from articles.agreement import set_share
from articles.aliases import propose
from articles.carrying import carry_over
from articles.models import (
    AliasProposal,
    Anchor,
    Annotation,
    Article,
    Aside,
    Comment,
    Correction,
    Follow,
    SecondReading,
)
from articles.notices import comment
from articles.review import annotate
from plans.disagreements import contradict
from plans.models import Alias, Commitment, Disagreement, Evidence, Plan, User
from plans.rights import BACKEND
from tests.articles.conftest import SENTENCE, TEXT, add_revision, make_article, make_story, suggest
from tests.conftest import make_user
from tests.plans.conftest import make_plan

ROLES: Final = ("viewer", "reviewer", "editor", "approver", "administrator")
SIGNED_IN: Final = frozenset(ROLES)
ANYBODY: Final = SIGNED_IN | {""}
REVIEWERS: Final = frozenset({"reviewer", "administrator"})
TALKERS: Final = REVIEWERS | {"approver"}
CORRECTORS: Final = frozenset({"approver", "administrator"})
PLANNERS: Final = frozenset({"editor", "administrator"})
NAMERS: Final = SIGNED_IN - {"viewer"}  # who see a name that another proposes, and approve it

UNQUOTED = "ويعود الفريق إلى الاجتماع في الربيع المقبل."  # of the text, and in no quote

PLAN, QUOTE, STORY = ("gcc-aze",), ("{quote}",), ("{article}",)
OPENED: Final[dict[str, tuple[tuple[str, ...], frozenset[str]]]] = {
    "news": ((), ANYBODY),
    "article": (STORY, ANYBODY),
    "archive": (("{digest}",), ANYBODY),
    "archive_changes": (("{edited}",), SIGNED_IN),
    "quote": (QUOTE, ANYBODY),
    "quote_data": (QUOTE, ANYBODY),
    "article_quotes_data": (STORY, ANYBODY),
    "plan_quotes_data": (PLAN, ANYBODY),
    "commitment_quotes_data": ((*PLAN, "ENE-1"), ANYBODY),
    "plan_quotes_file": ((*PLAN, "csv"), ANYBODY),
    "commitment_quotes_file": ((*PLAN, "ENE-1", "csv"), ANYBODY),
    "plan_quotes": (PLAN, ANYBODY),
    "commitment_quotes": ((*PLAN, "ENE-1"), ANYBODY),
    "corrections": ((), ANYBODY),
    "corrections_feed": ((), ANYBODY),
    "agreement": ((), SIGNED_IN),
    "comments": (QUOTE, SIGNED_IN),
    "notices": ((), SIGNED_IN),
    "preferences": ((), SIGNED_IN),
    "review": ((), REVIEWERS),
    "review_article": (STORY, REVIEWERS),
    "review_beside": (("{article}", "{copy}"), REVIEWERS),
    "review_standing": (STORY, REVIEWERS),
    "review_queue": ((), REVIEWERS),
    "second": ((), REVIEWERS),
    "second_text": (("{revision}", *PLAN), REVIEWERS),
    "review_edited": ((), REVIEWERS),
    "quotes_import": ((), REVIEWERS),
    "names": ((), NAMERS),
    "names_progress": ((), NAMERS),
    "name_add": ((), REVIEWERS | PLANNERS),
    "beside_members": ((), REVIEWERS),
    "beside_one_side": ((), REVIEWERS),
    "correction_add": ((), CORRECTORS),
}


class Sent(NamedTuple):
    """A request that changes something: what it sends, who may, and what changes where they do."""

    to: tuple[str, ...]
    data: dict[str, str]
    who: frozenset[str]
    changes: Any


def decided() -> list[Any]:
    return list(Article.objects.order_by("pk").values_list("state", "later_on", "assigned_to", "beside"))


def suggested() -> list[Any]:
    return list(Article.objects.order_by("pk").values_list("suggestions__state", "suggestions__plan"))


def quoted() -> list[Any]:
    return list(Annotation.objects.order_by("pk").values_list("pk", "undone_at", "assigned_to"))


RECORD = {"plan": "gcc-aze", "kind": "context", "target": "plan", "speaker": "third", "start": "0", "end": "20"}
NAMED = {"text": "Land of Fire", "language": "en", "kind": "name", "thing": "party:aze", "propose": "1"}
CORRECTED = {"on": "2026-01-02", "wrong_en": "a", "holds_en": "b", "evidence": "{evidence}"}
SENT: Final = {
    "review_decide": Sent(("{waits}",), {"dismiss": "1"}, REVIEWERS, decided),
    "review_reopen": Sent(("{done}",), {}, REVIEWERS, decided),
    "review_annotate": Sent(STORY, RECORD, REVIEWERS, Evidence.objects.count),
    "review_now": Sent(("{later}",), {}, REVIEWERS, decided),
    "review_assign": Sent(("{waits}",), {"reviewer": "{colleague}"}, REVIEWERS, decided),
    "review_presence": Sent(STORY, {}, REVIEWERS, None),
    "review_decide_many": Sent((), {"article": "{waits}", "dismiss": "1"}, REVIEWERS, decided),
    "review_reopen_many": Sent((), {}, REVIEWERS, None),
    "second_text": Sent(("{revision}", *PLAN), {}, REVIEWERS, SecondReading.objects.count),
    "review_edited_decide": Sent(("{anchor}",), {"step": "withdraw"}, REVIEWERS, quoted),
    "quotes_import": Sent((), {}, REVIEWERS, None),
    "beside_decide": Sent(("{aside}",), {"plan": "gcc-aze"}, REVIEWERS, suggested),
    "suggestion_reopen": Sent(("{suggestion}",), {}, REVIEWERS, suggested),
    "annotation_undo": Sent(QUOTE, {"reason": "x"}, REVIEWERS, quoted),
    "annotation_restore": Sent(("{undone}",), {}, REVIEWERS, quoted),
    "name_add": Sent((), NAMED, REVIEWERS | PLANNERS, AliasProposal.objects.count),
    "name_accept": Sent(("{name}",), {}, NAMERS, Alias.objects.count),
    "name_return": Sent(("{name}",), {"note": "No."}, NAMERS, AliasProposal.objects.filter(state="returned").count),
    "comments": Sent(QUOTE, {"text": "Said."}, TALKERS, Comment.objects.count),
    "comment_remove": Sent(("{comment}",), {}, TALKERS, None),  # everybody their own alone
    "quote_assign": Sent(QUOTE, {"colleague": "{colleague}"}, TALKERS, quoted),
    "correction_add": Sent((), CORRECTED, CORRECTORS, Correction.objects.count),
    "agreement": Sent((), {"plan": "gcc-aze", "percent": "5"}, PLANNERS, None),
    "notices_read": Sent((), {}, SIGNED_IN, None),
    "preferences": Sent((), {"digest": "", "language": "ar"}, SIGNED_IN, None),
    "follow": Sent(PLAN, {}, SIGNED_IN, Follow.objects.count),
}


@pytest.fixture
def names(article: Article, commitment: Commitment) -> dict[str, str]:
    """A site with something of everything; what its addresses name."""
    plan, colleague = commitment.plan, make_user("reviewer", "colleague")
    assert article.revision is not None
    at = TEXT.index(SENTENCE)
    place = (article.revision, at, at + len(SENTENCE))
    quote = annotate(*place, kind="progress", plan=plan, commitment=commitment, by=colleague)
    copy, waits, done, later, aside = (make_article(article.source, text=TEXT + str(n)) for n in range(5))
    make_story(article, copy)
    for one in (waits, done, later):
        suggest(one, plan)
    Article.objects.filter(pk=done.pk).update(state="dismissed", decided_at=timezone.now())
    Article.objects.filter(pk=later.pk).update(later_on=timezone.localdate() + timedelta(days=2))
    Article.objects.filter(pk=aside.pk).update(beside="members", score=0)
    Aside.objects.create(article=aside, plan=plan, party=plan.side_b, score=0.7)
    dismissed = done.suggestions.get()
    dismissed.state = "dismissed"
    dismissed.save()
    assert waits.revision is not None and later.revision is not None
    undone = annotate(waits.revision, 0, 20, kind="context", plan=plan, by=colleague)
    Annotation.objects.filter(pk=undone.pk).update(undone_at=timezone.now())
    Article.objects.filter(pk=waits.pk).update(state="waiting", decided_at=None)
    lost = annotate(later.revision, at, at + len(SENTENCE), kind="context", plan=plan, by=colleague)
    Article.objects.filter(pk=later.pk).update(state="waiting", decided_at=None)
    edited = add_revision(later, "Something else altogether.")
    carry_over(edited)
    set_share(plan, 100)
    return {
        "article": str(article.pk),
        "copy": str(copy.pk),
        "waits": str(waits.pk),
        "done": str(done.pk),
        "later": str(later.pk),
        "aside": str(aside.pk),
        "quote": str(quote.pk),
        "undone": str(undone.pk),
        "evidence": str(quote.evidence_id),
        "revision": str(article.revision_id),
        "digest": article.revision.digest,
        "edited": edited.digest,
        "anchor": str(Anchor.objects.get(annotation=lost).pk),
        "suggestion": str(dismissed.pk),
        "comment": str(comment(quote, "A slip.", colleague).pk),
        "colleague": str(colleague.pk),
        "name": str(propose("Fire Land", language="en", kind="name", thing=plan.side_b, by=colleague).pk),
    }


def test_every_address_of_news_and_quotes_is_in_the_tables() -> None:
    others = ("sources/", "search/")  # with tables of their own
    known = {pattern.name for pattern in urls.urlpatterns if not str(pattern.pattern).startswith(others)}
    assert OPENED.keys() | SENT.keys() == known


def sign_in(client: Client, role: str) -> None:
    if role:
        client.force_login(make_user(role), BACKEND)


def refused(response: Any) -> bool:
    is_sign_in = response.status_code == 302 and "/accounts/login/" in response["Location"]
    return response.status_code == 403 or is_sign_in


@pytest.mark.parametrize("role", ["", *ROLES])
def test_who_may_open_what(client: Client, names: dict[str, str], role: str) -> None:
    sign_in(client, role)
    wrong = {}
    for name, (args, who) in OPENED.items():
        address = reverse(name, args=[part.format(**names) for part in args])
        with transaction.atomic():
            response = client.get(address, {"plan": "gcc-aze"})
            transaction.set_rollback(True)
        if refused(response) is (role in who) or response.status_code in (400, 404, 500):
            wrong[name] = response.status_code
    assert not wrong


@pytest.mark.parametrize("role", ["", *ROLES])
def test_who_may_change_what_by_a_crafted_request(client: Client, names: dict[str, str], role: str) -> None:
    sign_in(client, role)
    wrong = {}
    for name, (args, data, who, changes) in SENT.items():
        address = reverse(name, args=[part.format(**names) for part in args])
        with transaction.atomic():
            before = changes and changes()
            response = client.post(address, {key: value.format(**names) for key, value in data.items()})
            changed = changes and changes() != before
            transaction.set_rollback(True)
        if refused(response) is (role in who) or (changes and changed is not (role in who)):
            wrong[name] = (response.status_code, changed)
    assert not wrong


@pytest.mark.parametrize("name", [name for name, (_args, who) in OPENED.items() if "" in who])
def test_strangers_read_what_was_quoted_and_nothing_else_of_a_text(
    client: Client, names: dict[str, str], name: str
) -> None:
    assert UNQUOTED in TEXT
    page = client.get(reverse(name, args=[part.format(**names) for part in OPENED[name][0]]), follow=True)
    assert UNQUOTED not in b"".join(page).decode(errors="replace")


def test_who_is_limited_to_plans_quotes_assigns_levels_and_settles_in_those_alone(
    client: Client, names: dict[str, str], commitment: Commitment, plan: Plan, reviewer: User
) -> None:
    reviewer.plans.add(make_plan("another", plan.side_b, plan.side_a))
    piece = Evidence.objects.get(pk=names["evidence"])
    contradict(piece, about="period", held="2024", by=None)
    client.force_login(reviewer)
    before = (Evidence.objects.count(), quoted())
    client.post(f"/en/review/{names['article']}/evidence/", RECORD | {"revision": names["revision"]})
    client.post(f"/en/annotations/{names['quote']}/undo/")
    client.post(f"/en/review/edited/{names['anchor']}/", {"step": "withdraw"})
    client.post(f"/en/review/second/{names['revision']}/gcc-aze/")
    disagreement = Disagreement.objects.get()
    sent = {"preferred": "newer", "reason": "So it is."}
    assert client.post(f"/en/disagreements/{disagreement.pk}/settle/", sent).status_code == 403
    assert (Evidence.objects.count(), quoted()) == before
    assert not SecondReading.objects.exists()
