"""The workspace of a quote: where its target stands, what it contradicts, what else the level rests on, and editing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from articles.models import Annotation, Article
from articles.review import annotate, annotate_and_assess, change_annotation, restore_annotation, undo_annotation
from plans.models import (
    Assessment,
    Commitment,
    Disagreement,
    Evidence,
    Office,
    OfficeHolder,
    Party,
    Pillar,
    Plan,
    User,
)
from tests.articles.conftest import SENTENCE, TEXT, make_article, make_source, make_story, suggest
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence

AT = TEXT.index(SENTENCE)
END = AT + len(SENTENCE)


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def signed_in(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


def quoted(article: Article, plan: Plan, by: User, **said: Any) -> Annotation:
    assert article.revision is not None
    return annotate(article.revision, AT, END, **{"kind": "progress", "plan": plan, "by": by, **said})


def entered(article: Article, plan: Plan, **more: str) -> dict[str, str]:
    offsets = {"start": str(AT), "end": str(END), "revision": str(article.revision_id)}
    return {"plan": plan.slug, "kind": "progress", "target": "plan", "speaker": "third", **offsets, **more}


def record(client: Client, article: Article, plan: Plan, **more: str) -> Any:
    return client.post(f"/en/review/{article.pk}/evidence/", entered(article, plan, **more), follow=True)


# ------------------------------------------------------------------ from a quote to a level


def test_beside_the_form_stands_where_its_target_stands(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    ground = make_evidence(commitment, date(2025, 2, 1))
    Assessment.objects.create(
        commitment=commitment, plan=plan, side="a", level="limited", on=date(2025, 2, 1), ground=ground
    )
    html = signed_in.get(f"/en/review/{article.pk}/standing/", {"plan": plan.slug, "target": f"c{commitment.pk}"}).text
    assert "Limited" in html and "1 earlier piece of evidence" in html
    looked = record(signed_in, article, plan, target=f"c{commitment.pk}", look="1")
    assert "1 earlier piece of evidence" in looked.text
    assert not Annotation.objects.exists()
    assert f'value="c{commitment.pk}" selected' in looked.text


def test_a_level_has_its_day_its_reason_and_quotes_of_other_sources(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    other = make_evidence(commitment, date(2025, 2, 1), publisher="Other Wire")
    more = {
        "side": "b",
        "level": "limited",
        "on": "2025-03-01",
        "assess_note": "Two of nine.",
        "further": str(other.pk),
    }
    record(signed_in, article, plan, target=f"c{commitment.pk}", **more)
    said = Assessment.objects.get()
    assert (said.on, said.note_en, list(said.evidence.all())) == (date(2025, 3, 1), "Two of nine.", [other])


def test_a_day_to_come_is_refused_and_what_was_typed_is_kept(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    answer = record(signed_in, article, plan, target=f"c{commitment.pk}", side="b", level="limited", on="2999-01-01")
    assert (answer.status_code, Evidence.objects.count()) == (422, 0)
    assert "This day is still to come." in answer.text and 'value="2999-01-01"' in answer.text


def test_recent_commitments_are_offered_first_then_those_whose_words_the_text_shares(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment, reviewer: User
) -> None:
    likely = make_commitment(commitment.pillar, "ENE-7", title_ar="اجتماع فريق الطاقة المتجددة")
    used = make_commitment(commitment.pillar, "ENE-9")
    quoted(article, plan, reviewer, commitment=used)
    form = signed_in.get(f"/en/review/{article.pk}/").context["space"].form
    assert [target.pk for target in form.quick] == [used.pk, likely.pk]


# ------------------------------------------------------------------ what is kept until the plans change


def test_a_title_changed_past_the_site_is_offered_at_once(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    assert "Words of its own" not in signed_in.get(f"/en/review/{article.pk}/").text
    Commitment.objects.filter(pk=commitment.pk).update(title_en="Words of its own")
    assert "Words of its own" in signed_in.get(f"/en/review/{article.pk}/").text


def test_evidence_recorded_elsewhere_stands_beside_the_form_at_once(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    page = f"/en/review/{article.pk}/?target=c{commitment.pk}"
    assert "earlier piece of evidence" not in signed_in.get(page).text
    make_evidence(commitment, date(2025, 2, 1), publisher="Elsewhere Wire")
    assert "Elsewhere Wire" in signed_in.get(page).text


def test_each_reviewer_is_offered_the_views_they_may_record(
    signed_in: Client, article: Article, plan: Plan, gcc: Party
) -> None:
    offered = 'name="side" value="assessor"'
    assert offered in signed_in.get(f"/en/review/{article.pk}/").text
    focal = make_user("reviewer", "focal")
    focal.party = gcc
    focal.save()
    signed_in.force_login(focal)
    assert offered not in signed_in.get(f"/en/review/{article.pk}/").text


def test_each_language_has_its_own_words_and_a_form_filled_in_keeps_what_was_typed(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    assert "Who is speaking" in signed_in.get(f"/en/review/{article.pk}/").text
    assert "Who is speaking" not in signed_in.get(f"/ar/review/{article.pk}/").text
    for note in ("First try.", "Second try."):
        assert note in record(signed_in, article, plan, target="c0", note=note).text


def test_what_was_ticked_stays_ticked_in_a_refused_form_though_its_target_was_drawn_before(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    other = make_evidence(commitment, date(2025, 2, 1))
    box = f'id="further-{other.pk}" form="annotate"'
    assert f"{box} checked" not in signed_in.get(f"/en/review/{article.pk}/?target=c{commitment.pk}").text
    more = {"target": f"c{commitment.pk}", "further": str(other.pk), "level": "limited", "on": "2999-01-01"}
    assert f"{box} checked" in record(signed_in, article, plan, **more).text


# ------------------------------------------------------------------ contradictions


def test_a_quote_contradicts_earlier_evidence_and_the_commitment_shows_both(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment
) -> None:
    earlier = make_evidence(commitment, date(2025, 2, 1), publisher="Earlier Wire")
    more = {"contradicts": f"e{earlier.pk}", "about": "figure"}
    record(signed_in, article, plan, target=f"c{commitment.pk}", kind="dispute", **more)
    html = signed_in.get(f"/en/plans/{plan.slug}/{commitment.code}/").text
    assert "Where sources disagree" in html and "Earlier Wire" in html


def test_a_correction_may_contradict_what_the_record_says_with_the_preference_and_its_reason(
    signed_in: Client, article: Article, plan: Plan
) -> None:
    more = {
        "contradicts": "r",
        "about": "period",
        "held": "2024–2028, begun in 2024",
        "preferred": "earlier",
        "reason": "The joint statement of 2023 says so.",
    }
    record(signed_in, article, plan, kind="correction", **more)
    found = Disagreement.objects.get()
    assert (found.evidence.quote, found.held, found.preferred) == (SENTENCE, more["held"], "earlier")
    assert "as recorded here" in signed_in.get(f"/en/evidence/{found.evidence_id}/").text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"contradicts": "r"}, "Say what the record says that the quote contradicts."),
        ({"contradicts": "e999999"}, "What it contradicts no longer stands. Choose again."),
        ({"contradicts": "e٣"}, "What it contradicts no longer stands. Choose again."),
        ({"contradicts": "r", "held": "x", "preferred": "newer"}, "Say why this one is preferred."),
    ],
)
def test_a_contradiction_that_is_not_complete_is_refused_with_the_reason(
    signed_in: Client, article: Article, plan: Plan, more: dict[str, str], said: str
) -> None:
    answer = record(signed_in, article, plan, **more)
    assert said in answer.text
    assert not Evidence.objects.exists()


# ------------------------------------------------------------------ editing, withdrawing, undoing


def test_a_quote_recorded_otherwise_keeps_its_levels_and_the_old_stays_in_the_record(
    article: Article, plan: Plan, commitment: Commitment, reviewer: User
) -> None:
    assert article.revision is not None
    said: dict[str, Any] = {"kind": "progress", "plan": plan, "commitment": commitment}
    old = annotate_and_assess(article.revision, AT, END, by=reviewer, side="a", level="limited", **said)
    new = change_annotation(old, reviewer, kind="statement")
    commitment.refresh_from_db()
    old.refresh_from_db()
    assert (new.kind, new.replaces, commitment.level_a) == ("statement", old, "limited")
    assert old.undone_at is not None and old.evidence.is_withdrawn
    article.refresh_from_db()
    assert article.state == "accepted"


def test_a_note_is_changed_in_place(article: Article, plan: Plan, reviewer: User) -> None:
    old = quoted(article, plan, reviewer)
    assert change_annotation(old, reviewer, note="Seen at the outlet.") == old
    old.refresh_from_db()
    assert (old.note, Evidence.objects.count()) == ("Seen at the outlet.", 1)


def test_the_edit_link_opens_the_form_with_what_was_recorded_and_saves_over_it(
    signed_in: Client, article: Article, plan: Plan, commitment: Commitment, reviewer: User
) -> None:
    old = quoted(article, plan, reviewer, kind="delay", commitment=commitment, note="Look again.")
    html = signed_in.get(f"/en/review/{article.pk}/?edit={old.pk}").text
    assert "Look again.</textarea>" in html and 'value="delay" checked' in html
    record(signed_in, article, plan, annotation=str(old.pk), kind="dispute", target=f"c{commitment.pk}")
    standing = Annotation.objects.get(undone_at=None)
    assert (standing.kind, standing.replaces) == ("dispute", old)


def test_a_quote_taken_back_while_it_was_edited_is_not_lost(
    signed_in: Client, article: Article, plan: Plan, reviewer: User
) -> None:
    old = quoted(article, plan, reviewer)
    undo_annotation(old, reviewer)
    answer = record(signed_in, article, plan, annotation=str(old.pk), kind="dispute")
    assert "This quote has been taken back meanwhile." in answer.text
    assert Annotation.objects.get(undone_at=None).kind == "dispute"


def test_a_withdrawal_says_why_and_can_be_undone(
    signed_in: Client, article: Article, plan: Plan, reviewer: User
) -> None:
    old = quoted(article, plan, reviewer)
    page = signed_in.post(f"/en/annotations/{old.pk}/undo/", {"reason": "Another plan was meant."}, follow=True)
    old.evidence.refresh_from_db()
    assert old.evidence.withdrawal.reason == "Another plan was meant."
    assert f"/en/annotations/{old.pk}/restore/" in page.text
    signed_in.post(f"/en/annotations/{old.pk}/restore/")
    assert Annotation.objects.get(undone_at=None).exact == SENTENCE


def test_what_comes_back_has_the_levels_that_rested_on_it(
    article: Article, plan: Plan, commitment: Commitment, reviewer: User
) -> None:
    assert article.revision is not None
    said: dict[str, Any] = {"kind": "progress", "plan": plan, "commitment": commitment}
    old = annotate_and_assess(article.revision, AT, END, by=reviewer, side="a", level="limited", **said)
    undo_annotation(old, reviewer)
    commitment.refresh_from_db()
    assert commitment.level_a == ""
    restore_annotation(old, reviewer)
    commitment.refresh_from_db()
    assert commitment.level_a == "limited"


# ------------------------------------------------------------------ hostile words

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202e\u2066evil\u2069\u202c \u200f",
    "م" * 4000,
    "{{ 7|add:7 }}{% now 'Y' %}",
]


@pytest.mark.parametrize("words", HOSTILE, ids=["markup", "bidi overrides", "long", "template"])
def test_hostile_notes_and_titles_are_shown_as_the_words_they_are(
    signed_in: Client, article: Article, plan: Plan, words: str
) -> None:
    Article.objects.update(title=words[:500])
    record(signed_in, article, plan, note=words)
    html = signed_in.get(f"/en/review/{article.pk}/").text
    assert Annotation.objects.get().note == words
    assert (
        "<script>alert" not in html
        and "<img src=x" not in html
        and "14" not in html.split('<h2 id="h-article"')[1][:400]
    )


def test_a_quote_of_a_hundred_thousand_characters_is_recorded_whole(signed_in: Client, plan: Plan) -> None:
    text = "كلمة " * 20_000
    article = make_article(make_source(), text=text.strip())
    offsets = {"start": "0", "end": str(len(text.strip()))}
    answer = record(signed_in, article, plan, **offsets)
    assert answer.status_code == 200
    assert len(Evidence.objects.get().quote) == len(text.strip())


# ------------------------------------------------------------------ reader's aids


def test_a_disagreement_of_the_text_with_the_record_leads_to_the_very_correction(signed_in: Client, plan: Plan) -> None:
    """The founding report names the plan 2024–2028 and says that work began «this year»."""
    telling = "بدأ العمل في الخطة في بداية العام الحالي."
    report = f"ناقش الجانبان تنفيذ خطة العمل المشترك 2024-2028. {telling}"
    article = make_article(make_source(), text=report, published_at=datetime(2025, 12, 8, tzinfo=UTC))
    page = signed_in.get(f"/en/review/{article.pk}/?plan={plan.slug}")
    (pair,) = page.context["space"].aids.hints
    opened = signed_in.get(f"/en/review/{article.pk}/?{pair[1]}")
    form = opened.context["space"].form
    names = ("kind", "contradicts", "about", "held", "target", "speaker")
    sent = {name: str(form[name].value()) for name in names}
    offsets = {"start": str(form["start"].value()), "end": str(form["end"].value())}
    more = {**offsets, "preferred": "earlier", "reason": "The statement of 2023 sets 2024."}
    record(signed_in, article, plan, **{**sent, **more})
    found = Disagreement.objects.get()
    assert (found.evidence.quote, found.evidence.kind, found.about) == (telling, "correction", "date")
    assert "2024" in found.held


def test_people_days_and_words_are_explained_beside_the_text(
    signed_in: Client, plan: Plan, pillar: Pillar, aze: Party
) -> None:
    office = Office.objects.create(party=aze, title_en="Assistant to the President", title_ar="مساعد الرئيس")
    OfficeHolder.objects.create(office=office, name_en="Namik Sample", name_ar="نامق المثال", since=date(2020, 1, 1))
    article = make_article(make_source(), text="التقى النائب الأول للرئيس نامق المثال أمس فريق الطاقة.")
    suggest(article, plan, words="الطاقة")
    suggest(article, pillar.sector, words="الطاقة")
    html = signed_in.get(f"/en/review/{article.pk}/").text
    assert "Assistant to the President" in html and "People it names" in html
    assert "Days it speaks of" in html and "Words recognised" in html
    assert "Disagrees with what is recorded" in html


def test_copies_of_a_story_stand_beside_each_other(signed_in: Client, article: Article, plan: Plan) -> None:
    copy = make_article(make_source("other-wire"), text="نص آخر <b>تماماً</b>.")
    make_story(article, copy)
    assert f"/en/review/{article.pk}/beside/{copy.pk}/" in signed_in.get(f"/en/review/{article.pk}/").text
    html = signed_in.get(f"/en/review/{article.pk}/beside/{copy.pk}/").text
    assert "<ins>" in html and "<b>" not in html.split('class="copy"')[2]
    stranger = make_article(article.source)
    assert signed_in.get(f"/en/review/{article.pk}/beside/{stranger.pk}/").status_code == 404
