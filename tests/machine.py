"""The machine tests run on: PostgreSQL and Valkey from wheels unless the environment names others, and what is missing.

Loaded before the settings are, so that tests never touch the data of a developer's own installation.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

DATA = Path(tempfile.mkdtemp(prefix="mithaq-tests-"))
DATA.chmod(0o711)  # as root, PostgreSQL runs as another user, who must get in
os.environ["MITHAQ_DATA"] = str(DATA)
os.environ["DATABASE_POOL"] = "false"  # the test database is dropped at the end: nobody may hold on to it
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the thread of the tests
for variable in ("FETCH_ALLOWED_HOSTS", "FETCH_HOST_PAUSE", "MITHAQ_PUBLIC", "MITHAQ_DEMO_DAY", "EMAIL_URL", "DEBUG"):
    os.environ.pop(variable, None)


def browser() -> str | None:
    """Return the machine's own browser, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def missing() -> dict[str, str]:
    """Return what this machine lacks, with the Debian package that has it."""
    return {} if browser() else {"a browser": "chromium"}


def pytest_report_header() -> list[str]:
    return [f"{what} is missing: apt-get install {package}" for what, package in missing().items()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped on a developer's machine, and fail in CI."""
    if not missing():
        return
    if os.environ.get("CI") == "true":
        pytest.exit("; ".join(pytest_report_header()), returncode=1)
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):  # `page` needs it too
            item.add_marker(pytest.mark.skip(reason="no browser: apt-get install chromium"))


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)
