"""Who may do what, signing in, lost passwords, and a site that is closed to the public."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from config.people import ROLE_NAMES, ensure_demo_accounts, ensure_roles, new_password, permissions_of
from plans.models import Party, User
from tests.conftest import PASSWORD, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/en/accounts/login/"


def sign_in(client: Client, username: str, password: str = PASSWORD, page: str = SIGN_IN, **more: str) -> Any:
    return client.post(page, {"username": username, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# ------------------------------------------------------------------ roles
@pytest.mark.parametrize(
    "permission, roles",
    [
        ("plans.view_plan", "viewer reviewer editor approver administrator"),
        ("articles.view_article", "viewer reviewer editor approver administrator"),
        ("plans.add_evidence", "reviewer administrator"),
        ("articles.add_annotation", "reviewer administrator"),
        ("plans.add_withdrawal", "reviewer administrator"),
        ("plans.add_assessment", "reviewer approver administrator"),
        ("plans.add_plan", "editor administrator"),
        ("plans.change_commitment", "editor administrator"),
        ("plans.add_datechange", "editor administrator"),
        ("plans.add_briefing", "editor approver administrator"),
        ("plans.change_actionpoint", "editor administrator"),
        ("plans.add_wording", "editor administrator"),
        ("plans.change_proposal", "approver administrator"),
        ("articles.add_source", "editor administrator"),
        ("articles.import_source", "reviewer editor administrator"),
        ("plans.add_user", "administrator"),
        ("plans.view_user", "administrator"),
    ],
)
def test_each_role_may_do_its_work(permission: str, roles: str) -> None:
    may = [role for role in ROLE_NAMES if make_user(role).has_perm(permission)]
    assert " ".join(may) == roles


@pytest.mark.parametrize(
    "model", ["plans.evidence", "plans.assessment", "plans.withdrawal", "plans.briefing", "articles.revision"]
)
@pytest.mark.parametrize("role", ROLE_NAMES)
def test_nobody_is_given_the_right_to_change_the_record(role: str, model: str) -> None:
    app, name = model.split(".")
    assert not {f"{app}.change_{name}", f"{app}.delete_{name}"} & permissions_of(role)


def test_roles_exist_wherever_the_tables_do_and_are_put_right_again() -> None:
    assert {group.name for group in Group.objects.all()} == set(ROLE_NAMES)
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.set(Group.objects.get(name="administrator").permissions.all())
    ensure_roles()
    assert viewer.permissions.count() == len(permissions_of("viewer"))


def test_the_first_administrator_is_made_by_a_command(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="first", email="first@example.org", verbosity=0)
    sign_in(client, "first")
    assert client.get("/en/admin/plans/user/add/").status_code == 200


# ------------------------------------------------------------------ demo accounts
@pytest.fixture
def aze() -> Party:
    return Party.objects.create(
        slug="aze", kind="state", name_en="Azerbaijan", name_ar="أذربيجان", short_en="Azerbaijan", short_ar="أذربيجان"
    )


def test_demo_accounts_open_with_the_passwords_in_the_file(client: Client, tmp_path: Path) -> None:
    accounts = ensure_demo_accounts(tmp_path)
    file = tmp_path / "demo-accounts.json"
    assert json.loads(file.read_text(encoding="utf-8")) == accounts
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {account["role"] for account in accounts} == set(ROLE_NAMES)
    editor = next(account for account in accounts if account["role"] == "editor")
    sign_in(client, editor["username"], editor["password"])
    assert client.get("/en/admin/plans/plan/add/").status_code == 200


def test_a_second_start_leaves_demo_accounts_and_passwords_as_they_are(tmp_path: Path) -> None:
    accounts = ensure_demo_accounts(tmp_path)
    stored = list(User.objects.order_by("pk").values())
    assert ensure_demo_accounts(tmp_path) == accounts
    assert list(User.objects.order_by("pk").values()) == stored


@pytest.mark.parametrize("spoilt", [None, "", "[1, 2", '{"username": "demo-editor"}'])
def test_where_the_file_is_lost_new_passwords_are_set(client: Client, tmp_path: Path, spoilt: str | None) -> None:
    before = {account["username"]: account["password"] for account in ensure_demo_accounts(tmp_path)}
    file = tmp_path / "demo-accounts.json"
    file.unlink()
    if spoilt is not None:
        file.write_text(spoilt, encoding="utf-8")
    after = {account["username"]: account["password"] for account in ensure_demo_accounts(tmp_path)}
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    sign_in(client, "demo-editor", before["demo-editor"])
    assert not is_signed_in(client)
    sign_in(client, "demo-editor", after["demo-editor"])
    assert is_signed_in(client)


def test_a_demo_focal_point_speaks_for_its_party(tmp_path: Path, aze: Party) -> None:
    ensure_demo_accounts(tmp_path)
    assert User.objects.get(username="demo-focal-aze").party == aze


def test_a_persons_own_account_of_that_name_is_left_alone(tmp_path: Path) -> None:
    own = make_user("viewer", "demo-editor")
    names = {account["username"] for account in ensure_demo_accounts(tmp_path)}
    assert "demo-editor" not in names
    own.refresh_from_db()
    assert own.check_password(PASSWORD)


def test_a_new_password_is_easy_to_read_aloud_and_never_the_same() -> None:
    made = {new_password() for _time in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", password) for password in made)


# ------------------------------------------------------------------ signing in
def test_signing_in_leads_to_the_page_asked_for(client: Client, editor: User) -> None:
    response = sign_in(client, "editor", next="/ar/admin/")
    assert response.headers["Location"] == "/ar/admin/"


def test_signing_in_never_leads_to_another_site(client: Client, editor: User) -> None:
    response = sign_in(client, "editor", next="https://example.org/")
    assert response.headers["Location"] == "/en/my/"


def test_signing_out_leads_to_the_overview(client: Client, editor: User) -> None:
    sign_in(client, "editor")
    assert client.post("/en/accounts/logout/").headers["Location"] == "/en/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("language, words", [("en", "correct username and password"), ("ar", "")])
def test_a_wrong_password_is_told_at_the_top_with_the_name_kept(
    client: Client, editor: User, language: str, words: str
) -> None:
    html = sign_in(client, "editor", "wrong", f"/{language}/accounts/login/").content.decode()
    assert 'role="alert"' in html
    assert words in html
    assert 'value="editor"' in html
    assert "wrong" not in re.findall(r'value="([^"]*)"', html)


def test_the_last_tries_are_counted_aloud(client: Client, editor: User) -> None:
    told = [sign_in(client, "editor", "wrong").content.decode() for _try in range(4)]
    assert ["more tr" in html for html in told] == [False, False, True, True]
    assert "2 more tries, then this account pauses for 15 minutes." in told[2]
    assert "1 more try, then this account pauses for 15 minutes." in told[3]


def wrong_five_times(client: Client, username: str = "editor", page: str = SIGN_IN) -> Any:
    return [sign_in(client, username, "wrong", page) for _try in range(5)][-1]


def test_five_wrong_passwords_pause_the_account_and_say_for_how_long(client: Client, editor: User) -> None:
    response = wrong_five_times(client)
    html = response.content.decode()
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    assert "is paused for 15 minutes; the right password is refused too until then." in html
    assert "<bdi>editor</bdi>" in html
    assert 'href="/en/accounts/password_reset/"' in html
    assert sign_in(client, "editor").status_code == 429
    assert not is_signed_in(client)


def test_the_page_of_a_pause_is_in_the_readers_language(client: Client, editor: User) -> None:
    response = wrong_five_times(client, page="/ar/accounts/login/")
    html = response.content.decode()
    assert response.status_code == 429
    assert '<html lang="ar" dir="rtl">' in html
    assert 'href="/ar/accounts/password_reset/"' in html


def test_a_pause_is_of_one_account_alone(client: Client, editor: User, reviewer: User) -> None:
    wrong_five_times(client)
    sign_in(client, "reviewer")
    assert is_signed_in(client)


def test_a_pause_ends_by_itself(client: Client, editor: User, settings: LazySettings) -> None:
    wrong_five_times(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    sign_in(client, "editor")
    assert is_signed_in(client)


def test_an_administrator_ends_a_pause(client: Client, editor: User, administrator: User) -> None:
    wrong_five_times(client)
    office = Client()
    office.force_login(administrator)
    chosen = {"action": "end_pause", "_selected_action": [editor.pk]}
    html = office.post("/en/admin/plans/user/", chosen, follow=True).content.decode()
    assert "1 account may sign in again." in html
    sign_in(client, "editor")
    assert is_signed_in(client)


def test_a_right_password_forgets_the_wrong_ones(client: Client, editor: User) -> None:
    for _round in range(2):
        for _try in range(4):
            sign_in(client, "editor", "wrong")
        sign_in(client, "editor")
        assert is_signed_in(client)
        client.logout()


# ------------------------------------------------------------------ passwords
def ask_for_link(client: Client, address: str, language: str = "en") -> str:
    """Ask for a new password; return the link in the mail, or «» where none came."""
    response = client.post(f"/{language}/accounts/password_reset/", {"email": address})
    assert response.headers["Location"] == f"/{language}/accounts/password_reset/done/"
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body)) if mail.outbox else None
    return found[1] if found else ""


@pytest.fixture
def officer(editor: User) -> User:
    editor.email = "officer@example.org"
    editor.save()
    return editor


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_forgotten_password_is_set_anew_by_mail(client: Client, officer: User, language: str) -> None:
    link = ask_for_link(client, officer.email, language)
    assert link.startswith(f"/{language}/accounts/reset/")
    assert "editor" in str(mail.outbox[0].body)
    page = client.get(link, follow=True)
    assert f'<html lang="{language}"' in page.content.decode()
    address = page.redirect_chain[-1][0]
    new = {"new_password1": "another horse battery", "new_password2": "another horse battery"}
    assert client.post(address, new).headers["Location"] == f"/{language}/accounts/reset/done/"
    sign_in(client, "editor", "another horse battery")
    assert is_signed_in(client)


def test_a_new_password_by_mail_ends_the_pause(client: Client, officer: User) -> None:
    wrong_five_times(client)
    address = client.get(ask_for_link(client, officer.email), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": "another horse battery", "new_password2": "another horse battery"})
    sign_in(client, "editor", "another horse battery")
    assert is_signed_in(client)


def test_a_link_works_once(client: Client, officer: User) -> None:
    link = ask_for_link(client, officer.email)
    address = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": "another horse battery", "new_password2": "another horse battery"})
    assert "This link no longer works" in Client().get(link).content.decode()


def test_a_weak_new_password_is_refused_with_the_reason(client: Client, officer: User) -> None:
    address = client.get(ask_for_link(client, officer.email), follow=True).redirect_chain[-1][0]
    html = client.post(address, {"new_password1": "12345", "new_password2": "12345"}).content.decode()
    assert "at least 10 characters" in html
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)


def test_asking_does_not_tell_who_has_an_account(client: Client) -> None:
    assert ask_for_link(client, "nobody@example.org") == ""
    assert mail.outbox == []


def test_a_person_changes_their_own_password(client: Client, editor: User) -> None:
    sign_in(client, "editor")
    new = {"new_password1": "another horse battery", "new_password2": "another horse battery"}
    page = "/en/accounts/password_change/"
    assert "old_password" in client.post(page, {**new, "old_password": "wrong"}).content.decode()
    client.post(page, {**new, "old_password": PASSWORD})
    editor.refresh_from_db()
    assert editor.check_password("another horse battery")


@pytest.mark.parametrize(
    "path",
    [
        "login/",
        "password_reset/",
        "password_reset/done/",
        "reset/done/",
        "reset/MQ/set-password/",
    ],
)
@pytest.mark.parametrize("language, direction", [("ar", "rtl"), ("en", "ltr")])
def test_the_pages_around_signing_in_stand_in_both_languages(
    client: Client, path: str, language: str, direction: str
) -> None:
    html = client.get(f"/{language}/accounts/{path}").content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert html.count("<h1>") == 1
    other = {"ar": "en", "en": "ar"}[language]
    assert f'href="/{other}/accounts/{path}"' in html


# ------------------------------------------------------------------ what an account may not do
@pytest.mark.parametrize("language", ["ar", "en"])
def test_what_an_account_may_not_do_is_said_with_its_name(client: Client, reviewer: User, language: str) -> None:
    reviewer.first_name = "Leyla"
    reviewer.save()
    client.force_login(reviewer)
    response = client.get(f"/{language}/admin/plans/plan/add/")
    html = response.content.decode()
    assert response.status_code == 403
    assert f'<html lang="{language}"' in html
    assert "Leyla" in html
    assert f'href="/{language}/"' in html


# ------------------------------------------------------------------ a closed site
@pytest.mark.parametrize(
    "path", ["/en/", "/ar/", "/en/news/", "/en/plans/gcc-aze/", "/en/sources/", "/en/search/", "/en/admin/"]
)
def test_a_closed_site_asks_strangers_to_sign_in(client: Client, settings: LazySettings, path: str) -> None:
    settings.PUBLIC = False
    response = client.get(path)
    assert response.headers["Location"] == f"/{path[1:3]}/accounts/login/?next={path}"


@pytest.mark.parametrize("path", ["login/", "password_reset/", "password_reset/done/", "reset/MQ/bad-token/"])
def test_a_closed_site_leaves_the_way_in_open(client: Client, settings: LazySettings, path: str) -> None:
    settings.PUBLIC = False
    assert client.get(f"/en/accounts/{path}").status_code == 200


def test_a_closed_site_still_answers_whether_it_lives(client: Client, settings: LazySettings) -> None:
    settings.PUBLIC = False
    assert client.get("/health/").json() == {"ok": True}


def test_a_closed_site_is_open_to_whoever_is_signed_in(client: Client, settings: LazySettings) -> None:
    settings.PUBLIC = False
    make_user("viewer")
    sign_in(client, "viewer")
    assert client.get("/en/").status_code == 200


def test_an_open_site_is_read_without_an_account(client: Client) -> None:
    assert client.get("/en/").status_code == 200
