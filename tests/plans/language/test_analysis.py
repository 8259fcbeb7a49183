"""Words to terms: what meets, what stays apart, and what holds for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.language import analyse, fold, index_terms, query_terms, words_of
from plans.language.queries import BadQuery, read

TEXTS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("ةىأإؤئـَ ًəıİğşçöüёй\u200f\u202e\x00\"()*-|&'\\")), max_size=60
)


def meets(query: str, word: str, language: str) -> bool:
    return bool(set(query_terms(fold(query), language)) & set(index_terms(fold(word), language)))


@pytest.mark.parametrize(
    "language, query, word",
    [
        ("ar", "مجلس", "والمجلس"),
        ("ar", "لمجلس", "المجلس"),
        ("ar", "لجنة", "للجنة"),
        ("ar", "مشاريع", "مشروعاً"),
        ("ar", "كهرباء", "الكهربائي"),
        ("ar", "نفط", "ونفط"),
        ("ar", "تمويل", "يموّل"),
        ("ar", "كازاخستان", "الكازاخي"),
        ("ar", "ألمانيا", "لألمانيا"),
        ("az", "əməkdaşlıq", "əməkdaşlığın"),
        ("az", "emekdasliq", "ƏMƏKDAŞLIĞA"),
        ("az", "Azərbaycan", "azərbaycanlıların"),
        ("ru", "инвестиции", "инвестиционного"),
        ("ru", "рынок", "рынка"),
        ("en", "Azerbaijan", "Azerbaijani"),
        ("en", "economy", "economic"),
    ],
)
def test_forms_of_a_word_meet(language: str, query: str, word: str) -> None:
    assert meets(query, word, language)


@pytest.mark.parametrize(
    "language, query, word",
    [
        ("ar", "وزير", "زير"),
        ("ar", "البحرين", "البحر"),
        ("ar", "الرياض", "رياضة"),
        ("ar", "زار", "وزارة"),
        ("az", "nazir", "nazirliyi"),
        ("en", "investor", "investment"),
    ],
)
def test_different_words_stay_apart(language: str, query: str, word: str) -> None:
    assert not meets(query, word, language)


@given(TEXTS, st.sampled_from(["ar", "en", "az", "ru"]))
def test_every_word_finds_itself_and_stands_where_it_was(text: str, language: str) -> None:
    for one in analyse(text, language):
        assert 0 <= one.start < one.end <= len(text)
        assert one.terms
        assert not any(sign in term for term in one.terms for sign in "'\\ ")
    for word in words_of(text):
        assert set(query_terms(word, language)) & set(index_terms(word, language))


@given(TEXTS)
def test_any_query_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        answer = read(text).tsquery
    except BadQuery as refused:
        answer = refused.code
    assert answer
