"""Pages that are kept until something changes: never out of date, whoever writes and however."""

import re
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans.models import Commitment, Meeting, Plan, Pulse, Token, User
from plans.rights import Accounts
from plans.views.plans import plan as plan_page
from tests.conftest import make_user

pytestmark = pytest.mark.django_db

PAGES = ["/en/", "/en/plans/gcc-aze/", "/en/my/", "/en/table/"]


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def main_of(client: Client, address: str) -> str:
    """What a page shows, but for the token of its forms."""
    main = re.search(r"<main.*</main>", client.get(address).content.decode(), re.DOTALL)
    assert main
    return re.sub(r"\w{64}", "", main[0])


@pytest.fixture
def desk(client: Client) -> Client:
    """The browser of an editor."""
    client.force_login(make_user("editor", "desk"))
    return client


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_drawn_once_while_nothing_changes(desk: Client, commitment: Commitment, address: str) -> None:
    drawn = queries_of(desk, address)
    again = queries_of(desk, address)
    assert again < drawn
    assert again <= 10


@pytest.mark.parametrize(
    "address, statement, shown",
    [
        ("/en/", "UPDATE plans_party SET short_en = 'Baku'", "Baku"),
        ("/en/plans/gcc-aze/", "UPDATE plans_commitment SET title_en = 'A line of its own'", "A line of its own"),
        ("/en/my/", "UPDATE plans_commitment SET due_on = NULL, due_precision = 'day'", "Without a date"),
        ("/en/table/", "UPDATE plans_sector SET name_en = 'Power'", "Power"),
    ],
)
def test_a_change_past_the_site_shows_at_once(
    desk: Client, commitment: Commitment, address: str, statement: str, shown: str
) -> None:
    assert shown not in desk.get(address).content.decode()
    raw(statement)
    assert shown in desk.get(address).content.decode()


def test_a_right_taken_away_is_gone_at_once(desk: Client, plan: Plan) -> None:
    assert "Edit</a>" in desk.get("/en/plans/gcc-aze/").content.decode()
    Group.objects.get(name="editor").permissions.clear()
    assert "Edit</a>" not in desk.get("/en/plans/gcc-aze/").content.decode()


def test_a_right_taken_away_while_its_holder_is_read_keeps_no_page_for_later(plan: Plan, rf: RequestFactory) -> None:
    editor = make_user("editor", "desk")

    def page() -> str:
        request = rf.get("/en/plans/gcc-aze/")
        request.user, request.htmx = reader, False  # type: ignore[assignment, attr-defined]
        return plan_page(request, "gcc-aze").content.decode()

    reader = Accounts().get_user(editor.pk)
    assert reader and reader.has_perm("plans.change_plan")
    editor.groups.clear()
    assert "Edit</a>" in page()
    reader = Accounts().get_user(editor.pk)
    assert "Edit</a>" not in page()


def test_nobody_reads_what_was_kept_for_another(desk: Client, plan: Plan) -> None:
    desk.get("/en/plans/gcc-aze/")
    assert "Edit</a>" not in Client().get("/en/plans/gcc-aze/").content.decode()


def test_a_language_a_query_and_a_calendar_have_pages_of_their_own(desk: Client, commitment: Commitment) -> None:
    Meeting.objects.create(plan=commitment.plan, held_on=date(2025, 5, 1), place_en="Doha", place_ar="الدوحة")
    page = "/en/plans/gcc-aze/"
    plain = main_of(desk, page)
    assert main_of(desk, page) == plain
    assert plain not in (main_of(desk, "/ar/plans/gcc-aze/"), main_of(desk, f"{page}?status=completed"))
    desk.cookies["hijri"] = "1"
    assert " AH" in main_of(desk, page)


def test_the_form_of_a_kept_page_is_the_readers_own(plan: Plan) -> None:
    user = make_user("viewer", "reader")
    for _browser in range(2):  # the second gets the page that the first had drawn
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(user)
        html = browser.get("/en/plans/gcc-aze/").content.decode()
        form = html[html.index('action="/en/follow/') :]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token
        answer = browser.post(re.findall(r'action="([^"]+)"', form)[0], {"csrfmiddlewaretoken": token[1]})
        assert answer.status_code == 302


def test_a_sign_in_is_no_change(plan: Plan) -> None:
    user = make_user("viewer", "reader")
    before = Pulse.objects.now()
    Client().force_login(user)
    assert Pulse.objects.now() == before


def tables() -> list[str]:
    """Every table of the plans, and of the rights of those who read them; their histories are not on these pages."""
    models: list[Any] = [*apps.get_app_config("plans").get_models(include_auto_created=True), Group, Permission]
    models.append(Group.permissions.through)
    unseen = (Pulse, Token)
    return [one._meta.db_table for one in models if one not in unseen and not hasattr(one, "pgh_tracked_model")]


@pytest.mark.parametrize("table", tables())
def test_every_table_that_pages_rest_on_beats(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = %s::regclass AND proname = 'plans_beat' AND tgenabled = 'O'",
            [table],
        )
        assert cursor.fetchone() == (1,), f"{table} needs the trigger that migration 0008 gives the others"


def test_beats_of_past_hours_are_cleared_away_and_the_pulse_is_another_all_the_same(plan: Plan) -> None:
    raw("INSERT INTO plans_pulse (at) SELECT now() - interval '2 hours' FROM generate_series(1, 50)")
    raw("SELECT setval('plans_pulse_id_seq', (nextval('plans_pulse_id_seq') / 1000 + 1) * 1000 - 1)")
    before = Pulse.objects.now()
    Plan.objects.update(note_en="A note.")
    assert not Pulse.objects.filter(at__lt=timezone.now() - timedelta(hours=1)).exists()
    assert Pulse.objects.now() != before


@pytest.mark.django_db(transaction=True)
def test_a_change_that_becomes_visible_late_is_not_missed(plan: Plan) -> None:
    """The older of two transactions ends last: its beat is not the newest when it is seen."""
    has_written, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                Plan.objects.update(title_en="Written first, seen last")
                has_written.set()
                assert may_end.wait(30)
        finally:
            connection.close()

    page = "/en/plans/gcc-aze/"
    writer = threading.Thread(target=slow)
    writer.start()
    try:
        assert has_written.wait(30)
        User.objects.create_user("later")
        assert "seen last" not in Client().get(page).content.decode()
    finally:
        may_end.set()
        writer.join()
    assert "seen last" in Client().get(page).content.decode()


def test_what_is_kept_is_bounded() -> None:
    assert caches["pages"]._max_entries <= 200
