"""No status without evidence: what may be recorded, what it changes, and what the database itself refuses."""

import hashlib
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from plans.models import (
    Assessment,
    Commitment,
    DateChange,
    Evidence,
    Milestone,
    Party,
    Pillar,
    Plan,
    User,
    Withdrawal,
    Wording,
)
from plans.progress import (
    AnotherPlan,
    NotTheirSide,
    ProgressError,
    Withdrawn,
    amend,
    assess,
    carry_over,
    is_contested,
    move_date,
    recompute,
    record_check,
    record_evidence,
    refresh_status,
    report,
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


# ---------------------------------------------------------------- moved dates


def moved(thing: Commitment | Milestone, to: date | None, **fields: Any) -> DateChange:
    defaults = {"precision": "day", "decided_on": date(2026, 5, 1), "by": None, "reason_en": "Tender repeated."}
    return move_date(thing, to=to, **{**defaults, **fields})


def test_a_date_before_the_commitment_starts_is_refused(commitment: Commitment) -> None:
    step = Milestone.objects.create(commitment=commitment, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5))
    for thing in (commitment, step):
        with pytest.raises(ProgressError, match="before the commitment starts"):
            moved(thing, date(2023, 12, 31))


def test_moving_to_the_date_that_holds_is_refused(commitment: Commitment) -> None:
    with pytest.raises(ProgressError, match="the date already"):
        moved(commitment, commitment.due_on)
    moved(commitment, None)
    with pytest.raises(ProgressError, match="the date already"):
        moved(commitment, None, precision="month")
    moved(commitment, date(2027, 1, 1), precision="plan_end")
    commitment.refresh_from_db()
    assert (commitment.due_on, commitment.due_precision) == (None, "plan_end")


def test_a_decision_still_to_come_moves_nothing(commitment: Commitment) -> None:
    with pytest.raises(ProgressError, match="still to come"):
        moved(commitment, date(2027, 1, 1), decided_on=date(2999, 1, 1))


def test_only_standing_evidence_of_the_plan_proves_a_moved_date(commitment: Commitment, plan: Plan) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    assert moved(commitment, date(2027, 1, 1), evidence=piece).evidence == piece
    withdraw(piece, reason="Wrong.", by=None)
    with pytest.raises(Withdrawn):
        moved(commitment, date(2027, 2, 1), evidence=piece)
    elsewhere = make_plan("other", plan.side_a, plan.side_b)
    foreign = record_evidence(
        plan=elsewhere, kind="delay", summary_en="Later.", publisher="Wire", published_on=date(2025, 1, 1)
    )
    with pytest.raises(AnotherPlan):
        moved(commitment, date(2027, 2, 1), evidence=foreign)


@pytest.mark.parametrize("missing", [{"sources": " "}, {"languages": []}, {"on": date(2999, 1, 1)}])
def test_a_check_says_where_and_in_which_languages_and_lies_behind(
    commitment: Commitment, missing: dict[str, Any]
) -> None:
    said = {"on": date(2025, 9, 1), "sources": "Both ministries", "languages": ["ar"], "by": None}
    with pytest.raises(ProgressError) as refused:
        record_check(commitment, **{**said, **missing})
    assert refused.value.field == next(iter(missing))
    commitment.refresh_from_db()
    assert commitment.last_checked_on is None


# ---------------------------------------------------------------- wordings


def amended(commitment: Commitment, **words: Any) -> Wording:
    kept = {name: getattr(commitment, name) for name in ("title_en", "title_ar", "text_en", "text_ar")}
    return amend(commitment, **{**kept, "agreed_on": date(2025, 4, 1), "by": None, **words})


def test_the_first_amendment_keeps_the_words_first_agreed_as_version_one(
    pillar: Pillar, plan: Plan, reviewer: User
) -> None:
    plan.adopted_on = date(2023, 12, 1)
    plan.save()
    commitment = make_commitment(pillar, "ENE-7", text_en="Train 100 engineers.", text_ar="تدريب 100 مهندس.")
    amended(commitment, text_en="Train 300 engineers.", text_ar="تدريب 300 مهندس.", by=reviewer)
    commitment.refresh_from_db()
    versions = list(commitment.wordings.values_list("number", "text_en", "agreed_on"))
    assert versions == [
        (1, "Train 100 engineers.", date(2023, 12, 1)),
        (2, "Train 300 engineers.", date(2025, 4, 1)),
    ]
    assert (commitment.text_en, commitment.text_ar) == ("Train 300 engineers.", "تدريب 300 مهندس.")


def test_a_second_amendment_is_version_three_and_the_commitment_shows_the_last(commitment: Commitment) -> None:
    amended(commitment, title_en="Second")
    commitment.refresh_from_db()
    amended(commitment, title_en="Third")
    commitment.refresh_from_db()
    assert list(commitment.wordings.values_list("title_en", flat=True)) == ["Commitment ENE-1", "Second", "Third"]
    assert commitment.title_en == "Third"


@pytest.mark.parametrize(
    "words, field",
    [
        ({}, "text_ar"),
        ({"title_ar": " "}, "title_ar"),
        ({"title_en": "New", "agreed_on": date(2999, 1, 1)}, "agreed_on"),
    ],
)
def test_an_amendment_that_amends_nothing_empties_a_title_or_lies_ahead_is_refused(
    commitment: Commitment, words: dict[str, Any], field: str
) -> None:
    with pytest.raises(ProgressError) as refused:
        amended(commitment, **words)
    assert refused.value.field == field
    assert not Wording.objects.exists()


def test_line_ends_of_a_browser_are_no_amendment(pillar: Pillar) -> None:
    commitment = make_commitment(pillar, "ENE-7", text_en="One.\nTwo.")
    with pytest.raises(ProgressError, match="the same"):
        amended(commitment, text_en="One.\r\nTwo.")


# ---------------------------------------------------------------- carried over


@pytest.fixture
def later(plan: Plan, pillar: Pillar) -> Pillar:
    """The pillar of the plan that follows."""
    plan = make_plan("gcc-aze-2", plan.side_a, plan.side_b, starts=date(2029, 1, 1), ends=date(2033, 12, 31))
    return Pillar.objects.create(plan=plan, code="ENE", title_en="Energy", title_ar="الطاقة", sector=pillar.sector)


def test_what_was_not_delivered_is_carried_into_the_later_plan(commitment: Commitment, later: Pillar) -> None:
    commitment.lead_a_en = "Ministry"
    commitment.save()
    carried = carry_over(commitment, plan=later.plan, pillar=later, code="ENE-4", by=None)
    carried.refresh_from_db()
    assert (carried.plan, carried.carried_from, carried.title_ar) == (later.plan, commitment, commitment.title_ar)
    assert (carried.due_on, carried.starts, carried.status, carried.lead_a_en) == (None, None, "none", "Ministry")


def test_a_completed_commitment_is_not_carried_over(commitment: Commitment, later: Pillar) -> None:
    ground = make_evidence(commitment, date(2025, 5, 1))
    assess(commitment, side="", level="completed", ground=ground, on=date(2025, 5, 1), by=None)
    with pytest.raises(ProgressError, match="completed"):
        carry_over(commitment, plan=later.plan, pillar=later, code="ENE-4", by=None)


def test_a_commitment_is_carried_into_a_plan_once_and_under_a_code_of_its_own(
    commitment: Commitment, later: Pillar
) -> None:
    make_commitment(later, "ENE-4", starts=None, due_on=None)
    for code in ("ENE-4", "", "no spaces"):
        with pytest.raises(ValidationError):
            carry_over(commitment, plan=later.plan, pillar=later, code=code, by=None)
    carry_over(commitment, plan=later.plan, pillar=later, code="ENE-5", by=None)
    with pytest.raises(ProgressError, match="before"):
        carry_over(commitment, plan=later.plan, pillar=later, code="ENE-6", by=None)


def test_nothing_is_carried_back_or_within_its_plan(commitment: Commitment, pillar: Pillar, later: Pillar) -> None:
    with pytest.raises(ProgressError, match="another plan"):
        carry_over(commitment, plan=pillar.plan, pillar=pillar, code="ENE-9", by=None)
    with pytest.raises(AnotherPlan):
        carry_over(commitment, plan=later.plan, pillar=pillar, code="ENE-9", by=None)
    ahead = make_commitment(later, "ENE-4", starts=None, due_on=None)
    with pytest.raises(ProgressError, match="not a later one"):
        carry_over(ahead, plan=pillar.plan, pillar=pillar, code="ENE-9", by=None)


# ---------------------------------------------------------------- what a side reports of itself


@pytest.fixture
def focal_point(reviewer: User, aze: Party) -> User:
    reviewer.party = aze
    reviewer.save()
    return reviewer


REPORT = "أُنجز المركز.\r\nوبدأ التشغيل."


def test_a_sides_report_is_a_statement_of_that_side_and_carries_its_level(
    commitment: Commitment, focal_point: User
) -> None:
    said = report(
        commitment, side="b", level="substantial", text=REPORT, language="ar", on=date(2025, 5, 1), by=focal_point
    )
    words = REPORT.replace("\r\n", "\n")
    piece = said.ground
    assert (said.side, said.level, said.on, said.recorded_by) == ("b", "substantial", date(2025, 5, 1), focal_point)
    assert (piece.kind, piece.speaker, piece.publisher, piece.published_on) == (
        "statement",
        "b",
        focal_point.party.name_ar,  # type: ignore[union-attr]
        date(2025, 5, 1),
    )
    assert (piece.quote, piece.digest) == (words, hashlib.sha256(words.encode()).hexdigest())
    commitment.refresh_from_db()
    assert (commitment.level_a, commitment.level_b) == ("", "substantial")


@pytest.mark.parametrize("side", ["a", "", "c"])
def test_a_focal_point_cannot_report_for_another_than_their_side(
    commitment: Commitment, focal_point: User, side: str
) -> None:
    with pytest.raises(NotTheirSide):
        report(commitment, side=side, level="limited", text=REPORT, language="ar", on=date(2025, 5, 1), by=focal_point)
    ground = make_evidence(commitment, date(2025, 5, 1))
    with pytest.raises(NotTheirSide):
        assess(commitment, side=side, level="limited", ground=ground, on=date(2025, 5, 1), by=focal_point)
    assert not Assessment.objects.exists() and Evidence.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"level": "splendid"}, {"text": " "}, {"on": date(2999, 1, 1)}, {"language": ""}])
def test_of_a_report_that_cannot_be_recorded_nothing_is_half_saved(
    commitment: Commitment, focal_point: User, wrong: dict[str, Any]
) -> None:
    said = {"side": "b", "level": "limited", "text": REPORT, "language": "ar", "on": date(2025, 5, 1)}
    with pytest.raises((ProgressError, ValidationError)):
        report(commitment, by=focal_point, **{**said, **wrong})
    assert not Evidence.objects.exists() and not Assessment.objects.exists()


def test_a_focal_point_takes_back_only_what_their_own_side_said(commitment: Commitment, focal_point: User) -> None:
    theirs = make_evidence(commitment, date(2025, 5, 1), speaker="a")
    own = make_evidence(commitment, date(2025, 5, 1), speaker="b")
    said = assess(commitment, side="a", level="limited", ground=theirs, on=date(2025, 5, 1), by=None)
    for thing in (theirs, said):
        with pytest.raises(NotTheirSide):
            withdraw(thing, reason="No.", by=focal_point)
    withdraw(own, reason="Said in error.", by=focal_point)
    assert list(Withdrawal.objects.values_list("evidence", flat=True)) == [own.pk]
