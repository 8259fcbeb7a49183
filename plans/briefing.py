"""A briefing before a meeting: what the record holds of a plan and a period, as plain data that can be frozen.

`gather()` asks the database a constant number of questions, `content_of()` makes the content of the answers alone:
dates are ISO 8601, texts stand in both languages, every fact carries the numbers of its citations. `plans/paper.py`
puts the content into words, for a page or a document. All is as of the last day of the period, by what is known now.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from plans import charts
from plans.models import (
    ActionPoint,
    Assessment,
    Briefing,
    Check,
    Commitment,
    DateChange,
    Evidence,
    Meeting,
    Membership,
    Pillar,
    Plan,
    Side,
    Status,
    User,
)
from plans.progress import is_contested, status_of
from plans.timeline import last_day

Content = dict[str, Any]

VERSION: Final = 1
LANGUAGES: Final = ("ar", "en", "ar-en")
# what is listed before «and so many more»: the paper stays within three pages
MOST: Final = {"changed": 6, "moved": 3, "news": 4, "late": 6, "owed": 4, "actions": 4, "differ": 5, "questions": 4}
ENDED: Final = (Status.COMPLETED, Status.DROPPED)
FLAGS: Final = ("overdue", "contested", "silent")


@dataclass
class Facts:
    """The rows a briefing is made of."""

    plan: Plan
    since: date
    until: date
    reader: str  # the side that says «we»
    pillars: list[Pillar]
    commitments: list[Commitment]
    evidence: list[tuple[int, int | None, date]]  # key, commitment, day; the newest first
    assessments: list[Assessment]  # the oldest first
    checks: list[Check]  # the oldest first
    date_changes: list[DateChange]  # the oldest first
    meetings: list[Meeting]
    actions: list[ActionPoint]
    disputes: list[int]


def reader_side(plan: Plan, user: User | AnonymousUser) -> str:
    """The side that a reader means by «we»: their party's, or that of the bloc it belongs to; side A where unknown."""
    party = getattr(user, "party_id", None)
    if party is None or party == plan.side_a_id:
        return str(Side.A)
    if party == plan.side_b_id:
        return str(Side.B)
    return str(Side.B if Membership.objects.filter(bloc=plan.side_b_id, member=party).exists() else Side.A)


def last_meeting_before(plan: Plan, day: date) -> Meeting | None:
    return plan.meetings.filter(held_on__lt=day).order_by("-held_on", "-pk").first()


def default_since(plan: Plan, until: date) -> date:
    """The day of the last meeting; without one the plan's first day, without that a year ago."""
    meeting = last_meeting_before(plan, until)
    if meeting is not None:
        return meeting.held_on
    return plan.starts if plan.starts and plan.starts < until else until - timedelta(days=365)


def gather(plan: Plan, *, since: date, until: date, reader: str = "a") -> Facts:
    """Read what a briefing needs, in a number of queries that does not depend on how much there is."""
    commitments = list(
        plan.commitments.select_related("pillar").order_by("pillar__position", "pillar__code", "position", "code")
    )
    evidence = plan.evidence.standing().filter(published_on__lte=until).order_by("-published_on", "-pk")
    return Facts(
        plan=plan,
        since=since,
        until=until,
        reader=reader,
        pillars=list(plan.pillars.all()),
        commitments=commitments,
        evidence=list(evidence.values_list("pk", "commitment_id", "published_on")),
        assessments=list(Assessment.objects.standing().filter(plan=plan, on__lte=until).order_by("on", "pk")),
        checks=list(Check.objects.filter(commitment__plan=plan, on__lte=until).order_by("on", "pk")),
        date_changes=list(DateChange.objects.filter(commitment__plan=plan).order_by("decided_on", "pk")),
        meetings=list(plan.meetings.order_by("held_on", "pk")),
        actions=list(
            ActionPoint.objects.filter(meeting__plan=plan, meeting__held_on__lte=until)
            .select_related("commitment", "meeting")
            .order_by("due_on", "pk")
        ),
        disputes=list(evidence.filter(kind__in=["dispute", "correction"]).values_list("pk", flat=True)[:50]),
    )


def both(thing: Any, field: str) -> dict[str, str]:
    """A bilingual field in both languages."""
    return {language: getattr(thing, f"{field}_{language}", "") for language in ("en", "ar")}


def listed(items: list[Any], most: int) -> dict[str, Any]:
    """A list cut to what a paper holds, with how many there were."""
    return {"total": len(items), "items": items[:most]}


class Citations:
    """Numbers for pieces of evidence in the order in which they are first cited."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}

    def cite(self, *keys: int | None) -> list[int]:
        """The numbers of these pieces, given out where they are new; nothing for None."""
        return [self.numbers.setdefault(key, len(self.numbers) + 1) for key in dict.fromkeys(keys) if key is not None]


@dataclass
class Standing:
    """Where one commitment stands at the end of the period."""

    commitment: Commitment
    held: dict[str, Assessment]  # by side
    due: date | None
    due_precision: str
    last_day: date | None
    heard: date | None
    checked: Check | None
    newest: int | None  # evidence of it
    is_silent: bool
    is_overdue: bool

    @property
    def levels(self) -> dict[str, str]:
        return {side: said.level for side, said in self.held.items()}

    @property
    def status(self) -> str:
        return status_of(self.levels)

    @property
    def is_contested(self) -> bool:
        return is_contested(self.levels)

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED and self.commitment.done_on is None


def standings_of(facts: Facts) -> list[Standing]:
    """Where every commitment stands on the last day of the period: the rules of the plan's page, as of that day."""
    held: dict[int, dict[str, Assessment]] = defaultdict(dict)
    for said in facts.assessments:
        held[said.commitment_id][said.side] = said
    newest: dict[int, tuple[int, date]] = {}
    for key, commitment_id, day in facts.evidence:
        if commitment_id is not None:
            newest.setdefault(commitment_id, (key, day))
    checks = {check.commitment_id: check for check in facts.checks}
    later: dict[int, DateChange] = {}  # the first move decided after the period: its old date held then
    for change in reversed(facts.date_changes):
        if change.decided_on > facts.until and change.commitment_id is not None:
            later[change.commitment_id] = change
    in_force = facts.plan.is_in_force(facts.until)
    silent_before = facts.until - settings.SILENT_AFTER

    found = []
    for one in facts.commitments:
        moved = later.get(one.pk)
        due, precision = (moved.from_date, moved.from_precision) if moved else (one.due_on, one.due_precision)
        end = last_day(due, precision, facts.plan.ends)
        check = checks.get(one.pk)
        days = [newest.get(one.pk, (0, None))[1], check.on if check else None, facts.plan.starts]
        heard = max((day for day in days if day is not None), default=None)
        status = status_of({side: said.level for side, said in held[one.pk].items()})
        ended = status in ENDED
        done = one.done_on is not None and one.done_on <= facts.until
        found.append(
            Standing(
                commitment=one,
                held=held[one.pk],
                due=due,
                due_precision=precision,
                last_day=end,
                heard=heard,
                checked=check,
                newest=newest.get(one.pk, (None, None))[0],
                is_silent=in_force and not ended and heard is not None and heard < silent_before,
                is_overdue=not ended and not done and end is not None and end < facts.until,
            )
        )
    return found


def _named(one: Commitment) -> dict[str, Any]:
    return {"code": one.code, "title": both(one, "title")}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _counted(standings: Iterable[Standing]) -> dict[str, Any]:
    standings = list(standings)
    return {
        "counts": {status: sum(one.status == status for one in standings) for status in charts.ORDER},
        "overdue": sum(one.is_overdue for one in standings),
        "contested": sum(one.is_contested for one in standings),
        "silent": sum(one.is_silent for one in standings),
    }


def _meeting(meeting: Meeting | None) -> dict[str, Any] | None:
    if meeting is None:
        return None
    return {
        "kind": meeting.kind,
        "round": meeting.round,
        "on": _day(meeting.held_on),
        "precision": meeting.held_precision,
        "place": both(meeting, "place"),
    }


def _changes(facts: Facts, cite: Citations) -> list[dict[str, Any]]:
    """Levels that changed in the period, the newest first, the assessor's before those of the sides on one day."""
    by_key = {one.pk: one for one in facts.commitments}
    held: dict[tuple[int, str], str] = {}
    found = []
    for said in facts.assessments:
        before = held.get((said.commitment_id, said.side), "")
        held[(said.commitment_id, said.side)] = said.level
        if facts.since < said.on <= facts.until and before != said.level:
            found.append((said, before))
    found.sort(key=lambda pair: (pair[0].on, pair[0].side == "", pair[0].pk), reverse=True)
    return [
        {
            **_named(by_key[said.commitment_id]),
            "side": said.side,
            "from": before,
            "to": said.level,
            "on": _day(said.on),
            "refs": cite.cite(said.ground_id) if place < MOST["changed"] else [],
        }
        for place, (said, before) in enumerate(found)
    ]


def _moves(facts: Facts, cite: Citations) -> list[dict[str, Any]]:
    by_key = {one.pk: one for one in facts.commitments}
    moved = [change for change in facts.date_changes if facts.since < change.decided_on <= facts.until]
    return [
        {
            **_named(by_key[change.commitment_id]),
            "from": _day(change.from_date),
            "from_precision": change.from_precision,
            "to": _day(change.to_date),
            "to_precision": change.to_precision,
            "on": _day(change.decided_on),
            "reason": both(change, "reason"),
            "refs": cite.cite(change.evidence_id) if place < MOST["moved"] else [],
        }
        for place, change in enumerate(reversed(moved))
        if change.commitment_id is not None
    ]


def _late(facts: Facts, standings: list[Standing], cite: Citations) -> list[dict[str, Any]]:
    moves: dict[int, list[DateChange]] = defaultdict(list)
    for change in facts.date_changes:
        if change.commitment_id is not None and change.decided_on <= facts.until:
            moves[change.commitment_id].append(change)
    late = sorted((one for one in standings if one.is_overdue), key=lambda one: one.last_day or date.max)
    return [
        {
            **_named(one.commitment),
            "days": (facts.until - one.last_day).days if one.last_day else 0,
            "due": _day(one.due),
            "precision": one.due_precision,
            "moved": len(moves[one.commitment.pk]),
            "status": one.status,
            "refs": cite.cite(one.newest) if place < MOST["late"] else [],
        }
        for place, one in enumerate(late)
    ]


def _owed(facts: Facts, standings: list[Standing], side: str, cite: Citations) -> dict[str, Any]:
    """What a side has still to deliver: open commitments it has a lead body for, and its open action points."""
    other = "b" if side == "a" else "a"
    mine = [
        one
        for one in standings
        if one.is_open and (getattr(one.commitment, f"lead_{side}_en") or getattr(one.commitment, f"lead_{side}_ar"))
    ]
    mine.sort(key=lambda one: one.last_day or date.max)
    open_actions = [
        action
        for action in facts.actions
        if action.side in ("", side) and (action.done_on is None or action.done_on > facts.until)
    ]
    commitments = [
        {
            **_named(one.commitment),
            "lead": both(one.commitment, f"lead_{side}"),
            "shared": bool(getattr(one.commitment, f"lead_{other}_en") or getattr(one.commitment, f"lead_{other}_ar")),
            "due": _day(one.due),
            "precision": one.due_precision,
            "overdue": one.is_overdue,
            "status": one.status,
            "refs": cite.cite(one.newest) if place < MOST["owed"] else [],
        }
        for place, one in enumerate(mine)
    ]
    actions = [
        {
            "text": both(action, "text"),
            "code": action.commitment.code if action.commitment else "",
            "owner": both(action, "owner"),
            "shared": not action.side,
            "meeting": _day(action.meeting.held_on),
            "due": _day(action.due_on),
            "overdue": action.due_on is not None and action.due_on < facts.until,
        }
        for action in open_actions
    ]
    return {"commitments": listed(commitments, MOST["owed"]), "actions": listed(actions, MOST["actions"])}


def _questions(facts: Facts, standings: list[Standing], cite: Citations) -> dict[str, Any]:
    open_ones = [one for one in standings if one.status not in ENDED]
    silent = sorted((one for one in open_ones if one.is_silent and one.newest), key=lambda one: one.heard or date.max)
    without = [one for one in open_ones if one.status == Status.NONE]
    checked = [one for one in open_ones if one.checked and one.checked.on == one.heard]
    nobody = [
        one
        for one in open_ones
        if not any(getattr(one.commitment, f"lead_{side}_{lang}") for side in "ab" for lang in ("en", "ar"))
    ]
    return {
        "without": listed([_named(one.commitment) for one in without], MOST["questions"]),
        "silent": listed(
            [
                {
                    **_named(one.commitment),
                    "days": (facts.until - one.heard).days if one.heard else 0,
                    "refs": cite.cite(one.newest) if place < MOST["questions"] else [],
                }
                for place, one in enumerate(silent)
            ],
            MOST["questions"],
        ),
        "checked": listed(
            [
                {
                    **_named(one.commitment),
                    "on": _day(one.checked.on),
                    "sources": one.checked.sources,
                    "languages": list(one.checked.languages),
                }
                for one in checked
                if one.checked
            ],
            MOST["questions"],
        ),
        "disputes": {
            "total": len(facts.disputes),
            "items": [{"refs": cite.cite(key)} for key in facts.disputes[:3]],
        },
        "without_lead": len(nobody),
    }


def _citation(number: int, piece: Evidence) -> dict[str, Any]:
    return {
        "number": number,
        "evidence": piece.pk,
        "quote": piece.quote,
        "language": piece.language,
        "gloss": both(piece, "gloss"),
        "summary": both(piece, "summary"),
        "publisher": piece.publisher,
        "on": _day(piece.published_on),
        "precision": piece.published_precision,
        "url": piece.url,
        "digest": piece.digest,
        "demo": piece.is_demo,
    }


def content_of(facts: Facts) -> tuple[Content, dict[int, int]]:
    """The content but for its citations, and the number of each piece of evidence it cites, by key."""
    cite = Citations()
    plan, standings = facts.plan, standings_of(facts)
    days = [meeting for meeting in facts.meetings if meeting.held_on >= facts.until]
    before = [meeting for meeting in facts.meetings if meeting.held_on == facts.since]
    passed = charts.share_of_time(plan.starts, plan.ends, facts.until)
    changed = _changes(facts, cite)
    moved = _moves(facts, cite)
    told = set(cite.numbers)
    fresh = [(key, one) for key, one, day in facts.evidence if facts.since < day <= facts.until]
    by_key = {one.pk: one for one in facts.commitments}
    news = [
        {**(_named(by_key[one]) if one in by_key else {"code": "", "title": {}}), "refs": cite.cite(key)}
        for key, one in [pair for pair in fresh if pair[0] not in told][: MOST["news"]]
    ]
    content: Content = {
        "version": VERSION,
        "plan": {
            "slug": plan.slug,
            "title": both(plan, "title"),
            "a": both(plan.side_a, "short"),
            "b": both(plan.side_b, "short"),
            "lead_a": both(plan, "lead_a"),
            "lead_b": both(plan, "lead_b"),
        },
        "since": _day(facts.since),
        "until": _day(facts.until),
        "since_meeting": _meeting(before[-1] if before else None),
        "next_meeting": _meeting(days[0] if days else None),
        "reader": facts.reader,
        "is_demo": any(one.is_demo for one in facts.commitments),
        "evidence": len(facts.evidence),
        "new_evidence": len(fresh),
        "time": None if passed is None else round(passed * 100),
        "all": _counted(standings),
        "pillars": [
            {
                "code": pillar.code,
                "title": both(pillar, "title"),
                **_counted(one for one in standings if one.commitment.pillar_id == pillar.pk),
            }
            for pillar in facts.pillars
        ],
        "changed": listed(changed, MOST["changed"]),
        "moved": listed(moved, MOST["moved"]),
        "news": {"total": len(fresh), "items": news},
        "late": listed(_late(facts, standings, cite), MOST["late"]),
        "owed": {side: _owed(facts, standings, side, cite) for side in (facts.reader, *({"a", "b"} - {facts.reader}))},
        "differ": listed(
            [
                {
                    **_named(one.commitment),
                    "levels": {"a": "", "b": "", "assessor": "", **{s or "assessor": v for s, v in one.levels.items()}},
                    "refs": cite.cite(*(said.ground_id for said in one.held.values())),
                }
                for one in [one for one in standings if one.is_contested][: MOST["differ"]]
            ],
            MOST["differ"],
        ),
        "questions": _questions(facts, standings, cite),
        "commitments": [
            {
                **_named(one.commitment),
                "status": one.status,
                "overdue": one.is_overdue,
                "contested": one.is_contested,
                "silent": one.is_silent,
                "due": _day(one.due),
            }
            for one in standings
        ],
    }
    content["differ"]["total"] = sum(one.is_contested for one in standings)
    return content, cite.numbers


def prepare(plan: Plan, *, since: date, until: date, reader: str = "a") -> Content:
    """The whole content of a briefing, citations included; `plan` comes with its sides."""
    content, numbers = content_of(gather(plan, since=since, until=until, reader=reader))
    pieces = Evidence.objects.in_bulk(list(numbers))
    content["citations"] = [_citation(number, pieces[key]) for key, number in numbers.items()]
    return content


def digest_of(content: Content) -> str:
    """SHA-256 of the content as JSON with sorted keys and without spaces, in UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def publish(plan: Plan, *, since: date, until: date, reader: str, language: str, by: User) -> Briefing:
    """Freeze a briefing: its content and digest are kept and never change. Returns it."""
    content = prepare(plan, since=since, until=until, reader=reader)
    return Briefing.objects.create(
        plan=plan,
        since=since,
        until=until,
        language=language,
        content=content,
        digest=digest_of(content),
        published_by=by,
        is_demo=content["is_demo"],
    )


def difference(old: Content, new: Content) -> dict[str, list[dict[str, Any]]]:
    """What a briefing says of commitments that an earlier one of the same plan did not: pure data, by kind.

    `status`: level before and now; for each flag `<flag>_on` and `<flag>_off`; `added` and `removed`; `moved` dates.
    """
    before = {one["code"]: one for one in old["commitments"]}
    now = {one["code"]: one for one in new["commitments"]}
    common = [(before[code], one) for code, one in now.items() if code in before]

    def named(one: dict[str, Any], **more: str) -> dict[str, Any]:
        return {"code": one["code"], "title": one["title"], **more}

    return {
        "status": [
            named(b, **{"from": a["status"], "to": b["status"]}) for a, b in common if a["status"] != b["status"]
        ],
        **{f"{flag}_on": [named(b) for a, b in common if b[flag] and not a[flag]] for flag in FLAGS},
        **{f"{flag}_off": [named(b) for a, b in common if a[flag] and not b[flag]] for flag in FLAGS},
        "moved": [named(b, **{"from": a["due"], "to": b["due"]}) for a, b in common if a["due"] != b["due"]],
        "added": [named(one) for code, one in now.items() if code not in before],
        "removed": [named(one) for code, one in before.items() if code not in now],
    }
