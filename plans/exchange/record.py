"""All that is recorded of one plan, from which each export is made."""

from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from django.db.models import Q

from plans.exchange import shapes
from plans.models import Assessment, Commitment, DateChange, Document, Evidence, Meeting, Sector

# what a plan can be taken along as, and the media type of each
FORMATS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
}


class Record:
    """A plan of `with_sides().with_counts()` and what is recorded of it, each part fetched when first asked for.

    The commitments stand in the plan's order, the rest newest first; the whole costs a constant number of queries.
    """

    def __init__(self, plan: Any, today: date) -> None:
        self.plan = plan
        self.today = today

    @cached_property
    def sectors(self) -> list[Sector]:
        return list(Sector.objects.filter(pillars__plan=self.plan).distinct())

    @cached_property
    def commitments(self) -> list[Any]:
        rows = Commitment.objects.filter(plan=self.plan).with_attention(self.today)
        rows = rows.select_related("plan", "pillar__sector")
        rows = rows.prefetch_related("milestones", "indicators__measurements__evidence")
        return list(rows.order_by("pillar__position", "pillar__code", "position", "code"))

    @cached_property
    def evidence(self) -> list[Evidence]:
        return list(self.plan.evidence.for_lists())

    @cached_property
    def assessments(self) -> list[Assessment]:
        return list(Assessment.objects.filter(plan=self.plan).for_ledger())

    @cached_property
    def dates_moved(self) -> list[DateChange]:
        moved = DateChange.objects.filter(Q(commitment__plan=self.plan) | Q(milestone__commitment__plan=self.plan))
        return list(moved.select_related("commitment", "milestone__commitment", "evidence"))

    @cached_property
    def meetings(self) -> list[Meeting]:
        return list(self.plan.meetings.select_related("plan").prefetch_related("reviewed"))

    @cached_property
    def documents(self) -> list[Document]:
        return list(self.plan.documents.all())

    @property
    def has_demo(self) -> bool:
        return any(row.is_demo for row in [*self.commitments, *self.evidence, *self.assessments, *self.meetings])


def whole_plan(record: Record, at: shapes.Addresses, exported_at: datetime) -> shapes.WholePlan:
    """The record as the JSON export has it."""
    return shapes.WholePlan(
        schema_address=at("plan_schema"),
        exported_at=exported_at,
        plan=shapes.plan_in_full(record.plan, at),
        sectors=[shapes.sector(row) for row in record.sectors],
        commitments=[shapes.commitment_in_full(row, at) for row in record.commitments],
        evidence=[shapes.evidence(row, at) for row in record.evidence],
        assessments=[shapes.assessment(row) for row in record.assessments],
        dates_moved=[shapes.date_moved(row) for row in record.dates_moved],
        meetings=[shapes.meeting(row) for row in record.meetings],
        documents=[shapes.document(row) for row in record.documents],
    )


def plan_schema(address: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the export, as served at `address`."""
    schema = shapes.WholePlan.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": address, **schema}
