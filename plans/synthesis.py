"""Invented plans in any number, to measure with: the same number gives the same rows. All are marked as demo data."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from typing import Final

import pgtrigger
from django.db import connection, transaction

from plans.models import (
    Assessment,
    Commitment,
    Evidence,
    Level,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    Side,
)

PREFIX: Final = "synthetic"
BATCH: Final = 2000
WORDS_EN: Final = "joint group exchange programme study framework training forum standards data customs energy"
WORDS_AR: Final = "برنامج تدريب مشترك دراسة منتدى تبادل خبرات معايير بيانات جمارك طاقة استثمار"
LEADS: Final = {
    "lead_a_en": "Ministry A",
    "lead_a_ar": "الوزارة الأولى",
    "lead_b_en": "Ministry B",
    "lead_b_ar": "الوزارة الثانية",
}
OURS: Final = "(SELECT id FROM plans_plan WHERE starts_with(slug, 'synthetic-'))"

Progress = Callable[[int, int], None]


def synthesize(plans: int, commitments: int, today: date, *, seed: int = 1, progress: Progress | None = None) -> None:
    """Make this many plans, and this many commitments spread over them unevenly, with evidence, levels and dates.

    One transaction: a run that is killed leaves nothing. What an earlier run made is taken away first. Raises
    ValueError where there are fewer commitments than plans.
    """
    if not 0 < plans <= commitments:
        raise ValueError(f"{commitments} commitments cannot be spread over {plans} plans.")
    chance = random.Random(seed)
    with pgtrigger.ignore(), transaction.atomic():  # invented rows have no history worth a trigger each
        forget()
        sectors = list(Sector.objects.order_by("pk"))
        if not sectors:
            raise ValueError("There are no sectors: run `manage.py seed` first.")
        made = _plans(plans, today, chance)
        pillars = _pillars(made, sectors)
        # a few plans are large, most are small, as in life
        weights = [1 / (rank + 4) for rank in range(plans)]
        homes = [*range(plans), *chance.choices(range(plans), weights, k=commitments - plans)]
        done = 0
        numbered = enumerate(homes)
        while batch := tuple(islice(numbered, BATCH)):
            _commitments(batch, made, pillars, today, chance)
            done += len(batch)
            if progress is not None:
                progress(done, commitments)
        _derive()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def forget() -> None:
    """Take away what synthesize() made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL mithaq.resets_demo = 'on'")
        cursor.execute(
            "DELETE FROM plans_milestone m USING plans_commitment c"  # noqa: S608 a name of our own
            f" WHERE m.commitment_id = c.id AND c.plan_id IN {OURS}"
        )
        for table in ("assessment", "evidence", "commitment", "pillar"):
            cursor.execute(f"DELETE FROM plans_{table} WHERE plan_id IN {OURS}")  # noqa: S608 names of our own
        cursor.execute(f"DELETE FROM plans_plan WHERE id IN {OURS}")  # noqa: S608
        cursor.execute("DELETE FROM plans_party WHERE starts_with(slug, 'synthetic-')")


def _plans(number: int, today: date, chance: random.Random) -> list[Plan]:
    parties = Party.objects.bulk_create(
        Party(
            slug=f"{PREFIX}-{n}",
            kind=Party.Kind.STATE,
            name_en=f"Synthetic state {n}",
            name_ar=f"دولة اصطناعية {n}",
            short_en=f"State {n}",
            short_ar=f"دولة {n}",
        )
        for n in range(1, max(2, min(number, 60)) + 1)
    )
    rows = []
    for n in range(1, number + 1):
        side_a, side_b = chance.sample(parties, 2)
        starts = today - timedelta(days=chance.randrange(100, 1500))
        rows.append(
            Plan(
                slug=f"{PREFIX}-{n}",
                title_en=f"Synthetic plan {n}",
                title_ar=f"خطة اصطناعية {n}",
                side_a=side_a,
                side_b=side_b,
                starts=starts,
                ends=starts + timedelta(days=1825),
                lifecycle=Plan.Lifecycle.IN_FORCE,
                **LEADS,
            )
        )
    return Plan.objects.bulk_create(rows, batch_size=BATCH)


def _pillars(plans: list[Plan], sectors: list[Sector]) -> dict[int, list[Pillar]]:
    rows = [
        Pillar(
            plan=plan,
            code=f"P{n}",
            title_en=sector.name_en,
            title_ar=sector.name_ar,
            sector=sector,
            position=n,
        )
        for plan in plans
        for n, sector in enumerate(sectors[:8], start=1)
    ]
    found: dict[int, list[Pillar]] = {plan.pk: [] for plan in plans}
    for pillar in Pillar.objects.bulk_create(rows, batch_size=BATCH):
        found[pillar.plan_id].append(pillar)
    return found


def _some(words: str, chance: random.Random, number: int) -> str:
    return " ".join(chance.choices(words.split(), k=number))


def _commitments(
    batch: tuple[tuple[int, int], ...],
    plans: list[Plan],
    pillars: dict[int, list[Pillar]],
    today: date,
    chance: random.Random,
) -> None:
    rows = []
    for number, home in batch:
        plan = plans[home]
        starts = today - timedelta(days=chance.randrange(30, 900))
        due = starts + timedelta(days=chance.randrange(60, 1500))
        rows.append(
            Commitment(
                plan=plan,
                pillar=chance.choice(pillars[plan.pk]),
                code=f"C-{number + 1}",
                title_en=f"{_some(WORDS_EN, chance, 4).capitalize()} {number + 1}",
                title_ar=f"{_some(WORDS_AR, chance, 4)} {number + 1}",
                text_en=_some(WORDS_EN, chance, 20),
                text_ar=_some(WORDS_AR, chance, 20),
                starts=starts,
                due_on=due,
                baseline_due_on=due - timedelta(days=chance.choice([0, 0, 90])),
                position=number % 1000,
                **(LEADS if chance.random() < 0.95 else {}),
                is_demo=True,
            )
        )
    commitments = Commitment.objects.bulk_create(rows)
    Milestone.objects.bulk_create(
        Milestone(
            commitment=one,
            title_en="First step",
            title_ar="الخطوة الأولى",
            due_on=one.starts,
            baseline_due_on=one.starts,
        )
        for one in commitments
        if chance.random() < 0.5
    )
    heard = [one for one in commitments if chance.random() < 0.9]
    evidence = Evidence.objects.bulk_create(piece for one in heard for piece in _evidence(one, today, chance))
    grounds: dict[int, list[Evidence]] = {}
    for piece in evidence:
        assert piece.commitment_id is not None
        grounds.setdefault(piece.commitment_id, []).append(piece)
    Assessment.objects.bulk_create(
        assessment for one in heard for assessment in _assessments(one, grounds[one.pk], chance)
    )


def _evidence(commitment: Commitment, today: date, chance: random.Random) -> Iterator[Evidence]:
    for n in range(chance.choice([1, 1, 2, 3])):
        quote = f"{_some(WORDS_EN, chance, 12).capitalize()} ({commitment.code}, {n + 1})."
        yield Evidence(
            plan_id=commitment.plan_id,
            pillar_id=commitment.pillar_id,
            commitment=commitment,
            kind=chance.choice([Evidence.Kind.PROGRESS, Evidence.Kind.STATEMENT, Evidence.Kind.DELAY]),
            speaker=chance.choice(Evidence.Speaker.values),
            quote=quote,
            language="en",
            publisher="Synthetic Wire",
            published_on=today - timedelta(days=chance.randrange(0, 700)),
            digest=sha256(quote.encode()).hexdigest(),
            is_demo=True,
        )


def _assessments(commitment: Commitment, grounds: list[Evidence], chance: random.Random) -> Iterator[Assessment]:
    level = chance.choice(Level.values[:4])
    for side in (Side.A.value, Side.B.value, ""):
        if chance.random() < 0.8:
            ground = chance.choice(grounds)
            yield Assessment(
                commitment=commitment,
                plan_id=commitment.plan_id,
                side=side,
                level=level if chance.random() < 0.85 else chance.choice(Level.values[:4]),
                on=ground.published_on,
                ground=ground,
                is_demo=True,
            )


def _derive() -> None:
    """The derived columns of all at once, as progress.refresh_status() writes them of one; a test compares the two."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ours AS (
                SELECT c.id FROM plans_commitment c JOIN plans_plan p ON p.id = c.plan_id
                WHERE starts_with(p.slug, 'synthetic-')
            ), said AS (
                SELECT DISTINCT ON (a.commitment_id, a.side) a.commitment_id, a.side, a.level
                FROM plans_assessment a JOIN ours ON ours.id = a.commitment_id
                ORDER BY a.commitment_id, a.side, a."on" DESC, a.id DESC
            ), levels AS (
                SELECT commitment_id,
                       coalesce(max(level) FILTER (WHERE side = 'a'), '') AS a,
                       coalesce(max(level) FILTER (WHERE side = 'b'), '') AS b,
                       coalesce(max(level) FILTER (WHERE side = ''), '') AS held,
                       count(DISTINCT level) > 1 AS differ,
                       count(DISTINCT level) FILTER (WHERE side <> '') AS voices,
                       max(level) FILTER (WHERE side <> '') AS voice
                FROM said GROUP BY commitment_id
            ), heard AS (
                SELECT e.commitment_id, max(e.published_on) AS last
                FROM plans_evidence e JOIN ours ON ours.id = e.commitment_id GROUP BY e.commitment_id
            )
            UPDATE plans_commitment c SET
                level_a = coalesce(l.a, ''), level_b = coalesce(l.b, ''), level_assessor = coalesce(l.held, ''),
                is_contested = coalesce(l.differ, false), last_evidence_on = h.last,
                status = CASE WHEN l.held <> '' THEN l.held WHEN coalesce(l.voices, 0) = 0 THEN 'none'
                              WHEN l.voices = 1 THEN l.voice ELSE 'contested' END
            FROM ours LEFT JOIN levels l ON l.commitment_id = ours.id LEFT JOIN heard h ON h.commitment_id = ours.id
            WHERE c.id = ours.id
            """
        )
