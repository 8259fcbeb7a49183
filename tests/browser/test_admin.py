"""A desk officer enters a plan in Arabic, in a browser, under the site's own content policy."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from plans.models import Party, Sector, User
from tests.browser.conftest import SignIn, complaints
from tests.conftest import PASSWORD


def choose(page: Page, field: str, typed: str, name: str) -> None:
    """Choose from an autocomplete field as a person does: open, type, click."""
    page.locator(f"#id_{field} + .select2").click()
    page.locator(".select2-search__field").fill(typed)
    page.locator(".select2-results__option", has_text=name).click()


@pytest.mark.django_db(transaction=True)
def test_an_editor_enters_a_plan_in_arabic_and_sees_it_on_the_site(
    page: Page, live_server: LiveServer, editor: User
) -> None:
    said = complaints(page)
    for slug, kind, name_ar, name_en in [
        ("gcc", "bloc", "مجلس التعاون لدول الخليج العربية", "Gulf Cooperation Council"),
        ("aze", "state", "جمهورية أذربيجان", "Republic of Azerbaijan"),
    ]:
        Party.objects.create(
            slug=slug, kind=kind, name_ar=name_ar, name_en=name_en, short_ar=name_ar[:20], short_en=slug.upper()
        )
    Sector.objects.create(slug="energy", name_ar="الطاقة", name_en="Energy")

    page.goto(f"{live_server.url}/ar/admin/plans/plan/add/")
    page.locator("#id_username").fill("editor")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form.form button[type=submit]").click()

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("#id_title_ar").fill("خطة العمل المشترك مع أذربيجان")
    page.locator("#id_title_en").fill("Joint Action Plan with Azerbaijan")
    page.locator("#id_slug").fill("gcc-aze")
    choose(page, "side_a", "مجلس", "مجلس التعاون")
    choose(page, "side_b", "Azerb", "أذربيجان")
    page.locator("#id_starts").fill("2028-01-01")
    page.locator("#id_ends").fill("2024-12-31")
    page.locator("#id_pillars-0-code").fill("ENE")
    page.locator("#id_pillars-0-title_ar").fill("التعاون في الطاقة")
    page.locator("#id_pillars-0-title_en").fill("Cooperation in energy")
    page.locator("#id_pillars-0-sector").select_option(label="الطاقة")
    page.locator("#id_commitments-0-pillar_code").fill("ENE")
    page.locator("#id_commitments-0-code").fill("ENE-1")
    page.locator("#id_commitments-0-title_ar").fill("تدريب المهندسين")
    page.locator("#id_commitments-0-title_en").fill("Training of engineers")
    page.locator("#id_commitments-0-due_on + .datetimeshortcuts a").first.click()  # today
    page.locator("[name=_save]").click()

    # the end stands before the start: told beside the field, with everything typed still there
    expect(page.locator(".field-ends .errorlist, .errorlist:has(+ .field-ends)")).to_have_count(1)
    expect(page.locator("#id_commitments-0-title_ar")).to_have_value("تدريب المهندسين")
    page.locator("#id_starts").fill("2024-01-01")
    page.locator("#id_ends").fill("2028-12-31")
    page.locator("#pillars-group .add-row a").click()  # a row opened and left empty is no obstacle
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto(f"{live_server.url}/ar/plans/gcc-aze/")
    expect(page.locator("h1")).to_contain_text("خطة العمل المشترك مع أذربيجان")
    expect(page.locator("main")).to_contain_text("التعاون في الطاقة")
    expect(page.locator("main")).to_contain_text("تدريب المهندسين")
    assert said == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_of_a_new_plan_fits_the_screen(
    page: Page, live_server: LiveServer, sign_in: SignIn, editor: User, width: int
) -> None:
    said = complaints(page)
    sign_in(page.context, editor)
    page.set_viewport_size({"width": width, "height": 900})
    for language in ["ar", "en"]:
        page.goto(f"{live_server.url}/{language}/admin/plans/plan/add/")
        page.locator("#commitments-group .add-row a").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
