"""What was agreed (`agreement`), where it stands (`progress`), its names (`naming`), who works here (`people`)."""

from plans.models.agreement import (
    Commitment,
    DatePrecision,
    Document,
    Indicator,
    Measurement,
    Meeting,
    Membership,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    Side,
    Status,
)
from plans.models.naming import Alias
from plans.models.people import User
from plans.models.progress import Assessment, AssessmentEvidence, Check, DateChange, Evidence, Level, Withdrawal

__all__ = [
    "Alias",
    "Assessment",
    "AssessmentEvidence",
    "Check",
    "Commitment",
    "DateChange",
    "DatePrecision",
    "Document",
    "Evidence",
    "Indicator",
    "Level",
    "Measurement",
    "Meeting",
    "Membership",
    "Milestone",
    "Party",
    "Pillar",
    "Plan",
    "Sector",
    "Side",
    "Status",
    "User",
    "Withdrawal",
]
