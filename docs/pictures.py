"""Make the README's pictures anew from the demo: `make pictures`. Needs a browser (Debian: chromium)."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
PORT = os.environ.get("PORT", "8790")
SITE = f"http://127.0.0.1:{PORT}"


@contextmanager
def demo(data: Path) -> Iterator[dict[str, str]]:
    """The demo, running; gives the passwords of its accounts."""
    environment = {**os.environ, "MITHAQ_DATA": str(data), "PORT": PORT}
    command = [sys.executable, "manage.py", "up"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("  demo-focal-aze"):
                break
        accounts = json.loads((data / "demo-accounts.json").read_text())
        try:
            yield {account["username"]: account["password"] for account in accounts}
        finally:
            process.terminate()


def sign_in(browser: Browser, username: str, password: str, language: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page.goto(f"{SITE}/{language}/accounts/login/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def main() -> None:
    data = Path(tempfile.mkdtemp(prefix="mithaq-pictures-"))
    data.chmod(0o711)
    browser_path = next(path for name in ("chromium", "google-chrome") if (path := shutil.which(name)))
    IMAGES.mkdir(parents=True, exist_ok=True)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        with demo(data) as passwords, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=sandbox)
            page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
            page.goto(f"{SITE}/en/plans/gcc-aze/")
            page.screenshot(path=IMAGES / "plan-en.png")
            page.goto(f"{SITE}/ar/plans/gcc-aze/ENE-3/")
            page.screenshot(path=IMAGES / "commitment-ar.png")
            page = sign_in(browser, "demo-editor", passwords["demo-editor"], "ar")
            page.goto(f"{SITE}/ar/plans/gcc-aze/")
            page.locator("a[href*='/admin/plans/plan/']").first.click()
            page.screenshot(path=IMAGES / "entry-ar.png")
            page = sign_in(browser, "demo-reviewer", passwords["demo-reviewer"], "ar")
            page.goto(f"{SITE}/ar/review/")
            expect(page.locator("main h1")).to_be_visible()
            page.screenshot(path=IMAGES / "review-ar.png")
            browser.close()
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
