"""What PostgreSQL keeps beside commitments and pillars: always what the rows make it, whoever writes and however."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from plans.models import Commitment, Pillar, Plan
from plans.progress import assess, record_check, withdraw
from plans.querysets import COUNTS_BY_STATUS
from tests.plans.conftest import make_commitment, make_evidence

pytestmark = pytest.mark.django_db


def kept(commitment: Commitment) -> tuple[Any, Any, Any]:
    commitment.refresh_from_db()
    return commitment.last_day, commitment.finished_on, commitment.heard


def tally(pillar: Pillar) -> dict[str, int]:
    pillar.refresh_from_db()
    counts = {name.removeprefix("count_"): getattr(pillar, name) for name in COUNTS_BY_STATUS}
    return {status: n for status, n in counts.items() if n}


def test_a_new_end_of_the_plan_is_the_last_day_of_what_is_due_by_it(pillar: Pillar) -> None:
    commitment = make_commitment(pillar, "ENE-1", due_on=None, due_precision="plan_end")
    Plan.objects.update(ends=date(2030, 6, 30))
    assert kept(commitment)[0] == date(2030, 6, 30)


def test_a_check_is_heard_as_evidence_is(commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 3, 1))
    assert kept(commitment)[2] == date(2025, 3, 1)
    record_check(commitment, on=date(2025, 4, 1), sources="Wire", languages=["ar"], by=None)
    assert kept(commitment)[2] == date(2025, 4, 1)


def test_nobody_types_what_the_calendar_says(commitment: Commitment) -> None:
    before = kept(commitment)
    Commitment.objects.update(last_day=date(1999, 1, 1), finished_on=date(1999, 1, 1), heard=date(1999, 1, 1))
    assert kept(commitment) == before


def test_a_withdrawn_ground_finishes_nothing(commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2025, 3, 1))
    assess(commitment, side="", level="completed", ground=ground, on=date(2025, 3, 2), by=None)
    assert kept(commitment)[1] == date(2025, 3, 1)
    withdraw(ground, reason="A misprint.", by=None)
    assert kept(commitment)[1] is None


def test_a_pillar_counts_its_commitments_by_status(commitment: Commitment, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-2")
    assess(
        commitment,
        side="a",
        level="limited",
        ground=make_evidence(commitment, date(2025, 3, 1)),
        on=date(2025, 3, 1),
        by=None,
    )
    assert tally(pillar) == {"limited": 1, "none": 1}
    assert pillar.last_evidence_on == date(2025, 3, 1)


def test_a_commitment_that_moves_or_goes_leaves_the_count(pillar: Pillar) -> None:
    other = Pillar.objects.create(plan=pillar.plan, code="TRA", title_en="T", title_ar="ت", sector=pillar.sector)
    moved, gone = make_commitment(pillar, "ENE-1"), make_commitment(pillar, "ENE-2")
    Commitment.objects.filter(pk=moved.pk).update(pillar=other)
    gone.delete()
    assert (tally(pillar), tally(other)) == ({}, {"none": 1})


def test_changes_in_bulk_and_by_raw_sql_are_counted(pillar: Pillar) -> None:
    Commitment.objects.bulk_create(
        Commitment(plan=pillar.plan, pillar=pillar, code=f"ENE-{n}", title_en="E", title_ar="ط") for n in range(5)
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE plans_commitment SET status = 'dropped' WHERE code IN ('ENE-1', 'ENE-2')")
    assert tally(pillar) == {"dropped": 2, "none": 3}


def test_nobody_types_a_count(commitment: Commitment, pillar: Pillar) -> None:
    Pillar.objects.update(count_completed=7, contested_count=7, last_evidence_on=date(1999, 1, 1))
    assert tally(pillar) == {"none": 1}
    assert (pillar.contested_count, pillar.last_evidence_on) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_in_one_pillar_the_second_counts_what_the_first_wrote(pillar: Pillar) -> None:
    def write() -> None:
        make_commitment(pillar, "ENE-2")
        connection.close()

    other = threading.Thread(target=write)
    with transaction.atomic():
        make_commitment(pillar, "ENE-1")
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive(), "the second waits for the first"
    other.join(timeout=20)
    assert tally(pillar) == {"none": 2}
