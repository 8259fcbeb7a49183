"""Invented news in any number, to measure search with: the same number and seed give the same texts.

Words are drawn as often as the demo news uses them, in each of its four languages; beyond those a long tail of invented
words, ever rarer, as in any press. A third of the sentences are the demo's own, so that its phrases stand in the texts.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from django.conf import settings
from django.db import connection, models, transaction

from articles.indexing import COLUMNS, Thing, filters, learn_terms
from articles.models import Article, Revision, Source
from articles.taking import text_digest
from plans.language import analyse, sentences

SLUG: Final = "synthetic-wire"
BATCH: Final = 5000
SHARES: Final = {"ar": 50, "en": 25, "az": 15, "ru": 10}
TAIL: Final = 40_000  # invented words of a language
TAIL_SHARE: Final = 0.06
SLOT: Final = 32  # places kept for a sentence
PARAGRAPH: Final = 4  # sentences
SLOTS: Final = 1 + 3 * PARAGRAPH  # the title and three paragraphs
POOL: Final = 2000  # invented sentences of a language, and half as many of the demo's own
SYLLABLES: Final = {
    "ar": "با تر سم كو نا ري مد شو لي قا زم دو حر فا غي طو هن جا صي ون",
    "en": "ba tor sem kul na ri med sho lin ka zom dur har fen gil tov hen jas wix pon",
    "az": "ba tər səm kül na ri məd şo lin qa zöm dur xar fən gil tov hən cas vil pon",
    "ru": "ба тор сем куль на ри мед шо лин ка зом дур хар фен гил тов хен жас вил пон",
}

Progress = Callable[[int, int], None]


class Sentence(NamedTuple):
    """A sentence and its words as the index takes them: the tsvector of each slot of an article it may stand in."""

    text: str
    vectors: list[str]


class Language:
    """What texts of a language are made of."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.terms: set[str] = set()
        self.rare: dict[int, Sentence] = {}
        news: list[dict[str, Any]] = yaml.safe_load(
            (Path(settings.BASE_DIR) / f"seeds/demo/news/{code}.yaml").read_text()
        )
        paragraphs = [paragraph for one in news for paragraph in one["paragraphs"]]
        own = [text[span.start : span.end] for text in paragraphs for span in sentences(text, code)]
        counted = Counter(word for text in paragraphs for word in text.split())
        invented = [self._invent(number, SYLLABLES[code].split()) for number in range(TAIL)]
        self.words = [*counted, *invented]
        known = sum(counted.values())
        # Zipf's tail: together TAIL_SHARE of all words, each half as often as the one twice before it
        harmonic = sum(1 / (rank + 1) for rank in range(TAIL))
        tail = [known * TAIL_SHARE / (1 - TAIL_SHARE) / harmonic / (rank + 1) for rank in range(TAIL)]
        self.weights = list(accumulate([*map(float, counted.values()), *tail]))
        self.tail, self.tail_weights = invented, list(accumulate(tail))
        # sentences are analysed once, however many articles repeat them
        chance = random.Random(code)
        made = [f"{self.some(chance, 14)}." for _ in range(POOL)]
        self.pool = [self.analysed(text) for text in [*made, *(own * POOL)[: POOL // 2]]]
        self.titles = [self.analysed(str(one["title"]), [0]) for one in news]
        self.titles += [self.analysed(self.some(chance, 8)[:400], [0]) for _ in range(POOL)]

    @staticmethod
    def _invent(number: int, syllables: list[str]) -> str:
        word = ""
        number += len(syllables) ** 2
        while number:
            number, at = divmod(number, len(syllables))
            word += syllables[at]
        return word

    def some(self, chance: random.Random, number: int) -> str:
        return " ".join(chance.choices(self.words, cum_weights=self.weights, k=number))

    def analysed(self, text: str, slots: Sequence[int] = range(1, SLOTS)) -> Sentence:
        words = analyse(text, self.code)[:SLOT]
        self.terms.update(term for word in words for term in word.terms if len(term) <= 64)
        vectors = [""] * SLOTS
        for slot in slots:
            weight = "A" if slot == 0 else "B" if slot < 1 + PARAGRAPH else "C"
            vectors[slot] = " ".join(
                f"'{term}':{slot * SLOT + at}{weight}" for at, word in enumerate(words, 1) for term in word.terms
            )
        return Sentence(text, vectors)

    def title(self, chance: random.Random) -> Sentence:
        return chance.choice(self.titles)

    def paragraph(self, chance: random.Random) -> list[Sentence]:
        """The demo's own sentences and invented ones, and a short one with a word of the tail."""
        (number,) = chance.choices(range(TAIL), cum_weights=self.tail_weights)
        rare = self.rare.get(number)
        if rare is None:
            rare = self.rare[number] = self.analysed(f"{self.tail[number]}.")
        return [*chance.choices(self.pool, k=PARAGRAPH - 1), rare]


def _defaults(model: type[models.Model]) -> dict[str, Any]:
    """Each column with what a new row has in it, as COPY sends it."""
    return {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.concrete_fields
        if field.column
    }


def synthesize_articles(number: int, now: datetime, *, seed: int = 1, progress: Progress | None = None) -> int:
    """Have this many invented articles with their texts and findings; return how many were made now.

    A transaction a batch: a run that was killed goes on where it stopped. Over a great number the indexes of search
    are built after the load.
    """
    source = Source.objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": "Synthetic Wire",
            "url": "https://synthetic.example/feed",
            "is_active": False,
            "is_demo": True,
        },
    )[0]
    done = Article.objects.filter(source=source).count()
    began = done
    languages = {code: Language(code) for code in SHARES}
    in_bulk = number - done > 4 * BATCH
    if in_bulk:
        _drop_indexes()
    while done < number:
        size = min(BATCH, number - done)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL mithaq.indexes_itself = 'on'")
            cursor.execute("SET LOCAL synchronous_commit = off")
            _batch(cursor, source, languages, done, size, number, now, random.Random(f"{seed} {done}"))
            learn_terms({term for language in languages.values() for term in language.terms})
        for language in languages.values():
            language.terms.clear()
        done += size
        if progress is not None:
            progress(done, number)
    if _indexes_missing():
        _build_indexes()
    if done > began:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE articles_article, articles_revision, articles_finding")
    return done - began


def _batch(
    cursor: Any,
    source: Source,
    languages: dict[str, Language],
    done: int,
    size: int,
    of: int,
    now: datetime,
    chance: random.Random,
) -> None:
    drawn = list(_texts(languages, done, size, of, now, chance))
    texts = [text for *_rest, text in drawn]
    made = [
        (
            code,
            when,
            title,
            "\n\n".join(
                " ".join(one.text for one in text[at : at + PARAGRAPH]) for at in range(0, SLOTS - 1, PARAGRAPH)
            ),
        )
        for code, when, title, text in drawn
    ]
    keys = {
        table: [
            one
            for (one,) in cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, size]
            )
            or cursor.fetchall()
        ]
        for table in ("articles_article", "articles_revision")
    }
    pairs = list(zip(keys["articles_article"], keys["articles_revision"], made, strict=True))
    article, revision = _defaults(Article), _defaults(Revision)
    rows = [
        {
            **article,
            "id": pk,
            "revision_id": its,
            "source_id": source.pk,
            "identity": f"text:synthetic-{done + at}",
            "guid": f"synthetic-{done + at}",
            "title": title.text,
            "language": code,
            "published_at": when,
            "listed_at": when,
            "first_seen_at": when,
            "text_state": "full",
        }
        for at, (pk, its, (code, when, title, _text)) in enumerate(pairs)
    ]
    _copy(cursor, "articles_article", list(article), rows)
    _copy(
        cursor,
        "articles_revision",
        list(revision),
        [
            {
                **revision,
                "id": its,
                "article_id": pk,
                "number": 1,
                "title": title.text,
                "text": text,
                "digest": text_digest(title.text, text),
                "retrieved_at": when,
            }
            for pk, its, (_code, when, title, text) in pairs
        ],
    )
    with cursor.copy(f"COPY articles_finding ({COLUMNS}) FROM STDIN") as copy:
        for (pk, _its, (code, when, title, _text)), text in zip(pairs, texts, strict=True):
            words = "'" + "' '".join(filters(Thing("article", pk, when, [], [], [], source.pk, code, "waiting"))) + "'"
            body = (sentence.vectors[slot] for slot, sentence in enumerate(text, 1))
            whole = " ".join((words, title.vectors[0], *body))
            copy.write_row(
                ("article", pk, when, "{}", "{}", source.pk, code, "waiting", f"{words} {title.vectors[0]}", whole)
            )


def _texts(
    languages: dict[str, Language], done: int, size: int, of: int, now: datetime, chance: random.Random
) -> Iterator[tuple[str, datetime, Sentence, list[Sentence]]]:
    """Language, time, title and paragraphs of each article; the oldest come first, over five years."""
    codes = chance.choices(list(SHARES), list(SHARES.values()), k=size)
    span = timedelta(days=1826)
    for at, code in enumerate(codes):
        language = languages[code]
        when = now - span * (1 - (done + at + 1) / of)
        yield code, when, language.title(chance), [one for _ in range(3) for one in language.paragraph(chance)]


def _copy(cursor: Any, table: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for one in rows:
            copy.write_row([one[column] for column in columns])


INDEXES: Final = {"findings_public": "public_terms", "findings_all": "terms"}


def _drop_indexes() -> None:
    with connection.cursor() as cursor:
        for name in INDEXES:
            cursor.execute(f"DROP INDEX IF EXISTS {name}")


def _indexes_missing() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = ANY(%s)", [list(INDEXES)])
        return bool(cursor.fetchone()[0] < len(INDEXES))


def _build_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for name, column in INDEXES.items():
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {name} ON articles_finding USING gin ({column}) WITH (fastupdate = off)"
            )
        cursor.execute("RESET maintenance_work_mem")


def forget_articles() -> None:
    """Take away what synthesize_articles() made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL mithaq.indexes_itself = 'on'")
        ours = Source.objects.filter(slug=SLUG)
        cursor.execute(
            "DELETE FROM articles_finding WHERE kind = 'article' AND source IN"
            " (SELECT id FROM articles_source WHERE slug = %s)",
            [SLUG],
        )
        Article.objects.filter(source__in=ours).delete()
        ours.delete()
