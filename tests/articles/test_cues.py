"""Words of a cue are found where they stand, in whatever scripts a text is written."""

import re
from pathlib import Path

import pytest
import yaml

from articles import cues
from plans.language import normalise, sentences

CUES = {name: cue for name, cue in vars(cues).items() if isinstance(cue, cues.Cue)}
TEXTS = [
    text["text"]
    for path in sorted((Path(__file__).parent / "matching").glob("*.yaml"))
    for text in yaml.safe_load(path.read_text(encoding="utf-8"))
]
SENTENCES = [
    normalise(text[sentence.start : sentence.end]).text for text in TEXTS for sentence in sentences(text) if text
]


def words_of(cue: cues.Cue) -> re.Pattern[str]:
    """All its words in one pattern."""
    return re.compile("|".join(filter(None, cue.by_script.values())))


@pytest.mark.parametrize("name", sorted(CUES))
def test_cue_is_found_as_if_all_scripts_were_tried(name: str) -> None:
    cue, words = CUES[name], words_of(CUES[name])
    mixed = [f"{one} {other}" for one, other in zip(SENTENCES, SENTENCES[::-1], strict=True)]
    found = 0
    for sentence in [*SENTENCES, *mixed]:
        expected, match = words.search(sentence), cue.search(sentence, cues.scripts_in(sentence))
        assert (match and match.span()) == (expected and expected.span()), sentence
        found += match is not None

    assert found


@pytest.mark.parametrize("script", ["arabic", "cyrillic", "latin"])
@pytest.mark.parametrize("name", sorted(CUES))
def test_no_word_of_a_script_stands_in_a_text_without_its_letters(name: str, script: str) -> None:
    if not CUES[name].by_script[script]:
        return
    words = re.compile(CUES[name].by_script[script])
    letter = cues.LETTERS[script]

    assert not [text for text in SENTENCES if words.search(letter.sub(" ", text))]


def test_scripts_of_a_text_are_told() -> None:
    assert cues.scripts_in("قمه gcc") == {"arabic", "latin"}
    assert cues.scripts_in("план 2028") == {"cyrillic"}
    assert cues.scripts_in("2028 – …") == frozenset()
