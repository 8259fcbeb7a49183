"""One function a page: fetch through a queryset, ask, render; a POST validates, calls one operation and redirects."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from plans import charts, progress, timeline
from plans.forms import AssessmentForm, WithdrawalForm, sides_a_person_speaks_for
from plans.models import (
    Assessment,
    Commitment,
    DateChange,
    Evidence,
    Indicator,
    Lineage,
    Meeting,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    Status,
)
from plans.querysets import PlanQuerySet
from plans.reader import reader_language
from plans.templatetags.mithaq import plain
from plans.views import choice, vary_on_htmx, wants_fragment

FLAGS = ("overdue", "contested", "silent")
EVIDENCE_ON_A_PAGE = 6
ATTENTION_ON_OVERVIEW = 3
LONGEST_LIST = 200


def counts_of(plan: Any) -> dict[str, int]:
    """The commitments of a plan with_counts() by status, in the order of the ramp."""
    return {status: getattr(plan, f"count_{status}") for status in charts.ORDER}


@dataclass
class Where:
    """Where a group of commitments stands, as pages draw it."""

    counts: dict[str, int]
    bullet: charts.Bullet
    flags: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def known(self) -> int:
        return self.total - self.counts.get("none", 0)

    @property
    def stack(self) -> list[charts.Segment]:
        return charts.stack(self.counts)


def where_it_stands(plan: Any, today: date) -> Where:
    counts = counts_of(plan)
    return Where(
        counts,
        charts.bullet(counts, plan.starts, plan.ends, today),
        {flag: getattr(plan, f"{flag}_count") for flag in FLAGS},
    )


def lines_of(found: PlanQuerySet, today: date, flag: str) -> dict[str, Any]:
    """What lists of plans show: a line a plan, totals, what needs a person (`flag` alone, or all), newest evidence."""
    plans = [(plan, where_it_stands(plan, today)) for plan in found.for_overview(today)]
    totals = {
        "plans": len(plans),
        "commitments": sum(where.total for _plan, where in plans),
        "completed": sum(where.counts["completed"] for _plan, where in plans),
        "unknown": sum(where.counts["none"] for _plan, where in plans),
        **{name: sum(where.flags[name] for _plan, where in plans) for name in FLAGS},
    }
    of_found = Commitment.objects.filter(plan__in=found)
    attention = [
        {
            "flag": name,
            "count": totals[name],
            "commitments": of_found.flagged(name, today)[: LONGEST_LIST if name == flag else ATTENTION_ON_OVERVIEW],
        }
        for name in FLAGS
        if totals[name] and flag in ("", name)
    ]
    return {
        "plans": plans,
        "totals": totals,
        "attention": attention,
        "attention_shown": ATTENTION_ON_OVERVIEW,
        "recent": Evidence.objects.standing().filter(plan__in=found).for_lists()[:4],
        "flag": flag,
        "today": today,
        "statuses": Status,
    }


@require_GET
@vary_on_htmx
def overview(request: HttpRequest) -> HttpResponse:
    """All plans, what needs a person, and the newest evidence; the address holds the filters."""
    today = timezone.localdate()
    chosen = {name: request.GET.get(name, "").strip() for name in ("party", "sector", "lifecycle", "lead", "q")}
    flag = choice(request, "flag", FLAGS)
    visible = Plan.objects.visible_to(request.user)
    found = visible.matching(
        party=chosen["party"],
        sector=chosen["sector"],
        lifecycle=chosen["lifecycle"],
        lead=chosen["lead"],
        words=chosen["q"],
    )
    context = {
        **lines_of(found, today, flag),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "is_fragment": wants_fragment(request),
    }
    if wants_fragment(request):
        return render(request, "plans/overview.html#results", context)
    parties = Party.objects.filter(Q(plans_as_a__in=visible) | Q(plans_as_b__in=visible)).distinct()
    context["parties"] = parties.order_by(f"short_{reader_language()}")
    context["sectors"] = Sector.objects.filter(pillars__plan__in=visible).distinct()
    context["lifecycles"] = Plan.Lifecycle.choices
    context["leads"] = visible.lead_bodies(reader_language())
    return render(request, "plans/overview.html", context)


@dataclass
class Lane:
    """A pillar and its commitments, those that the filter leaves as `rows`."""

    pillar: Pillar
    where: Where
    rows: list[Any] = field(default_factory=list)


def lanes_of(plan: Plan, commitments: list[Any], today: date) -> list[Lane]:
    """Each pillar of the plan with what its commitments count to."""
    of_pillar = defaultdict(list)
    for commitment in commitments:
        of_pillar[commitment.pillar_id].append(commitment)
    lanes = []
    for pillar in plan.pillars.all():
        mine = of_pillar[pillar.pk]
        counts = {status: sum(one.status == status for one in mine) for status in charts.ORDER}
        flags = {
            "overdue": sum(one.is_overdue for one in mine),
            "contested": sum(one.is_contested for one in mine),
            "silent": sum(one.is_silent for one in mine),
        }
        lanes.append(Lane(pillar, Where(counts, charts.bullet(counts, None, None, today), flags)))
    return lanes


def draw_tracks(axis: timeline.Axis | None, plan: Plan, commitments: list[Any], today: date) -> None:
    """Give each commitment its `track` on the plan's axis, and the number of its milestones met."""
    for commitment in commitments:
        steps = [
            (
                step.done_on or step.due_on or plan.ends,
                timeline.milestone_state(step.due_on, step.due_precision, step.done_on, plan.ends, today),
            )
            for step in commitment.milestones.all()
        ]
        commitment.milestones_met = sum(state == "met" for _day, state in steps)
        commitment.milestone_count = len(steps)
        commitment.track = axis and timeline.track(
            axis,
            starts=commitment.starts or plan.starts,
            due=commitment.last_day,
            is_overdue=commitment.is_overdue,
            baseline=timeline.last_day(commitment.baseline_due_on, commitment.due_precision, plan.ends),
            milestones=steps,
            evidence=[piece.published_on for piece in commitment.evidence_ticks],
        )


@require_GET
@vary_on_htmx
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """A plan: its facts, where it stands, its commitments on a timeline, meetings, evidence and documents."""
    today = timezone.localdate()
    plans = Plan.objects.visible_to(request.user).with_sides().with_counts(today)
    plan = get_object_or_404(plans.prefetch_related("pillars__sector"), slug=slug)
    commitments: list[Any] = list(plan.commitments.for_plan_page(today))
    meetings = list(plan.meetings.all())
    lanes = lanes_of(plan, commitments, today)

    status = choice(request, "status", Status.values)
    pillar = choice(request, "pillar", [lane.pillar.code for lane in lanes])
    flag = choice(request, "flag", FLAGS)
    flags = {"overdue": "is_overdue", "contested": "is_contested", "silent": "is_silent"}
    shown = [
        one
        for one in commitments
        if (not status or one.status == status)
        and (not pillar or one.pillar.code == pillar)
        and (not flag or getattr(one, flags[flag]))
    ]
    days = [day for one in commitments for day in (one.last_day, one.starts)]
    axis = timeline.axis(plan.starts, plan.ends, days, today)
    draw_tracks(axis, plan, shown, today)
    for lane in lanes:
        lane.rows = [one for one in shown if one.pillar_id == lane.pillar.pk]
    context = {
        "plan": plan,
        "where": where_it_stands(plan, today),
        "lanes": lanes,
        "shown": len(shown),
        "is_filtered": bool(status or pillar or flag),
        "chosen": {"status": status, "pillar": pillar, "flag": flag},
        "statuses": Status.choices,
        "axis": axis,
        "meetings": meetings,
        "labels": axis and timeline.meeting_labels(axis, [(one.held_on, short_place(one)) for one in meetings]),
        "today": today,
    }
    if wants_fragment(request):
        return render(request, "plans/plan.html#timeline", context)
    evidence = plan.evidence.for_lists()
    wants_all = request.GET.get("evidence") == "all"
    evidence_count = plan.evidence.count()
    context["evidence_count"] = evidence_count
    context["evidence"] = evidence[: LONGEST_LIST if wants_all else EVIDENCE_ON_A_PAGE]
    context["more_evidence"] = not wants_all and evidence_count > EVIDENCE_ON_A_PAGE
    context["disputes"] = evidence.filter(kind__in=["dispute", "correction"], commitment=None)
    context["documents"] = plan.documents.all()
    context["lineage"] = Lineage.objects.around(plan)
    return render(request, "plans/plan.html", context)


def short_place(meeting: Meeting) -> str:
    return plain(meeting, "place")


@dataclass
class Entry:
    """A line of the ledger: evidence, an assessment or a check, on its day."""

    on: date
    kind: str
    thing: Any
    number: int = 0  # of evidence, in the order published
    before: str = ""  # the level that the same side held until then
    grounds: list[tuple[int, Evidence]] = field(default_factory=list)


def ledger_of(evidence: list[Evidence], assessments: list[Assessment], checks: list[Any]) -> list[Entry]:
    """What is recorded of a commitment, newest first; an assessment says what its side held before.

    On one day the assessment stands above the evidence that it rests on.
    """
    by_age = sorted(evidence, key=lambda piece: (piece.published_on, piece.pk))
    numbers = {piece.pk: number for number, piece in enumerate(by_age, start=1)}
    entries = [Entry(piece.published_on, "evidence", piece, numbers[piece.pk]) for piece in by_age]
    held: dict[str, str] = {}
    for said in sorted(assessments, key=lambda said: (said.on, said.pk)):
        pieces = [said.ground, *said.evidence.all()]
        grounds = [(numbers.get(piece.pk, 0), piece) for piece in pieces]
        entries.append(Entry(said.on, "assessment", said, before=held.get(said.side, ""), grounds=grounds))
        if not said.is_withdrawn and not said.ground.is_withdrawn:
            held[said.side] = said.level
    entries += [Entry(check.on, "check", check) for check in checks]
    order = {"evidence": 0, "check": 1, "assessment": 2}
    return sorted(entries, key=lambda entry: (entry.on, order[entry.kind], entry.thing.pk), reverse=True)


def slip_of(thing: Commitment | Milestone, changes: list[DateChange]) -> dict[str, Any]:
    """How a date moved: how often, by how many whole months (None where no date is left), and each change."""
    first, now = thing.baseline_due_on, thing.due_on
    return {
        "thing": thing,
        "changes": changes,
        "times": len(changes),
        "months": timeline.months_between(first, now) if first and now else None,
        "given_up": bool(changes) and now is None and thing.due_precision != "plan_end",
    }


def chart_of(indicator: Indicator, today: date) -> charts.Line | None:
    baseline = indicator.baseline_on and indicator.baseline is not None and (indicator.baseline_on, indicator.baseline)
    target = indicator.target_on and indicator.target is not None and (indicator.target_on, indicator.target)
    values = [(value.on, value.value) for value in indicator.measurements.all()]
    return charts.line(values, baseline=baseline or None, target=target or None, today=today)


def commitment_page(
    request: HttpRequest, commitment: Any, form: AssessmentForm | None = None, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    plan = commitment.plan
    evidence = list(Evidence.objects.in_ledger_of(commitment))
    assessments = list(commitment.assessments.for_ledger())
    checks = list(commitment.checks.select_related("recorded_by"))
    ledger = ledger_of(evidence, assessments, checks)
    standing = [said for said in assessments if not said.is_withdrawn and not said.ground.is_withdrawn]
    # assessments come newest first: the first of a side is the one that holds
    latest = {side: next((said for said in standing if said.side == side), None) for side in ("a", "b", "")}
    numbers = {entry.thing.pk: entry.number for entry in ledger if entry.kind == "evidence"}
    milestones = list(commitment.milestones.all())
    changes = defaultdict(list)
    owners = Q(commitment=commitment) | Q(milestone__in=[step.pk for step in milestones])
    for change in DateChange.objects.filter(owners).select_related("evidence", "recorded_by"):
        changes[("milestone", change.milestone_id) if change.milestone_id else ("commitment", None)].append(change)
    user = request.user
    if (
        form is None
        and user.is_authenticated
        and user.has_perm("plans.add_assessment")
        and sides_a_person_speaks_for(user, commitment)
    ):
        form = AssessmentForm(commitment=commitment, user=user, initial={"ground": request.GET.get("ground")})
    context = {
        "commitment": commitment,
        "plan": plan,
        "columns": [
            ("a", plan.side_a, latest["a"], numbers.get(latest["a"].ground_id) if latest["a"] else None),
            ("b", plan.side_b, latest["b"], numbers.get(latest["b"].ground_id) if latest["b"] else None),
            ("assessor", None, latest[""], numbers.get(latest[""].ground_id) if latest[""] else None),
        ],
        "scale": charts.scale(commitment.level_a, commitment.level_b, commitment.level_assessor),
        "steps_apart": charts.steps_apart([commitment.level_a, commitment.level_b, commitment.level_assessor]),
        "scale_statuses": charts.SCALE,
        "ledger": ledger,
        "evidence_count": len(evidence),
        "withdrawn_count": sum(piece.is_withdrawn for piece in evidence),
        "slip": slip_of(commitment, changes[("commitment", None)]),
        # a first date keeps the precision it had before it moved
        "first_precision": next(
            (one.from_precision for one in changes[("commitment", None)]), commitment.due_precision
        ),
        "milestones": [
            {
                "step": step,
                "state": timeline.milestone_state(step.due_on, step.due_precision, step.done_on, plan.ends, today),
                "slip": slip_of(step, changes[("milestone", step.pk)]),
            }
            for step in milestones
        ],
        "indicators": [
            (indicator, chart_of(indicator, today), list(indicator.measurements.all()))
            for indicator in commitment.indicators.prefetch_related("measurements__evidence")
        ],
        "numbers": numbers,
        "form": form,
        "today": today,
    }
    return render(request, "plans/commitment.html", context, status=status)


def find_commitment(request: HttpRequest, slug: str, code: str) -> Any:
    plans = Plan.objects.visible_to(request.user)
    found = Commitment.objects.with_attention(timezone.localdate()).filter(plan__in=plans)
    return get_object_or_404(found.select_related("plan__side_a", "plan__side_b", "pillar"), plan__slug=slug, code=code)


@require_GET
def commitment(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What was promised, what each side and the assessor hold, and the ledger of evidence it rests on."""
    return commitment_page(request, find_commitment(request, slug, code))


@login_required
@permission_required("plans.add_assessment", raise_exception=True)
@require_http_methods(["GET", "POST"])
def assess(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Record a status. A focal point speaks for their own side alone."""
    commitment = find_commitment(request, slug, code)
    if request.method == "GET":
        ground = request.GET.get("ground", "")
        query = f"?ground={ground}" if ground.isdecimal() else ""
        return redirect(f"{commitment.get_absolute_url()}{query}#assess")
    if not sides_a_person_speaks_for(request.user, commitment):  # type: ignore[arg-type]
        raise PermissionDenied
    form = AssessmentForm(request.POST, commitment=commitment, user=request.user)  # type: ignore[arg-type]
    if form.is_valid():
        said = form.cleaned_data
        try:
            progress.assess(
                commitment,
                side=said["side"],
                level=said["level"],
                ground=said["ground"],
                on=said["on"],
                by=request.user,  # type: ignore[arg-type]
                further=said["further"],
                note_en=said["note_en"],
                note_ar=said["note_ar"],
            )
        except progress.ProgressError as error:  # withdrawn between our look and the lock
            form.add_error("ground", str(error))
        else:
            messages.success(request, _("Recorded. The status follows from the newest that stands."))
            return redirect(commitment)
    return commitment_page(request, commitment, form, status=422)


@require_GET
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece of evidence: its words, where they come from, and what rests on them."""
    visible = Evidence.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    piece = get_object_or_404(visible.for_lists(), pk=pk)
    resting = Assessment.objects.filter(Q(ground=piece) | Q(evidence=piece)).distinct().for_ledger()
    context = {
        "evidence": piece,
        "resting": resting,
        "date_changes": piece.date_changes.select_related("commitment__plan", "milestone__commitment__plan"),
        "measurements": piece.measurements.select_related("indicator__commitment__plan"),
    }
    return render(request, "plans/evidence.html", context)


def withdraw(request: HttpRequest, thing: Evidence | Assessment, back: Any) -> HttpResponse:
    """Ask why, then record that it no longer stands; what already was withdrawn is shown as it is."""
    if thing.is_withdrawn:
        messages.info(request, _("It had been withdrawn before."))
        return redirect(back)
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        progress.withdraw(thing, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Withdrawn. Statuses that rested on it have been derived afresh."))
        return redirect(back)
    context = {"form": form, "thing": thing, "back": back, "is_evidence": isinstance(thing, Evidence)}
    return render(request, "plans/withdraw.html", context, status=422 if form.is_bound else 200)


@login_required
@permission_required("plans.add_withdrawal", raise_exception=True)
@require_http_methods(["GET", "POST"])
def withdraw_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw evidence, with the reason; whatever status rested on it falls."""
    piece = get_object_or_404(Evidence.objects.for_lists(), pk=pk)
    return withdraw(request, piece, piece)


@login_required
@permission_required("plans.add_withdrawal", raise_exception=True)
@require_http_methods(["GET", "POST"])
def withdraw_assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an assessment, with the reason. A focal point may take back only what their own side said."""
    said = get_object_or_404(Assessment.objects.for_ledger(), pk=pk)
    own = {side for side, _name in sides_a_person_speaks_for(request.user, said.commitment)}  # type: ignore[arg-type]
    if (said.side or "assessor") not in own:
        raise PermissionDenied
    return withdraw(request, said, said.commitment)
