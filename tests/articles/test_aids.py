"""What helps a reader of the text: days, people with their offices, disagreements, copies beside each other."""

from datetime import date

import pytest

from articles.aids import beside, days_said, hints_of, people_named
from plans.models import Office, OfficeHolder, Party, Plan

PUBLISHED = date(2025, 12, 8)  # a Monday


@pytest.mark.parametrize(
    ("text", "words", "first", "last"),
    [
        ("بدأ العمل في الخطة في بداية العام الحالي.", "بداية العام الحالي", date(2025, 1, 1), date(2025, 1, 31)),
        ("وقال هذا العام إن", "هذا العام", date(2025, 1, 1), date(2025, 12, 31)),
        ("في السنة الماضية", "السنة الماضية", date(2024, 1, 1), date(2024, 12, 31)),
        ("التقى يوم الاثنين في الدوحة", "يوم الاثنين", PUBLISHED, PUBLISHED),
        ("أمس في باكو", "أمس", date(2025, 12, 7), date(2025, 12, 7)),
        ("الشهر المقبل", "الشهر المقبل", date(2026, 1, 1), date(2026, 1, 31)),
        ("في 17 جمادى الآخرة 1447 هـ", "17 جمادى الآخرة 1447", PUBLISHED, PUBLISHED),
        ("Work began last year.", "last year", date(2024, 1, 1), date(2024, 12, 31)),
        ("They met on Sunday.", "on Sunday", date(2025, 12, 7), date(2025, 12, 7)),
        ("at the start of this year", "the start of this year", date(2025, 1, 1), date(2025, 1, 31)),
    ],
)
def test_a_day_said_by_its_distance_is_made_explicit(text: str, words: str, first: date, last: date) -> None:
    (said,) = days_said(text, PUBLISHED)
    assert (said.words, said.first, said.last) == (words, first, last)
    assert text[said.start : said.end] == words


@pytest.mark.parametrize("text", ["45 محرم 1447", "30 محرم 1999", "yesteryear", "عامل حالي", ""])
def test_what_is_no_day_is_none(text: str) -> None:
    assert days_said(text, PUBLISHED) == []


def holder(party: Party, title: tuple[str, str], name: tuple[str, str], **days: date) -> OfficeHolder:
    office = Office.objects.create(party=party, title_en=title[0], title_ar=title[1])
    return OfficeHolder.objects.create(office=office, name_en=name[0], name_ar=name[1], **days)


@pytest.fixture
def assistant(aze: Party) -> OfficeHolder:
    title = ("Assistant to the President", "مساعد رئيس الجمهورية")
    return holder(aze, title, ("Namik Sample", "نامق المثال"), since=date(2019, 11, 1))


def test_a_person_is_recognised_with_the_office_of_that_day(aze: Party, assistant: OfficeHolder) -> None:
    former = holder(aze, ("Minister", "وزير"), ("Namik Sample", "نامق المثال"), until=date(2019, 10, 31))
    (person,) = people_named("التقى الوزير نامق المثال أمس.", [former, assistant], PUBLISHED)
    assert (person.name, person.then, person.offices) == ("نامق المثال", assistant, [former, assistant])


def test_a_title_that_is_not_recorded_is_hinted_at(plan: Plan, assistant: OfficeHolder) -> None:
    text = "التقى الأمين العام مع النائب الأول لرئيس الجمهورية، نامق المثال، في الدوحة."
    (hint,) = hints_of(text, plan, [assistant], PUBLISHED)
    assert (hint.words, hint.about) == ("النائب الأول لرئيس الجمهورية، نامق المثال", "title")
    assert "Assistant to the President" in hint.recorded or "مساعد" in hint.recorded
    assert hint.sentence == (0, len(text))


@pytest.mark.parametrize("title", ["مساعد الرئيس", "الدكتور", "الرئيس"])
def test_a_title_as_recorded_or_none_at_all_is_not(plan: Plan, assistant: OfficeHolder, title: str) -> None:
    assert hints_of(f"التقى {title} نامق المثال في الدوحة.", plan, [assistant], PUBLISHED) == []


def test_the_plans_period_and_beginning_are_compared_with_the_record(plan: Plan) -> None:
    text = (
        "خطة العمل المشترك 2024-2028 قائمة. بدأ العمل في الخطة في بداية العام الحالي. وقيل إن الخطة للفترة 2025-2029."
    )
    began, period = hints_of(text, plan, [], PUBLISHED)
    assert (began.words, began.about) == ("بداية العام الحالي", "date")
    assert text[slice(*began.sentence)] == "بدأ العمل في الخطة في بداية العام الحالي."
    assert (period.words, period.about) == ("2025-2029", "period")
    assert "2024" in period.recorded


def test_copies_differ_in_the_words_that_differ() -> None:
    mine, theirs, is_whole = beside("وقّع الجانبان الاتفاق أمس، في باكو", "اعتمد الجانبان الاتفاق أمس في باكو")
    assert [piece.words.strip() for piece in mine if piece.differs] == ["وقّع"]
    assert [piece.words.strip() for piece in theirs if piece.differs] == ["اعتمد"]
    assert "".join(piece.words for piece in mine) == "وقّع الجانبان الاتفاق أمس، في باكو"
    assert is_whole


def test_copies_of_any_length_are_compared_to_a_limit() -> None:
    _mine, _theirs, is_whole = beside("كلمة " * 20_000, "كلمة أخرى " * 20_000)
    assert not is_whole
