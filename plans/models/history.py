"""The history of every row: triggers in PostgreSQL write it, so that bulk and raw changes are in it too.

The record itself (evidence, assessments, withdrawals, wordings, briefings) is append-only and is its own history.
"""

from typing import ClassVar, Final

import pghistory
from django.db import models
from django.db.models.functions import Now

from plans.models.agreement import (
    Commitment,
    Indicator,
    Lineage,
    Measurement,
    Membership,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
)
from plans.models.meetings import ActionPoint, Document, Meeting, Office, OfficeHolder
from plans.models.naming import Alias
from plans.models.people import User
from plans.models.progress import Check, DateChange, Disagreement
from plans.models.work import Proposal
from plans.querysets import COUNTS_BY_STATUS, PulseQuerySet

# what refresh_status() and a trigger derive is told by what it is derived from
DERIVED: Final = [
    "status",
    "level_a",
    "level_b",
    "level_assessor",
    "is_contested",
    "last_evidence_on",
    "last_checked_on",
    "last_day",
    "finished_on",
    "heard",
]
TALLIED: Final = [*COUNTS_BY_STATUS, "contested_count", "last_evidence_on"]
OF_A_PERSON: Final = [
    "id",
    "username",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_superuser",
    "is_active",
    "party",
]

ROWS: Final = (
    ActionPoint,
    Alias,
    Check,
    DateChange,
    Disagreement,
    Document,
    Indicator,
    Lineage,
    Measurement,
    Meeting,
    Membership,
    Milestone,
    Office,
    OfficeHolder,
    Party,
    Plan,
    Proposal,
    Sector,
)


def _keep(model: type, fields: list[str] | None = None, exclude: list[str] | None = None) -> None:
    events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    pghistory.track(*events, fields=fields, exclude=exclude)(model)


for _model in ROWS:
    _keep(_model)
_keep(Commitment, exclude=DERIVED)
_keep(Pillar, exclude=TALLIED)
_keep(User, fields=OF_A_PERSON)


class Pulse(models.Model):
    """A beat for every statement that changes what pages of plans show; a trigger on each table writes it.

    A page that was drawn at a beat is still true while no other has come. Old beats are cleared away by the trigger.
    """

    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[PulseQuerySet] = PulseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.at)
