"""One function a page: fetch through a queryset, ask, render; a POST validates, calls one operation and redirects."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from plans import approval, as_of, charts, progress, timeline
from plans.forms import AssessmentForm, sides_a_person_speaks_for
from plans.models import (
    Assessment,
    Commitment,
    DateChange,
    Disagreement,
    Evidence,
    Indicator,
    Lineage,
    Measurement,
    Meeting,
    Milestone,
    Party,
    Pillar,
    Plan,
    Proposal,
    Sector,
    Status,
)
from plans.querysets import COUNTS_BY_STATUS, PlanQuerySet
from plans.reader import reader_language
from plans.rights import rights_in
from plans.templatetags.mithaq import plain
from plans.views import choice, fragment_key, render_kept, vary_on_htmx, wants_fragment

FLAGS = ("overdue", "contested", "silent")
PLANS_ON_A_PAGE = 15
COMMITMENTS_ON_A_PAGE = 30
EVIDENCE_ON_A_PAGE = 8
ATTENTION_ON_OVERVIEW = 3
LONGEST_LIST = 30
RECORDING = (
    "add_assessment",
    "add_check",
    "add_commitment",
    "add_datechange",
    "add_withdrawal",
    "add_wording",
)


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


def lines_of(found: PlanQuerySet, today: date, flag: str, page: str = "") -> dict[str, Any]:
    """What lists of plans show: a line a plan, totals, what needs a person (`flag` alone, or all), newest evidence.

    Lines come by the page; totals, attention and evidence are of all plans found.
    """
    lines = Paginator(found.for_overview(today), PLANS_ON_A_PAGE).get_page(page)
    of_found = Commitment.objects.filter(plan__in=found)
    counted = found.totals(today)
    totals = {
        "plans": lines.paginator.count,
        "commitments": sum(counted[name] for name in COUNTS_BY_STATUS),
        "completed": counted["count_completed"],
        "unknown": counted["count_none"],
        **{name: counted[f"{name}_count"] for name in FLAGS},
    }
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
        "plans": [
            (plan, where_it_stands(plan, today), fragment_key(plan, plan.side_a, plan.side_b, today)) for plan in lines
        ],
        "lines": lines,
        "totals": totals,
        "attention": attention,
        "attention_shown": LONGEST_LIST if flag else ATTENTION_ON_OVERVIEW,
        "recent": Evidence.objects.standing().filter(plan__in=found).newest(4),
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

    def results() -> dict[str, Any]:
        found = visible.matching(
            party=chosen["party"],
            sector=chosen["sector"],
            lifecycle=chosen["lifecycle"],
            lead=chosen["lead"],
            words=chosen["q"],
        )
        return {
            **lines_of(found, today, flag, request.GET.get("page", "")),
            "chosen": chosen,
            "is_filtered": any(chosen.values()),
            "is_fragment": wants_fragment(request),
        }

    def content() -> dict[str, Any]:
        is_side = Exists(visible.filter(side_a=OuterRef("pk"))) | Exists(visible.filter(side_b=OuterRef("pk")))
        of_visible = Pillar.objects.filter(sector=OuterRef("pk"), plan__in=visible)
        return {
            **results(),
            "parties": Party.objects.filter(is_side).order_by(f"short_{reader_language()}"),
            "sectors": Sector.objects.filter(Exists(of_visible)),
            "lifecycles": Plan.Lifecycle.choices,
            "leads": visible.lead_bodies(reader_language()),
        }

    if wants_fragment(request):
        return render(request, "plans/overview.html#results", results())
    return render_kept(request, "plans/overview.html", {}, content)


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


def lanes_counted(plan: Plan, today: date) -> list[Lane]:
    """As `lanes_of`, counted by PostgreSQL: a plan may have more commitments than a page needs."""
    counted = plan.pillars.counted(today)
    lanes = []
    for pillar in plan.pillars.all():
        row = counted.get(pillar.pk, {})
        counts = {status: row.get(f"count_{status}", 0) for status in charts.ORDER}
        flags = {flag: row.get(f"{flag}_count", 0) for flag in FLAGS}
        lanes.append(Lane(pillar, Where(counts, charts.bullet(counts, None, None, today), flags)))
    return lanes


def those_of(commitments: list[Any], status: str, pillar: str, flag: str) -> list[Any]:
    """As `CommitmentQuerySet.chosen`, of commitments in hand."""
    flags = {"overdue": "is_overdue", "contested": "is_contested", "silent": "is_silent"}
    return [
        one
        for one in commitments
        if (not status or one.status == status)
        and (not pillar or one.pillar.code == pillar)
        and (not flag or getattr(one, flags[flag]))
    ]


def where_lanes_stand(plan: Plan, lanes: list[Lane], today: date) -> Where:
    """As `where_it_stands`, summed from commitments in hand."""
    counts = {status: sum(lane.where.counts[status] for lane in lanes) for status in charts.ORDER}
    flags = {flag: sum(lane.where.flags[flag] for lane in lanes) for flag in FLAGS}
    return Where(counts, charts.bullet(counts, plan.starts, plan.ends, today), flags)


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
        seen = (commitment.track, len(commitment.evidence_ticks), today)
        commitment.fragment_key = fragment_key(commitment, plan.slug, plan.side_a, plan.side_b, *seen)


@require_GET
@vary_on_htmx
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """A plan: its facts, where it stands, its commitments on a timeline, meetings, evidence and documents.

    With `as_of` in the address as it stood on a past day.
    """
    then = as_of.asked(request.GET, timezone.localdate())
    today = then.day if then else timezone.localdate()
    plans = Plan.objects.visible_to(request.user).with_sides()
    if wants_fragment(request):
        plan = get_object_or_404(plans.with_counts(today), slug=slug)
        return render(request, "plans/plan.html#timeline", timeline_of(request, plan, today, then))
    plan = get_object_or_404(plans, slug=slug)

    def content() -> dict[str, Any]:
        counted = plans.with_counts(today).get(pk=plan.pk)
        shown = timeline_of(request, counted, today, then)
        return {**shown, **record_of(request, counted, then, shown["commitments"])}

    return render_kept(request, "plans/plan.html", {"plan": plan}, content)


def timeline_of(request: HttpRequest, plan: Plan, today: date, then: as_of.Moment | None) -> dict[str, Any]:
    """What the plan's timeline shows: its pillars, a page of the commitments that the filters leave, its meetings."""
    prefetch_related_objects([plan], "pillars__sector")
    meetings = list(plan.meetings.all())
    status = choice(request, "status", Status.values)
    pillar = choice(request, "pillar", [pillar.code for pillar in plan.pillars.all()])
    flag = choice(request, "flag", FLAGS)
    commitments: list[Any] = []
    if then:
        commitments = list(plan.commitments.for_plan_page(today))
        as_of.rewind(plan, commitments, then)
        lanes = lanes_of(plan, commitments, today)
        shown: Any = those_of(commitments, status, pillar, flag)
        days = [day for one in commitments for day in (one.last_day, one.starts)]
    else:
        lanes = lanes_counted(plan, today)
        shown = plan.commitments.for_plan_page(today).chosen(today, status=status, pillar=pillar, flag=flag)
        days = plan.commitments.span()
    axis = timeline.axis(plan.starts, plan.ends, days, today)
    page = Paginator(shown, COMMITMENTS_ON_A_PAGE).get_page(request.GET.get("page", ""))
    draw_tracks(axis, plan, list(page), today)
    for lane in lanes:
        lane.rows = [one for one in page if one.pillar_id == lane.pillar.pk]
    return {
        "plan": plan,
        "where": where_lanes_stand(plan, lanes, today) if then else where_it_stands(plan, today),
        "as_of": then,
        "commitments": commitments,  # of a past day
        "lanes": lanes,
        "shown": page.paginator.count,
        "page": page,
        "is_filtered": bool(status or pillar or flag),
        "chosen": {"status": status, "pillar": pillar, "flag": flag},
        "statuses": Status.choices,
        "axis": axis,
        "meetings": meetings,
        "labels": axis and timeline.meeting_labels(axis, [(one.held_on, short_place(one)) for one in meetings]),
        "today": today,
    }


def record_of(request: HttpRequest, plan: Plan, then: as_of.Moment | None, commitments: list[Any]) -> dict[str, Any]:
    """What a plan's page shows beside the timeline: dates moved, evidence, where sources disagree, documents."""
    moves = [change for change in DateChange.objects.in_plan(plan) if then is None or change.decided_on <= then.day]
    steps = [step for one in commitments for step in one.milestones.all()]
    recorded = plan.evidence.filter(then.recorded("published_on")) if then else plan.evidence.all()
    by_age = recorded.order_by("-published_on", "-pk").values_list("pk", flat=True)  # by the index: lists join much
    pieces = Paginator(by_age, EVIDENCE_ON_A_PAGE).get_page(request.GET.get("evidence", ""))
    listed = Evidence.objects.filter(pk__in=list(pieces.object_list)).for_lists()
    differing = Disagreement.objects.on(plan=plan)
    disagreements = list(differing.filter(recorded_at__lt=then.end) if then else differing)
    shown_there = [one.evidence_id for one in disagreements]
    disputes = recorded.filter(kind__in=["dispute", "correction"], commitment=None).exclude(pk__in=shown_there)
    papers = plan.documents.select_related("file").defer("file__content")
    return {
        "moved": moved_in(plan, commitments, steps, moves) if then else all_moved(plan, moves),
        "pieces": pieces,
        "evidence": as_of.unwithdrawn(listed, then),
        "disagreements": disagreements,
        "disputes": as_of.unwithdrawn(disputes.for_lists(), then),
        "documents": papers.filter(then.recorded("published_on")) if then else papers,
        "rights": rights_in(request.user, plan, "add_evidence"),
        "here": plan.get_absolute_url(),
        "yesterday": timezone.localdate() - timedelta(days=1),
        "lineage": Lineage.objects.around(plan),
    }


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


def slip_of(thing: Commitment | Milestone, changes: list[DateChange], plan_end: date | None) -> dict[str, Any]:
    """How a date moved: how often, by how many whole months (None where no date is left), and each change.

    Months run from the last day the first date allowed to the last day that the present one does.
    """
    # a first date keeps the precision it had before it moved
    first_precision = changes[0].from_precision if changes else thing.due_precision
    first = timeline.last_day(thing.baseline_due_on, first_precision, plan_end)
    now = timeline.last_day(thing.due_on, thing.due_precision, plan_end)
    return {
        "thing": thing,
        "changes": changes,
        "times": len(changes),
        "months": timeline.months_between(first, now) if first and now else None,
        "given_up": bool(changes) and now is None and thing.due_precision != "plan_end",
        "first_precision": first_precision,
    }


@dataclass
class Moved:
    """The dates of a plan that moved, and what they come to."""

    slips: list[dict[str, Any]]

    @property
    def times(self) -> int:
        return sum(slip["times"] for slip in self.slips)

    @property
    def months(self) -> int:
        return sum(slip["months"] or 0 for slip in self.slips)

    @property
    def given_up(self) -> int:
        return sum(slip["given_up"] for slip in self.slips)


def moved_in(plan: Plan, commitments: list[Any], steps: list[Milestone], changes: list[DateChange]) -> dict[str, Moved]:
    """The moved dates of a plan's `commitments` and of their `milestones`, each in the plan's order."""
    of_commitment, of_step = defaultdict(list), defaultdict(list)
    for change in changes:
        if change.milestone_id:
            of_step[change.milestone_id].append(change)
        else:
            of_commitment[change.commitment_id].append(change)
    return {
        "commitments": Moved(
            [slip_of(one, of_commitment[one.pk], plan.ends) for one in commitments if one.pk in of_commitment]
        ),
        "milestones": Moved([slip_of(step, of_step[step.pk], plan.ends) for step in steps if step.pk in of_step]),
    }


def all_moved(plan: Plan, changes: list[DateChange]) -> dict[str, Moved]:
    """As `moved_in`, with whatever the changes moved."""
    owners = {change.commitment_id for change in changes if change.commitment_id}
    keys = {change.milestone_id for change in changes if change.milestone_id}
    commitments = plan.commitments.filter(pk__in=owners)
    steps = Milestone.objects.filter(pk__in=keys).select_related("commitment")
    return moved_in(
        plan,
        list(commitments.order_by("pillar__position", "pillar__code", "position", "code")),
        list(steps.order_by("commitment__code", "due_on", "pk")),
        changes,
    )


@require_GET
def dates(request: HttpRequest, slug: str) -> HttpResponse:
    """Every date of a plan that moved: first agreed, now, by how much, and why."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=slug)
    changes = list(DateChange.objects.in_plan(plan).select_related("evidence", "recorded_by"))
    context = {"plan": plan, "moved": all_moved(plan, changes), "today": timezone.localdate()}
    return render(request, "plans/dates.html", context)


def chart_of(indicator: Indicator, today: date) -> charts.Line | None:
    baseline = indicator.baseline_on and indicator.baseline is not None and (indicator.baseline_on, indicator.baseline)
    target = indicator.target_on and indicator.target is not None and (indicator.target_on, indicator.target)
    values = [(value.on, value.value) for value in indicator.measurements.all()]
    return charts.line(values, baseline=baseline or None, target=target or None, today=today)


def commitment_page(
    request: HttpRequest, commitment: Any, form: AssessmentForm | None = None, status: int = 200
) -> HttpResponse:
    then = None if form else as_of.asked(request.GET, timezone.localdate())
    today = then.day if then else timezone.localdate()
    plan = commitment.plan
    evidence = as_of.unwithdrawn(as_of.on_record(Evidence.objects.in_ledger_of(commitment), "published_on", then), then)
    assessments = as_of.unwithdrawn(as_of.on_record(commitment.assessments.for_ledger(), "on", then), then)
    as_of.unwithdrawn([piece for said in assessments for piece in (said.ground, *said.evidence.all())], then)
    checks = list(as_of.on_record(commitment.checks.select_related("recorded_by"), "on", then))
    wordings = list(commitment.wordings.select_related("evidence", "recorded_by").order_by("-number"))
    if then:
        prefetch_related_objects([commitment], "milestones")
        as_of.rewind(plan, [commitment], then)
        wordings = as_of.reword(commitment, wordings, then)
    ledger = ledger_of(evidence, assessments, checks)
    standing = [said for said in assessments if not said.is_withdrawn and not said.ground.is_withdrawn]
    # assessments come newest first: the first of a side is the one that holds
    latest = {side: next((said for said in standing if said.side == side), None) for side in ("a", "b", "")}
    numbers = {entry.thing.pk: entry.number for entry in ledger if entry.kind == "evidence"}
    milestones = list(commitment.milestones.all())
    changes = defaultdict(list)
    owners = Q(commitment=commitment) | Q(milestone__in=[step.pk for step in milestones])
    for change in DateChange.objects.filter(owners).select_related("evidence", "recorded_by"):
        if then and change.decided_on > then.day:
            continue
        changes[("milestone", change.milestone_id) if change.milestone_id else ("commitment", None)].append(change)
    user: Any = request.user
    rights = set() if then else rights_in(user, plan, *RECORDING)  # nothing is recorded in the past
    if form is None and "add_assessment" in rights and sides_a_person_speaks_for(user, commitment):
        again = approval.to_propose_again(user, approval.Kind.ASSESS, commitment, request.GET.get("again", ""))
        if again:
            again["side"] = again.get("side") or "assessor"
        initial = {**again, "ground": request.GET.get("ground") or again.get("ground")}
        form = AssessmentForm(commitment=commitment, user=user, initial=initial)
    waiting: Any = Proposal.objects.none()
    if user.is_authenticated and user.has_perm("plans.view_proposal") and not then:
        waiting = commitment.proposals.filter(state=approval.State.WAITING)
        waiting = waiting.select_related(*approval.PAGES)
    measured = Measurement.objects.select_related("evidence")
    if then:
        measured = measured.filter(on__lte=then.day)
    context = {
        "as_of": then,
        "here": commitment.get_absolute_url(),
        "yesterday": timezone.localdate() - timedelta(days=1),
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
        "disagreements": Disagreement.objects.on(commitment=commitment),
        "evidence_count": len(evidence),
        "withdrawn_count": sum(piece.is_withdrawn for piece in evidence),
        "slip": slip_of(commitment, changes[("commitment", None)], plan.ends),
        "milestones": [
            {
                "step": step,
                "state": timeline.milestone_state(step.due_on, step.due_precision, step.done_on, plan.ends, today),
                "slip": slip_of(step, changes[("milestone", step.pk)], plan.ends),
            }
            for step in milestones
        ],
        "indicators": [
            (indicator, chart_of(indicator, today), list(indicator.measurements.all()))
            for indicator in commitment.indicators.prefetch_related(Prefetch("measurements", measured))
        ],
        "numbers": numbers,
        "wordings": wordings,
        "carried_to": list(commitment.carried_to.select_related("plan")),
        "form": form,
        "rights": rights,
        "reports": "add_assessment" in rights and progress.side_of(user, plan),
        "waiting": approval.shown(waiting, user) if user.is_authenticated else [],
        "today": today,
    }
    return render(request, "plans/commitment.html", context, status=status)


def find_commitment(request: HttpRequest, slug: str, code: str) -> Any:
    plans = Plan.objects.visible_to(request.user)
    found = Commitment.objects.with_attention(timezone.localdate()).filter(plan__in=plans)
    found = found.select_related("plan__side_a", "plan__side_b", "pillar", "carried_from__plan")
    return get_object_or_404(found, plan__slug=slug, code=code)


@require_GET
def commitment(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What was promised, what each side and the assessor hold, and the ledger of evidence it rests on."""
    return commitment_page(request, find_commitment(request, slug, code))


@require_GET
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece of evidence: its words, where they come from, and what rests on them."""
    visible = Evidence.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    piece = get_object_or_404(visible.for_lists(), pk=pk)
    resting = Assessment.objects.filter(Q(ground=piece) | Q(evidence=piece)).distinct().for_ledger()
    user: Any = request.user
    waiting: Any = Proposal.objects.none()
    if user.is_authenticated and user.has_perm("plans.view_proposal"):
        waiting = Proposal.objects.filter(
            kind=approval.Kind.WITHDRAW, state=approval.State.WAITING, plan=piece.plan_id, arguments__evidence=piece.pk
        )
    is_its_own_copy = not piece.url and piece.digest == hashlib.sha256(piece.quote.encode()).hexdigest()
    context = {
        "evidence": piece,
        "is_its_own_copy": is_its_own_copy,
        "disagreements": Disagreement.objects.on(evidence=piece),
        "waiting": waiting.select_related("proposed_by"),
        "may_withdraw": "add_withdrawal" in rights_in(user, piece.plan, "add_withdrawal")
        and progress.may_withdraw(user, piece),
        "resting": resting,
        "date_changes": piece.date_changes.select_related("commitment__plan", "milestone__commitment__plan"),
        "measurements": piece.measurements.select_related("indicator__commitment__plan"),
    }
    return render(request, "plans/evidence.html", context)
