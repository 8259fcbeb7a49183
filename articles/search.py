"""Search over titles: plans, commitments and news, in any of their languages.

A word is found however its letters are written: hamza on alef or none, ta marbuta or ha, dotted ya or not, with or
without vowel signs, upper or lower case. The pattern works in PostgreSQL and in Python alike, so that what is found can
be marked.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from articles.reading import characters
from plans.models import Commitment, Plan

LIMIT = 20  # of each kind
LONGEST_QUERY = 200
MOST_WORDS = 8

SIGNS = "\u0610-\u061a\u0640\u064b-\u065f\u0670"  # Quranic marks, tatweel, vowel signs, dagger alef
SAME_LETTERS = ["اأإآٱ", "يىی", "ةه", "وؤ", "كک", "eəë", "iıİ", "её", "gğ", "sş", "cç", "oö", "uü"]


def _pattern(word: str) -> str:
    """A regular expression for a word, in the syntax PostgreSQL and Python share."""
    letters = []
    for letter in re.sub(f"[{SIGNS}]", "", word.replace("İ", "i").lower()):
        same = "".join(dict.fromkeys("".join(group for group in SAME_LETTERS if letter in group)))
        letters.append(f"[{same}]" if same else re.escape(letter) if letter.isascii() else letter)
    return f"[{SIGNS}]*".join(letters)


@dataclass(frozen=True)
class Words:
    """The words of a query; all of them must stand in a title."""

    text: str
    patterns: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Words":
        text = " ".join(text.replace("\x00", " ").split())[:LONGEST_QUERY]
        patterns = [_pattern(word) for word in text.split()[:MOST_WORDS]]
        return cls(text, tuple(pattern for pattern in patterns if pattern))

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def among(self, *fields: str) -> Q:
        """The condition that every word stands in one of these fields."""
        condition = Q()
        for pattern in self.patterns:
            either = Q()
            for field in fields:
                either |= Q(**{f"{field}__iregex": pattern})
            condition &= either
        return condition

    def mark(self, title: str) -> SafeString:
        """The title as markup, the words found set off; not in yellow, which is for quotations alone."""
        if not self.patterns:
            return mark_safe(characters(title))  # noqa: S308  # escaped
        found = re.compile("|".join(f"(?:{pattern})" for pattern in self.patterns), re.IGNORECASE)
        out, done = [], 0
        for match in found.finditer(title):
            out.append(characters(title[done : match.start()]))
            out.append(format_html('<b class="hit">{}</b>', match.group()))
            done = match.end()
        out.append(characters(title[done:]))
        return mark_safe("".join(out))  # noqa: S308  # escaped


@dataclass(frozen=True)
class Found:
    """What a query found, each kind at most LIMIT; `more` names the kinds of which there is more."""

    plans: list[Plan]
    commitments: list[Commitment]
    articles: list[Article]
    more: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.plans or self.commitments or self.articles)


def search(words: Words, user: Any) -> Found:
    """Plans, commitments and articles with every word of the query in their title, that this person may see."""
    if not words:
        return Found([], [], [], frozenset())
    names = ["title_en", "title_ar"]
    sides = [f"side_{side}__{name}" for side in "ab" for name in ("name_en", "name_ar", "short_en", "short_ar")]
    lists: dict[str, list[Any]] = {
        "plans": list(
            Plan.objects.visible_to(user).with_sides().filter(words.among(*names, *sides)).order_by("slug")[: LIMIT + 1]
        ),
        "commitments": list(
            Commitment.objects.filter(plan__in=Plan.objects.visible_to(user))
            .filter(words.among(*names, "code"))
            .select_related("plan__side_a", "plan__side_b")
            .order_by("plan", "code")[: LIMIT + 1]
        ),
        "articles": list(
            Article.objects.visible_to(user)
            .filter(words.among("title"))
            .select_related("source")
            .order_by("-listed_at", "-pk")[: LIMIT + 1]
        ),
    }
    more = frozenset(kind for kind, found in lists.items() if len(found) > LIMIT)
    return Found(**{kind: found[:LIMIT] for kind, found in lists.items()}, more=more)
