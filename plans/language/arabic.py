"""Arabic words to index terms: a light stem, several where a first letter may be a particle.

Without a dictionary «وزارة» may be a ministry or «and a visit»: the index holds both readings where lists of words do
not decide, so that a query finds the noun however it is joined. Broken plurals come from a file. A verbal noun and its
verb share a term of their own («تمويل», «يموّل»), set apart by a mark no word can hold.
"""

import re
from functools import lru_cache
from typing import Final

from plans.language.lists import kin, lines, sections
from plans.language.normalisation import fold

VERB: Final = "v:"  # before what a verb and its verbal noun have in common

# (و|ف)(ب|ك)ال, and لل for ل+ال
_ARTICLE = re.compile("^[وف]?(?:[بك]?ال|لل)")
_PARTICLES: Final = frozenset("وفبكل")
_SECOND: Final = frozenset("بكلس")
# longest first; what must stay before each is counted in letters
_SUFFIXES: Final = (
    ("تهما", 3), ("اتها", 3), ("اتهم", 3), ("يتين", 3), ("يتان", 3),
    ("هما", 3), ("كما", 3), ("تها", 3), ("تهم", 3), ("تنا", 3), ("يين", 3), ("يون", 3), ("يات", 3), ("تين", 3),
    ("تان", 3), ("ها", 3), ("هم", 3), ("هن", 3), ("نا", 3), ("كم", 3), ("ان", 3), ("ين", 3), ("ون", 3), ("ات", 3),
    ("وا", 3), ("يه", 2), ("ه", 2), ("ي", 2), ("ا", 3), ("ت", 3),
)  # fmt: skip
_LISTS: Final = {name: frozenset(fold(word) for word in words) for name, words in sections("arabic_words.txt").items()}
_OF_THE_ROOT: Final = _LISTS["first letter is of the root"]
_SHORT: Final = _LISTS["three letters after a particle"]
_NO_ARTICLE: Final = _LISTS["begins with al and is no article"]
_WHOLE: Final = _LISTS["keeps its ending"]


def _even(stem: str) -> str:
    """The stem with the seats of hamza made even and a hamza at its end dropped: كهرباء, كهربائي."""
    stem = stem.replace("ؤ", "و")
    if len(stem) > 3 and stem[-1] in "ءئ":
        stem = stem[:-1]
    return stem.replace("ئ", "ي").replace("ء", "")


def _stem(word: str) -> str:
    """A word without particle or article, less its endings."""
    for _ in range(3):
        if word in _WHOLE:
            break
        for suffix, least in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= least:
                word = word[: -len(suffix)]
                break
        else:
            break
    return _even(word)


def _singulars() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines("broken_plurals.txt"):
        singular, *plurals = (_stem(fold(word)) for word in line.split())
        for plural in plurals:
            if plural != singular:
                found.setdefault(plural, singular)
    return found


_SINGULARS: Final = _singulars()


_ANOTHER: Final = _LISTS["another word than it looks"]
_PAST: Final = _LISTS["past of a doubled verb"]
_KIN: Final = {fold(word): _stem(fold(first)) for word, first in kin("ar").items()}


def _term(word: str) -> str:
    if word in _KIN:
        return _KIN[word]
    if word in _ANOTHER:
        return f"{word.removesuffix('ه').removesuffix('ات').removesuffix('ا')}="
    stem = _stem(word)
    return _SINGULARS.get(stem, stem)


def _is_of_the_root(word: str) -> bool:
    return word in _OF_THE_ROOT or _even(word) in _OF_THE_ROOT or _stem(word) in _ROOT_STEMS


_ROOT_STEMS: Final = frozenset(_stem(word) for word in _OF_THE_ROOT if len(word) > 3)


def _bare_forms(word: str) -> list[str]:
    """What a word may be without article and particles; the likeliest first."""
    article = _ARTICLE.match(word)
    if article and len(word) - article.end() >= 3 and not _begins_with_al(word):
        rest = word[article.end() :]
        forms = [rest]
        if article.group().endswith("لل"):
            forms.append("ل" + rest)  # للجنة is ل + لجنة
        return forms
    forms = [word]
    if _is_of_the_root(word):
        return forms
    if len(word) == 4 and word[0] in _PARTICLES and (word[1:] in _SHORT):
        forms.append(word[1:])
    elif len(word) >= 5 and word[0] in _PARTICLES:
        rest = word[1:]
        forms.append(rest)
        has_two = word[0] in "وف" and rest[0] in _SECOND and not _is_of_the_root(rest)
        if has_two and (len(rest) >= 5 or rest[1:] in _SHORT):
            forms.append(rest[1:])
    return forms


@lru_cache(maxsize=4096)
def _begins_with_al(word: str) -> bool:
    rest = word[1:] if word.startswith(("وال", "فال")) else word
    rest = rest[1:] if rest[:1] in "بكفل" and rest[1:3] == "ال" else rest
    # with an ending of two letters at most
    return any(
        rest == known or (len(known) > 4 and rest.startswith(known) and len(rest) - len(known) <= 2)
        for known in _NO_ARTICLE
    )


def _action(word: str) -> str | None:
    """What a verbal noun or a verb has in common with the other, or None."""
    if _stem(word) in _SINGULARS:
        return None  # أموال is no verbal noun
    noun = word[:-1] if word.endswith("ا") and len(word) > 5 else word
    if len(noun) == 5 and noun[0] == "ت" and noun[3] == "ي":
        return noun[1:3] + noun[4]  # تمويل
    if len(noun) >= 5 and noun[0] == "ا" and noun[-2] == "ا":
        return noun[1:-2] + noun[-1]  # اطلاق, افتتاح, استثمار
    if len(noun) == 6 and noun[0] == "م" and noun[2] == "ا" and noun[-1] in "هت":
        return noun[1:5]  # مشاركة
    return None


def _deed(word: str) -> str | None:
    """What a verb has in common with its verbal noun, or None where the word cannot be a verb."""
    if word in _PAST:
        return word[:3]
    for ending in ("ون", "ان", "وا", "ت"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    if word[0] in "يتن" and 4 <= len(word) <= 6:
        return word[1:]
    if word[0] == "ا" and 4 <= len(word) <= 6 and word[-2] != "ا":
        return word[1:]
    return None


@lru_cache(maxsize=100_000)
def terms(word: str) -> tuple[str, ...]:
    """The index terms of a folded Arabic word, the likeliest first."""
    found: dict[str, None] = {}
    for number, form in enumerate(_bare_forms(word)):
        found[_term(form)] = None
        if number == 0 or len(form) > 4 or form in _PAST:
            action = _action(form) or _deed(form)
            if action and len(action) >= 3:
                found[VERB + _even(action)] = None
    return tuple(found)


@lru_cache(maxsize=4096)
def query_terms(word: str) -> tuple[str, ...]:
    """What to look for when this folded word is asked for; one term found is enough."""
    found: dict[str, None] = {}
    forms = _bare_forms(word)
    for form in forms:
        found[_term(form)] = None
    # a verbal noun finds its verb, a word with no article that looks like a verb finds the noun
    deed = _action(forms[0]) or (_deed(word) if word[0] == "ي" else None)
    if deed and len(deed) >= 3:
        found[VERB + _even(deed)] = None
    return tuple(found)
