"""Seeds can be loaded again and again, and the demo can be made as new without touching what is real."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from articles.models import Source
from plans import briefing
from plans.models import (
    ActionPoint,
    Alias,
    Assessment,
    Briefing,
    Commitment,
    Evidence,
    Meeting,
    Office,
    OfficeHolder,
    Party,
    Plan,
    User,
)
from plans.progress import amend, assess, recompute, record_evidence

COUNTED = [Party, Plan, Alias, Commitment, Evidence, Assessment, Meeting, ActionPoint, Office, Source, User]


@pytest.fixture(autouse=True)
def data_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.MITHAQ_DATA = tmp_path


def rows() -> list[int]:
    return [model._default_manager.count() for model in COUNTED]


@pytest.mark.django_db
def test_seeding_twice_changes_nothing() -> None:
    call_command("seed")
    before = rows()
    call_command("seed")
    assert rows() == before


@pytest.mark.django_db
def test_facts_alone_hold_nothing_invented() -> None:
    call_command("seed", "--facts-only")
    assert Plan.objects.filter(slug="gcc-aze").exists()
    for model in [Commitment, Evidence, Assessment, Meeting, ActionPoint, Office, Source, User]:
        assert not model._default_manager.filter(is_demo=True).exists(), model


@pytest.mark.django_db
def test_the_commitments_of_central_asia_are_facts_with_dates_that_slipped() -> None:
    call_command("seed", "--facts-only")
    commitments = Commitment.objects.filter(plan__slug="gcc-ca")
    assert commitments.count() >= 5
    assert commitments.filter(date_changes__isnull=False).exists()
    assert all(evidence.quote == "" for evidence in Evidence.objects.filter(plan__slug="gcc-ca"))


@pytest.mark.django_db
def test_what_an_editor_changed_survives_another_seeding() -> None:
    call_command("seed", "--facts-only")
    Plan.objects.filter(slug="gcc-ind").update(title_en="As the editor wrote it")
    call_command("seed", "--facts-only")
    assert Plan.objects.get(slug="gcc-ind").title_en == "As the editor wrote it"


@pytest.mark.django_db
def test_resetting_the_demo_takes_what_was_done_to_it_and_leaves_the_rest(reviewer: User) -> None:
    call_command("seed")
    before = rows()
    demo = Commitment.objects.filter(is_demo=True, plan__slug="gcc-aze").first()
    real = Commitment.objects.filter(is_demo=False).first()
    assert demo and real
    said = {
        "kind": "statement",
        "summary_en": "A summary.",
        "publisher": "Sample Wire",
        "published_on": date(2026, 1, 1),
    }
    assess(
        demo,
        side="a",
        level="limited",
        ground=record_evidence(plan=demo.plan, commitment=demo, **said),
        on=date(2026, 1, 1),
        by=reviewer,
    )
    kept = record_evidence(plan=real.plan, commitment=real, **said)
    call_command("seed", "--reset-demo")
    assert Evidence.objects.filter(pk=kept.pk).exists()
    assert rows()[:-1] == [count + (model is Evidence) for count, model in zip(before, COUNTED, strict=True)][:-1]


@pytest.mark.django_db
def test_an_amendment_that_rests_on_the_demo_goes_with_it_and_the_words_before_hold_again(reviewer: User) -> None:
    call_command("seed")
    real = Commitment.objects.filter(is_demo=False).first()
    assert real
    words = {name: getattr(real, name) for name in ("title_en", "title_ar", "text_en", "text_ar")}
    piece = {"kind": "statement", "summary_en": "Invented.", "publisher": "Wire", "published_on": date(2026, 1, 1)}
    proof = record_evidence(plan=real.plan, is_demo=True, **piece)
    amend(real, by=reviewer, agreed_on=date(2026, 1, 2), evidence=proof, **{**words, "text_en": "Amended."})
    call_command("seed", "--reset-demo")
    real.refresh_from_db()
    assert {name: getattr(real, name) for name in words} == words
    assert not Evidence.objects.filter(pk=proof.pk).exists()


@pytest.mark.django_db
def test_the_demos_meetings_say_what_they_reviewed_and_asked_for() -> None:
    call_command("seed")
    meeting = Meeting.objects.get(plan__slug="gcc-aze", kind="working_group", is_demo=True, round=3)
    assert set(meeting.reviewed.values_list("code", flat=True)) == {"ENE-2", "ENE-3", "ENE-4"}
    assert {(point.side, point.commitment and point.commitment.code) for point in meeting.action_points.all()} == {
        ("a", "ENE-3"),
        ("b", "ENE-2"),
    }
    assert Office.objects.filter(plan__slug="gcc-aze").count() == 2 and not OfficeHolder.objects.exists()


@pytest.mark.django_db
def test_a_briefing_of_the_demo_goes_with_it() -> None:
    call_command("seed")
    plan = Plan.objects.get(slug="gcc-aze")
    who = User.objects.get(username="demo-editor")
    today = timezone.localdate()
    briefing.publish(plan, since=today - timedelta(days=90), until=today, reader="a", language="ar", by=who)
    call_command("seed", "--reset-demo")
    assert not Briefing.objects.exists()


@pytest.mark.django_db
def test_the_derived_columns_of_the_seeds_are_what_a_recomputation_gives() -> None:
    call_command("seed")
    derived = [
        "pk",
        "status",
        "level_a",
        "level_b",
        "level_assessor",
        "is_contested",
        "last_evidence_on",
        "last_checked_on",
    ]
    before = list(Commitment.objects.order_by("pk").values_list(*derived))
    recompute()
    assert list(Commitment.objects.order_by("pk").values_list(*derived)) == before
