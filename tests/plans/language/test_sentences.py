"""Where a sentence ends, in each language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.language import sentences, tokens


def cut(text: str, language: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["The GCC met.", "Baku agreed."]),
        ("en", ["Mr. Bayramov met Dr. Albudaiwi in the U.S. capital.", "They spoke."]),
        ("en", ["Trade grew 4.5 percent, says gcc-sg.org today.", "It will grow."]),
        ("en", ["J. Smith signed.", "R. Khan did not!", "Why?", "Nobody said…"]),
        ("en", ["“We agreed.”", "He left."]),
        ("en", ["The deal was worth approx. 3 bn.", "Nobody minds."]),
        ("ar", ["التقى الأمين العام الوزير.", "وبحثا التعاون.", "ماذا بعد؟", "لا أحد يعلم."]),
        ("ar", ["اتفق الجانبان؛", "ثم افترقا."]),
        ("ar", ["استقبل د. أحمد الوفد.", "وغادر."]),
        ("ru", ["В 2024 г. подписан план.", "Он действует."]),
        ("ru", ["Оборот вырос до 5 млрд. долларов.", "Это много."]),
        ("az", ["Görüş 5. mərtəbədə keçirilib.", "Tərəflər razılaşıb."]),
        ("az", ["Prof. Əliyev çıxış edib.", "Plan qəbul olunub."]),
        ("de", ["Am 3. Mai traf er Dr. Weber.", "Sie sprachen lange."]),
    ],
)
def test_text_is_cut_at_the_ends_of_its_sentences(language: str, parts: list[str]) -> None:
    assert cut(" ".join(parts), language) == parts


def test_line_break_ends_a_sentence_that_has_no_point() -> None:
    assert cut("Headline without a point\nText follows.", "en") == ["Headline without a point", "Text follows."]


def test_missing_space_between_arabic_sentences_is_no_hindrance() -> None:
    assert cut("وقع الطرفان.وغادر الوفد.", "ar") == ["وقع الطرفان.", "وغادر الوفد."]


def test_stray_marks_belong_to_the_sentence_before() -> None:
    assert cut("They agreed. »", "en") == ["They agreed. »"]


def test_text_without_words_or_of_an_unknown_language_is_cut_as_well() -> None:
    assert cut(" \n ", "xx") == []
    assert cut("Bir. Iki.", "xx") == ["Bir.", "Iki."]


@given(st.text(alphabet='aB. !?؟؛…\n\r\u2028«»"أب٣.۔', max_size=60) | st.text(max_size=60))
def test_sentences_follow_one_another_and_hold_all_that_is_visible(text: str) -> None:
    spans = sentences(text, "en")
    end = 0
    for span in spans:
        assert end <= span.start < span.end
        assert text[end : span.start].strip() == ""
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
    assert text[end:].strip() == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Saudi-Azerbaijani", ["Saudi", "Azerbaijani"]),
        ("Azerbaijan's", ["Azerbaijan", "s"]),
        ("خطة 2024-2028، وغيرها", ["خطة", "2024", "2028", "وغيرها"]),
        ("snake_case", ["snake", "case"]),
        ("—", []),
    ],
)
def test_words_are_runs_of_letters_or_digits(text: str, words: list[str]) -> None:
    assert [token.text for token in tokens(text)] == words
    assert [text[token.start : token.end] for token in tokens(text)] == words
