"""Invented plans for measuring: the same number gives the same rows, and their statuses are what the rules give."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from plans.models import Assessment, Commitment, Evidence, Plan
from plans.progress import recompute
from plans.seeding import load_sectors
from plans.synthesis import forget, synthesize

TODAY = date(2026, 11, 25)
DERIVED = ("code", "status", "level_a", "level_b", "level_assessor", "is_contested", "last_evidence_on")


@pytest.fixture(autouse=True)
def sectors(db: None) -> None:
    load_sectors(Path(settings.BASE_DIR) / "seeds")


def derived() -> list[tuple[object, ...]]:
    return list(Commitment.objects.order_by("code").values_list(*DERIVED))


def test_it_makes_as_many_as_asked() -> None:
    synthesize(5, 120, TODAY)
    assert (Plan.objects.count(), Commitment.objects.count()) == (5, 120)
    assert Evidence.objects.exists() and Assessment.objects.exists()


def test_the_same_number_gives_the_same_rows_and_another_one_others() -> None:
    synthesize(5, 120, TODAY)
    first = derived()
    synthesize(5, 120, TODAY)
    assert derived() == first
    synthesize(5, 120, TODAY, seed=2)
    assert derived() != first


def test_statuses_derived_in_bulk_are_those_derived_one_by_one() -> None:
    synthesize(5, 120, TODAY)
    in_bulk = derived()
    recompute()
    assert derived() == in_bulk


def test_it_is_taken_away_without_a_trace() -> None:
    synthesize(5, 120, TODAY)
    forget()
    assert not Plan.objects.exists() and not Evidence.objects.exists() and not Assessment.objects.exists()


def test_fewer_commitments_than_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be spread"):
        synthesize(5, 4, TODAY)
