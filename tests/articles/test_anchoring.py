"""Quotes find their place again after a source has edited its text, or a person is asked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles.anchoring import Selector, find
from articles.carrying import carry_over, to_review
from articles.lexicon import seeded_lexicon
from articles.models import Anchor, Annotation, Article, Revision
from articles.review import annotate
from bench.anchoring import EDITS, corrected_numbers, selector, share, wrongly_anchored
from plans.models import Evidence, Plan, User
from tests.articles.conftest import SENTENCE, TEXT, add_revision
from tests.conftest import make_user

# ------------------------------------------------------------------ finding


@pytest.mark.parametrize("edit", EDITS)
def test_a_quote_is_found_at_its_place_after_each_kind_of_edit(edit: str) -> None:
    found = share(edit)
    assert found.right >= 0.97
    assert found.wrong == 0


def test_a_deleted_sentence_is_never_found_on_one_that_looks_like_it() -> None:
    assert wrongly_anchored(tries=400) == 0


def test_a_number_the_publisher_corrected_never_passes_unseen() -> None:
    assert corrected_numbers(tries=200) == 0


@pytest.mark.parametrize(
    ("was", "now", "what"),
    [
        ("وقعت السعودية اتفاقية للطاقة مع باكو", "وقعت قطر اتفاقية للطاقة مع باكو", "sau"),
        ("تدريب خمسة مهندسين في باكو هذا العام", "تدريب ستة مهندسين في باكو هذا العام", "خمسه"),
        ("بلغت الكلفة ٣٢٠ مليون دولار هذا العام", "بلغت الكلفة ٣٠٠ مليون دولار هذا العام", "320"),
        ("The council signed the agreement on trade", "The council has not signed the agreement on trade", "not"),
        ("A plant built by Socar opened in the spring", "A plant built by Masdar opened in the spring", "^socar"),
        ("The deal will be signed in March in the capital", "The deal will be signed in April in the capital", "march"),
    ],
)
def test_a_name_a_number_a_month_or_a_denial_that_changed_asks_a_person(was: str, now: str, what: str) -> None:
    old, new = (f"Opening words of it.\n\n{words}.\n\nClosing words of it." for words in (was, now))
    start = old.index(was)
    found = find(selector(old, start, start + len(was)), old, new, seeded_lexicon())
    assert found is not None and not found.is_sure
    assert any(what in word for word in found.differs)


def test_a_name_spelt_otherwise_is_the_same_name() -> None:
    was, now = "وقعت أذربيجان الاتفاقية في العاصمة أمس", "وقعت آذربيجان الاتفاقيّة في العاصمة أمس"
    old, new = f"بداية الخبر.\n\n{was}.", f"بداية جديدة للخبر.\n\n{now}."
    start = old.index(was)
    found = find(selector(old, start, start + len(was)), old, new, seeded_lexicon())
    assert found is not None and found.is_sure
    assert new[found.start : found.end] == now


def test_a_short_quote_that_is_gone_is_not_found_inside_other_words() -> None:
    old, new = "It was built by Linus in the north.", "The chinese minister spoke about another matter in town."
    assert find(selector(old, 16, 21), old, new) is None


@pytest.mark.parametrize("text", ["", " \n", "😀" * 50, "\u202e\u202d" * 20, "<script>" * 100])
def test_a_text_that_holds_nothing_like_it_finds_nothing(text: str) -> None:
    assert find(Selector(0, 9, "وقع الجانب", "", " الآخر"), "وقع الجانب الآخر", text) is None


# ------------------------------------------------------------------ carrying over


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def quote(article: Article, plan: Plan, reviewer: User) -> Annotation:
    at = TEXT.index(SENTENCE)
    assert article.revision is not None
    return annotate(article.revision, at, at + len(SENTENCE), kind="progress", plan=plan, by=reviewer)


def edited(quote: Annotation, text: str) -> tuple[Revision, Anchor]:
    revision = add_revision(quote.revision.article, text)
    carry_over(revision)
    return revision, Anchor.objects.get(annotation=quote, revision=revision)


def test_a_quote_is_carried_over_to_the_edited_text_once(quote: Annotation) -> None:
    revision, anchor = edited(quote, "أضيفت هذه الفقرة.\n\n" + TEXT)
    assert anchor.state == "anchored"
    assert revision.text[anchor.start : anchor.end] == SENTENCE
    assert carry_over(revision) == []
    assert Anchor.objects.count() == 1


def test_the_evidence_goes_on_quoting_the_archived_text(quote: Annotation) -> None:
    edited(quote, TEXT.replace("الثانية", "الثالثة"))
    quote.refresh_from_db()
    assert quote.evidence.quote == SENTENCE
    assert quote.evidence.digest == quote.revision.digest


def test_what_changed_a_number_waits_for_a_reviewer_with_old_and_new_beside_each_other(
    client: Client, quote: Annotation, reviewer: User
) -> None:
    _revision, anchor = edited(quote, TEXT.replace("الثانية", "الثالثة"))
    assert anchor.state == "review"
    assert list(to_review(reviewer)) == [anchor]
    client.force_login(reviewer)
    html = client.get("/en/review/edited/").text
    assert "<del>" in html and "الثانية" in html and "الثالثة" in html


def test_a_reviewer_confirms_and_can_take_that_back(client: Client, quote: Annotation, reviewer: User) -> None:
    _revision, anchor = edited(quote, TEXT.replace("الثانية", "الثالثة"))
    client.force_login(reviewer)
    page = client.post(f"/en/review/edited/{anchor.pk}/", {"step": "confirm"}, follow=True)
    anchor.refresh_from_db()
    assert (anchor.state, anchor.decided_by) == ("confirmed", reviewer)
    assert "Undo" in page.text
    client.post(f"/en/review/edited/{anchor.pk}/", {"step": "again"})
    anchor.refresh_from_db()
    assert anchor.state == "review"


def test_a_reviewer_chooses_the_sentence_where_it_stands_now(client: Client, quote: Annotation, reviewer: User) -> None:
    revision, anchor = edited(quote, "نص آخر تماما عن الطقس.\n\nجملة مختارة هنا.")
    assert (anchor.state, anchor.start, anchor.method) == ("review", None, "none")
    client.force_login(reviewer)
    refused = client.post(f"/en/review/edited/{anchor.pk}/", {"step": "confirm"}, follow=True)
    assert "Choose where the quote stands" in refused.text
    at = revision.text.index("جملة")
    client.post(f"/en/review/edited/{anchor.pk}/", {"step": "choose", "place": f"{at}-{len(revision.text)}"})
    anchor.refresh_from_db()
    assert (anchor.state, anchor.method, anchor.start) == ("confirmed", "person", at)


def test_a_reviewer_withdraws_what_the_source_no_longer_says(client: Client, quote: Annotation, reviewer: User) -> None:
    _revision, anchor = edited(quote, "نص آخر تماما عن الطقس.")
    client.force_login(reviewer)
    client.post(f"/en/review/edited/{anchor.pk}/", {"step": "withdraw", "reason": "Taken down."})
    assert Evidence.objects.get(pk=quote.evidence_id).withdrawal.reason == "Taken down."
    assert not to_review(reviewer).exists()


@pytest.mark.parametrize("place", ["", "x-y", "5-2", "0-99999999", "9" * 30 + "-" + "9" * 31])
def test_a_place_that_is_none_is_refused_and_nothing_lost(
    client: Client, quote: Annotation, reviewer: User, place: str
) -> None:
    _revision, anchor = edited(quote, "نص آخر تماما عن الطقس.")
    client.force_login(reviewer)
    assert client.post(f"/en/review/edited/{anchor.pk}/", {"step": "choose", "place": place}).status_code == 302
    anchor.refresh_from_db()
    assert anchor.state == "review"


def test_an_outlet_that_takes_its_edit_back_needs_nobody(quote: Annotation, reviewer: User) -> None:
    edited(quote, TEXT.replace("الثانية", "الثالثة"))
    article = quote.revision.article
    article.revision = quote.revision
    article.save(update_fields=["revision"])
    carry_over(quote.revision)
    assert not to_review(reviewer).exists()


@pytest.mark.parametrize("role", ["viewer", "editor", "approver"])
def test_who_does_not_annotate_decides_nothing_here(client: Client, quote: Annotation, role: str) -> None:
    _revision, anchor = edited(quote, "نص آخر تماما عن الطقس.")
    client.force_login(make_user(role))
    assert client.get("/en/review/edited/").status_code == 403
    assert client.post(f"/en/review/edited/{anchor.pk}/", {"step": "withdraw"}).status_code == 403
    anchor.refresh_from_db()
    assert anchor.state == "review" and timezone.now() - anchor.made_at < timedelta(minutes=5)
