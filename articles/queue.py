"""What waits for review: its order and filters, who has what open, what is put off, given to somebody, done at once.

The queue holds stories: of one told by several outlets the lead copy stands for all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import Case, Exists, F, FloatField, Func, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Round
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import notices, review
from articles.models import Article, Claim, Source, Suggestion
from articles.querysets import ArticleQuerySet
from plans.compiled import compiled, compiled_update, keys_told, told_keys
from plans.models import Commitment, Plan, Sector, User
from plans.rights import BACKEND

CLAIM_HOLDS: Final = timedelta(minutes=10)  # renewed while the page is open
COUNTED_TO: Final = 1000  # nobody reads an exact number beyond
AT_ONCE: Final = 100  # stories decided in one step

# ------------------------------------------------------------------ order

#: what a source's word adds to a score between 0 and 1
RELIABILITY: Final = {
    Source.Reliability.SIGNED_TEXT: 0.2,
    Source.Reliability.JOINT_STATEMENT: 0.15,
    Source.Reliability.OFFICIAL_STATEMENT: 0.1,
    Source.Reliability.STATE_AGENCY: 0.05,
}
SILENCE: Final = 0.2  # what it adds that a commitment of a pillar spoken of has long not been heard of
A_DAY: Final = 0.01  # what a day of age takes away; counted from a fixed day, so that it never needs counting anew
SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)


def weigh(articles: ArticleQuerySet, today: date | None = None) -> int:
    """Write the priority of the articles that wait: score, reliability of the source, silence of the commitments that
    may be spoken of, age. Returns how many changed; run again on the same day it changes none.
    """
    return _weighed(articles, today or timezone.localdate()).update(priority=F("weighed"))


def weigh_these(keys: Sequence[int]) -> int:
    """As `weigh`, of the articles with these keys, for each batch that an import stores."""
    return _weigh_these(told_keys(keys), today=timezone.localdate()) if keys else 0


@compiled_update
def _weigh_these(keys: str, *, today: date) -> tuple[ArticleQuerySet, dict[str, Any]]:
    return _weighed(Article.objects.filter(pk__in=keys_told(keys)), today), {"priority": F("weighed")}


def _weighed(articles: ArticleQuerySet, today: date) -> ArticleQuerySet:
    """Those that wait with another priority than they have, `weighed`."""
    suggested = Suggestion.objects.filter(article=OuterRef(OuterRef("pk"))).exclude(state=Suggestion.State.DISMISSED)
    silent = Commitment.objects.silent(today).filter(
        plan__in=suggested.filter(plan__isnull=False).values("plan"),
        pillar__sector__in=suggested.filter(sector__isnull=False).values("sector"),
    )
    reliability = Source.objects.filter(pk=OuterRef("source")).values("reliability")
    number = FloatField()
    seconds = Func(Value("epoch"), F("listed_at"), function="date_part", output_field=number)
    days = (seconds - Value(SINCE.timestamp())) / Value(86400.0)
    word = Case(
        *(When(says=value, then=Value(adds)) for value, adds in RELIABILITY.items()),
        default=Value(0.0),
        output_field=number,
    )
    silence = Case(When(Exists(silent), then=Value(SILENCE)), default=Value(0.0), output_field=number)
    weighed = Round(F("score") + word + silence + days * Value(A_DAY), 6, output_field=number)
    found = articles.filter(state=Article.State.WAITING, score__gt=0).order_by()
    return found.annotate(says=Subquery(reliability)).annotate(weighed=weighed).exclude(priority=F("weighed"))


# ------------------------------------------------------------------ filters

STATES: Final = {
    "ready": _("ready for me"),
    "waiting": _("waiting"),
    "mine": _("assigned to me"),
    "open": _("open now"),
    "later": _("put off"),
    "accepted": _("accepted"),
    "dismissed": _("dismissed"),
}


NOBODY: Final = "-"  # no user name: open to whoever comes first
ANYBODY: Final = "*"  # nor this: given to somebody


@dataclass(frozen=True)
class Wanted:
    """Which part of the queue somebody works on, as the address says it."""

    state: str = "ready"
    plan: str = ""
    pillar: str = ""
    language: str = ""
    source: str = ""
    reviewer: str = ""

    @classmethod
    def read(cls, asked: QueryDict) -> Self:
        names = ("plan", "pillar", "language", "source", "reviewer")
        chosen = {name: asked.get(f"of_{name}", "")[:80].replace("\0", "") for name in names}
        state = asked.get("of_state", "")
        return cls(state=state if state in STATES else "ready", **chosen)

    @property
    def query(self) -> str:
        """The part of an address that asks for it again; empty where nothing is narrowed."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        narrowed = {
            f"of_{name}": value for name, value in asked.items() if value and (name, value) != ("state", "ready")
        }
        return urlencode(narrowed)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query)

    @cached_property
    def _keys(self) -> tuple[tuple[str, int], ...]:
        """The keys of what is named, 0 of what is not there.

        PostgreSQL knows how many stories a key has, and not how many a name has: by the name it would walk through
        the whole queue for a plan that hardly ever comes.
        """
        named = {"plan": Plan, "pillar": Sector, "source": Source}
        asked = [(name, model, getattr(self, name)) for name, model in named.items() if getattr(self, name)]
        return tuple(
            (name, model._default_manager.filter(slug=slug).values_list("pk", flat=True).first() or 0)
            for name, model, slug in asked
        )

    def of(self, person: User, now: datetime, state: str = "") -> ArticleQuerySet:
        """The stories asked for, or those of another state, in the queue's order; the last decided first."""
        return self._of(state or self.state, self._keys, person.pk, now, timezone.localdate(now))

    def _of(
        self, state: str, named: tuple[tuple[str, int], ...], person: int, now: datetime, today: date
    ) -> ArticleQuerySet:
        found, keys = self._of_state(state, person, now, today), dict(named)
        about = Suggestion.objects.filter(article=OuterRef("pk")).exclude(state=Suggestion.State.DISMISSED)
        if self.plan:
            found = found.filter(Exists(about.filter(plan=keys["plan"])))
        if self.pillar:
            found = found.filter(Exists(about.filter(sector=keys["pillar"])))
        if self.language:
            found = found.filter(language=self.language)
        if self.source:
            found = found.filter(source=keys["source"])
        if self.reviewer:
            found = found.filter(assigned_to__isnull=self.reviewer == NOBODY)
        if self.reviewer not in ("", NOBODY, ANYBODY):
            found = found.filter(assigned_to__username=self.reviewer)
        return found

    @staticmethod
    def _of_state(state: str, person: int, now: datetime, today: date) -> ArticleQuerySet:
        every = Article.objects.all()
        if state in (Article.State.ACCEPTED, Article.State.DISMISSED):
            decided = every.filter(state=state, decided_at__isnull=False).of_stories()
            return decided.order_by("-decided_at", "-pk")
        if state == "later":
            later = every.filter(state=Article.State.WAITING, score__gt=0, later_on__gt=today)
            return later.of_stories().order_by("later_on", "-priority", "-pk")
        waiting = every.waiting(today)
        if state == "waiting":
            return waiting
        if state == "mine":
            return waiting.filter(assigned_to=person)
        if state == "open":
            return waiting.filter(Exists(Claim.objects.filter(article=OuterRef("pk"), until__gte=now)))
        return waiting.ready_for(person, now)

    def counts(self, person: User, now: datetime) -> dict[str, int]:
        """How many stories each state holds under these filters, counted to COUNTED_TO and one more."""
        told = _counts(person.pk, now, timezone.localdate(now), wanted=self, named=self._keys)
        return dict(zip(STATES, told[0], strict=True))

    def beginning(self, person: User, now: datetime, rows: int) -> list[tuple[Any, ...]]:
        """The queue's first rows: key, title, language, name of the source, when it was listed, number of outlets."""
        return _beginning(person.pk, now, timezone.localdate(now), wanted=self, named=self._keys, rows=rows)

    def next_after(self, article: Article, person: User, now: datetime, shown: Sequence[int] = ()) -> int | None:
        """The key of what this person takes next: what follows in the queue, from its end what stands first.

        Never the same. `shown` is the queue's beginning where it is at hand: what follows there need not be asked for.
        """
        if self.state in ("ready", "mine") and article.pk in shown[:-1]:
            return shown[shown.index(article.pk) + 1]
        state = self.state if self.state in ("ready", "mine") else "ready"
        told = (person.pk, now, timezone.localdate(now), article.pk)
        shape = {"wanted": self, "state": state, "named": self._keys}
        place = article.priority, article.listed_at
        following = _following(*told, *place, **shape) or _following(*told, **shape)
        return following[0] if following else None


@compiled
def _beginning(
    person: int, now: datetime, today: date, *, wanted: Wanted, named: tuple[tuple[str, int], ...], rows: int
) -> QuerySet[Article, tuple[Any, ...]]:
    told: Any = wanted._of(wanted.state, named, person, now, today).with_outlets()
    found: QuerySet[Article, tuple[Any, ...]] = told.values_list(
        "pk", "title", "language", "source__name", "listed_at", "outlets"
    )
    return found[:rows]


@compiled
def _following(
    person: int,
    now: datetime,
    today: date,
    pk: int,
    priority: float | None = None,
    listed_at: datetime | None = None,
    *,
    wanted: Wanted,
    state: str,
    named: tuple[tuple[str, int], ...],
) -> QuerySet[Article, int]:
    found = wanted._of(state, named, person, now, today).exclude(pk=pk)
    if priority is not None and listed_at is not None:
        found = found.after(priority, listed_at, pk)
    return found.values_list("pk", flat=True)[:1]


class Counted(Subquery):
    """How many articles a queryset finds, counted to COUNTED_TO and one more."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, articles: ArticleQuerySet) -> None:
        super().__init__(articles.order_by().values("pk")[: COUNTED_TO + 1])


@compiled
def _counts(
    person: int, now: datetime, today: date, *, wanted: Wanted, named: tuple[tuple[str, int], ...]
) -> QuerySet[User, tuple[int, ...]]:
    found = [Counted(wanted._of(state, named, person, now, today)) for state in STATES]
    return User.objects.filter(pk=person).values_list(*found)


@compiled
def _day(person: int, today: date, midnight: datetime) -> QuerySet[User, tuple[int, int]]:
    done = Article.objects.of_stories().filter(decided_at__gte=midnight)
    return User.objects.filter(pk=person).values_list(Counted(Article.objects.waiting(today)), Counted(done))


def of_the_day(person: User, now: datetime) -> tuple[int, int]:
    """How many stories wait, and how many were decided today, by anybody; each counted to COUNTED_TO and one more."""
    here = timezone.localtime(now)
    return _day(person.pk, here.date(), here.replace(hour=0, minute=0, second=0, microsecond=0))[0]


# ------------------------------------------------------------------ who has it


def lead_of(article: Article) -> int:
    """The article that stands for its story in the queue."""
    if article.story_id is None or article.story is None:
        return article.pk
    return article.story.lead_id or article.pk


# one statement, as every story opened costs it; my own claim of this story is renewed, or begun anew once it has lapsed
_HOLD: Final = """
WITH let_go AS (
    DELETE FROM articles_claim
    WHERE person_id = %(person)s AND article_id <> %(lead)s
       OR person_id <> %(person)s AND article_id = %(lead)s AND until < %(now)s
)
INSERT INTO articles_claim (article_id, person_id, since, until) VALUES (%(lead)s, %(person)s, %(now)s, %(until)s)
ON CONFLICT (article_id, person_id) DO UPDATE SET
    until = EXCLUDED.until,
    since = CASE WHEN articles_claim.until < EXCLUDED.since THEN EXCLUDED.since ELSE articles_claim.since END
RETURNING id, since, EXISTS (
    SELECT FROM articles_claim one
    WHERE one.article_id = %(lead)s AND one.person_id <> %(person)s AND one.until >= %(now)s
)
"""


def claim(article: Article, person: User) -> list[Claim]:
    """Note that somebody has the story open, and return the claims that hold, the first come first.

    Asked again it is renewed. Whoever opens one story lets go of the others.
    """
    now, lead = timezone.now(), lead_of(article)
    until = now + CLAIM_HOLDS
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"lead": lead, "person": person.pk, "now": now, "until": until})
        pk, since, is_shared = cursor.fetchall()[0]
    if not is_shared:
        return [Claim(pk=pk, article_id=lead, person=person, since=since, until=until)]
    return list(Claim.objects.filter(article=lead).select_related("person"))


def release(article: Article, person: User) -> None:
    """The story is done with: the next reviewer may have it at once."""
    Claim.objects.filter(article=lead_of(article), person=person).delete()


# ------------------------------------------------------------------ putting off and giving away


@transaction.atomic
def put_off(article: Article, until: date | None) -> Article:
    """Not before this day (None: at once) does it stand in the queue again. Raises ReviewError for a day past."""
    if until is not None and until <= timezone.localdate():
        raise review.ReviewError(_("Choose a day to come."))
    article = review.lock(article)
    article.later_on = until
    article.save(update_fields=["later_on"])
    return article


def reviewers() -> QuerySet[User]:
    """Whom a story may be given to."""
    found = User.objects.with_perm("articles.add_annotation", backend=BACKEND)
    return found.order_by("first_name", "last_name", "username")


@transaction.atomic
def assign(article: Article, person: User | None, by: User) -> int | None:
    """Give the story to a reviewer, who is told, or with None to whoever comes first. Returns whose it was.

    Raises ReviewError where the person does not review.
    """
    if person is not None and not person.has_perm("articles.add_annotation"):
        raise review.ReviewError(_("%s does not review.") % person.shown_name)
    article = review.lock(article)
    was = article.assigned_to_id
    if was != (person and person.pk):
        article.assigned_to = person
        article.save(update_fields=["assigned_to"])
        notices.tell_of_assignment(f"assigned:{article.pk}", was, person, by, article=article)
    return was


def give_back(before: Iterable[tuple[int, int | None]], by: User) -> int:
    """Undo an assignment of many: each story to whom it was given before. Returns how many went back."""
    known = dict(before)
    people = {person.pk: person for person in reviewers().filter(pk__in=[pk for pk in known.values() if pk])}
    stories = Article.objects.filter(pk__in=list(known)[:AT_ONCE]).order_by("pk")
    for article in stories:
        assign(article, people.get(known[article.pk] or 0), by)
    return len(stories)


# ------------------------------------------------------------------ many at once


class Many(NamedTuple):
    """What one step did to many stories: when (to undo it), to how many, and why others were left as they are."""

    at: datetime
    done: list[Article]
    left: list[tuple[Article, Any]]


@transaction.atomic
def decide_many(pks: Iterable[int], verdict: str, by: User) -> Many:
    """Accept each story for the plan that most speaks for, or dismiss each («accept», «dismiss»), in one step.

    What somebody else has open, what was decided meanwhile and what suggests no plan is left as it is, with the reason.
    """
    now = timezone.now()
    many = Many(now, [], [])
    waiting = Article.objects.filter(pk__in=list(pks)[:AT_ONCE]).order_by("pk").prefetch_related("claims__person")
    for article in waiting.select_for_update(of=("self",), no_key=True):
        holder = next((one for one in article.claims.all() if one.until >= now and one.person_id != by.pk), None)
        suggestion = article.suggestions.filter(plan__isnull=False, state=Suggestion.State.OPEN).first()
        if article.state != Article.State.WAITING:
            many.left.append((article, _("it was decided meanwhile")))
        elif holder is not None:
            many.left.append((article, _("%s has it open") % holder.person.shown_name))
        elif verdict == "dismiss":
            review.dismiss(article, by, at=now)
            many.done.append(article)
        elif suggestion is None:
            many.left.append((article, _("no plan was suggested")))
        else:
            assert suggestion.plan_id is not None
            plan = Plan.objects.get(pk=suggestion.plan_id)
            review.accept(article, [plan], [], by, at=now)
            many.done.append(article)
    return many


@transaction.atomic
def reopen_many(at: datetime, by: User) -> int:
    """Undo one step of this person that decided many stories; returns how many wait again."""
    decided = Article.objects.filter(decided_at=at, decided_by=by).of_stories().order_by("pk")
    return sum(review.reopen(article, by).state == Article.State.WAITING for article in decided)
