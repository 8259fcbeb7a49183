"""No status without evidence: what may be recorded, what it changes, and what the database itself refuses."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from plans.models import Assessment, Commitment, Evidence, Milestone, Pillar, Plan, User, Withdrawal
from plans.progress import (
    AnotherPlan,
    ProgressError,
    Withdrawn,
    assess,
    is_contested,
    move_date,
    recompute,
    record_check,
    record_evidence,
    refresh_status,
    status_of,
    withdraw,
)
from tests.plans.conftest import make_commitment, make_evidence, make_plan

DERIVED = ["status", "level_a", "level_b", "level_assessor", "is_contested", "last_evidence_on", "last_checked_on"]


@pytest.mark.parametrize(
    "levels, status, contested",
    [
        ({}, "none", False),
        ({"a": "limited"}, "limited", False),
        ({"a": "limited", "b": "limited"}, "limited", False),
        ({"a": "limited", "b": "substantial"}, "contested", True),
        ({"a": "limited", "b": "substantial", "": "limited"}, "limited", True),
        ({"a": "completed", "b": "completed", "": "substantial"}, "substantial", True),
        ({"": "dropped"}, "dropped", False),
    ],
)
def test_the_assessor_decides_the_status_else_the_sides_where_they_agree(
    levels: dict[str, str], status: str, contested: bool
) -> None:
    assert status_of(levels) == status
    assert is_contested(levels) is contested


def test_an_assessment_changes_the_status_of_its_commitment(commitment: Commitment, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2025, 3, 1))
    assess(commitment, side="a", level="substantial", ground=ground, on=date(2025, 3, 1), by=reviewer)
    commitment.refresh_from_db()
    assert (commitment.level_a, commitment.status, commitment.last_evidence_on) == (
        "substantial",
        "substantial",
        date(2025, 3, 1),
    )


def test_the_latest_day_counts_not_the_latest_entry(commitment: Commitment, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2025, 3, 1))
    assess(commitment, side="a", level="substantial", ground=ground, on=date(2025, 3, 1), by=reviewer)
    assess(commitment, side="a", level="limited", ground=ground, on=date(2024, 9, 1), by=reviewer)
    commitment.refresh_from_db()
    assert commitment.level_a == "substantial"


def test_a_status_falls_to_the_latest_that_stands_when_its_ground_is_withdrawn(
    commitment: Commitment, reviewer: User
) -> None:
    first, second = make_evidence(commitment, date(2024, 5, 1)), make_evidence(commitment, date(2025, 5, 1))
    assess(commitment, side="", level="limited", ground=first, on=date(2024, 5, 1), by=reviewer)
    assess(commitment, side="", level="completed", ground=second, on=date(2025, 5, 1), by=reviewer)
    withdraw(second, reason="The outlet corrected itself.", by=reviewer)
    commitment.refresh_from_db()
    assert (commitment.status, commitment.last_evidence_on) == ("limited", date(2024, 5, 1))
    withdraw(first, reason="Another programme was meant.", by=reviewer)
    commitment.refresh_from_db()
    assert (commitment.status, commitment.last_evidence_on) == ("none", None)


def test_a_withdrawal_reaches_every_commitment_that_rests_on_the_evidence(
    commitment: Commitment, pillar: Pillar, reviewer: User
) -> None:
    other = make_commitment(pillar, "ENE-2")
    ground = make_evidence(commitment, date(2025, 5, 1))
    assess(other, side="b", level="limited", ground=ground, on=date(2025, 5, 1), by=reviewer)
    withdraw(ground, reason="Not what was said.", by=reviewer)
    other.refresh_from_db()
    assert other.status == "none"


def test_withdrawing_twice_keeps_the_first_reason(commitment: Commitment, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2025, 5, 1))
    withdraw(ground, reason="First.", by=reviewer)
    assert withdraw(ground, reason="Second.", by=reviewer).reason == "First."
    assert Withdrawal.objects.count() == 1


def test_a_withdrawal_without_a_reason_is_refused(commitment: Commitment, reviewer: User) -> None:
    with pytest.raises(ProgressError):
        withdraw(make_evidence(commitment, date(2025, 5, 1)), reason="  ", by=reviewer)


def test_withdrawn_evidence_cannot_carry_a_status(commitment: Commitment, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2025, 5, 1))
    withdraw(ground, reason="Wrong.", by=reviewer)
    with pytest.raises(Withdrawn):
        assess(commitment, side="a", level="limited", ground=ground, on=date(2025, 5, 1), by=reviewer)


def test_evidence_of_another_plan_cannot_carry_a_status(commitment: Commitment, plan: Plan, reviewer: User) -> None:
    elsewhere = make_plan("other", plan.side_a, plan.side_b)
    foreign = record_evidence(
        plan=elsewhere,
        kind="statement",
        summary_en="A summary.",
        publisher="Sample Wire",
        published_on=date(2025, 1, 1),
    )
    with pytest.raises(AnotherPlan):
        assess(commitment, side="a", level="limited", ground=foreign, on=date(2025, 5, 1), by=reviewer)


@pytest.mark.parametrize("words", [{"quote": "", "summary_en": ""}, {"quote": "Words.", "summary_en": "A summary."}])
def test_evidence_is_a_quote_or_a_summary_never_both_or_neither(commitment: Commitment, words: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        make_evidence(commitment, date(2025, 1, 1), **words)


def test_a_quote_without_its_archived_copy_is_refused(commitment: Commitment) -> None:
    with pytest.raises(ValidationError):
        make_evidence(commitment, date(2025, 1, 1), digest="")


def test_a_moved_date_keeps_the_date_first_agreed(commitment: Commitment, reviewer: User) -> None:
    change = move_date(
        commitment,
        to=date(2027, 6, 30),
        precision="day",
        decided_on=date(2026, 5, 1),
        by=reviewer,
        reason_en="Tender repeated.",
    )
    commitment.refresh_from_db()
    assert (commitment.baseline_due_on, change.from_date, commitment.due_on) == (
        date(2026, 6, 30),
        date(2026, 6, 30),
        date(2027, 6, 30),
    )


def test_a_date_may_be_given_up_without_a_new_one_but_not_without_a_reason(
    commitment: Commitment, reviewer: User
) -> None:
    milestone = Milestone.objects.create(
        commitment=commitment, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5)
    )
    with pytest.raises(ProgressError):
        move_date(milestone, to=None, precision="day", decided_on=date(2025, 5, 1), by=reviewer)
    move_date(milestone, to=None, precision="day", decided_on=date(2025, 5, 1), by=reviewer, reason_ar="تأجلت القمة.")
    milestone.refresh_from_db()
    assert (milestone.due_on, milestone.baseline_due_on) == (None, date(2025, 5, 5))


def test_a_check_is_remembered_on_the_commitment(commitment: Commitment, reviewer: User) -> None:
    record_check(commitment, on=date(2025, 9, 1), sources="Both ministries' sites", languages=["ar", "az"], by=reviewer)
    commitment.refresh_from_db()
    assert commitment.last_checked_on == date(2025, 9, 1)


def test_recomputing_changes_nothing(commitment: Commitment, pillar: Pillar, reviewer: User) -> None:
    other = make_commitment(pillar, "ENE-2")
    for target, level in [(commitment, "limited"), (other, "completed")]:
        ground = make_evidence(target, date(2025, 5, 1))
        assess(target, side="b", level=level, ground=ground, on=date(2025, 5, 1), by=reviewer)
    before = list(Commitment.objects.order_by("pk").values_list(*DERIVED))
    assert recompute() == 2
    assert list(Commitment.objects.order_by("pk").values_list(*DERIVED)) == before


# ---------------------------------------------------------------- what PostgreSQL refuses, whoever asks


@pytest.mark.parametrize("table", ["plans_evidence", "plans_assessment", "plans_withdrawal"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET recorded_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_record_cannot_be_changed_deleted_or_truncated(
    commitment: Commitment, reviewer: User, table: str, deed: str
) -> None:
    ground = make_evidence(commitment, date(2025, 5, 1))
    assess(commitment, side="a", level="limited", ground=ground, on=date(2025, 5, 1), by=reviewer)
    withdraw(ground, reason="Wrong.", by=reviewer)
    with connection.cursor() as cursor:
        # transactional tests flush by TRUNCATE, so the test database has these triggers switched off
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_truncate")
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(deed.format(table))


def test_only_the_reset_of_the_demo_deletes_and_only_demo_rows(commitment: Commitment) -> None:
    real, demo = make_evidence(commitment, date(2025, 5, 1)), make_evidence(commitment, date(2025, 6, 1), is_demo=True)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL mithaq.resets_demo = 'on'")
        cursor.execute("DELETE FROM plans_evidence WHERE id = %s", [demo.pk])
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM plans_evidence WHERE id = %s", [real.pk])


def test_an_assessment_without_a_ground_is_refused(commitment: Commitment) -> None:
    with pytest.raises(IntegrityError, match="ground_id"):
        Assessment.objects.create(
            commitment=commitment, plan=commitment.plan, side="a", level="limited", on=date(2025, 1, 1)
        )


def test_a_side_that_is_none_of_the_two_is_refused(commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2025, 5, 1))
    with pytest.raises(IntegrityError, match="side_of_the_plan_or_assessor"):
        Assessment.objects.create(
            commitment=commitment, plan=commitment.plan, side="c", level="limited", on=date(2025, 1, 1), ground=ground
        )


def test_a_ground_from_another_plan_is_refused_by_the_database(commitment: Commitment, plan: Plan) -> None:
    elsewhere = make_plan("other", plan.side_a, plan.side_b)
    foreign = record_evidence(
        plan=elsewhere,
        kind="statement",
        summary_en="A summary.",
        publisher="Sample Wire",
        published_on=date(2025, 1, 1),
    )
    Assessment.objects.create(
        commitment=commitment, plan=plan, side="a", level="limited", on=date(2025, 1, 1), ground=foreign
    )
    with pytest.raises(IntegrityError, match="of_its_plan"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_commitment_in_the_pillar_of_another_plan_is_refused(pillar: Pillar, plan: Plan) -> None:
    elsewhere = make_plan("other", plan.side_a, plan.side_b)
    Commitment.objects.create(plan=elsewhere, pillar=pillar, code="X-1", title_en="X", title_ar="س")
    with pytest.raises(IntegrityError, match="of_its_plan"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_plan_that_ends_before_it_starts_is_refused(plan: Plan) -> None:
    plan.ends = date(2023, 1, 1)
    with pytest.raises(ValidationError, match="ends before it starts"):
        plan.full_clean()
    with pytest.raises(IntegrityError, match="plan_ends_after_it_starts"):
        plan.save()


def test_a_plan_with_itself_is_refused(plan: Plan) -> None:
    plan.side_b = plan.side_a
    with pytest.raises(IntegrityError, match="sides_differ"):
        plan.save()


def test_a_status_typed_by_hand_is_put_right(commitment: Commitment) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(status="completed")
    refresh_status(commitment)
    commitment.refresh_from_db()
    assert commitment.status == "none"


def test_evidence_says_that_it_is_withdrawn(commitment: Commitment, reviewer: User) -> None:
    evidence = make_evidence(commitment, date(2025, 5, 1))
    assert not evidence.is_withdrawn
    withdraw(evidence, reason="Wrong.", by=reviewer)
    assert Evidence.objects.get(pk=evidence.pk).is_withdrawn
    assert not Evidence.objects.standing().exists()
