"""The shapes in which plans leave as JSON: the API's answers and the export of a whole plan are made of the same.

Each shape has a function that makes it from a row; the JSON Schema and the OpenAPI document are derived from them.
Texts carry both languages, empty where one is missing; what ends in `_label` is in the language asked for.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from pydantic import BaseModel, ConfigDict, Field

from plans import models
from plans.models import DatePrecision, Level, Side, Status
from plans.templatetags.mithaq import schedule_name

Schedule = Literal["no_date", "not_due", "due_soon", "overdue", "done_on_time", "done_late", "stopped"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Shape):
    """A text in both languages, empty where it is missing in one."""

    en: str
    ar: str


class Day(Shape):
    """A date as exactly as it is known; `on` is null where it is the end of the plan."""

    on: date | None
    precision: DatePrecision


class Party(Shape):
    """A state, bloc or organisation."""

    slug: str
    kind: models.Party.Kind
    name: Text
    short: Text
    iso3: str = Field(description="ISO 3166-1 alpha-3, empty where it is no state")
    members: list[str] | None = Field(description="the slugs of a bloc's present members; null where not asked")


class Sector(Shape):
    """An area of cooperation by which pillars of different plans compare."""

    slug: str
    name: Text
    dac_codes: list[str] = Field(description="OECD DAC purpose codes")
    sdg_goals: list[int]


class Pillar(Shape):
    """An area of cooperation as a plan names it."""

    code: str
    title: Text
    sector: str = Field(description="the sector's slug")


class Counts(Shape):
    """Commitments of a plan, by status and by what needs a person."""

    total: int
    completed: int
    substantial: int
    limited: int
    not_started: int
    contested_status: int = Field(description="the sides differ and the assessor has not spoken")
    no_evidence: int = Field(description="nothing is known; not the same as nothing done")
    dropped: int
    overdue: int
    contested: int = Field(description="any two who have spoken differ")
    silent: int


class Plan(Shape):
    """A cooperation plan and where it stands."""

    slug: str
    url: str
    title: Text
    kind: models.Plan.Kind
    kind_label: str
    lifecycle: models.Plan.Lifecycle
    lifecycle_label: str
    side_a: Party
    side_b: Party
    starts: date | None
    ends: date | None
    adopted: Day | None
    adopted_place: Text
    lead_a: Text
    lead_b: Text
    note: Text
    counts: Counts
    last_evidence_on: date | None
    next_due_on: date | None


class PlanInFull(Plan):
    """A plan with its pillars."""

    pillars: list[Pillar]


class Milestone(Shape):
    """A dated step of a commitment."""

    title: Text
    due_first_agreed: date | None
    due: Day | None
    done_on: date | None


class Measurement(Shape):
    """A value on a day, and the evidence it rests on."""

    on: date
    value: Decimal
    evidence: int


class Indicator(Shape):
    """How a result is measured."""

    title: Text
    unit: Text
    baseline: Decimal | None
    baseline_on: date | None
    target: Decimal | None
    target_on: date | None
    measurements: list[Measurement]


class Commitment(Shape):
    """What was promised, and the three lights: what each side says, what the assessor holds, what the calendar says."""

    plan: str = Field(description="the plan's slug")
    code: str
    url: str
    pillar: str = Field(description="the pillar's code")
    sector: str = Field(description="the sector's slug")
    title: Text
    text: Text = Field(description="the words agreed")
    lead_a: Text
    lead_b: Text
    starts: date | None
    due_first_agreed: date | None
    due: Day | None
    done_on: date | None
    schedule: Schedule = Field(description="what the calendar says")
    schedule_label: str
    status: Status = Field(description="derived: the assessor's level, else the sides' where they agree")
    status_label: str
    level_a: Level | None = Field(description="what side A reports")
    level_b: Level | None = Field(description="what side B reports")
    level_assessor: Level | None = Field(description="what the assessor holds")
    is_contested: bool
    is_overdue: bool
    is_silent: bool
    last_evidence_on: date | None
    last_checked_on: date | None
    is_demo: bool = Field(description="invented for demonstration")


class CommitmentInFull(Commitment):
    """A commitment with its milestones and indicators."""

    milestones: list[Milestone]
    indicators: list[Indicator]


class Withdrawn(Shape):
    """That something no longer stands, since when and why."""

    at: datetime
    reason: str


class Evidence(Shape):
    """What a source says: its very words (`quote`, with glosses) or a summary in ours, never both."""

    id: int
    url: str
    plan: str
    pillar: str | None
    commitment: str | None = Field(description="the commitment's code; null where the whole plan is meant")
    kind: models.Evidence.Kind
    kind_label: str
    speaker: models.Evidence.Speaker
    quote: str
    language: str
    gloss: Text
    summary: Text
    publisher: str
    source_title: str
    source_url: str
    published: Day
    digest: str = Field(description="SHA-256 of the archived copy")
    recorded_at: datetime
    withdrawn: Withdrawn | None
    is_demo: bool


class Assessment(Shape):
    """On a day a side, or the assessor (null), holds a commitment to be at a level, because of its ground."""

    id: int
    plan: str
    commitment: str
    side: Side | None
    level: Level
    level_label: str
    on: date
    ground: int = Field(description="the evidence it rests on")
    evidence: list[int] = Field(description="further evidence")
    note: Text
    recorded_at: datetime
    stands: bool = Field(description="false where it or its ground was withdrawn")
    withdrawn: Withdrawn | None
    is_demo: bool


class DateMoved(Shape):
    """A due date that moved, and why."""

    commitment: str
    milestone: Text | None = Field(description="the milestone's title; null where the commitment's own date moved")
    before: Day | None
    after: Day | None
    decided_on: date
    reason: Text
    evidence: int | None
    asked_by: Side | None
    agreed_by: Side | None


class Meeting(Shape):
    """A meeting of a plan's sides."""

    id: int
    plan: str
    kind: models.Meeting.Kind
    kind_label: str
    round: int | None
    held: Day
    place: Text
    who: Text
    summary: Text
    reviewed: list[str] = Field(description="codes of the commitments reviewed")
    is_demo: bool


class Document(Shape):
    """A text or report a plan's facts rest on."""

    kind: models.Document.Kind
    title: Text
    publisher: str
    url: str
    published: Day | None


class WholePlan(Shape):
    """Everything recorded of one plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"title": "A plan of Mithaq"})

    schema_address: str = Field(serialization_alias="$schema", description="where this schema is served")
    exported_at: datetime
    plan: PlanInFull
    sectors: list[Sector]
    commitments: list[CommitmentInFull]
    evidence: list[Evidence]
    assessments: list[Assessment]
    dates_moved: list[DateMoved]
    meetings: list[Meeting]
    documents: list[Document]


# ------------------------------------------------------------------ from rows


class Addresses:
    """Absolute addresses of our pages, in the language the text is asked in."""

    def __init__(self, request: HttpRequest) -> None:
        self._absolute: Callable[[str], str] = request.build_absolute_uri

    def __call__(self, name: str, *args: Any) -> str:
        return self._absolute(reverse(name, args=args))


def text(thing: Any, field: str) -> Text:
    return Text(en=getattr(thing, f"{field}_en"), ar=getattr(thing, f"{field}_ar"))


def day(on: date | None, precision: str) -> Day | None:
    """A date, or None where none is recorded; «by the end of the plan» is a date without a day."""
    if on is None and precision != DatePrecision.PLAN_END:
        return None
    return Day(on=None if precision == DatePrecision.PLAN_END else on, precision=DatePrecision(precision))


def known_day(on: date, precision: str) -> Day:
    return Day(on=on, precision=DatePrecision(precision))


def level(value: str) -> Level | None:
    return Level(value) if value else None


def side(value: str) -> Side | None:
    return Side(value) if value else None


def withdrawn(thing: Any) -> Withdrawn | None:
    return Withdrawn(at=thing.withdrawal.recorded_at, reason=thing.withdrawal.reason) if thing.is_withdrawn else None


def party(row: models.Party, members: list[str] | None = None) -> Party:
    return Party(
        slug=row.slug,
        kind=models.Party.Kind(row.kind),
        name=text(row, "name"),
        short=text(row, "short"),
        iso3=row.iso3,
        members=members,
    )


def sector(row: models.Sector) -> Sector:
    return Sector(slug=row.slug, name=text(row, "name"), dac_codes=row.dac_codes, sdg_goals=row.sdg_goals)


def pillar(row: models.Pillar) -> Pillar:
    return Pillar(code=row.code, title=text(row, "title"), sector=row.sector.slug)


def plan(row: Any, at: Addresses) -> Plan:
    """A plan of `with_sides().with_counts()`."""
    return Plan(**_plan(row, at))


def plan_in_full(row: Any, at: Addresses) -> PlanInFull:
    """As `plan`, its pillars and their sectors fetched with it."""
    return PlanInFull(**_plan(row, at), pillars=[pillar(one) for one in row.pillars.all()])


def _plan(row: Any, at: Addresses) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "url": at("plan", row.slug),
        "title": text(row, "title"),
        "kind": models.Plan.Kind(row.kind),
        "kind_label": row.get_kind_display(),
        "lifecycle": models.Plan.Lifecycle(row.lifecycle),
        "lifecycle_label": row.get_lifecycle_display(),
        "side_a": party(row.side_a),
        "side_b": party(row.side_b),
        "starts": row.starts,
        "ends": row.ends,
        "adopted": day(row.adopted_on, row.adopted_precision),
        "adopted_place": text(row, "adopted_place"),
        "lead_a": text(row, "lead_a"),
        "lead_b": text(row, "lead_b"),
        "note": text(row, "note"),
        "counts": Counts(
            total=row.commitment_count,
            completed=row.count_completed,
            substantial=row.count_substantial,
            limited=row.count_limited,
            not_started=row.count_not_started,
            contested_status=row.count_contested,
            no_evidence=row.count_none,
            dropped=row.count_dropped,
            overdue=row.overdue_count,
            contested=row.contested_count,
            silent=row.silent_count,
        ),
        "last_evidence_on": row.last_evidence_on,
        "next_due_on": row.next_due_on,
    }


def commitment(row: Any, at: Addresses) -> Commitment:
    """A commitment of `with_attention()`, its plan and its pillar with the sector fetched with it."""
    return Commitment(**_commitment(row, at))


def commitment_in_full(row: Any, at: Addresses) -> CommitmentInFull:
    """As `commitment`, its milestones, indicators and their measurements fetched with it."""
    return CommitmentInFull(
        **_commitment(row, at),
        milestones=[
            Milestone(
                title=text(step, "title"),
                due_first_agreed=step.baseline_due_on,
                due=day(step.due_on, step.due_precision),
                done_on=step.done_on,
            )
            for step in row.milestones.all()
        ],
        indicators=[
            Indicator(
                title=text(one, "title"),
                unit=text(one, "unit"),
                baseline=one.baseline,
                baseline_on=one.baseline_on,
                target=one.target,
                target_on=one.target_on,
                measurements=[
                    Measurement(on=value.on, value=value.value, evidence=value.evidence_id)
                    for value in one.measurements.all()
                ],
            )
            for one in row.indicators.all()
        ],
    )


def _commitment(row: Any, at: Addresses) -> dict[str, Any]:
    return {
        "plan": row.plan.slug,
        "code": row.code,
        "url": at("commitment", row.plan.slug, row.code),
        "pillar": row.pillar.code,
        "sector": row.pillar.sector.slug,
        "title": text(row, "title"),
        "text": text(row, "text"),
        "lead_a": text(row, "lead_a"),
        "lead_b": text(row, "lead_b"),
        "starts": row.starts,
        "due_first_agreed": row.baseline_due_on,
        "due": day(row.due_on, row.due_precision),
        "done_on": row.done_on,
        "schedule": row.schedule,
        "schedule_label": schedule_name(row.schedule),
        "status": Status(row.status),
        "status_label": str(Status(row.status).label),
        "level_a": level(row.level_a),
        "level_b": level(row.level_b),
        "level_assessor": level(row.level_assessor),
        "is_contested": row.is_contested,
        "is_overdue": row.is_overdue,
        "is_silent": row.is_silent,
        "last_evidence_on": row.last_evidence_on,
        "last_checked_on": row.last_checked_on,
        "is_demo": row.is_demo,
    }


def evidence(row: models.Evidence, at: Addresses) -> Evidence:
    """A piece of evidence of `for_lists()`."""
    return Evidence(
        id=row.pk,
        url=at("evidence", row.pk),
        plan=row.plan.slug,
        pillar=row.pillar.code if row.pillar else None,
        commitment=row.commitment.code if row.commitment else None,
        kind=models.Evidence.Kind(row.kind),
        kind_label=row.get_kind_display(),
        speaker=models.Evidence.Speaker(row.speaker),
        quote=row.quote,
        language=row.language,
        gloss=text(row, "gloss"),
        summary=text(row, "summary"),
        publisher=row.publisher,
        source_title=row.title,
        source_url=row.url,
        published=known_day(row.published_on, row.published_precision),
        digest=row.digest,
        recorded_at=row.recorded_at,
        withdrawn=withdrawn(row),
        is_demo=row.is_demo,
    )


def assessment(row: models.Assessment) -> Assessment:
    """An assessment of `for_ledger()`."""
    return Assessment(
        id=row.pk,
        plan=row.commitment.plan.slug,
        commitment=row.commitment.code,
        side=side(row.side),
        level=Level(row.level),
        level_label=str(Level(row.level).label),
        on=row.on,
        ground=row.ground_id,
        evidence=sorted(piece.pk for piece in row.evidence.all()),
        note=text(row, "note"),
        recorded_at=row.recorded_at,
        stands=not row.is_withdrawn and not row.ground.is_withdrawn,
        withdrawn=withdrawn(row),
        is_demo=row.is_demo,
    )


def date_moved(row: models.DateChange) -> DateMoved:
    """A date change, its milestone and commitment fetched with it."""
    owner = row.milestone.commitment if row.milestone else row.commitment
    assert owner is not None  # a constraint of the table: one of the two
    return DateMoved(
        commitment=owner.code,
        milestone=text(row.milestone, "title") if row.milestone else None,
        before=day(row.from_date, row.from_precision),
        after=day(row.to_date, row.to_precision),
        decided_on=row.decided_on,
        reason=text(row, "reason"),
        evidence=row.evidence_id,
        asked_by=side(row.asked_by),
        agreed_by=side(row.agreed_by),
    )


def meeting(row: models.Meeting) -> Meeting:
    """A meeting, its plan and the commitments reviewed fetched with it."""
    return Meeting(
        id=row.pk,
        plan=row.plan.slug,
        kind=models.Meeting.Kind(row.kind),
        kind_label=row.get_kind_display(),
        round=row.round,
        held=known_day(row.held_on, row.held_precision),
        place=text(row, "place"),
        who=text(row, "who"),
        summary=text(row, "summary"),
        reviewed=sorted(one.code for one in row.reviewed.all()),
        is_demo=row.is_demo,
    )


def document(row: models.Document) -> Document:
    return Document(
        kind=models.Document.Kind(row.kind),
        title=text(row, "title"),
        publisher=row.publisher,
        url=row.url,
        published=day(row.published_on, row.published_precision),
    )
