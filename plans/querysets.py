"""The joins, conditions and counts pages need; each page costs a constant number of queries."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncMonth, TruncQuarter, TruncYear

if TYPE_CHECKING:
    from plans.models import (  # noqa: F401
        Assessment,
        Commitment,
        DateChange,
        Disagreement,
        Evidence,
        Lineage,
        Pillar,
        Plan,
        Pulse,
        User,
    )


# a commitment's code is unique in its plan, so this order has no ties
READING_ORDER = ("plan__slug", "pillar__position", "pillar__code", "position", "code")


COUNTS_BY_STATUS = [
    "count_completed",
    "count_substantial",
    "count_limited",
    "count_not_started",
    "count_contested",
    "count_dropped",
    "count_none",
]
COUNTS = [*COUNTS_BY_STATUS, "contested_count", "overdue_count", "silent_count"]

OPEN = ~Q(status__in=["completed", "dropped"])
_AT_WORK = OPEN & Q(plan__lifecycle__in=["negotiating", "adopted", "in_force"])
UNLED = Q(lead_a_en="", lead_a_ar="") | Q(lead_b_en="", lead_b_ar="")
UNDATED = Q(due_on=None, done_on=None) & ~Q(due_precision="plan_end")


def _overdue(today: date) -> Q:
    return OPEN & Q(last_day__lt=today, done_on=None)


def _silent(today: date) -> Q:
    return OPEN & Q(heard__lt=today - settings.SILENT_AFTER) & _in_force(today)


def _in_force(today: date) -> Q:
    return (
        Q(plan__lifecycle="in_force")
        & (Q(plan__starts=None) | Q(plan__starts__lte=today))
        & (Q(plan__ends=None) | Q(plan__ends__gte=today))
    )


class LastDay(models.Func):
    """A date plus an interval, less a day: the last day of the month, quarter or year that begins there."""

    template = "((%(expressions)s)::date + interval '%(interval)s' - interval '1 day')::date"
    output_field = DateField()


def last_day_of(due: str, precision: str, plan_end: str) -> Combinable:
    """The last day on which a date of this precision is still kept: «2025» is late only after December."""
    return Case(
        When(**{precision: "month"}, then=LastDay(TruncMonth(due), interval="1 month")),
        When(**{precision: "quarter"}, then=LastDay(TruncQuarter(due), interval="3 months")),
        When(**{precision: "year"}, then=LastDay(TruncYear(due), interval="1 year")),
        When(**{precision: "plan_end"}, then=F(plan_end)),
        default=F(due),
        output_field=DateField(null=True),
    )


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: Any) -> Self:
        """Plans this person may see: all of them; a closed site asks for a sign-in before it comes here."""
        return self

    def editable_by(self, user: Any) -> Self:
        """Plans in which this person works: those they are limited to, else all; a focal point's where they are a side.

        What they may do there is for their role to say.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        limits: Any = user.plans.through._default_manager.filter(user=user.pk)
        found = self.filter(~Exists(limits) | Exists(limits.filter(plan=OuterRef("pk"))))
        if user.party_id is not None:
            found = found.filter(Q(side_a=user.party_id) | Q(side_b=user.party_id))
        return found

    def with_sides(self) -> Self:
        return self.select_related("side_a", "side_b")

    def in_force(self, today: date) -> Self:
        return (
            self.filter(lifecycle="in_force")
            .filter(Q(starts=None) | Q(starts__lte=today))
            .filter(Q(ends=None) | Q(ends__gte=today))
        )

    def matching(
        self, *, party: str = "", sector: str = "", lifecycle: str = "", lead: str = "", words: str = ""
    ) -> Self:
        """Plans of a party (a side or its member), with a pillar in a sector, at a stage, of a lead body, by title.

        Each is a slug or value from an address: what is unknown matches nothing, what is empty asks for nothing.
        """
        from plans.models import Membership, Pillar

        found = self
        if party:
            blocs = Membership.objects.filter(member__slug=party).values("bloc")
            found = found.filter(
                Q(side_a__slug=party) | Q(side_b__slug=party) | Q(side_a__in=blocs) | Q(side_b__in=blocs)
            )
        if sector:
            found = found.filter(Exists(Pillar.objects.filter(plan=OuterRef("pk"), sector__slug=sector)))
        if lifecycle:
            found = found.filter(lifecycle=lifecycle)
        lead = lead.replace("\x00", "")
        if lead:
            found = found.filter(Q(lead_a_en=lead) | Q(lead_a_ar=lead) | Q(lead_b_en=lead) | Q(lead_b_ar=lead))
        names = ["title", "side_a__name", "side_b__name", "side_a__short", "side_b__short"]
        for word in words.replace("\x00", "").split():
            spoken = Q()
            for name in names:
                spoken |= Q(**{f"{name}_en__icontains": word}) | Q(**{f"{name}_ar__icontains": word})
            found = found.filter(spoken)
        return found

    def lead_bodies(self, language: str) -> list[str]:
        """The names in this language («ar», «en») of the bodies that lead these plans, in order."""
        sides = [self.order_by().values_list(f"lead_{side}_{language}", flat=True) for side in "ab"]
        return sorted(name for name in sides[0].union(sides[1]) if name)

    def for_overview(self, today: date) -> Self:
        """Plans with sides and counts, those heard of last first."""
        return self.with_sides().with_counts(today).order_by(F("last_evidence_on").desc(nulls_last=True), "slug")

    def with_counts(self, today: date) -> Self:
        """Plans with what the overview counts: commitments by status and by what needs a person. Two queries more.

        Sets `commitment_count`, `count_<status>`, `overdue_count`, `contested_count`, `silent_count`,
        `last_evidence_on` (newest standing evidence), `next_due_on` and the code of that commitment, `next_due_code`.
        Counts are never null. As with a prefetch, only the plans that are fetched are counted.
        """
        from plans.models import Evidence

        newest = Evidence.objects.standing().filter(plan=OuterRef("pk")).order_by("-published_on")
        found = self.annotate(last_evidence_on=Subquery(newest.values("published_on")[:1]))
        found._counted_on = today
        return found

    _counted_on: date | None = None

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._counted_on = self._counted_on
        return clone  # type: ignore[no-any-return]

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        if is_new and self._counted_on is not None and self._result_cache:
            self._count(self._result_cache, self._counted_on)

    def _count(self, plans: "list[Any]", today: date) -> None:
        from plans.models import Commitment, Pillar

        pks = [plan.pk for plan in plans]
        pillars = Pillar.objects.filter(plan__in=pks).counted(today)
        coming = Commitment.objects.filter(plan=OuterRef("pk")).next_due(today)
        next_due = dict(
            self.model._default_manager.filter(pk__in=pks).values_list("pk", Subquery(coming.values("code")[:1]))
        )
        of_plan: dict[int, list[dict[str, Any]]] = {}
        for row in pillars.values():
            of_plan.setdefault(row["plan"], []).append(row)
        for plan in plans:
            rows = of_plan.get(plan.pk, [])
            for name in COUNTS:
                setattr(plan, name, sum(row[name] for row in rows))
            plan.commitment_count = sum(getattr(plan, name) for name in COUNTS_BY_STATUS)
            plan.next_due_on = min((row["next_due_on"] for row in rows if row["next_due_on"]), default=None)
            plan.next_due_code = next_due.get(plan.pk)

    def totals(self, today: date) -> dict[str, int]:
        """What `with_counts` counts, of all these plans together, each by its index; without the dates."""
        from plans.models import Commitment, Pillar

        pillars = Pillar.objects.filter(plan__in=self.order_by()).order_by()
        sums = pillars.aggregate(**{name: Coalesce(Sum(name), 0) for name in [*COUNTS_BY_STATUS, "contested_count"]})
        of_plans = Commitment.objects.filter(plan__in=self.order_by())
        return {
            **sums,
            "overdue_count": of_plans.overdue(today).count(),
            "silent_count": of_plans.silent(today).count(),
        }


class PillarQuerySet(models.QuerySet["Pillar"]):
    def counted(self, today: date) -> dict[int, dict[str, Any]]:
        """What stands in these pillars, by primary key: `plan`, `sector`, `count_<status>`, `contested_count`,
        `overdue_count`, `silent_count` and `next_due_on`. Two queries."""
        from plans.models import Commitment

        kept = ["pk", "plan", "sector", "last_evidence_on", *COUNTS_BY_STATUS, "contested_count"]
        found = {row["pk"]: row for row in self.order_by().values(*kept)}
        pressing = (
            Commitment.objects.filter(OPEN, pillar__in=list(found))
            .order_by()
            .values_list("pillar")
            .annotate(
                overdue=Count("plan", filter=_overdue(today)),
                silent=Count("plan", filter=_silent(today)),
                next_due_on=Min("last_day", filter=Q(last_day__gte=today, done_on=None)),
            )
        )
        for row in found.values():
            row |= {"overdue_count": 0, "silent_count": 0, "next_due_on": None}
        for pillar, overdue, silent, next_due_on in pressing:
            found[pillar] |= {"overdue_count": overdue, "silent_count": silent, "next_due_on": next_due_on}
        return found


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def with_schedule(self, today: date) -> Self:
        """Annotate `schedule`: what the calendar says, computed and never typed.

        One of no_date, not_due, due_soon, overdue, done_on_time, done_late, stopped. Done is a done date, or the
        status «completed» (then the day of the last evidence stands for it, else that of the ground: a commitment may
        be completed by evidence that speaks of the whole plan).
        """
        return self.annotate(
            schedule=Case(
                When(status="dropped", then=Value("stopped")),
                When(finished_on__isnull=False, last_day__isnull=True, then=Value("done_on_time")),
                When(finished_on__lte=F("last_day"), then=Value("done_on_time")),
                When(finished_on__gt=F("last_day"), then=Value("done_late")),
                When(last_day__isnull=True, then=Value("no_date")),
                When(last_day__lt=today, then=Value("overdue")),
                When(last_day__lte=today + settings.DUE_SOON, then=Value("due_soon")),
                default=Value("not_due"),
                output_field=models.CharField(),
            )
        )

    def in_force(self, today: date) -> Self:
        return self.filter(_in_force(today))

    def overdue(self, today: date) -> Self:
        """Commitments past the last day their date allows, neither done nor dropped."""
        return self.filter(_overdue(today))

    def silent(self, today: date) -> Self:
        """Commitments of plans in force, last heard of (or begun) longer ago than settings.SILENT_AFTER.

        What is completed or dropped has nothing left to say and is not silent.
        """
        return self.filter(_silent(today))

    def with_attention(self, today: date) -> Self:
        """As `with_schedule`, and whether each is overdue or silent (`is_overdue`, `is_silent`)."""

        def whether(condition: Q) -> Case:
            return Case(When(condition, then=True), default=False, output_field=BooleanField())

        return self.with_schedule(today).annotate(
            is_overdue=whether(_overdue(today)), is_silent=whether(_silent(today))
        )

    def chosen(self, today: date, *, status: str = "", pillar: str = "", flag: str = "") -> Self:
        """Those of this status, in the pillar of this code, in need of a person for this reason; empty asks nothing."""
        found = self.filter(**({"status": status} if status else {}), **({"pillar__code": pillar} if pillar else {}))
        if flag == "overdue":
            return found.overdue(today)
        if flag == "silent":
            return found.silent(today)
        return found.filter(is_contested=True) if flag == "contested" else found

    def span(self) -> list[date | None]:
        """The first and last days of what these commitments' dates reach, each None where there is none."""
        ends = self.aggregate(Min("starts"), Max("starts"), Min("last_day"), Max("last_day"))
        return list(ends.values())

    def next_due(self, today: date) -> Self:
        """The open commitments still to come, the next due first."""
        return self.filter(OPEN, last_day__gte=today, done_on=None).order_by("last_day", "pk")

    # ---------------------------------------------------------------- what waits for somebody

    def due_between(self, today: date, until: date) -> Self:
        """Commitments whose `last_day` lies between these days, neither done nor dropped, the first due first."""
        return self.filter(OPEN, done_on=None, last_day__range=(today, until)).order_by("last_day", "pk")

    def unled(self) -> Self:
        """Commitments at work for which a side names no lead body."""
        return self.filter(_AT_WORK & UNLED)

    def undated(self) -> Self:
        """Commitments at work without a date."""
        return self.filter(_AT_WORK & UNDATED)

    def that_wait(self, reason: str, today: date) -> Self:
        """Commitments «overdue», «contested», «silent», without an «owner» or «undated»; each reason has its index."""
        found: dict[str, Callable[[], Self]] = {
            "overdue": lambda: self.overdue(today),
            "contested": lambda: self.filter(is_contested=True),
            "silent": lambda: self.silent(today),
            "owner": self.unled,
            "undated": self.undated,
        }
        return found[reason]()

    def in_reading_order(self) -> Self:
        """Plan by plan, as each plan orders its commitments: the order of `READING_ORDER`."""
        return self.order_by(*READING_ORDER)

    def after(self, pk: int) -> Self:
        """Those that follow a commitment in reading order (keyset pages); all where there is no such commitment."""
        place = self.model._default_manager.filter(pk=pk).values_list(*READING_ORDER).first()
        if place is None:
            return self
        beyond = Q()
        for number, name in enumerate(READING_ORDER):
            level = dict(zip(READING_ORDER[:number], place[:number], strict=True))
            beyond |= Q(**level, **{f"{name}__gt": place[number]})
        return self.filter(beyond)

    def flagged(self, flag: str, today: date) -> Self:
        """Commitments that need a person for this reason: «overdue», «contested» or «silent», the worst first."""
        found = self.with_schedule(today).select_related("plan__side_a", "plan__side_b")
        if flag == "overdue":
            return found.overdue(today).order_by("last_day", "pk")
        if flag == "silent":
            return found.silent(today).order_by("heard", "pk")
        return found.filter(is_contested=True).order_by("-last_evidence_on", "pk")

    def for_plan_page(self, today: date) -> Self:
        """Commitments in the plan's order with pillar, milestones and the dates of their standing evidence."""
        from plans.models import Evidence

        ticks = Evidence.objects.standing().only("commitment_id", "published_on").order_by("published_on")
        return (
            self.with_attention(today)
            .select_related("pillar")
            .prefetch_related("milestones", Prefetch("evidence", queryset=ticks, to_attr="evidence_ticks"))
            .order_by("pillar__position", "pillar__code", "position", "code")
        )


class LineageQuerySet(models.QuerySet["Lineage"]):
    def around(self, plan: "Plan") -> "list[Lineage]":
        """How the plan follows from others and others from it; each link has the `other` plan and `words` for it."""
        links = list(self.filter(Q(plan=plan) | Q(earlier=plan)).select_related("plan", "earlier").order_by("pk"))
        for link in links:
            is_own = link.plan_id == plan.pk
            link.other = link.earlier if is_own else link.plan
            link.words = link.get_kind_display() if is_own else link.words_of_the_earlier
        return links


class DateChangeQuerySet(models.QuerySet["DateChange"]):
    def in_plan(self, plan: "Plan") -> Self:
        """Moves of the dates of a plan's commitments and of their milestones, oldest first."""
        # two ways through indexes, where one condition over both would read the whole table
        moves: Any = self.model._default_manager.order_by()
        own = moves.filter(commitment__plan=plan).values("pk")
        return self.filter(pk__in=own.union(moves.filter(milestone__commitment__plan=plan).values("pk"), all=True))


class DisagreementQuerySet(models.QuerySet["Disagreement"]):
    def on(
        self,
        *,
        plan: "Plan | None" = None,
        commitment: "Commitment | None" = None,
        evidence: "Evidence | None" = None,
    ) -> Self:
        """Disagreements about the plan as a whole, about this commitment, or of this piece of evidence, while what
        they speak of stands.
        """
        if plan is not None:
            touches = Q(evidence__plan=plan, evidence__commitment=None, earlier__commitment=None, assessment=None)
        elif commitment is not None:
            touches = Q(evidence__commitment=commitment) | Q(assessment__commitment=commitment)
            touches |= Q(earlier__commitment=commitment)
        else:
            touches = Q(evidence=evidence) | Q(earlier=evidence)
        stands = Q(evidence__withdrawal=None, earlier__withdrawal=None, assessment__withdrawal=None)
        return self.filter(touches, stands).select_related(
            "evidence", "earlier", "assessment__ground", "evidence__plan", "recorded_by", "settled_by"
        )


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def standing(self) -> Self:
        """Evidence nobody has withdrawn."""
        from plans.models import Withdrawal

        # an anti-join: PostgreSQL knows that nearly all of it stands, and walks an index where a list is short
        return self.filter(~Exists(Withdrawal.objects.filter(evidence=OuterRef("pk"))))

    def for_lists(self) -> Self:
        return self.select_related(
            "plan__side_a", "plan__side_b", "commitment", "pillar", "recorded_by", "withdrawal__recorded_by"
        )

    def newest(self, number: int) -> "EvidenceQuerySet":
        """The newest of these, for lists. Chosen by the index first: lists join much to each. Two queries."""
        chosen = self.order_by("-published_on", "-pk").values_list("pk", flat=True)[:number]
        return self.model._default_manager.filter(pk__in=list(chosen)).for_lists()

    def in_ledger_of(self, commitment: "Commitment") -> Self:
        """Evidence that speaks of the commitment, and evidence of the whole plan that its assessments rest on."""
        from plans.models import Assessment, AssessmentEvidence

        said = Assessment.objects.filter(commitment=commitment)
        return self.filter(
            Q(commitment=commitment)
            | Q(pk__in=said.values("ground"))
            | Q(pk__in=AssessmentEvidence.objects.filter(assessment__in=said).values("evidence"))
        ).for_lists()

    def may_ground(self, commitment: "Commitment", *, of_plan: int = 20) -> Self:
        """Standing evidence a status of this commitment may rest on: its own, then the plan's newest `of_plan`."""
        whole_plan = self.standing().filter(plan=commitment.plan_id, commitment=None)
        newest = whole_plan.order_by("-published_on", "-pk").values("pk")[:of_plan]
        return (
            self.standing()
            .filter(Q(commitment=commitment) | Q(pk__in=newest))
            .select_related("commitment")
            .order_by(F("commitment").asc(nulls_last=True), "-published_on", "-pk")
        )


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def standing(self) -> Self:
        """Assessments that still hold: neither they nor their ground were withdrawn."""
        from plans.models import Withdrawal

        grounds = Withdrawal.objects.filter(evidence=OuterRef("ground"))
        return self.filter(withdrawal=None).filter(~Exists(grounds))

    def latest_of_each_side(self) -> Self:
        """The standing assessment of each side and of the assessor that holds now (PostgreSQL's DISTINCT ON)."""
        return self.standing().order_by("commitment_id", "side", "-on", "-pk").distinct("commitment_id", "side")

    def for_ledger(self) -> Self:
        return self.select_related(
            "ground__withdrawal",
            "recorded_by",
            "withdrawal__recorded_by",
            "commitment__plan__side_a",
            "commitment__plan__side_b",
        ).prefetch_related("evidence")


class PulseQuerySet(models.QuerySet["Pulse"]):
    def now(self) -> tuple[Any, ...]:
        """The pulse as it is: another whenever a statement that changes what pages show has become visible.

        Two beats of transactions at once may become visible in any order, so the newest alone would not tell.
        """
        with connection.cursor() as cursor:  # asked for by every page that keeps something: not worth building anew
            cursor.execute("SELECT count(*), max(id), max(at) FROM plans_pulse")
            return tuple(cursor.fetchone() or ())
