"""The pages of the plan half on the demo, its largest plan throughout: what tests of size and of the browser walk."""

from datetime import date, timedelta
from typing import Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from plans import approval, briefing, progress
from plans.files import keep, read_upload
from plans.models import (
    Document,
    Evidence,
    Indicator,
    Meeting,
    Milestone,
    Office,
    Party,
    Pillar,
    Plan,
    User,
)

LARGEST: Final = "gcc-aze"

# what anybody reads
READING: Final = {
    "overview": "",
    "plan": "plans/gcc-aze/",
    "plan, more evidence": "plans/gcc-aze/?evidence=2",
    "plan, as of a day": "plans/gcc-aze/?as_of=2026-01-31",
    "pillar": "plans/gcc-aze/pillars/{pillar}/",
    "commitment": "plans/gcc-aze/{code}/",
    "commitment, as of a day": "plans/gcc-aze/{code}/?as_of=2026-01-31",
    "commitment with an indicator": "plans/gcc-aze/{measured}/",
    "evidence": "evidence/{evidence}/",
    "party": "parties/gcc/",
    "party, a state": "parties/aze/",
    "sector": "sectors/energy/",
    "parties and sectors": "table/",
    "commitments": "commitments/",
    "commitments, filtered": "commitments/?party=gcc&status=none&flag=silent",
    "calendar": "calendar/?month={month}",
    "calendar, with Hijri dates": "calendar/?hijri=1",
    "calendar, a month as a grid": "calendar/?view=month&month={month}",
    "meeting": "plans/gcc-aze/meetings/{meeting}/",
    "dates that moved": "plans/gcc-aze/dates/",
    "briefing": "plans/gcc-aze/briefing/?since=2024-01-01",
    "briefing, side by side": "plans/gcc-aze/briefing/?since=2024-01-01&language=ar-en",
    "published briefing": "briefings/{briefing}/",
    "card": "plans/gcc-aze/card/",
    "API": "api/",
}
# what those see who work on the plans
WORKING: Final = {
    "my day": "my/",
    "handover": "plans/gcc-aze/handover/",
    "approval queue": "approvals/",
    "translations": "translations/",
    "move a date": "plans/gcc-aze/{code}/move-date/",
    "checked, nothing new": "plans/gcc-aze/{code}/check/",
    "amend": "plans/gcc-aze/{code}/amend/",
    "carry over": "plans/gcc-aze/{code}/carry-over/",
    "withdraw": "evidence/{evidence}/withdraw/",
    "sentence of a document": "documents/{document}/record/",
}
# data entry
ENTERING: Final = {
    "data entry": "admin/",
    "plans": "admin/plans/plan/",
    "commitments": "admin/plans/commitment/",
    "a plan": "admin/plans/plan/{plan}/change/",
    "a commitment": "admin/plans/commitment/{commitment}/change/",
    "a milestone": "admin/plans/milestone/{milestone}/change/",
    "an indicator": "admin/plans/indicator/{indicator}/change/",
    "a document": "admin/plans/document/{document}/change/",
    "a meeting": "admin/plans/meeting/{meeting}/change/",
    "an office": "admin/plans/office/{office}/change/",
    "a party": "admin/plans/party/{party}/change/",
    "evidence": "admin/plans/evidence/{evidence}/change/",
    "move a date": "admin/plans/datechange/add/",
    "people": "admin/plans/user/",
    "a new plan": "admin/plans/plan/add/",
    "import": "admin/plans/plan/{plan}/import/",
    "history of a plan": "admin/plans/plan/{plan}/history/",
    "history of a commitment": "admin/plans/commitment/{commitment}/history/",
}


def furnish(editor: User) -> dict[str, object]:
    """The demo, with something of what it lacks; what the addresses above name."""
    call_command("seed")
    today = timezone.localdate()
    plan = Plan.objects.get(slug=LARGEST)
    Plan.objects.filter(pk=plan.pk).update(asks_approval=True)
    plan.refresh_from_db()
    busiest = max(plan.commitments.all(), key=lambda one: (one.evidence.count(), one.code))
    piece = Evidence.objects.standing().filter(commitment=busiest).order_by("-published_on", "pk")[0]
    ends = plan.ends or today
    step = Milestone.objects.filter(commitment=busiest).first() or Milestone.objects.create(
        commitment=busiest, title_en="First group", title_ar="الدفعة الأولى", due_on=ends
    )
    for kind, thing, arguments in (
        ("assess", busiest, {"side": "", "level": "completed", "ground": piece, "on": today}),
        ("withdraw", piece, {"reason": "Another report says otherwise."}),
        ("move_date", step, {"to": ends, "precision": "day", "decided_on": today, "reason_en": "The venue changed."}),
    ):
        approval.record_or_propose(kind, thing, by=editor, **arguments)
    progress.record_check(busiest, on=today, sources="Agencies", languages=["ar", "en"], by=editor)
    progress.amend(
        busiest,
        title_en=busiest.title_en,
        title_ar=busiest.title_ar,
        text_en="As agreed anew.",
        text_ar="كما اتفق عليه من جديد.",
        agreed_on=today,
        by=editor,
    )
    document = plan.documents.order_by("pk")[0]
    upload = read_upload(SimpleUploadedFile("record.txt", b"The ministers met in Baku."))
    keep(document, upload)
    Document.objects.filter(pk=document.pk).update(digest=upload.digest)
    publish = {"since": date(2024, 1, 1), "reader": "a", "language": "ar-en", "by": editor}
    briefing.publish(plan, until=today - timedelta(days=90), **publish)  # type: ignore[arg-type]
    frozen = briefing.publish(plan, until=today, **publish)  # type: ignore[arg-type]
    meeting = Meeting.objects.filter(plan=plan, action_points__isnull=False).order_by("-held_on")[0]
    indicator = Indicator.objects.filter(commitment__plan=plan).first() or Indicator.objects.all()[0]
    office = Office.objects.order_by("pk")[0]
    return {
        "plan": plan.pk,
        "pillar": Pillar.objects.get(pk=busiest.pillar_id).code,
        "code": busiest.code,
        "commitment": busiest.pk,
        "measured": indicator.commitment.code,
        "indicator": indicator.pk,
        "milestone": step.pk,
        "evidence": piece.pk,
        "document": document.pk,
        "meeting": meeting.pk,
        "month": f"{meeting.held_on:%Y-%m}",
        "briefing": frozen.pk,
        "office": office.pk,
        "party": Party.objects.get(slug="gcc").pk,
    }
