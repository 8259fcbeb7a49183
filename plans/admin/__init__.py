"""Data entry in Django's admin: a plan, its pillars and its commitments in one sitting, in both languages.

The record (evidence, assessments, withdrawals) is only read here: it is made, and withdrawn, on the pages of the site.
Dates move and checks are recorded through `plans/progress.py`. `articles/admin.py` builds on `EntryAdmin` and `Record`.
"""

from plans.admin import agreement, meetings, people, record, vocabulary
from plans.admin.site import EntryAdmin, Record

__all__ = ["EntryAdmin", "Record", "agreement", "meetings", "people", "record", "vocabulary"]
