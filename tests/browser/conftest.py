"""What the browser's tests share: somebody signed in, and a log of what the console complained about."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from plans.models import User

SignIn = Callable[[BrowserContext, User], None]

expect.set_options(timeout=20_000)  # an answer that comes late on a busy machine is no fault


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: addresses are given in full. Stands in for one that pytest 10 will not take from the plugin."""


@pytest.fixture
def sign_in(live_server: LiveServer) -> SignIn:
    """Open a session for somebody without the form, which has a test of its own."""

    def open_session(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    return open_session


def arabic(words: str) -> str:
    """What the pages say in Arabic."""
    with translation.override("ar"):
        return translation.gettext(words)


def complaints(page: Page) -> list[str]:
    """What the console of this page says is wrong, from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
