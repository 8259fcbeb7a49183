"""The work that waits for a person: one list made from what is recorded, and the texts that need translating.

Nothing here is stored but that a translation was reviewed: a line disappears when what it asks for is done.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from plans.models import ActionPoint, Commitment, Meeting, Pillar, Plan, Proposal, Translation, User
from plans.progress import ProgressError
from plans.querysets import CommitmentQuerySet, PlanQuerySet
from plans.reader import in_words, reader_language, text_in_reader_language

SHOWN: Final = 6  # of each kind; the group alone shows more
SHOWN_ALONE: Final = 200


# ------------------------------------------------------------------ my day


@dataclass(frozen=True)
class Line:
    """Something that waits: what, of which plan, why it is here, and where to do what."""

    title: str
    language: str
    plan: str
    why: str
    action: str
    address: str
    code: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of one kind, the most pressing first; `count` is of all, also of those not shown."""

    kind: str
    name: str
    count: int
    lines: list[Line] = field(default_factory=list)


KINDS: Final = {
    "overdue": gettext_lazy("Overdue"),
    "due": gettext_lazy("Due before the next meeting"),
    "contested": gettext_lazy("Contested"),
    "approval": gettext_lazy("Waiting for approval"),
    "action": gettext_lazy("Action points of meetings"),
    "silent": gettext_lazy("Silent"),
    "owner": gettext_lazy("Without a lead body"),
    "undated": gettext_lazy("Without a date"),
    "missing": gettext_lazy("Texts missing in a language"),
    "stale": gettext_lazy("Translations gone stale"),
}
COUNTED: Final = {"overdue", "contested", "silent", "owner", "undated"}  # apart from the lines shown
ENTERED: Final = {"owner", "undated", "missing", "stale"}


def my_day(user: User, today: date, only: str = "") -> list[Group]:
    """What waits for this person in the plans they work in, by kind; `only` asks for one kind, in full.

    Kinds of which nothing waits are left out. A constant number of queries.
    """
    day = _Day(user, today, SHOWN_ALONE if only else SHOWN)
    groups = [day.group(kind) for kind in kinds_for(user) if only in ("", kind)]
    return [group for group in groups if group.count]


def kinds_for(user: User) -> list[str]:
    """What is looked for: everybody's work, and what is not filled in for those who enter it."""
    enters = user.has_perm("plans.change_commitment")
    return [kind for kind in KINDS if enters or kind not in ENTERED]


def _link(name: str, *args: Any, otherwise: str, then: str = "") -> str:
    """The address of a page that may not be part of this installation, with what stands behind it."""
    try:
        return reverse(name, args=args) + then
    except NoReverseMatch:
        return otherwise


class _Day:
    """Makes the groups: what waits for commitments is counted by its index; each list fetches no more than it shows."""

    def __init__(self, user: User, today: date, most: int) -> None:
        self.user, self.today, self.most = user, today, most
        self.plans: PlanQuerySet = Plan.objects.editable_by(user)
        self.commitments = Commitment.objects.filter(plan__in=self.plans)

    def group(self, kind: str) -> Group:
        counted = self.commitments.that_wait(kind, self.today).count() if kind in COUNTED else None
        if counted == 0:
            return Group(kind, str(KINDS[kind]), 0)
        rows: list[Any]
        line: Callable[[Any], Line]
        rows, line = getattr(self, f"_{kind}")()
        count = counted if counted is not None else rows[0].found if rows else 0
        return Group(kind, str(KINDS[kind]), count, [line(row) for row in rows])

    def _first(self, found: models.QuerySet[Any], *order: Any) -> list[Any]:
        return list(found.annotate(found=Window(Count("pk"))).order_by(*order, "pk")[: self.most])

    def _of(self, found: CommitmentQuerySet, *order: Any) -> list[Any]:
        return list(found.select_related("plan__side_a", "plan__side_b").order_by(*order, "pk")[: self.most])

    def _line(self, commitment: Any, why: str, action: str, address: str) -> Line:
        title, language = text_in_reader_language(commitment, "title")
        return Line(title, language, _sides(commitment.plan), why, action, address, commitment.code, commitment.is_demo)

    # what the calendar, the sides and silence ask for

    def _record(self, commitment: Commitment) -> tuple[str, str]:
        page = commitment.get_absolute_url()
        if self.user.has_perm("plans.add_assessment"):
            return _("Record a status"), f"{page}#assess"
        return _("Open"), page

    def _overdue(self) -> tuple[list[Any], Callable[[Any], Line]]:
        found = self.commitments.overdue(self.today)

        def line(one: Any) -> Line:
            late = (self.today - one.last_day).days
            why = ngettext("Due %(on)s, %(days)d day ago.", "Due %(on)s, %(days)d days ago.", late)
            return self._line(one, why % {"on": _on(one.last_day), "days": late}, *self._record(one))

        return self._of(found, "last_day"), line

    def _due(self) -> tuple[list[Any], Callable[[Any], Line]]:
        meetings = Meeting.objects.filter(plan__in=self.plans, held_on__gte=self.today)
        ahead = {one.plan_id: one for one in meetings.order_by("plan_id", "held_on", "pk").distinct("plan_id")}
        soon = self.today + settings.DUE_SOON
        latest = max([soon, *(one.held_on for one in ahead.values())])
        # few are due before the last of these meetings: which of them come before their own is told here, not by a
        # look at the meetings for every commitment
        scheduled: Any = self.commitments.due_between(self.today, latest)  # django-stubs sees no annotation of ours
        due = [
            pk
            for pk, plan, last_day in scheduled.values_list("pk", "plan", "last_day")
            if last_day <= (ahead[plan].held_on if plan in ahead else soon)
        ]
        rows = self._of(Commitment.objects.filter(pk__in=due[: self.most]).due_between(self.today, latest), "last_day")
        for row in rows:
            row.found = len(due)

        def line(one: Any) -> Line:
            meeting = ahead.get(one.plan_id)
            if meeting:
                why = _("Due %(on)s; the sides meet on %(meeting)s in %(place)s.")
            else:
                why = _("Due %(on)s; no meeting ahead is recorded.")
            words = {"on": _on(one.last_day)}
            if meeting:
                words |= {"meeting": _on(meeting.held_on), "place": in_words(meeting, "place")}
            return self._line(one, why % words, *self._record(one))

        return rows, line

    def _contested(self) -> tuple[list[Any], Callable[[Any], Line]]:
        from plans.models import Status

        def line(one: Any) -> Line:
            said = [
                (in_words(one.plan.side_a, "short"), one.level_a),
                (in_words(one.plan.side_b, "short"), one.level_b),
                (_("Assessed"), one.level_assessor),
            ]
            words = [f"{who}{_(': ')}{Status(level).label}" for who, level in said if level]
            return self._line(one, _("; ").join(words), _("See what each says"), one.get_absolute_url())

        return self._of(self.commitments.filter(is_contested=True), "-last_evidence_on"), line

    def _silent(self) -> tuple[list[Any], Callable[[Any], Line]]:
        checks = self.user.has_perm("plans.add_check")

        def line(one: Any) -> Line:
            days = (self.today - one.heard).days
            if one.last_evidence_on:
                why = ngettext(
                    "Nothing heard for %(days)d day; last evidence %(on)s.",
                    "Nothing heard for %(days)d days; last evidence %(on)s.",
                    days,
                ) % {"days": days, "on": _on(one.last_evidence_on)}
            else:
                why = ngettext(
                    "No evidence; nothing heard for %(days)d day.",
                    "No evidence; nothing heard for %(days)d days.",
                    days,
                ) % {"days": days}
            page = one.get_absolute_url()
            if checks:
                return self._line(
                    one, why, _("Record a check"), _link("check", one.plan.slug, one.code, otherwise=page)
                )
            return self._line(one, why, _("Open"), page)

        return self._of(self.commitments.silent(self.today), "heard"), line

    # what others wait for

    def _approval(self) -> tuple[list[Any], Callable[[Any], Line]]:
        found = Proposal.objects.filter(plan__in=self.plans, state="waiting")
        decides = self.user.has_perm("plans.change_proposal")
        if not decides:  # whoever may not decide sees what became of their own
            found = found.filter(proposed_by=self.user)
        found = found.select_related("plan__side_a", "plan__side_b", "commitment", "proposed_by")

        def line(one: Any) -> Line:
            own = one.proposed_by_id == self.user.pk
            why = _("You proposed it on %(on)s.") if own else _("%(name)s proposed it on %(on)s.")
            words = {"name": one.proposed_by.shown_name, "on": _on(timezone.localtime(one.proposed_at).date())}
            title, language = text_in_reader_language(one.commitment or one.plan, "title")
            return Line(
                f"{str(one.get_kind_display()).capitalize()}{_(': ')}{title}",
                language,
                _sides(one.plan),
                why % words,
                _("Decide") if decides and not own else _("See the queue"),
                _link("approvals", otherwise=one.plan.get_absolute_url()),
                one.commitment.code if one.commitment else "",
            )

        return self._first(found, "proposed_at"), line

    def _action(self) -> tuple[list[Any], Callable[[Any], Line]]:
        ahead = (
            Meeting.objects.filter(plan=OuterRef("meeting__plan"), held_on__gte=self.today)
            .order_by("held_on")
            .values("held_on")[:1]
        )
        until = Coalesce(Subquery(ahead), Value(self.today + settings.DUE_SOON), output_field=models.DateField())
        found = ActionPoint.objects.filter(meeting__plan__in=self.plans, done_on=None, due_on__lte=until)
        if self.user.party_id is not None:  # what their own side owes, and what both do
            found = found.filter(
                Q(side="")
                | Q(side="a", meeting__plan__side_a=self.user.party_id)
                | Q(side="b", meeting__plan__side_b=self.user.party_id)
            )
        found = found.select_related("meeting__plan__side_a", "meeting__plan__side_b")

        def line(one: Any) -> Line:
            late = (self.today - one.due_on).days
            words = (_("Overdue since %(on)s.") if late > 0 else _("Due %(on)s.")) % {"on": _on(one.due_on)}
            owner = in_words(one, "owner")
            title, language = text_in_reader_language(one, "text")
            plan = one.meeting.plan
            address = _link("meeting", plan.slug, one.meeting_id, otherwise=f"{plan.get_absolute_url()}#meetings")
            why = f"{owner}{_(': ')}{words}" if owner else words
            return Line(title, language, _sides(plan), why, _("Open the meeting"), address, is_demo=one.is_demo)

        return self._first(found, "due_on"), line

    # what is not filled in

    def _entry(self, commitment: Commitment, name: str) -> tuple[str, str]:
        page = commitment.get_absolute_url()
        if not (self.user.is_staff and self.user.has_perm("plans.change_commitment")):
            return _("Open"), page
        return _("Fill in"), _link("admin:plans_commitment_change", commitment.pk, otherwise=page, then=f"#id_{name}")

    def _owner(self) -> tuple[list[Any], Callable[[Any], Line]]:
        def line(one: Any) -> Line:
            lacking = [
                side for side in "ab" if not (getattr(one, f"lead_{side}_en") or getattr(one, f"lead_{side}_ar"))
            ]
            names = _(", ").join(in_words(one.plan.side(side), "short") for side in lacking)
            why = _("No lead body is recorded on the side of %(sides)s.") % {"sides": names}
            return self._line(one, why, *self._entry(one, f"lead_{lacking[0]}_en"))

        return self._of(self.commitments.unled(), "plan_id", "position", "code"), line

    def _undated(self) -> tuple[list[Any], Callable[[Any], Line]]:
        def line(one: Any) -> Line:
            return self._line(one, _("No date says when it is due."), *self._entry(one, "due_on"))

        return self._of(self.commitments.undated(), "plan_id", "position", "code"), line

    # texts

    def _texts(self, state: str) -> tuple[list[Any], Callable[[Any], Line]]:
        rows = texts(self.plans, state=state, limit=self.most + 1)
        count = len(rows) if len(rows) <= self.most else count_texts(self.plans, state=state)[state]
        for row in rows:
            row.found = count
        return rows[: self.most], lambda row: self._of_text(row, state)

    def _of_text(self, row: "TextRow", state: str) -> Line:
        shown, language = text_in_reader_language(row, "text")
        shown = Truncator(shown).chars(120)
        if state == State.MISSING:
            absent = _("Arabic") if row.text_en else _("English")
            why = _("%(text)s: nothing in %(language)s.") % {"text": row.name, "language": absent}
        else:
            why = _("%(text)s: the original has changed since the translation was reviewed.") % {"text": row.name}
        address = f"{reverse('translations')}?state={state}"
        return Line(shown, language, row.sides, why, _("Translate"), row.edit_address(self.user) or address, row.code)

    def _missing(self) -> tuple[list[Any], Callable[[Any], Line]]:
        return self._texts(State.MISSING)

    def _stale(self) -> tuple[list[Any], Callable[[Any], Line]]:
        return self._texts(State.STALE)


def _sides(plan: Plan) -> str:
    return f"{in_words(plan.side_a, 'short')} – {in_words(plan.side_b, 'short')}"


def _on(on: date) -> str:
    return date_format(on, "DATE_FORMAT")


# ------------------------------------------------------------------ translations


class State(models.TextChoices):
    """How a text stands in its two languages."""

    MISSING = "missing", gettext_lazy("missing in a language")
    STALE = "stale", gettext_lazy("stale: the original has changed")
    DRAFT = "draft", gettext_lazy("not reviewed")
    REVIEWED = "reviewed", gettext_lazy("reviewed")


class NotTranslated(ProgressError):
    """A text that is missing in a language cannot be reviewed."""


class ChangedMeanwhile(ProgressError):
    """The text is no longer the one that was read."""


class Text(NamedTuple):
    """A bilingual field of a kind of row, how its rows lead to the plan, and what it is called."""

    model: type[models.Model]
    field: str
    plan: str
    code: str
    name: Any

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)


TEXTS: Final = [
    Text(Plan, "title", "", "", gettext_lazy("Title of the plan")),
    Text(Plan, "note", "", "", gettext_lazy("Note on the plan")),
    Text(Pillar, "title", "plan", "code", gettext_lazy("Title of the pillar")),
    Text(Commitment, "title", "plan", "code", gettext_lazy("Title of the commitment")),
    Text(Commitment, "text", "plan", "code", gettext_lazy("Text as agreed")),
    Text(Meeting, "who", "plan", "", gettext_lazy("Who met")),
    Text(Meeting, "summary", "plan", "", gettext_lazy("What was reviewed")),
    Text(ActionPoint, "text", "meeting__plan", "", gettext_lazy("Action point")),
]


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, as `Translation` keeps it."""
    return hashlib.sha256(text.encode()).hexdigest()


def state_of(english: str, arabic: str, reviewed: Translation | None) -> State | None:
    """How a text stands, given its review if there was one; None where there is nothing to translate."""
    if not english and not arabic:
        return None
    if not english or not arabic:
        return State.MISSING
    if reviewed is None:
        return State.DRAFT
    original, translation = (english, arabic) if reviewed.original == "en" else (arabic, english)
    if digest(original) != reviewed.original_digest:
        return State.STALE
    return State.REVIEWED if digest(translation) == reviewed.translation_digest else State.DRAFT


def translation_state(row: models.Model, field: str) -> State | None:
    """How a bilingual field of a row stands now; None where it is empty in both languages."""
    reviewed = Translation.objects.filter(model=row._meta.model_name, row=row.pk, field=field).first()
    return state_of(getattr(row, f"{field}_en"), getattr(row, f"{field}_ar"), reviewed)


def seen_digest(english: str, arabic: str) -> str:
    """What a page keeps of both texts, so that a review is of what was read."""
    return digest(digest(english) + digest(arabic))


@transaction.atomic
def mark_reviewed(row: models.Model, field: str, original: str, by: User, *, seen: str = "") -> Translation:
    """Record that one language («ar», «en») is the original and the other its reviewed translation; return that.

    Raises NotTranslated where a language is missing, and with `seen` (a `seen_digest`) ChangedMeanwhile where the
    texts are no longer those.
    """
    kept: Any = type(row)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    english, arabic = getattr(kept, f"{field}_en"), getattr(kept, f"{field}_ar")
    if not english or not arabic:
        raise NotTranslated(_("The text is missing in a language; translate it first."))
    if seen and seen != seen_digest(english, arabic):
        raise ChangedMeanwhile(_("The text changed while you read it. Read it again."))
    first, second = (english, arabic) if original == "en" else (arabic, english)
    reviewed, _made = Translation.objects.update_or_create(
        model=row._meta.model_name,
        row=row.pk,
        field=field,
        defaults={
            "original": original,
            "original_digest": digest(first),
            "translation_digest": digest(second),
            "reviewed_by": by,
            "reviewed_at": timezone.now(),
        },
    )
    return reviewed


def find_text(kind: str, pk: int, field: str, plans: PlanQuerySet) -> models.Model | None:
    """The row of a text, if these plans hold it."""
    for text in TEXTS:
        if (text.kind, text.field) == (kind, field):
            found = text.model._default_manager.filter(**{f"{text.plan or 'pk'}__in": plans.order_by().values("pk")})
            return found.filter(pk=pk).first()
    return None


class TextRow:
    """A text in both languages, with its state and its place."""

    found: int

    def __init__(self, row: dict[str, Any]) -> None:
        self.text = TEXTS[row["rank"]]
        self.rank, self.pk, self.plan_pk = row["rank"], row["row"], row["of_plan"]
        self.text_en, self.text_ar, self.code = row["english"], row["arabic"], row["shown_code"]
        self.state, self.original = State(row["state"]), row["original"] or ""
        language = reader_language()
        self.sides = f"{row[f'a_{language}']} – {row[f'b_{language}']}"
        self.name = str(self.text.name)

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.plan_pk}-{self.rank}-{self.pk}"

    @property
    def seen(self) -> str:
        return seen_digest(self.text_en, self.text_ar)

    def edit_address(self, user: User) -> str:
        """Where staff edit it: the row's own form, else its plan's; empty for others."""
        if not user.is_staff:
            return ""
        own = "ar" if not self.text_ar else "en" if not self.text_en else ("en" if self.original == "ar" else "ar")
        plan = _link("admin:plans_plan_change", self.plan_pk, otherwise="")
        return _link(
            f"admin:plans_{self.text.kind}_change", self.pk, otherwise=plan, then=f"#id_{self.text.field}_{own}"
        )


class Digest(models.Func):
    """As `digest`, in PostgreSQL."""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = models.CharField()


def _with_state(text: Text, plans: PlanQuerySet, state: str) -> models.QuerySet[Any]:
    """Rows of one kind of text that is not empty, with `state` as `state_of` says it, and `original`."""
    english, arabic = f"{text.field}_en", f"{text.field}_ar"
    is_missing = Q(**{english: ""}) | Q(**{arabic: ""})
    reviews = Translation.objects.filter(model=text.kind, field=text.field)
    first = Case(When(original="en", then=Digest(OuterRef(english))), default=Digest(OuterRef(arabic)))
    second = Case(When(original="en", then=Digest(OuterRef(arabic))), default=Digest(OuterRef(english)))
    found = reviews.filter(row=OuterRef("pk")).annotate(first=first, second=second)
    found = found.annotate(
        state=Case(
            When(~Q(original_digest=F("first")), then=Value("stale")),
            When(~Q(translation_digest=F("second")), then=Value("draft")),
            default=Value("reviewed"),
            output_field=models.CharField(),
        )
    )
    of_plans = {f"{text.plan or 'pk'}__in": plans.order_by().values("pk")}
    rows: models.QuerySet[Any] = text.model._default_manager.filter(**of_plans)
    rows = rows.exclude(**{english: "", arabic: ""})
    # what can be told without reading every review
    if state == State.MISSING:
        rows = rows.filter(is_missing)
        return rows.annotate(state=Value("missing"), original=Value(""))  # type: ignore[no-any-return]
    if state:
        rows = rows.exclude(is_missing)
        rows = rows if state == State.DRAFT else rows.filter(pk__in=reviews.values("row"))
    said = Coalesce(Subquery(found.values("state")[:1]), Value("draft"))
    rows = rows.annotate(
        state=Case(When(is_missing, then=Value("missing")), default=said, output_field=models.CharField()),
        original=Subquery(found.values("original")[:1]),
    )
    return rows.filter(state=state) if state else rows


def texts(plans: PlanQuerySet, *, state: str = "", after: str = "", limit: int) -> list[TextRow]:
    """Texts of these plans, plan by plan; `after` is the `place` of the last one seen."""
    place = re.fullmatch(r"(\d{1,9})-(\d{1,2})-(\d{1,18})", after, re.ASCII)
    plan, rank, row = (int(number) for number in place.groups()) if place else (0, 0, 0)
    parts = []
    read: set[tuple[str, str]] = set()
    if state in (State.STALE, State.REVIEWED):  # most kinds of text have never been reviewed: do not ask for them
        read = set(Translation.objects.order_by().values_list("model", "field").distinct())
    for number, text in enumerate(TEXTS):
        if state in (State.STALE, State.REVIEWED) and (text.kind, text.field) not in read:
            continue
        path = f"{text.plan}__" if text.plan else ""
        of_plan = f"{path}pk"
        later = Q(**{f"{of_plan}__gt": plan})
        if number >= rank:
            later |= Q(**{of_plan: plan}, pk__gt=row if number == rank else 0)
        found = (
            _with_state(text, plans, state)
            .filter(later)
            .annotate(
                rank=Value(number),
                row=F("pk"),
                of_plan=F(of_plan),
                english=F(f"{text.field}_en"),
                arabic=F(f"{text.field}_ar"),
                shown_code=F(text.code) if text.code else Value(""),
                **{f"{side}_{code}": F(f"{path}side_{side}__short_{code}") for side in "ab" for code in ("en", "ar")},
            )
        )
        parts.append(found.values(*COLUMNS).order_by("of_plan", "row")[:limit])
    if len(parts) < 2:
        return [TextRow(row) for part in parts for row in part]
    union = parts[0].union(*parts[1:], all=True).order_by("of_plan", "rank", "row")[:limit]
    return [TextRow(row) for row in union]


COLUMNS: Final = [
    "rank", "row", "of_plan", "english", "arabic", "shown_code", "state", "original", "a_en", "a_ar", "b_en", "b_ar",
]  # fmt: skip


def count_texts(plans: PlanQuerySet, *, state: str = "") -> dict[str, int]:
    """How many texts of these plans are in each state, in one query."""
    parts = [
        _with_state(text, plans, state).order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
        for text in TEXTS
    ]
    counts = dict.fromkeys(State.values, 0)
    for name, number in parts[0].union(*parts[1:], all=True):
        counts[name] += number
    return counts
