"""Where sources disagree: both are kept, one may be preferred with the reason, and the commitment shows it."""

from datetime import date

import pytest
from django.test import Client

from plans.disagreements import contradict, settle
from plans.models import Commitment, Disagreement, Evidence, Party, Plan
from plans.progress import AnotherPlan, ProgressError, assess, record_evidence, withdraw
from tests.conftest import make_user
from tests.plans.conftest import make_evidence, make_plan


@pytest.fixture
def earlier(commitment: Commitment) -> Evidence:
    return make_evidence(commitment, date(2025, 3, 1), publisher="First Wire")


@pytest.fixture
def later(commitment: Commitment) -> Evidence:
    return make_evidence(commitment, date(2025, 4, 1), kind="dispute", publisher="Second Wire")


def test_both_are_kept_and_the_commitment_shows_them(
    client: Client, commitment: Commitment, earlier: Evidence, later: Evidence
) -> None:
    contradict(later, about="date", earlier=earlier, by=None)
    html = client.get(f"/en{commitment.get_absolute_url().removeprefix('/en').removeprefix('/ar')}").text
    assert "Where sources disagree" in html
    assert html.index("One says") < html.index("The other says")
    assert "not decided" in html


def test_the_one_preferred_is_marked_with_the_reason(
    client: Client, commitment: Commitment, earlier: Evidence, later: Evidence
) -> None:
    found = contradict(later, about="act", earlier=earlier, by=None)
    client.force_login(make_user("reviewer"))
    settled = {"preferred": "earlier", "reason": "The signed text says adopted."}
    client.post(f"/en/disagreements/{found.pk}/settle/", settled)
    html = client.get(f"/en/evidence/{later.pk}/").text
    assert "What stood before is preferred" in html
    assert "The signed text says adopted." in html


def test_a_preference_needs_its_reason(earlier: Evidence, later: Evidence) -> None:
    found = contradict(later, about="date", earlier=earlier, by=None)
    with pytest.raises(ProgressError):
        settle(found, preferred="newer", reason="  ", by=None)
    with pytest.raises(ProgressError):
        contradict(later, about="figure", earlier=earlier, preferred="newer", by=None)


def test_the_question_may_be_opened_again(earlier: Evidence, later: Evidence) -> None:
    found = contradict(later, about="date", earlier=earlier, preferred="newer", reason="It is newer.", by=None)
    settle(found, preferred="", reason="", by=None)
    found.refresh_from_db()
    assert (found.preferred, found.settled_at) == ("", None)


def test_an_assessment_and_what_is_recorded_may_be_contradicted(commitment: Commitment, later: Evidence) -> None:
    ground = make_evidence(commitment, date(2025, 2, 1))
    said = assess(commitment, side="a", level="completed", ground=ground, on=date(2025, 2, 1), by=None)
    contradict(later, about="level", assessment=said, by=None)
    contradict(later, about="period", held="2024–2028", by=None)
    assert Disagreement.objects.on(commitment=commitment).count() == 2


def test_said_twice_it_is_one(earlier: Evidence, later: Evidence) -> None:
    assert contradict(later, about="date", earlier=earlier, by=None) == contradict(
        later, about="date", earlier=earlier, by=None
    )


def test_a_quote_contradicts_neither_itself_nor_another_plan(later: Evidence, gcc: Party, aze: Party) -> None:
    other: Plan = make_plan("other", aze, gcc)
    foreign = record_evidence(
        plan=other, kind="context", summary_en="Elsewhere.", publisher="Wire", published_on=date(2025, 1, 1)
    )
    with pytest.raises(ProgressError):
        contradict(later, about="date", earlier=later, by=None)
    with pytest.raises(AnotherPlan):
        contradict(later, about="date", earlier=foreign, by=None)


def test_what_was_withdrawn_disagrees_with_nothing(commitment: Commitment, earlier: Evidence, later: Evidence) -> None:
    contradict(later, about="date", earlier=earlier, by=None)
    withdraw(earlier, reason="An error.", by=None)
    assert not Disagreement.objects.on(commitment=commitment).exists()


def test_what_is_disagreed_on_about_the_whole_plan_stands_on_its_page_with_both_values(
    client: Client, plan: Plan, commitment: Commitment, earlier: Evidence, later: Evidence
) -> None:
    about_plan = {"plan": plan, "published_on": date(2025, 1, 1), "publisher": "Wire"}
    piece = record_evidence(**about_plan, kind="correction", summary_en="For 2024–2029, it says.")
    found = contradict(
        piece, about="period", held="2024–2028", preferred="earlier", reason="The signed text says so.", by=None
    )
    contradict(later, about="date", earlier=earlier, by=None)  # of a commitment: on its own page
    html = client.get("/en/plans/gcc-aze/").text
    assert f'id="dis{found.pk}"' in html and html.count('id="dis') == 1
    assert "What stood before is preferred" in html and "The signed text says so." in html and "2024–2028" in html
    assert 'id="disputes"' not in html  # what is shown with what it contradicts is not listed once more
