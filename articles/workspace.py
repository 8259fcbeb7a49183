"""What the review page shows of an article, gathered in a constant number of queries."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext

from articles.aids import Hint, Person, Said, days_said, hints_of, people_named
from articles.forms import EvidenceForm
from articles.models import Annotation, Article, Comment, Revision, Suggestion
from articles.reading import Block, Highlight, Match, lay_out, marked
from articles.review import published_on
from articles.targets import Area, areas_of, names_of_plans, plan_of
from plans.compiled import compiled
from plans.models import Assessment, Evidence, OfficeHolder, Plan, Sector, User
from plans.templatetags.mithaq import plain
from plans.views import fragment_key

COPIES_SHOWN = 20
QUEUE_SHOWN = 8
EVIDENCE_SHOWN = 8
HOLDERS_READ = 500
GLOSSARY_SHOWN = 24
LIKELY = 0.5  # an area suggested with this score or more is ticked beforehand


@dataclass
class Reason:
    """A word that speaks for a suggestion: how often it stands in the text, and where first."""

    quote: str
    feature: str
    count: int
    anchor: str


@dataclass
class Suggested:
    """A suggestion as the page shows it; of a plan with its slug."""

    suggestion: Suggestion
    name: str
    reasons: list[Reason]
    slug: str = ""

    @property
    def is_ticked(self) -> bool:
        state = self.suggestion.state
        return state == "accepted" or (state == "open" and self.suggestion.score >= LIKELY)

    @property
    def count(self) -> int:
        return sum(reason.count for reason in self.reasons)


@dataclass
class Standing:
    """Where the target of a quote stands: what each side and the assessor hold, and the newest evidence.

    Asked for when it is shown: the page keeps what it has drawn of it until the plans change.
    """

    plan: Plan
    commitment: int | None  # without one the evidence of the whole plan
    pulse: tuple[Any, ...] = ()

    @property
    def key(self) -> str:
        return fragment_key(self.pulse, self.plan.pk, self.commitment)

    @cached_property
    def evidence(self) -> list[Evidence]:
        found = Evidence.objects.standing().filter(plan=self.plan, commitment=self.commitment)
        return list(found.order_by("-published_on", "-pk")[:EVIDENCE_SHOWN])

    @cached_property
    def sides(self) -> list[tuple[str, Assessment | None]]:
        if self.commitment is None:
            return []
        latest = {one.side: one for one in Assessment.objects.filter(commitment=self.commitment).latest_of_each_side()}
        return [
            (plain(self.plan.side_a, "short"), latest.get("a")),
            (plain(self.plan.side_b, "short"), latest.get("b")),
            (gettext("Assessed"), latest.get("")),
        ]


@dataclass
class Aids:
    """What helps to read the text."""

    hints: list[tuple[Hint, str]]  # each with the address of the form that records it
    days: list[Said]
    people: list[Person]
    glossary: list[tuple[str, str]]

    @property
    def any(self) -> bool:
        return bool(self.days or self.people or self.glossary)


@lru_cache(maxsize=64)
def _holders_of(side_a: int, side_b: int, pulse: tuple[Any, ...]) -> list[OfficeHolder]:
    found = OfficeHolder.objects.filter(office__party__in=[side_a, side_b]).select_related("office")
    return list(found.order_by("office", "-since", "-pk")[:HOLDERS_READ])


def aids_of(
    text: str, article: Article, plan: Plan | None, glossary: list[tuple[str, str]], pulse: tuple[Any, ...]
) -> Aids:
    """Who holds the offices of the plan's parties, and held them, is asked for once at each pulse of the plans."""
    published = published_on(article)
    if plan is None:
        return Aids([], days_said(text, published), [], glossary)
    holders = _holders_of(plan.side_a_id, plan.side_b_id, pulse)
    hints = [(hint, _form_for(hint, plan)) for hint in hints_of(text, plan, holders, published)]
    return Aids(hints, days_said(text, published), people_named(text, holders, published), glossary)


def _form_for(hint: Hint, plan: Plan) -> str:
    """The query that opens the form as a correction: the sentence quoted, the record contradicted."""
    asked = {
        "kind": Evidence.Kind.CORRECTION.value,
        "contradicts": "r",
        "about": hint.about,
        "held": hint.recorded[:300],
    }
    return urlencode({"plan": plan.slug, "start": hint.sentence[0], "end": hint.sentence[1], **asked})


def glossary_of(
    plan: Plan | None, suggestions: Iterable[Suggestion], areas: Iterable[Suggested]
) -> list[tuple[str, str]]:
    """Words of the text that were recognised, and what they mean in the reader's language; each once."""
    found: dict[str, str] = {}
    sides = {} if plan is None else {"side-a": plan.side_a, "side-b": plan.side_b}
    for suggestion in suggestions:
        if plan is not None and suggestion.plan_id == plan.pk:
            for reason in suggestion.reasons:
                if reason["feature"] in sides:
                    found.setdefault(reason["quote"], plain(sides[reason["feature"]], "name"))
    for area in areas:
        for reason in area.reasons:
            found.setdefault(reason.quote, area.name)
    return list(found.items())[:GLOSSARY_SHOWN]


@dataclass
class Workspace:
    """What the review page shows of an article."""

    article: Article
    revision: Revision | None
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    plans: list[Suggested] = field(default_factory=list)
    areas: list[Suggested] = field(default_factory=list)
    recorded: list[tuple[int, Annotation]] = field(default_factory=list)
    earlier: list[Annotation] = field(default_factory=list)  # quotes of an earlier text of the article
    copies: list[Article] = field(default_factory=list)
    plan: Plan | None = None
    form: EvidenceForm | None = None
    standing: Standing | None = None
    aids: Aids | None = None


FEATURES = {"party": "party", "side": "party", "plan": "plan", "relations": "plan"}


def feature_class(feature: str) -> str:
    """How a matched word is underlined: as a side, as the plan's own name, else as a word of an area."""
    head = feature.replace("-", "_").split("_")[0]
    return FEATURES.get(head, "pillar")


def reasons_of(suggestion: Suggestion) -> list[Reason]:
    """The words that speak for a suggestion, the weightiest first, each once."""
    counts = Counter((feature_class(r["feature"]), r["quote"]) for r in suggestion.reasons)
    first: dict[tuple[str, str], str] = {}
    for reason in suggestion.reasons:
        anchor = "h-article" if reason.get("in_title") else f"m{reason['start']}"
        first.setdefault((feature_class(reason["feature"]), reason["quote"]), anchor)
    return [Reason(quote, feature, count, first[feature, quote]) for (feature, quote), count in counts.items()]


def matches_of(suggestions: Iterable[Suggestion], revision: Revision, *, in_title: bool) -> list[Match]:
    """The spans that speak for what was suggested, of this very text, each once."""
    spans = {
        (reason["start"], reason["end"]): feature_class(reason["feature"])
        for suggestion in suggestions
        if suggestion.revision_id in (revision.pk, None)
        for reason in suggestion.reasons
        if bool(reason.get("in_title")) == in_title
    }
    return [Match(start, end, feature) for (start, end), feature in sorted(spans.items())]


@compiled
def opened(pk: int) -> QuerySet[Article]:
    """The article with this key, its source, text and story; none or one."""
    return Article.objects.filter(pk=pk).select_related("source", "revision", "story")


@compiled
def _suggestions(article: int) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(article=article).select_related("sector").order_by("-score", "pk")


def workspace_of(
    user: User,
    one: Article,
    editable: Collection[int],
    pulse: tuple[Any, ...],
    plan: str = "",
    form: EvidenceForm | None = None,
    initial: dict[str, Any] | None = None,
    editing: Annotation | None = None,
) -> Workspace:
    """Gather the review page of an article, for a quote of the plan with this slug; a form that was refused stays.

    `editable` holds the keys of the plans in which the person works; `pulse` is that of the plans, read before.
    """
    revision = one.revision
    space = Workspace(one, revision, title=one.title)
    suggestions = _suggestions(one.pk)
    names = names_of_plans(pulse)
    for_plans = [s for s in suggestions if s.plan_id in names]
    for one_of in for_plans:
        slug, name = names[one_of.plan_id or 0]
        space.plans.append(Suggested(one_of, name, reasons_of(one_of), slug))
    space.plan = form.plan if form else chosen_plan(user, plan, for_plans, pulse)
    space.form = form
    if form is None and revision is not None and space.plan is not None and space.plan.pk in editable:
        space.form = EvidenceForm(
            article=one,
            revision=revision,
            plan=space.plan,
            user=user,
            initial=initial,
            editing=editing,
            suggestions=suggestions,
            pulse=pulse,
        )
    areas = {area.sector: area for area in areas_of(space.plan.pk, pulse)} if space.plan else {}
    space.areas = [
        Suggested(s, area_name(s.sector, areas.get(s.sector_id)), reasons_of(s)) for s in suggestions if s.sector
    ]
    space.copies = copies_of(one)
    annotations = quotes_of(one)
    here = [a for a in annotations if a.revision_id == one.revision_id]
    space.earlier = [a for a in annotations if a.revision_id != one.revision_id]
    space.recorded = list(enumerate(here, 1))
    if revision is not None:
        space.title = marked(
            one.title, 0, len(one.title), (), matches_of(suggestions, revision, in_title=True), anchors=False
        )
        space.blocks = lay_out(
            revision.text, one.language, highlights_of(here), matches_of(suggestions, revision, in_title=False)
        )
        space.aids = aids_of(revision.text, one, space.plan, glossary_of(space.plan, for_plans, space.areas), pulse)
        if space.plan is not None and space.form is not None:
            space.standing = Standing(space.plan, space.form.wanted_target, pulse)
    return space


@compiled
def _keys_of_quotes(article: int) -> QuerySet[Annotation, int]:
    return Annotation.objects.filter(revision__article=article, undone_at=None).values_list("pk", flat=True)


def quotes_of(one: Article) -> list[Annotation]:
    """The quotes of all the article's texts that stand, in the order of the text, with what the page shows of them.

    Their keys first: an article just opened nearly always has none, and the joins alone take long to plan.
    """
    keys = _keys_of_quotes(one.pk)
    if not keys:
        return []
    found = Annotation.objects.filter(pk__in=keys).select_related(
        "commitment__plan", "pillar", "plan__side_a", "plan__side_b", "created_by", "evidence", "assigned_to"
    )
    remarks = Comment.objects.filter(removed_at=None).only("annotation")
    levels = Prefetch("evidence__grounds", to_attr="carried")
    return list(found.prefetch_related(levels, Prefetch("comments", remarks, "said")).order_by("start", "pk"))


def area_name(sector: Sector, area: Area | None) -> str:
    """An area as the plan names it, where it has a pillar there."""
    return area.title if area else plain(sector, "name")


def chosen_plan(user: User, asked: str, suggestions: list[Suggestion], pulse: tuple[Any, ...]) -> Plan | None:
    """The plan a quote is recorded for: the one asked for, else the first accepted, else the best that is open."""
    if asked:
        plan = Plan.objects.visible_to(user).with_sides().filter(slug=asked).first()
        if plan is not None:
            return plan
    for state in (Suggestion.State.ACCEPTED, Suggestion.State.OPEN):
        for suggestion in suggestions:
            if suggestion.state == state:
                return plan_of(suggestion.plan_id or 0, pulse)
    return None


@dataclass
class Waiter:
    """A story of the queue as the page lists it: with the plan it is likeliest about, and how likely."""

    pk: int
    title: str
    language: str
    source: str
    listed_at: datetime
    outlets: int
    plan: str
    score: float | None
    key: str = ""  # of all that is shown of it


@compiled
def _likely_plans(articles: list[int]) -> QuerySet[Suggestion, tuple[int, int, float]]:
    found = Suggestion.objects.filter(article__in=articles, plan__isnull=False)
    found = found.exclude(state=Suggestion.State.DISMISSED).order_by("-state", "score", "-pk")
    return found.values_list("article", "plan", "score")


def waiters_of(rows: list[tuple[Any, ...]], pulse: tuple[Any, ...], at: int | None, query: str) -> list[Waiter]:
    """The beginning of the queue as the page lists it; `at` is the article open, `query` what narrows the queue."""
    likeliest: dict[int, tuple[int, float]] = {}
    for article, plan_pk, likelihood in _likely_plans([row[0] for row in rows]) if rows else ():
        likeliest[article] = plan_pk, likelihood  # the last is the likeliest
    names, waiters = names_of_plans(pulse), []
    for pk, title, language, source, listed_at, outlets in rows:
        plan, score = likeliest.get(pk, (0, None))
        about = names.get(plan, ("", ""))[1]
        waiter = Waiter(pk, title, language, source, listed_at, outlets, about, score)
        waiter.key = fragment_key(vars(waiter), pk == at, query)
        waiters.append(waiter)
    return waiters


@compiled
def _copies(story: int, but: int) -> QuerySet[Article]:
    copies = Article.objects.filter(story=story).exclude(pk=but).exclude(state=Article.State.DISMISSED)
    return copies.select_related("source").order_by("listed_at", "pk")[:COPIES_SHOWN]


def copies_of(one: Article) -> list[Article]:
    """The same story at other outlets, oldest first."""
    return [] if one.story_id is None else _copies(one.story_id, one.pk)


def highlights_of(annotations: Iterable[Annotation]) -> list[Highlight]:
    return [Highlight(one.start, one.end, number) for number, one in enumerate(annotations, 1)]
