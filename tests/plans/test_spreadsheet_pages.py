"""The pages of a plan's spreadsheet: look first, then take in; nothing is kept on the web server between the two."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.exchange.spreadsheet import COLUMNS, read_rows
from plans.models import Commitment, Plan, User
from tests.plans.conftest import make_plan
from tests.plans.test_admin import address, as_shown, signed_in
from tests.plans.test_spreadsheet import a_row, a_whole_plan, as_csv, sectors, xlsx

__all__ = ["sectors"]  # a fixture of this file too
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return signed_in("editor")


def look(client: Client, plan: Plan, content: bytes, name: str = "plan.xlsx", language: str = "en") -> Any:
    page = address("plans_plan_import", plan.pk, language=language)
    return client.post(page, {"file": SimpleUploadedFile(name, content)})


def confirm(client: Client, plan: Plan, signed: str) -> Any:
    return client.post(address("plans_plan_import", plan.pk), {"sheet": signed}, follow=True)


def test_a_plan_of_8_pillars_and_120_commitments_is_taken_in_and_then_edited_in_data_entry(
    desk: Client, plan: Plan
) -> None:
    looked = look(desk, plan, xlsx(*a_whole_plan()), language="ar")
    assert (looked.context["new"], looked.context["changed"]) == (128, 0)
    assert not plan.commitments.exists()
    taken = confirm(desk, plan, looked.context["signed"])
    assert taken.redirect_chain[-1][0] == address("plans_plan_change", plan.pk)
    assert "128 rows entered" in taken.content.decode()
    assert plan.commitments.count() == 120
    page = address("plans_plan_change", plan.pk)
    number = list(plan.commitments.order_by("plan", "pillar__position", "position", "code")).index(
        plan.commitments.get(code="P3-7")
    )
    typed = {f"commitments-{number}-title_en": "Training of engineers"}
    assert desk.post(page, {**as_shown(desk.get(page)), **typed}).status_code == 302
    assert plan.commitments.get(code="P3-7").title_en == "Training of engineers"
    exported = desk.get(address("plans_plan_export", plan.pk, "ar", "xlsx")).content
    again = look(desk, plan, exported)
    assert (again.context["new"], again.context["changed"], again.context["unchanged"]) == (0, 0, 128)
    assert "there is nothing to take in" in again.content.decode()


def test_what_would_change_is_shown_field_by_field_before_anything_is_stored(desk: Client, plan: Plan) -> None:
    confirm(desk, plan, look(desk, plan, xlsx(a_row("ENE-1"), a_row("ENE-2"))).context["signed"])
    html = look(desk, plan, as_csv(a_row(lead_a_en="<b>Ministry</b>")), "plan.csv").content.decode()
    assert "Lead body of side A (English)" in html
    assert '<del dir="auto">–</del>' in html
    assert '<ins dir="auto">&lt;b&gt;Ministry&lt;/b&gt;</ins>' in html
    assert "1 commitment is not in the sheet and stays as it is" in html
    assert plan.commitments.get(code="ENE-1").lead_a_en == ""


@pytest.mark.parametrize("language", ["ar", "en"])
def test_mistakes_are_listed_with_row_and_column_and_nothing_is_stored(desk: Client, plan: Plan, language: str) -> None:
    response = look(desk, plan, xlsx(a_row(), a_row("TRD-1", pillar_code="TRD", sector="Magic")), language=language)
    html = response.content.decode()
    assert "D · القطاع" in html
    assert "Magic" in html
    assert 'name="sheet"' not in html
    assert not plan.pillars.exists()


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("plan.xlsx", b"MZ\x90\x00 a program", "The letters of this file cannot be told."),
        ("plan.xlsx", b"x" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
        ("plan.csv", b"", "The submitted file is empty."),
    ],
)
def test_a_file_that_is_no_spreadsheet_is_told_so(
    desk: Client, plan: Plan, name: str, content: bytes, told: str
) -> None:
    assert told in look(desk, plan, content, name).content.decode()


def test_a_plan_that_changed_meanwhile_is_looked_at_again(desk: Client, plan: Plan) -> None:
    confirm(desk, plan, look(desk, plan, xlsx(a_row())).context["signed"])
    signed = look(desk, plan, xlsx(a_row(lead_a_en="Ministry"))).context["signed"]
    Commitment.objects.update(lead_a_en="Authority")
    again = confirm(desk, plan, signed)
    assert "The plan has changed meanwhile." in again.content.decode()
    assert plan.commitments.get().lead_a_en == "Authority"
    confirm(desk, plan, again.context["signed"])
    assert plan.commitments.get().lead_a_en == "Ministry"


def test_a_sheet_is_confirmed_for_the_plan_and_by_the_person_it_was_shown_to(desk: Client, plan: Plan) -> None:
    signed = look(desk, plan, xlsx(a_row())).context["signed"]
    other = make_plan("other", plan.side_a, plan.side_b)
    told = "What was to be confirmed is too old. Choose the file again."
    assert told in confirm(desk, other, signed).content.decode()
    assert told in confirm(signed_in("administrator"), plan, signed).content.decode()
    assert told in confirm(desk, plan, signed[:-1] + "x").content.decode()
    assert not Commitment.objects.exists()


def test_the_page_of_a_plan_leads_to_import_and_export(desk: Client, plan: Plan) -> None:
    html = desk.get(address("plans_plan_change", plan.pk)).content.decode()
    assert address("plans_plan_import", plan.pk) in html
    assert address("plans_plan_export", plan.pk, "en", "xlsx") in html
    html = desk.get(address("plans_plan_import", plan.pk)).content.decode()
    for language in ("ar", "en"):
        for extension in ("xlsx", "csv"):
            assert address("plans_plan_template", language, extension) in html


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("extension", ["xlsx", "csv"])
def test_template_and_export_are_downloads_in_the_language_asked_for(
    desk: Client, plan: Plan, language: str, extension: str
) -> None:
    for page in (
        address("plans_plan_template", language, extension),
        address("plans_plan_export", plan.pk, language, extension),
    ):
        response = desk.get(page)
        assert response["Content-Disposition"].startswith("attachment; filename=")
        assert f"A · {COLUMNS[0].header(language)}" in read_rows(response.content).places.values()
    assert desk.get(address("plans_plan_template", language, "exe")).status_code == 404


def test_who_may_not_enter_plans_exports_and_imports_nothing(plan: Plan) -> None:
    reviewer = signed_in("reviewer")
    assert reviewer.get(address("plans_plan_import", plan.pk)).status_code == 403
    assert look(reviewer, plan, xlsx(a_row())).status_code == 403
    assert reviewer.get(address("plans_plan_export", plan.pk, "en", "xlsx")).status_code == 200
    assert Client().get(address("plans_plan_export", plan.pk, "en", "xlsx")).status_code == 302


def test_an_editor_of_other_plans_imports_nothing_here(desk: Client, plan: Plan) -> None:
    other = make_plan("other", plan.side_a, plan.side_b)
    User.objects.get(username="the-editor").plans.add(other)
    assert look(desk, plan, xlsx(a_row())).status_code == 403
    assert look(desk, other, xlsx(a_row())).status_code == 200


def test_looking_and_confirming_cost_the_same_queries_at_any_size(desk: Client, plan: Plan) -> None:
    costs = []
    for rows in (a_whole_plan(2, 2), a_whole_plan(8, 15)):
        look(desk, plan, xlsx(a_row()))  # what is asked anew since the plans have changed: the reader's rights
        with CaptureQueriesContext(connection) as captured:
            looked = look(desk, plan, xlsx(*rows))
        with CaptureQueriesContext(connection) as confirming:
            page = address("plans_plan_import", plan.pk)
            assert desk.post(page, {"sheet": looked.context["signed"]}).status_code == 302
        costs.append((len(captured), len(confirming)))
        plan.commitments.all().delete()
        plan.pillars.all().delete()
    assert costs[0] == costs[1]


def test_nothing_in_the_page_needs_a_script_or_style_of_its_own(desk: Client, plan: Plan) -> None:
    html = look(desk, plan, xlsx(a_row())).content.decode()
    assert "<style" not in html
    assert " style=" not in html
