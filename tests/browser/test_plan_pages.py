"""Every page of the plan half on the demo, both languages, wide and narrow: accessible, quiet, never too wide; and read
without JavaScript.
"""

from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, ViewportSize
from pytest_django.live_server_helper import LiveServer

from plans.models import User
from tests.browser.conftest import SignIn, complaints
from tests.browser.test_pages import problems, too_wide
from tests.walk import ENTERING, READING, WORKING, furnish

PAGES = {
    **READING,
    **{f"at work: {name}": path for name, path in WORKING.items()},
    **{f"data entry: {name}": path for name, path in ENTERING.items()},
}
# language, the width axe looks at, the other one
SETTINGS = [("en", 1440, 360), ("ar", 360, 1440)]


def test_every_page_of_the_plans_is_accessible_quiet_never_too_wide_and_needs_no_javascript(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    administrator: User,
    editor: User,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    """One walk: the demo takes longer to load than a page."""
    settings.MITHAQ_DATA = tmp_path
    numbers = furnish(editor)
    wrong: dict[str, list[str]] = {}
    for language, width, other_width in SETTINGS:
        screen: ViewportSize = {"width": width, "height": 900}
        other_screen: ViewportSize = {"width": other_width, "height": 900}
        with browser.new_context(viewport=screen, bypass_csp=True) as context:  # axe is a script of another origin
            sign_in(context, administrator)
            page = context.new_page()
            said = complaints(page)
            for name, path in PAGES.items():
                page.set_viewport_size(screen)
                # the long forms of data entry are the same in both languages, and axe takes its time with them
                with_axe = language == "ar" or not path.startswith("admin/")
                address = f"{live_server.url}/{language}/{path.format(**numbers)}"
                found = problems(page, address, said, with_axe=with_axe)
                page.set_viewport_size(other_screen)
                if found := [*found, *too_wide(page)]:
                    wrong[f"{name} ({language})"] = found
    with browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900}) as context:
        sign_in(context, administrator)
        page = context.new_page()
        for name, path in {**READING, **WORKING}.items():
            page.goto(f"{live_server.url}/ar/{path.format(**numbers)}")
            hidden = page.locator("main :is(h2, table, form):not(details *)").filter(visible=False)
            if not page.locator("main h1").is_visible() or hidden.count():
                wrong[f"{name} (without JavaScript)"] = [f"{hidden.count()} parts are hidden"]
    assert not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())


pytestmark = pytest.mark.django_db(transaction=True)
