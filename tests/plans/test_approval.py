"""What waits for somebody else's approval: when, who decides, what accepting does, and what comes back."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django.fixtures import DjangoAssertNumQueries

from plans import approval
from plans.approval import Decided, Kind, NotTheirsToDecide, accept, give_back, record_or_propose, waiting_for
from plans.models import (
    Assessment,
    Commitment,
    DateChange,
    Evidence,
    Milestone,
    Party,
    Pillar,
    Plan,
    Proposal,
    User,
    Withdrawal,
    Wording,
)
from plans.progress import ProgressError, Withdrawn, assess, withdraw
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(plan: Plan) -> Plan:
    """A plan that asks for approval."""
    plan.asks_approval = True
    plan.save()
    return plan


@pytest.fixture
def proposer(db: None) -> User:
    """May record everything: reviewer and editor in one."""
    user = make_user("reviewer", "proposer")
    user.groups.add(*make_user("editor", "of-the-editors").groups.all())
    return user


@pytest.fixture
def approver(db: None) -> User:
    return make_user("approver")


@pytest.fixture
def ground(commitment: Commitment) -> Evidence:
    return make_evidence(commitment, date(2024, 5, 1))


@pytest.fixture
def completed(commitment: Commitment, ground: Evidence, proposer: User) -> Proposal:
    """The status «completed», proposed and waiting."""
    more = make_evidence(commitment, date(2024, 5, 2))
    said = {"side": "", "level": "completed", "ground": ground, "on": date(2024, 6, 1), "further": [more]}
    proposal = record_or_propose(Kind.ASSESS, commitment, by=proposer, note_en="All done.", note_ar="", **said)
    assert isinstance(proposal, Proposal)
    return proposal


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def queue(client: Client, user: User, language: str = "en") -> str:
    client.force_login(user)
    return client.get(address("approvals", language=language)).content.decode()


# ------------------------------------------------------------------ what waits


@pytest.mark.parametrize(
    "asks, level, waits", [(True, "completed", True), (True, "limited", False), (False, "completed", False)]
)
def test_a_completed_status_waits_where_the_plan_asks_for_approval(
    commitment: Commitment, plan: Plan, ground: Evidence, proposer: User, asks: bool, level: str, waits: bool
) -> None:
    plan.asks_approval = asks
    plan.save()
    commitment.refresh_from_db()
    record_or_propose(Kind.ASSESS, commitment, by=proposer, side="", level=level, ground=ground, on=date(2024, 6, 1))
    assert (Proposal.objects.count(), Assessment.objects.count()) == ((1, 0) if waits else (0, 1))
    commitment.refresh_from_db()
    assert commitment.status == ("none" if waits else level)


def test_withdrawals_and_moved_dates_wait(commitment: Commitment, ground: Evidence, proposer: User) -> None:
    record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason="Another programme.")
    moves = {"to": date(2027, 1, 1), "precision": "day", "decided_on": date(2025, 1, 1), "reason_en": "Late."}
    record_or_propose(Kind.MOVE_DATE, commitment, by=proposer, **moves)
    assert Proposal.objects.count() == 2
    assert not Withdrawal.objects.exists() and not DateChange.objects.exists()
    commitment.refresh_from_db()
    assert commitment.due_on == date(2026, 6, 30)


WORDS = {"title_en": "Commitment ENE-1", "title_ar": "التزام ENE-1", "text_en": "Train 300 engineers.", "text_ar": ""}


def amended(commitment: Commitment, by: User, **words: Any) -> Any:
    return record_or_propose(Kind.AMEND, commitment, by=by, **{**WORDS, "agreed_on": date(2025, 4, 1), **words})


@pytest.fixture
def later(plan: Plan) -> Pillar:
    """A pillar of the plan that follows, which does not ask for approval itself."""
    follows = make_plan("later", plan.side_a, plan.side_b, starts=date(2029, 1, 1), ends=date(2032, 12, 31))
    return Pillar.objects.create(
        plan=follows, code="ENE", title_en="Energy", title_ar="الطاقة", sector=plan.pillars.get().sector, position=1
    )


def carried(commitment: Commitment, later: Pillar, by: User, code: str = "NEW-1") -> Any:
    return record_or_propose(Kind.CARRY_OVER, commitment, by=by, plan=later.plan, pillar=later, code=code)


@pytest.mark.parametrize("asks", [True, False])
def test_amendments_wait_where_the_plan_asks_for_approval(
    commitment: Commitment, plan: Plan, proposer: User, asks: bool
) -> None:
    plan.asks_approval = asks
    plan.save()
    commitment.refresh_from_db()
    amended(commitment, proposer)
    assert (Proposal.objects.exists(), Wording.objects.exists()) == (asks, not asks)
    commitment.refresh_from_db()
    assert commitment.text_en == ("" if asks else "Train 300 engineers.")


@pytest.mark.parametrize("earlier_asks, later_asks, decides", [(1, 0, "gcc-aze"), (1, 1, "later"), (0, 1, "later")])
def test_a_carry_over_waits_where_one_of_the_two_plans_asks_for_it(
    commitment: Commitment, later: Pillar, proposer: User, earlier_asks: int, later_asks: int, decides: str
) -> None:
    Plan.objects.filter(pk=commitment.plan_id).update(asks_approval=bool(earlier_asks))
    Plan.objects.filter(pk=later.plan_id).update(asks_approval=bool(later_asks))
    carried(Commitment.objects.get(), Pillar.objects.get(pk=later.pk), proposer)
    assert Proposal.objects.get().plan.slug == decides
    assert Commitment.objects.count() == 1


def test_a_carry_over_between_plans_that_do_not_ask_is_done_at_once(
    commitment: Commitment, plan: Plan, later: Pillar, proposer: User
) -> None:
    plan.asks_approval = False
    plan.save()
    carried(Commitment.objects.get(), later, proposer)
    assert later.commitments.get().carried_from == commitment


def test_what_would_be_refused_at_once_is_refused_to_the_proposer(
    commitment: Commitment, ground: Evidence, proposer: User
) -> None:
    withdraw(ground, reason="Wrong.", by=None)
    with pytest.raises(Withdrawn):
        record_or_propose(
            Kind.ASSESS, commitment, by=proposer, side="", level="completed", ground=ground, on=date(2024, 6, 1)
        )
    with pytest.raises(ProgressError):
        record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason=" ")
    assert not Proposal.objects.exists()


def test_the_same_proposed_twice_waits_once(ground: Evidence, proposer: User) -> None:
    for _press in range(2):
        record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason="Another programme.")
    assert Proposal.objects.count() == 1


# ------------------------------------------------------------------ deciding


def test_accepting_records_what_was_proposed_in_the_proposers_name(
    completed: Proposal, approver: User, proposer: User, ground: Evidence
) -> None:
    accept(completed, by=approver)
    said = Assessment.objects.get()
    assert (said.level, said.side, said.ground, said.on, said.note_en, said.recorded_by) == (
        "completed",
        "",
        ground,
        date(2024, 6, 1),
        "All done.",
        proposer,
    )
    assert said.evidence.count() == 1
    completed.refresh_from_db()
    assert (completed.state, completed.decided_by) == ("accepted", approver)
    assert Commitment.objects.get().status == "completed"


def test_accepting_withdraws_and_moves_dates(
    commitment: Commitment, ground: Evidence, proposer: User, approver: User
) -> None:
    step = Milestone.objects.create(commitment=commitment, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5))
    said = assess(commitment, side="a", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
    record_or_propose(Kind.WITHDRAW, said, by=proposer, reason="Too early.")
    proof = {"evidence": ground, "decided_on": date(2025, 1, 1), "reason_ar": "تأجلت."}
    record_or_propose(Kind.MOVE_DATE, step, by=proposer, to=None, precision="day", **proof)
    for proposal in Proposal.objects.all():
        accept(proposal, by=approver)
    assert Withdrawal.objects.get().assessment == said
    change = DateChange.objects.get()
    assert (change.milestone, change.to_date, change.evidence, change.recorded_by) == (step, None, ground, proposer)


def test_accepting_amends_and_carries_over_in_the_proposers_name(
    commitment: Commitment, later: Pillar, ground: Evidence, proposer: User, approver: User
) -> None:
    commitment.text_ar = "النص"
    commitment.save()
    amended(commitment, proposer, evidence=ground, note_en="By exchange of letters.")
    carried(commitment, later, proposer)
    for proposal in Proposal.objects.all():
        accept(proposal, by=approver)
    newest = Wording.objects.get(number=2)
    assert (newest.text_en, newest.text_ar, newest.evidence, newest.recorded_by) == (
        "Train 300 engineers.",
        "",
        ground,
        proposer,
    )
    follows = later.commitments.get()
    assert (follows.code, follows.carried_from, follows.text_en) == ("NEW-1", commitment, "Train 300 engineers.")


def test_an_amendment_proposed_against_words_that_changed_since_is_not_accepted(
    commitment: Commitment, proposer: User, approver: User
) -> None:
    first, second = amended(commitment, proposer), amended(commitment, proposer, title_en="Other")
    accept(first, by=approver)
    with pytest.raises(ProgressError, match="The wording has changed since"):
        accept(second, by=approver)
    second.refresh_from_db()
    assert second.state == "waiting"
    assert Wording.objects.count() == 2


def test_a_code_taken_meanwhile_is_said_and_the_carry_over_still_waits(
    client: Client, commitment: Commitment, later: Pillar, proposer: User, approver: User
) -> None:
    proposal = carried(commitment, later, proposer)
    make_commitment(later, "NEW-1")
    client.force_login(approver)
    response = client.post(address("accept", proposal.pk))
    assert response.status_code == 422
    assert "It still waits." in response.content.decode()
    assert later.commitments.count() == 1


def test_nobody_decides_what_they_proposed(completed: Proposal, proposer: User) -> None:
    with pytest.raises(NotTheirsToDecide, match="Somebody else"):
        accept(completed, by=proposer)
    with pytest.raises(NotTheirsToDecide):
        give_back(completed, by=proposer, note="Mine.")
    with pytest.raises(IntegrityError, match="nobody_approves_their_own"), transaction.atomic():
        Proposal.objects.update(state="accepted", decided_by=proposer, decided_at=completed.proposed_at)
    assert not Assessment.objects.exists()


def test_what_was_decided_is_decided_once(completed: Proposal, approver: User) -> None:
    accept(completed, by=approver)
    for again in (lambda: accept(completed, by=approver), lambda: give_back(completed, by=approver, note="No.")):
        with pytest.raises(Decided):
            again()
    assert Assessment.objects.count() == 1


def test_where_evidence_was_withdrawn_meanwhile_nothing_is_recorded_and_it_still_waits(
    completed: Proposal, approver: User, ground: Evidence
) -> None:
    withdraw(ground, reason="Wrong.", by=None)
    with pytest.raises(Withdrawn):
        accept(completed, by=approver)
    completed.refresh_from_db()
    assert (completed.state, Assessment.objects.count()) == ("waiting", 0)


def test_what_was_withdrawn_meanwhile_is_not_accepted_again(ground: Evidence, proposer: User, approver: User) -> None:
    proposal = record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason="Another programme.")
    withdraw(ground, reason="Wrong.", by=None)
    assert isinstance(proposal, Proposal)
    with pytest.raises(Decided, match="withdrawn before"):
        accept(proposal, by=approver)


def test_a_milestone_deleted_meanwhile_is_said(commitment: Commitment, proposer: User, approver: User) -> None:
    step = Milestone.objects.create(commitment=commitment, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5))
    moves = {"to": None, "precision": "day", "decided_on": date(2025, 1, 1), "reason_en": "Late."}
    proposal = record_or_propose(Kind.MOVE_DATE, step, by=proposer, **moves)
    step.delete()
    assert isinstance(proposal, Proposal)
    with pytest.raises(ProgressError, match="no longer on record"):
        accept(proposal, by=approver)


def test_returning_needs_a_note(completed: Proposal, approver: User) -> None:
    with pytest.raises(ProgressError, match="missing"):
        give_back(completed, by=approver, note=" ")
    give_back(completed, by=approver, note="Which centre?")
    completed.refresh_from_db()
    assert (completed.state, completed.note, completed.decided_by) == ("returned", "Which centre?", approver)


def test_only_who_may_approve_here_is_waited_for(
    completed: Proposal, plan: Plan, proposer: User, approver: User, reviewer: User
) -> None:
    assert list(waiting_for(approver)) == [completed]
    assert not waiting_for(reviewer).exists() and not waiting_for(proposer).exists()
    approver.plans.add(make_plan("other", plan.side_a, plan.side_b))
    assert not waiting_for(approver).exists()


def test_a_sides_report_of_completion_stands_while_its_level_waits(
    commitment: Commitment, approver: User, aze: Party
) -> None:
    focal = make_user("reviewer", "focal")
    focal.party = aze
    focal.save()
    said: dict[str, Any] = {
        "side": "b",
        "level": "completed",
        "text": "All is done.",
        "language": "en",
        "on": date(2024, 6, 1),
    }
    proposal = approval.report_or_propose(commitment, by=focal, **said)
    assert isinstance(proposal, Proposal)
    assert Evidence.objects.get().kind == "statement" and not Assessment.objects.exists()
    accept(proposal, by=approver)
    assert (Assessment.objects.get().side, Assessment.objects.get().ground) == ("b", Evidence.objects.get())


# ------------------------------------------------------------------ pages


def test_a_completed_status_from_the_page_waits_and_says_so(
    client: Client, commitment: Commitment, ground: Evidence, proposer: User
) -> None:
    client.force_login(proposer)
    target = address("assess", commitment.plan.slug, commitment.code)
    sent = {"side": "assessor", "level": "completed", "on": "2024-06-01", "ground": ground.pk}
    html = client.post(target, sent, follow=True).content.decode()
    assert "Proposed. It holds as soon as somebody else approves it." in html
    assert "Waiting for approval" in html and not Assessment.objects.exists()
    client.logout()
    assert "Waiting for approval" not in client.get(commitment.get_absolute_url()).content.decode()


def test_withdrawals_and_moves_from_the_pages_wait(
    client: Client, commitment: Commitment, ground: Evidence, proposer: User
) -> None:
    client.force_login(proposer)
    client.post(address("withdraw_evidence", ground.pk), {"reason": "Another programme."})
    moves = {"what": "commitment", "to": "2027-01-01", "precision": "day", "decided_on": "2025-01-01", "reason_en": "x"}
    client.post(address("move_date", commitment.plan.slug, commitment.code), moves)
    assert set(Proposal.objects.values_list("kind", flat=True)) == {"withdraw", "move_date"}
    assert not Withdrawal.objects.exists() and not DateChange.objects.exists()
    assert "proposed its withdrawal" in client.get(ground.get_absolute_url()).content.decode()


def test_amendments_and_carry_overs_from_the_pages_wait(
    client: Client, commitment: Commitment, later: Pillar, proposer: User, approver: User
) -> None:
    client.force_login(proposer)
    here = (commitment.plan.slug, commitment.code)
    sent = {**WORDS, "agreed_on": "2025-04-01"}
    html = client.post(address("amend", *here), sent, follow=True).content.decode()
    assert "Proposed. It holds as soon as somebody else approves it." in html and "Waiting for approval" in html
    html = client.post(
        address("carry_over", *here), {"pillar": later.pk, "code": "NEW-1"}, follow=True
    ).content.decode()
    assert "Proposed. It holds as soon as somebody else approves it." in html
    assert (Wording.objects.count(), Commitment.objects.count()) == (0, 1)
    html = queue(client, approver)
    assert "<ins>Train 300 engineers.</ins>" in html and "Title in English" not in html
    assert later.plan.title_en in html and "<bdi>NEW-1</bdi>" in html
    client.force_login(approver)
    for proposal in Proposal.objects.all():
        client.post(address("accept", proposal.pk))
    assert (Wording.objects.count(), Commitment.objects.count()) == (2, 2)


@pytest.mark.parametrize("language, words", [("en", "Waiting for you"), ("ar", 'lang="ar" dir="rtl"')])
def test_the_queue_shows_what_is_proposed_and_by_whom(
    client: Client, completed: Proposal, approver: User, ground: Evidence, language: str, words: str
) -> None:
    html = queue(client, approver, language)
    assert words in html and "proposer" in html and ground.quote in html and "st-completed" in html


def test_the_approver_accepts_from_the_queue(client: Client, completed: Proposal, approver: User) -> None:
    client.force_login(approver)
    response = client.post(address("accept", completed.pk), follow=True)
    assert "Accepted and recorded." in response.content.decode()
    assert "Nothing waits for you." in response.content.decode()
    assert Assessment.objects.count() == 1


def test_an_approval_that_fails_says_why_and_keeps_waiting(
    client: Client, completed: Proposal, approver: User, ground: Evidence
) -> None:
    withdraw(ground, reason="Wrong.", by=None)
    client.force_login(approver)
    response = client.post(address("accept", completed.pk))
    html = response.content.decode()
    assert response.status_code == 422
    assert "It still waits." in html and "has been withdrawn and cannot carry a status" in html
    assert f'action="{address("accept", completed.pk)}"' in html


def test_returned_without_a_note_it_still_waits(client: Client, completed: Proposal, approver: User) -> None:
    client.force_login(approver)
    response = client.post(address("give_back", completed.pk), {"note": " "})
    assert response.status_code == 422 and "Say what is missing." in response.content.decode()


def test_the_proposer_sees_the_note_and_proposes_again(
    client: Client, completed: Proposal, approver: User, proposer: User, commitment: Commitment, ground: Evidence
) -> None:
    client.force_login(approver)
    client.post(address("give_back", completed.pk), {"note": "Which centre?"})
    html = queue(client, proposer)
    again = f"{commitment.get_absolute_url()}".replace("/ar/", "/en/") + f"?again={completed.pk}#assess"
    assert "Returned to you" in html and "Which centre?" in html and f'href="{again}"' in html
    form = client.get(again).content.decode()
    assert "All done." in form and 'value="2024-06-01"' in form
    assert f'id="ground-{ground.pk}" required checked' in form
    sent = {"side": "assessor", "level": "completed", "on": "2024-06-02", "ground": ground.pk}
    client.post(address("assess", commitment.plan.slug, commitment.code), sent)
    html = queue(client, proposer)
    assert "Returned to you" not in html and "Which centre?" not in html


@pytest.mark.parametrize("asks", ["earlier", "later"])
def test_amendments_and_carry_overs_that_came_back_are_proposed_again_with_what_was_typed(
    client: Client, commitment: Commitment, later: Pillar, proposer: User, approver: User, asks: str
) -> None:
    Plan.objects.filter(pk=later.plan_id).update(asks_approval=asks == "later")
    commitment.text_ar = "النص الأول"
    commitment.save()
    amended(commitment, proposer)
    carried(commitment, Pillar.objects.select_related("plan").get(pk=later.pk), proposer)
    for proposal in Proposal.objects.all():
        give_back(proposal, by=approver, note="Why?")
    over, amendment = approval.shown(approval.returned_to(proposer), proposer)
    client.force_login(proposer)
    form = client.get(amendment.again).content.decode()
    assert "Train 300 engineers." in form and "النص الأول" not in form.split("<form", 1)[-1]
    form = client.get(over.again).content.decode()
    assert 'value="NEW-1"' in form and f'value="{later.pk}" selected' in form


@pytest.mark.parametrize("kind", ["withdraw", "move_date"])
def test_a_form_opened_to_propose_again_holds_what_came_back(
    client: Client, commitment: Commitment, ground: Evidence, proposer: User, approver: User, kind: str
) -> None:
    if kind == "withdraw":
        proposal = record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason="My long reason.")
    else:
        moves = {"to": date(2027, 1, 1), "precision": "month", "decided_on": date(2025, 1, 1)}
        proposal = record_or_propose(Kind.MOVE_DATE, commitment, by=proposer, reason_en="My long reason.", **moves)
    assert isinstance(proposal, Proposal)
    give_back(proposal, by=approver, note="Why?")
    (shown,) = approval.shown(approval.returned_to(proposer), proposer)
    client.force_login(proposer)
    html = client.get(shown.again).content.decode()
    assert "My long reason." in html
    assert kind == "withdraw" or 'value="2027-01-01"' in html
    client.force_login(make_user("administrator", "another"))
    assert "My long reason." not in client.get(shown.again).content.decode().split("<form", 1)[-1]


def test_by_a_crafted_post_neither_proposer_nor_others_decide(
    client: Client, completed: Proposal, proposer: User, plan: Plan
) -> None:
    client.force_login(proposer)
    assert client.post(address("accept", completed.pk)).status_code == 403
    elsewhere = make_user("approver", "elsewhere")
    elsewhere.plans.add(make_plan("other", plan.side_a, plan.side_b))
    client.force_login(elsewhere)
    assert client.post(address("accept", completed.pk)).status_code == 403
    administrator = make_user("administrator", "proposing-administrator")
    own = Proposal.objects.create(
        plan=plan,
        commitment=completed.commitment,
        kind=Kind.ASSESS,
        arguments=completed.arguments,
        proposed_by=administrator,
    )
    client.force_login(administrator)
    response = client.post(address("accept", own.pk))
    assert response.status_code == 422 and "Somebody else must approve" in response.content.decode()
    assert not Assessment.objects.exists()


def test_the_queue_costs_the_same_at_any_size(
    client: Client,
    pillar: Pillar,
    later: Pillar,
    proposer: User,
    approver: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(approver)
    client.get(address("approvals"))
    spent = []
    for size in (1, 5):
        for number in range(size):
            commitment = make_commitment(pillar, f"ENE-{size}{number}")
            step = Milestone.objects.create(commitment=commitment, title_en="x", title_ar="x", due_on=date(2025, 5, 5))
            ground = make_evidence(commitment, date(2024, 5, 1))
            said = assess(commitment, side="a", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
            moves = {"to": None, "precision": "day", "decided_on": date(2025, 1, 1), "reason_en": "Late."}
            record_or_propose(
                Kind.ASSESS, commitment, by=proposer, side="b", level="completed", ground=ground, on=date(2024, 6, 1)
            )
            record_or_propose(Kind.MOVE_DATE, step, by=proposer, evidence=ground, **moves)
            record_or_propose(Kind.WITHDRAW, said, by=proposer, reason="Too early.")
            record_or_propose(Kind.WITHDRAW, ground, by=proposer, reason="Wrong.")
            amended(commitment, proposer, evidence=ground)
            carried(commitment, later, proposer, code=f"NEW-{size}{number}")
        with django_assert_num_queries(17):
            spent.append(client.get(address("approvals")).content.decode().count("Proposed by proposer"))
    assert spent == [6, 36]
