"""What is published (`press`), what the matching says of it (`matching`), its review (`review`), what people are told
(`notices`), and what search finds (`search`)."""

import pghistory

from articles.models.matching import AliasProposal, Aside, Decision, RematchDue, Rematching, Suggestion
from articles.models.notices import Digest, Follow, Notice, Wish
from articles.models.press import Article, FetchRun, Fingerprint, Host, Revision, Source, Story
from articles.models.review import Anchor, Annotation, Claim, Comment, Correction, ReadingShare, SecondReading
from articles.models.search import Finding, SavedSearch, SearchDue, Term

__all__ = [
    "AliasProposal",
    "Anchor",
    "Annotation",
    "Article",
    "Aside",
    "Claim",
    "Comment",
    "Correction",
    "Decision",
    "Digest",
    "FetchRun",
    "Finding",
    "Fingerprint",
    "Follow",
    "Host",
    "Notice",
    "ReadingShare",
    "RematchDue",
    "Rematching",
    "Revision",
    "SavedSearch",
    "SearchDue",
    "SecondReading",
    "Source",
    "Story",
    "Suggestion",
    "Term",
    "Wish",
]

# what people do to quotes is in the history, written by triggers as all of it is (`plans/models/history.py`)
for _model in (Annotation, Anchor, Comment, Correction, SecondReading):
    pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(_model)
# of an article what people decide; what the importer writes has its runs and revisions
pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "decided_at", "later_on", "assigned_to")),
    fields=["id", "state", "decided_by", "decided_at", "later_on", "assigned_to"],
    model_name="ArticleEvent",
)(Article)
