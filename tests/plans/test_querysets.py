"""The words of the field as queries: overdue, silent, due; and that SQL and the timeline agree on a date's last day."""

from datetime import date
from typing import Any

import pytest

from plans import timeline
from plans.models import Commitment, DatePrecision, Evidence, Membership, Party, Pillar, Plan
from plans.progress import assess, record_check, record_evidence, withdraw
from tests.plans.conftest import make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db

TODAY = date(2025, 12, 10)


@pytest.mark.parametrize("precision", DatePrecision.values)
@pytest.mark.parametrize("on", [date(2024, 2, 10), date(2025, 12, 31), date(2026, 4, 1)])
def test_the_database_and_the_timeline_agree_on_a_dates_last_day(pillar: Pillar, precision: str, on: date) -> None:
    commitment = make_commitment(pillar, "ENE-1", due_on=on, due_precision=precision)
    found: Any = Commitment.objects.with_schedule(TODAY).get(pk=commitment.pk)
    assert found.last_day == timeline.last_day(on, precision, pillar.plan.ends)


@pytest.mark.parametrize(
    "fields, today, schedule",
    [
        ({"due_on": None}, TODAY, "no_date"),
        ({"due_on": date(2025, 12, 9)}, TODAY, "overdue"),
        ({"due_on": date(2025, 12, 10)}, TODAY, "due_soon"),
        ({"due_on": date(2026, 1, 9)}, TODAY, "due_soon"),
        ({"due_on": date(2026, 1, 10)}, TODAY, "not_due"),
        ({"due_on": date(2025, 1, 1), "due_precision": "year"}, TODAY, "due_soon"),
        ({"due_on": date(2025, 1, 1), "due_precision": "year"}, date(2026, 1, 1), "overdue"),
        ({"due_on": date(2025, 6, 30), "done_on": date(2025, 6, 30)}, TODAY, "done_on_time"),
        ({"due_on": date(2025, 6, 30), "done_on": date(2025, 7, 1)}, TODAY, "done_late"),
    ],
)
def test_the_schedule_follows_from_the_dates(
    pillar: Pillar, fields: dict[str, object], today: date, schedule: str
) -> None:
    commitment = make_commitment(pillar, "ENE-1", **fields)
    found: Any = Commitment.objects.with_attention(today).get(pk=commitment.pk)
    assert found.schedule == schedule
    assert found.is_overdue is (schedule == "overdue")


def test_what_evidence_of_the_whole_plan_completes_is_not_overdue(pillar: Pillar) -> None:
    commitment = make_commitment(pillar, "ENE-1", due_on=date(2025, 6, 30))
    ground = record_evidence(
        plan=pillar.plan, kind="progress", summary_en="All done.", publisher="Wire", published_on=date(2025, 5, 1)
    )
    assess(commitment, side="", level="completed", ground=ground, on=date(2025, 5, 2), by=None)
    found: Any = Commitment.objects.with_attention(TODAY).get(pk=commitment.pk)
    assert (found.schedule, found.is_overdue) == ("done_on_time", False)


@pytest.mark.parametrize("today, silent", [(date(2025, 6, 30), False), (date(2025, 7, 1), True)])
def test_a_commitment_falls_silent_after_180_days_unheard(commitment: Commitment, today: date, silent: bool) -> None:
    make_evidence(commitment, date(2025, 1, 1))
    found: Any = Commitment.objects.with_attention(today).get(pk=commitment.pk)
    assert found.is_silent is silent
    assert Commitment.objects.silent(today).exists() is silent


def test_a_check_ends_the_silence(commitment: Commitment) -> None:
    record_check(commitment, on=date(2025, 12, 1), sources="Agencies", languages=["ar"], by=None)
    assert not Commitment.objects.silent(TODAY).exists()


def test_nothing_is_silent_once_its_plan_has_ended(plan: Plan, commitment: Commitment) -> None:
    assert Commitment.objects.silent(date(2028, 12, 31)).exists()
    assert not Commitment.objects.silent(date(2029, 1, 1)).exists()


def test_a_plan_counts_its_commitments_by_status_and_by_what_needs_a_person(plan: Plan, pillar: Pillar) -> None:
    late = make_commitment(pillar, "ENE-1", due_on=date(2025, 6, 30))
    ground = make_evidence(late, date(2025, 12, 1))
    assess(late, side="a", level="substantial", ground=ground, on=TODAY, by=None)
    assess(late, side="b", level="limited", ground=ground, on=TODAY, by=None)
    make_commitment(pillar, "ENE-2", due_on=date(2026, 2, 1))
    make_commitment(pillar, "ENE-3", due_on=date(2026, 1, 1))
    found: Any = Plan.objects.with_counts(TODAY).get()
    assert (found.commitment_count, found.count_contested, found.count_none, found.count_completed) == (3, 1, 2, 0)
    assert (found.overdue_count, found.contested_count, found.silent_count) == (1, 1, 2)
    assert (found.next_due_on, found.next_due_code, found.last_evidence_on) == (
        date(2026, 1, 1),
        "ENE-3",
        date(2025, 12, 1),
    )


def test_a_plan_without_commitments_counts_zero(plan: Plan) -> None:
    found: Any = Plan.objects.with_counts(TODAY).get()
    assert (found.commitment_count, found.overdue_count, found.next_due_on) == (0, 0, None)


def test_withdrawn_evidence_is_not_the_last_heard(plan: Plan, commitment: Commitment) -> None:
    make_evidence(commitment, date(2025, 1, 1))
    withdraw(make_evidence(commitment, date(2025, 6, 1)), reason="Wrong plan.", by=None)
    found: Any = Plan.objects.with_counts(TODAY).get()
    assert found.last_evidence_on == date(2025, 1, 1)


def test_plans_are_ordered_by_what_was_heard_last(plan: Plan, commitment: Commitment, gcc: Party) -> None:
    make_plan("gcc-abc", gcc, make_party("abc"))
    make_evidence(commitment, date(2025, 1, 1))
    assert [found.slug for found in Plan.objects.for_overview(TODAY)] == ["gcc-aze", "gcc-abc"]


def test_a_plan_is_found_by_a_member_of_its_bloc(plan: Plan, gcc: Party) -> None:
    Membership.objects.create(bloc=gcc, member=make_party("qat"))
    assert Plan.objects.matching(party="qat").get() == plan


def test_the_worst_stand_first(pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", due_on=date(2025, 6, 30))
    make_commitment(pillar, "ENE-2", due_on=date(2024, 6, 30))
    assert [found.code for found in Commitment.objects.flagged("overdue", TODAY)] == ["ENE-2", "ENE-1"]


def test_a_status_may_rest_on_the_commitments_evidence_and_on_the_whole_plans(pillar: Pillar) -> None:
    mine, other = make_commitment(pillar, "ENE-1"), make_commitment(pillar, "ENE-2")
    own = make_evidence(mine, date(2024, 1, 1))
    make_evidence(other, date(2025, 1, 1))
    withdraw(make_evidence(mine, date(2025, 2, 1)), reason="Wrong.", by=None)
    plans = [
        record_evidence(
            plan=pillar.plan, kind="context", summary_en="x", publisher="Wire", published_on=date(2025, 3, day)
        )
        for day in (1, 2)
    ]
    assert list(Evidence.objects.may_ground(mine)) == [own, plans[1], plans[0]]
    assert list(Evidence.objects.may_ground(mine, of_plan=1)) == [own, plans[1]]
