"""What was agreed (`agreement`), where it stands (`progress`), its names (`naming`), meetings and papers
(`meetings`), how the work is done (`work`) and by whom (`people`)."""

from plans.models.agreement import (
    Commitment,
    DatePrecision,
    Indicator,
    Lineage,
    Measurement,
    Membership,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    Side,
    Status,
)
from plans.models.history import ROWS as ROWS_WITH_HISTORY
from plans.models.history import Pulse
from plans.models.meetings import ActionPoint, Document, Meeting, Office, OfficeHolder, StoredFile
from plans.models.naming import Alias
from plans.models.people import User
from plans.models.progress import (
    Assessment,
    AssessmentEvidence,
    Check,
    DateChange,
    Disagreement,
    Evidence,
    Level,
    Withdrawal,
    Wording,
)
from plans.models.work import Briefing, Proposal, Token, Translation

__all__ = [
    "ROWS_WITH_HISTORY",
    "ActionPoint",
    "Alias",
    "Assessment",
    "AssessmentEvidence",
    "Briefing",
    "Check",
    "Commitment",
    "DateChange",
    "DatePrecision",
    "Disagreement",
    "Document",
    "Evidence",
    "Indicator",
    "Level",
    "Lineage",
    "Measurement",
    "Meeting",
    "Membership",
    "Milestone",
    "Office",
    "OfficeHolder",
    "Party",
    "Pillar",
    "Plan",
    "Proposal",
    "Pulse",
    "Sector",
    "Side",
    "Status",
    "StoredFile",
    "Token",
    "Translation",
    "User",
    "Withdrawal",
    "Wording",
]
