"""What a reviewer may do with an article, and that each step can be taken back."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Annotation, Article, Source
from articles.queue import Wanted
from articles.reading import Highlight, Match, lay_out, marked
from articles.review import (
    BadQuote,
    NotTheirSide,
    ReviewError,
    accept,
    accept_suggestion,
    annotate,
    annotate_and_assess,
    assess_from,
    cut_quote,
    dismiss,
    dismiss_suggestion,
    reopen,
    reopen_suggestion,
    undo_annotation,
)
from plans.models import Assessment, Commitment, Evidence, Party, Pillar, Plan, Proposal, Sector, User
from plans.progress import AnotherPlan, Withdrawn
from tests.articles.conftest import SENTENCE, TEXT, add_revision, make_article, make_source, make_story, suggest
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_party, make_plan

pytestmark = pytest.mark.django_db

START, END = TEXT.index(SENTENCE), TEXT.index(SENTENCE) + len(SENTENCE)


def quote(article: Article, plan: Plan, by: User, start: int = START, end: int = END, **fields: Any) -> Annotation:
    assert article.revision is not None
    return annotate(article.revision, start, end, **{"kind": "progress", "plan": plan, "by": by, **fields})


def states(article: Article) -> dict[str, str]:
    """What was decided about each plan and area suggested for an article."""
    return {str(s.plan.slug if s.plan else s.sector and s.sector.slug): s.state for s in article.suggestions.all()}


# ------------------------------------------------------------------ accept and dismiss


def test_accepting_a_plan_dismisses_what_else_was_suggested(
    article: Article, plan: Plan, pillar: Pillar, gcc: Party, reviewer: User
) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    trade = Sector.objects.create(slug="trade", name_en="Trade", name_ar="التجارة")
    suggest(article, other, 0.4)
    suggest(article, pillar.sector)
    suggest(article, trade, 0.3)
    accepted = accept(article, [plan], [pillar.sector], reviewer)
    assert (accepted.state, accepted.decided_by) == ("accepted", reviewer)
    assert states(article) == {
        "gcc-aze": "accepted",
        "energy": "accepted",
        "gcc-jpn": "dismissed",
        "trade": "dismissed",
    }


def test_a_plan_nobody_suggested_may_be_named(article: Article, gcc: Party, reviewer: User) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    accept(article, [other], [], reviewer)
    named = article.suggestions.get(plan=other)
    assert (named.state, named.score, named.reasons) == ("accepted", 0, [])


def test_an_article_is_not_accepted_for_nothing(article: Article, reviewer: User) -> None:
    with pytest.raises(ReviewError, match="Choose a plan"):
        accept(article, [], [], reviewer)
    article.refresh_from_db()
    assert article.state == "waiting"


def test_a_dismissed_article_concerns_no_plan(article: Article, reviewer: User) -> None:
    dismissed = dismiss(article, reviewer)
    assert (dismissed.state, dismissed.decided_by) == ("dismissed", reviewer)
    assert states(article) == {"gcc-aze": "dismissed"}


@pytest.mark.parametrize("decision", ["accept", "dismiss"])
def test_a_decision_can_be_undone(article: Article, plan: Plan, reviewer: User, decision: str) -> None:
    if decision == "accept":
        accept(article, [plan], [], reviewer)
    else:
        dismiss(article, reviewer)
    reopened = reopen(article, reviewer)
    assert (reopened.state, reopened.decided_by, reopened.decided_at) == ("waiting", None, None)
    assert states(article) == {"gcc-aze": "open"}


def test_undoing_forgets_a_plan_that_only_the_reviewer_had_named(article: Article, gcc: Party, reviewer: User) -> None:
    accept(article, [make_plan("gcc-jpn", gcc, make_party("jpn"))], [], reviewer)
    reopen(article, reviewer)
    assert states(article) == {"gcc-aze": "open"}


def test_undoing_keeps_what_was_decided_before_one_by_one(
    article: Article, plan: Plan, gcc: Party, reviewer: User
) -> None:
    wrong = suggest(article, make_plan("gcc-jpn", gcc, make_party("jpn")), 0.4)
    dismiss_suggestion(wrong, reviewer)
    accept(article, [plan], [], reviewer)
    reopen(article, reviewer)
    assert states(article) == {"gcc-aze": "open", "gcc-jpn": "dismissed"}


def test_one_suggestion_is_decided_while_the_article_goes_on_waiting(article: Article, reviewer: User) -> None:
    suggestion = article.suggestions.get()
    assert dismiss_suggestion(suggestion, reviewer).state == "dismissed"
    assert accept_suggestion(suggestion, reviewer).decided_by == reviewer
    reopened = reopen_suggestion(suggestion, reviewer)
    assert (reopened.state, reopened.decided_by, reopened.decided_at) == ("open", None, None)
    article.refresh_from_db()
    assert article.state == "waiting"


# ------------------------------------------------------------------ a story is decided once


@pytest.fixture
def copies(article: Article, plan: Plan) -> list[Article]:
    """The article's story at two more outlets."""
    told = [make_article(make_source(f"outlet-{number}")) for number in (1, 2)]
    for copy in told:
        suggest(copy, plan)
    make_story(article, *told)
    return told


def test_only_the_lead_of_a_story_waits(article: Article, copies: list[Article]) -> None:
    assert list(Article.objects.waiting()) == [article]


def test_a_decision_holds_for_the_copies_that_wait(
    article: Article, copies: list[Article], plan: Plan, reviewer: User
) -> None:
    dismiss(copies[1], reviewer)
    reopen(copies[1], reviewer)
    accept(article, [plan], [], reviewer)
    assert {one.state for one in Article.objects.all()} == {"accepted"}
    assert not Article.objects.waiting().exists()
    reopen(article, reviewer)
    assert {one.state for one in Article.objects.all()} == {"waiting"}


def test_undoing_leaves_a_copy_that_was_decided_on_its_own(
    article: Article, copies: list[Article], plan: Plan, reviewer: User
) -> None:
    Article.objects.filter(pk=copies[0].pk).update(state="dismissed", decided_at=datetime(2025, 1, 1, tzinfo=UTC))
    accept(article, [plan], [], reviewer)
    reopen(article, reviewer)
    copies[0].refresh_from_db()
    assert copies[0].state == "dismissed"


def test_a_quote_decides_the_whole_story(article: Article, copies: list[Article], plan: Plan, reviewer: User) -> None:
    quote(article, plan, reviewer)
    assert {one.state for one in Article.objects.all()} == {"accepted"}


# ------------------------------------------------------------------ quotes


@pytest.mark.parametrize(
    "start, end, words",
    [
        (0, 5, "Straß"),
        (0, 7, "Straße"),  # white space at the end is left out
        (5, 9, "e 🛢"),  # a code point is one place, however many bytes
        (9, 13, "оп"),
        (0, 13, "Straße 🛢 \nоп"),
    ],
)
def test_a_quote_is_cut_by_code_points_without_white_space_at_its_ends(start: int, end: int, words: str) -> None:
    assert cut_quote("Straße 🛢 \nоп \n", start, end).exact == words


@pytest.mark.parametrize("start, end", [(-1, 4), (4, 4), (5, 4), (0, 99), (6, 7)])
def test_offsets_that_cut_no_words_are_refused(start: int, end: int) -> None:
    with pytest.raises(BadQuote):
        cut_quote("Straße words", start, end)


def test_a_quote_keeps_its_surroundings_so_that_it_is_found_again() -> None:
    text = "a" * 40 + "QUOTE" + "z" * 40
    assert cut_quote(text, 40, 45) == (40, 45, "QUOTE", "a" * 32, "z" * 32)


def test_a_quote_becomes_evidence_with_its_whole_citation(
    article: Article, plan: Plan, commitment: Commitment, reviewer: User
) -> None:
    annotation = quote(article, plan, reviewer, commitment=commitment, speaker="a", note="seen", gloss_en="They did.")
    evidence = annotation.evidence
    assert article.revision is not None and article.published_at is not None
    assert evidence.quote == annotation.exact == SENTENCE
    assert (evidence.commitment, evidence.pillar, evidence.plan) == (commitment, commitment.pillar, plan)
    assert (evidence.publisher, evidence.url) == ("Sample Wire", article.url)
    assert evidence.published_on == timezone.localtime(article.published_at).date()
    assert (evidence.digest, evidence.retrieved_at) == (article.revision.digest, article.revision.retrieved_at)
    assert (evidence.kind, evidence.speaker, evidence.language) == ("progress", "a", "ar")
    assert (evidence.gloss_en, evidence.recorded_by, annotation.note) == ("They did.", reviewer, "seen")


def test_an_undated_article_is_cited_by_the_day_it_was_first_seen(source: Source, plan: Plan, reviewer: User) -> None:
    seen = datetime(2025, 12, 8, 12, tzinfo=UTC)
    undated = make_article(source, published_at=None, first_seen_at=seen)
    assert quote(undated, plan, reviewer).evidence.published_on == date(2025, 12, 8)


def test_an_address_no_reader_could_follow_is_left_out(source: Source, plan: Plan, reviewer: User) -> None:
    local = make_article(source, url="http://intranet:8000/1")
    assert quote(local, plan, reviewer).evidence.url == ""


def test_quoting_accepts_an_article_for_the_plan_quoted(
    article: Article, plan: Plan, pillar: Pillar, reviewer: User
) -> None:
    suggest(article, pillar.sector)
    quote(article, plan, reviewer)
    article.refresh_from_db()
    assert article.state == "accepted"
    assert states(article) == {"gcc-aze": "accepted", "energy": "open"}


def test_the_button_pressed_twice_records_once(article: Article, plan: Plan, reviewer: User) -> None:
    first = quote(article, plan, reviewer)
    assert quote(article, plan, reviewer) == first
    assert Evidence.objects.count() == 1


def test_the_same_words_may_speak_of_two_commitments(
    article: Article, plan: Plan, commitment: Commitment, pillar: Pillar, reviewer: User
) -> None:
    quote(article, plan, reviewer, commitment=commitment)
    quote(article, plan, reviewer, commitment=make_commitment(pillar, "ENE-2"))
    assert Evidence.objects.count() == 2


def test_a_quote_does_not_speak_of_another_plans_commitment(
    article: Article, commitment: Commitment, gcc: Party, reviewer: User
) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    with pytest.raises(AnotherPlan):
        quote(article, other, reviewer, commitment=commitment)
    assert not Annotation.objects.exists()


def test_nothing_is_kept_of_a_quote_that_is_not_complete(article: Article, plan: Plan, reviewer: User) -> None:
    with pytest.raises(ValidationError):
        quote(article, plan, reviewer, kind="rumour")
    article.refresh_from_db()
    assert (article.state, Evidence.objects.count()) == ("waiting", 0)


def test_a_quote_is_cut_from_the_text_that_was_on_the_page(article: Article, plan: Plan, reviewer: User) -> None:
    read = article.revision
    add_revision(article, "نص آخر.")
    assert read is not None
    assert annotate(read, START, END, kind="progress", plan=plan, by=reviewer).exact == SENTENCE


# ------------------------------------------------------------------ from a quote to a status


@pytest.fixture
def assessor(reviewer: User) -> User:
    return make_user("reviewer", "assessor")


def test_a_side_is_assessed_because_of_a_quote(
    article: Article, plan: Plan, commitment: Commitment, assessor: User
) -> None:
    annotation = quote(article, plan, assessor, commitment=commitment)
    assessment = assess_from(annotation, side="b", level="limited", by=assessor)
    assert isinstance(assessment, Assessment)
    assert (assessment.ground, assessment.on) == (annotation.evidence, annotation.evidence.published_on)
    commitment.refresh_from_db()
    assert (commitment.status, commitment.level_b) == ("limited", "limited")
    assert assess_from(annotation, side="b", level="limited", by=assessor) == assessment


def test_only_a_commitment_has_a_level(article: Article, plan: Plan, assessor: User) -> None:
    with pytest.raises(ReviewError, match="Only a commitment"):
        assess_from(quote(article, plan, assessor), side="a", level="limited", by=assessor)


def test_a_focal_point_speaks_for_their_own_side_alone(
    article: Article, plan: Plan, commitment: Commitment, assessor: User, aze: Party
) -> None:
    assessor.party = aze
    assessor.save()
    annotation = quote(article, plan, assessor, commitment=commitment)
    for side in ("a", ""):
        with pytest.raises(NotTheirSide):
            assess_from(annotation, side=side, level="completed", by=assessor)
    assess_from(annotation, side="b", level="completed", by=assessor)
    assert Assessment.objects.get().side == "b"


def test_a_quote_and_its_assessment_are_recorded_both_or_neither(
    article: Article, plan: Plan, commitment: Commitment, assessor: User, aze: Party
) -> None:
    assessor.party = aze
    assessor.save()
    assert article.revision is not None
    both: dict[str, Any] = {"kind": "progress", "plan": plan, "commitment": commitment, "by": assessor}
    with pytest.raises(NotTheirSide):
        annotate_and_assess(article.revision, START, END, side="a", level="limited", **both)
    assert not Evidence.objects.exists()
    annotate_and_assess(article.revision, START, END, side="b", level="limited", **both)
    commitment.refresh_from_db()
    assert commitment.status == "limited"


def test_undoing_a_quote_withdraws_its_evidence_and_the_status_falls(
    article: Article, plan: Plan, commitment: Commitment, assessor: User
) -> None:
    annotation = quote(article, plan, assessor, commitment=commitment)
    assess_from(annotation, side="a", level="completed", by=assessor)
    undone = undo_annotation(annotation, assessor)
    commitment.refresh_from_db()
    assert undone.undone_at is not None
    assert undone.evidence.withdrawal.recorded_by == assessor
    assert commitment.status == "none"
    assert undo_annotation(annotation, assessor).undone_at == undone.undone_at


def test_where_the_plan_asks_for_approval_a_completed_status_and_its_withdrawal_wait(
    article: Article, plan: Plan, commitment: Commitment, assessor: User
) -> None:
    Plan.objects.update(asks_approval=True)
    plan.refresh_from_db()
    commitment.refresh_from_db()
    annotation = quote(article, plan, assessor, commitment=commitment)
    assert isinstance(assess_from(annotation, side="a", level="completed", by=assessor), Proposal)
    assert isinstance(assess_from(annotation, side="a", level="limited", by=assessor), Assessment)
    with pytest.raises(ReviewError, match="approval"):
        undo_annotation(annotation, assessor)
    slip = quote(article, plan, assessor)
    with pytest.raises(ReviewError, match="approval"):
        undo_annotation(slip, make_user("reviewer", "another"))
    assert undo_annotation(slip, assessor).undone_at is not None


def test_an_assessment_is_refused_once_its_quote_was_taken_back(
    article: Article, plan: Plan, commitment: Commitment, assessor: User
) -> None:
    annotation = quote(article, plan, assessor, commitment=commitment)
    undo_annotation(annotation, assessor)
    with pytest.raises(Withdrawn):
        assess_from(annotation, side="a", level="completed", by=assessor)


def test_undoing_the_quote_that_accepted_an_article_lets_it_wait_again(
    article: Article, plan: Plan, reviewer: User
) -> None:
    undo_annotation(quote(article, plan, reviewer), reviewer)
    article.refresh_from_db()
    assert (article.state, states(article)) == ("waiting", {"gcc-aze": "open"})


def test_undoing_a_quote_leaves_an_article_accepted_otherwise(article: Article, plan: Plan, reviewer: User) -> None:
    accept(article, [plan], [], reviewer)
    undo_annotation(quote(article, plan, reviewer), reviewer)
    first = quote(article, plan, reviewer)
    quote(article, plan, reviewer, 0, 5)
    undo_annotation(first, reviewer)
    article.refresh_from_db()
    assert article.state == "accepted"


def test_a_quote_taken_back_may_be_recorded_anew(article: Article, plan: Plan, reviewer: User) -> None:
    first = quote(article, plan, reviewer)
    undo_annotation(first, reviewer)
    assert quote(article, plan, reviewer) != first


# ------------------------------------------------------------------ the queue


def test_the_queue_holds_what_suggests_a_plan_the_strongest_first(source: Source, plan: Plan, reviewer: User) -> None:
    weak, strong, decided, _of_no_plan = (make_article(source, title) for title in "abcd")
    suggest(weak, plan, 0.4)
    suggest(strong, plan, 0.9)
    suggest(decided, plan, 0.8)
    dismiss(decided, reviewer)
    assert list(Article.objects.waiting()) == [strong, weak]
    now = timezone.now()
    assert Wanted().next_after(strong, reviewer, now) == weak.pk
    assert Wanted().next_after(weak, reviewer, now) == strong.pk


# ------------------------------------------------------------------ how a text is laid out


def words(html: str) -> str:
    """The text nodes of markup, without the numbers of quotes."""
    return unescape(re.sub(r"<sup.*?</sup>|<[^>]+>", "", html))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "  One. Two?\n\n \n Three & <four> «five»…  ",
        "Mr. Smith met e.g. Dr. Ali at 3.5 p.m. Then 🛢 rose.",
        "İclas Bakıda keçirildi. Növbəti iclas yazda.\n\nЗатем стороны обсудили план. Отчёт готов.",
        "no end",
    ],
)
def test_what_is_laid_out_holds_the_very_characters_of_the_text(text: str) -> None:
    blocks = lay_out(text, "", [Highlight(2, 6, 1), Highlight(4, 9, 2)], [Match(3, 5, "party")])
    for block in blocks:
        shown = "".join(words(sentence.html) + words(sentence.after) for sentence in block.sentences)
        assert shown == text[block.start : block.end]
    keys = [sentence.key for block in blocks for sentence in block.sentences]
    assert len(keys) == len(set(keys))


def test_quotes_and_matches_may_overlap() -> None:
    html = marked("abcdef", 0, 6, [Highlight(1, 4, 1)], [Match(3, 5, "party")])
    assert html == (
        'a<mark data-a="1" id="q1">bc</mark>'
        '<mark data-a="1"><span class="match party" id="m3">d</span></mark>'
        '<sup class="ref" data-skip><a href="#e1">1</a></sup>'
        '<span class="match party">e</span>f'
    )


def test_quotes_that_begin_together_can_both_be_linked_to() -> None:
    html = marked("abcdef", 0, 6, [Highlight(0, 2, 1), Highlight(0, 4, 2)])
    assert html.count('id="q1"') == html.count('id="q2"') == 1


def test_a_text_is_escaped() -> None:
    assert marked("<b>&", 0, 4, matches=[Match(0, 4, "x' y")]) == (
        '<span class="match x&#x27; y" id="m0">&lt;b&gt;&amp;</span>'
    )


def test_a_paragraph_in_another_script_has_its_own_language() -> None:
    blocks = lay_out("اجتمع الفريق في باكو اليوم.\n\nThe group met in Baku today.", "ar")
    assert [block.language for block in blocks] == ["ar", "en"]
