"""Known forms are found with the particles and endings their language allows, and in no other word."""

import os
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.language import normalise, tokens
from plans.language.gazetteer import Form, Gazetteer

EVERY = frozenset({"ar", "az", "de", "en", "fa", "ru", "tr"})


def found(form: Form, text: str) -> list[str]:
    """The words of the text on which the form stands, as given."""
    folded = normalise(text)
    words = tokens(folded.text)
    quotes = []
    for hit in Gazetteer([form]).find(text, folded, words, EVERY):
        start, end = folded.original(words[hit.first].start, words[hit.last].end)
        quotes.append(text[start:end])
    return quotes


@pytest.mark.parametrize(
    ("language", "form", "written"),
    [
        ("ar", "أذربيجان", "أذربيجان"),
        ("ar", "أذربيجان", "وآذربيجان"),
        ("ar", "أذربيجان", "لاذربيجان"),
        ("ar", "أذربيجان", "الأذربيجانية"),
        ("ar", "مجلس التعاون", "ولمجلس التعاون"),
        ("ar", "مجلس التعاون", "للمجلس التعاون"),
        ("ar", "الهند", "والهند"),
        ("ar", "الهند", "للهند"),
        ("ar", "استثمار", "بالاستثمارات"),
        ("ar", "سعودي", "السعوديين"),
        ("en", "GCC state", "GCC states"),
        ("en", "Azerbaijan", "Azerbaijan"),
        ("en", "agricultur*", "Agricultural"),
        ("az", "Azərbaycan", "Azərbaycanın"),
        ("az", "Körfəz Əməkdaşlıq Şurası", "Körfəz Əməkdaşlıq Şurasının"),
        ("az", "Körfəz Əməkdaşlıq Şurası", "KÖRFƏZ ƏMƏKDAŞLIQ ŞURASI"),
        ("az", "torpaq", "torpağı"),
        ("az", "investisiya", "investisiyaların"),
        ("ru", "Азербайджан", "Азербайджаном"),
        ("ru", "Совет сотрудничества", "Советом сотрудничества"),
        ("ru", "Саудовская Аравия", "Саудовской Аравией"),
        ("ru", "виза", "визы"),
        ("ru", "Баку", "Баку"),
    ],
)
def test_form_is_found_as_the_language_writes_it(language: str, form: str, written: str) -> None:
    assert found(Form(form, language), f"… {written}, …") == [written]


@pytest.mark.parametrize(
    ("language", "form", "text"),
    [
        ("ar", "الهند", "هند المطيري"),
        ("ar", "الهند", "المهندسون"),
        ("ar", "عمان", "عمانوئيل"),
        ("ar", "مجلس التعاون", "مجلس للتعاون"),
        ("en", "Oman", "woman"),
        ("en", "Oman", "Romania"),
        ("en", "Iran", "Iranian"),
        ("en", "Gulf states", "Gulf. States"),
        ("az", "Bakı", "bakteriya"),
        ("az", "torpaq", "torpanı"),
        ("ru", "Баку", "баки"),
        ("ru", "Ирак", "иракез"),
    ],
)
def test_form_is_not_found_in_another_word(language: str, form: str, text: str) -> None:
    assert found(Form(form, language), text) == []


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("The EU and the US", ["US"]),
        ("tell us more", []),
        ("ALL OF US", ["US"]),
    ],
)
def test_form_whose_case_must_agree_is_no_ordinary_word(text: str, quotes: list[str]) -> None:
    assert found(Form("US", "en", exact_case=True), text) == quotes


def test_name_whose_case_must_agree_is_found_in_a_headline_of_capitals() -> None:
    form = Form("Turkey", "en", exact_case=True)
    assert found(form, "GCC AND TURKEY AGREE") == ["TURKEY"]
    assert found(form, "frozen turkey") == []


def test_form_that_does_not_inflect_stands_for_itself_alone() -> None:
    form = Form("بطاقة", "ar", inflects=False)
    assert found(form, "بطاقة جديدة") == ["بطاقة"]
    assert found(form, "بطاقتها") == []


def test_dotted_acronym_is_found() -> None:
    assert found(Form("G.C.C.", "en", exact_case=True), "the G.C.C. met") == ["G.C.C"]


def test_only_forms_of_the_languages_asked_for_are_found() -> None:
    text = "Azərbaycan"
    folded = normalise(text)
    forms = Gazetteer([Form("Azərbaycan", "az")])
    assert forms.find(text, folded, tokens(folded.text), frozenset({"en"})) == []


def test_gazetteer_without_forms_finds_nothing() -> None:
    assert found(Form("—", "en"), "text") == []


@given(
    st.lists(
        st.sampled_from(["Azərbaycan", "أذربيجان", "وأذربيجان", "GCC", "Азербайджана", "\u200f", "ـ", " "]), max_size=8
    ),
    st.text(max_size=12),
)
def test_every_hit_lies_on_words_of_the_text(parts: list[str], noise: str) -> None:
    text = noise.join(parts)
    folded = normalise(text)
    words = tokens(folded.text)
    forms = Gazetteer(
        [Form("أذربيجان", "ar"), Form("Azərbaycan", "az"), Form("GCC", "en", True), Form("Азербайджан", "ru")]
    )
    for hit in forms.find(text, folded, words, EVERY):
        assert 0 <= hit.first <= hit.last < len(words)


def test_word_that_may_misspell_two_names_is_told_alike_by_every_process() -> None:
    program = (
        "from plans.language import normalise, tokens; from plans.language.gazetteer import Form, Gazetteer;"
        "names = Gazetteer(Form(name, 'en', forgives=True) for name in ('Sandoria', 'Sandovia', 'Sandoxia'));"
        "folded = normalise('Sandobia');"
        "print(names.find('Sandobia', folded, tokens(folded.text), frozenset({'en'})))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in range(6)
    }

    assert len(told) == 1
    assert told.pop().count("Hit(") == 3


def test_run_of_letters_without_end_is_no_misspelling_and_costs_no_memory() -> None:
    names = Gazetteer([Form("Azerbaijan", "en", forgives=True)])
    text = "Az" + "e" * 20_000
    folded = normalise(text)
    words = tokens(folded.text)
    tracemalloc.start()
    try:
        assert names.find(text, folded, words, EVERY) == []
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
