"""A reviewer at work in a real browser, up to the status on the plan page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from articles.models import Article, Source
from articles.review import annotate
from plans.models import Commitment, Evidence, Pillar, Plan
from tests.articles.conftest import SENTENCE, make_article, make_source, suggest
from tests.browser.conftest import SignIn, arabic, complaints
from tests.conftest import PASSWORD, make_user, running_worker
from tests.feeds.server import Outlet, serve
from tests.plans.conftest import aze, commitment, gcc, make_commitment, pillar, plan  # noqa: F401

TITLE = "مجلس التعاون وأذربيجان يوسعان تعاونهما في الطاقة المتجددة"
QUOTE = "وأنهت الدفعة الأولى، وعددها أربعون مهندساً من الجانبين، برنامج التدريب على الطاقة الشمسية في باكو."
PARAGRAPHS = [
    "بحث مسؤولون من مجلس التعاون لدول الخليج العربية وأذربيجان سير العمل في محور الطاقة"
    " من خطة العمل المشترك للفترة 2024-2028.",
    f"{QUOTE} وتبدأ الدفعة الثانية في الربيع المقبل.",
    "واتفق الجانبان على تبادل الخبرات في النفط والغاز والبتروكيماويات، وعلى لقاء جديد في الرياض.",
]


def report(outlet: Outlet) -> None:
    """Let the outlet print one article and name it in its feed."""
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    outlet.put(
        "/news/1",
        f'<!doctype html><html lang="ar" dir="rtl"><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>'
        + "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
        + "</article></body></html>",
    )
    outlet.put_feed(
        "/feed.xml",
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>صحيفة</title><language>ar</language>'
        f"<item><title>{TITLE}</title><link>{outlet.url('/news/1')}</link><guid>1</guid><pubDate>{date}</pubDate>"
        f"<description>{PARAGRAPHS[0]}</description></item></channel></rss>",
    )


@pytest.fixture
def outlet(settings: LazySettings) -> Iterator[Outlet]:
    with serve() as outlet:
        settings.FETCH_ALLOWED_HOSTS = [outlet.netloc]
        report(outlet)
        yield outlet


def select_with_mouse(page: Page, sentence: Locator) -> None:
    """Drag over a sentence, from the edge of its first line to the edge of its last."""
    sentence.scroll_into_view_if_needed()
    first, last, rtl = sentence.evaluate(
        """element => {
            const range = document.createRange();
            range.selectNodeContents(element);
            const lines = [...range.getClientRects()].map(({x, y, width, height}) => ({x, y, width, height}));
            return [lines[0], lines.at(-1), getComputedStyle(element).direction === "rtl"];
        }"""
    )
    begin = first["x"] + first["width"] - 1 if rtl else first["x"] + 1
    end = last["x"] - 1 if rtl else last["x"] + last["width"] + 1
    page.mouse.move(begin, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move(end, last["y"] + last["height"] / 2, steps=10)
    page.mouse.up()


def test_news_becomes_evidence_and_changes_a_status(
    page: Page, live_server: LiveServer, outlet: Outlet, broker: str
) -> None:
    """In Arabic: sign in, import, queue, mark a sentence, record evidence, assess, and the plan page tells."""
    call_command("seed", "--facts-only", verbosity=0)
    make_user("reviewer")
    promised = make_commitment(Pillar.objects.get(plan__slug="gcc-aze", sector__slug="energy"), "ENE-1")
    Source.objects.create(name="صحيفة الطاقة", slug="energy-daily", url=outlet.url("/feed.xml"), language="ar")
    Source.objects.update(due_at=timezone.now() + timedelta(hours=1))  # it is the button that has it read
    said = complaints(page)

    page.goto(f"{live_server.url}/ar/sources/")
    page.get_by_role("link", name=arabic("Sign in")).click()
    page.locator("[name=username]").fill("reviewer")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name=arabic("Sign in")).click()

    row = page.locator("#s-energy-daily")
    with running_worker(broker):
        row.get_by_role("button", name=arabic("Import now")).click()
        expect(row).to_contain_text(arabic("Healthy"), timeout=30_000)
    expect(row.locator("b")).to_have_text("1")

    page.get_by_role("navigation", name=arabic("Main")).get_by_role("link", name=arabic("Review")).click()
    page.locator(".queue").get_by_role("link", name=TITLE).click()
    expect(page.locator("#h-article")).to_have_text(TITLE)
    expect(page.locator("#plan-gcc-aze .match").first).to_be_visible()

    select_with_mouse(page, page.locator(".sentence > span", has_text=QUOTE))
    expect(page.locator("#pending mark")).to_have_text(QUOTE)
    page.locator("[name=target]").select_option(f"c{promised.pk}")
    page.locator("#record").click()
    expect(page.locator("#toasts")).to_contain_text(arabic("Recorded as evidence."))
    assert "".join(page.locator("#text mark").all_text_contents()) == QUOTE

    page.locator(".recorded").get_by_role("link", name=arabic("Assess"), exact=True).click()
    expect(page.locator("[name=ground]:checked")).to_have_count(1)
    page.locator("[name=side][value=a]").check()
    page.locator("[name=level][value=substantial]").check()
    page.locator("#assess").get_by_role("button", name=arabic("Record")).click()
    expect(page.locator("#toasts")).to_contain_text(arabic("Recorded. The status follows from the newest that stands."))

    page.goto(f"{live_server.url}/ar/plans/gcc-aze/")
    levels = page.locator("#c-ENE-1 .c-side")
    expect(levels.first.locator(".st-substantial")).to_be_attached()
    expect(levels.last.locator(".st-none")).to_be_attached()
    expect(page.locator(".evidence q, .evidence mark").first).to_have_text(QUOTE)

    promised.refresh_from_db()
    assert (promised.level_a, promised.status) == ("substantial", "substantial")
    assert Article.objects.get().state == "accepted"
    assert said == []


@pytest.fixture
def article(transactional_db: None, plan: Plan) -> Article:  # noqa: F811  # the fixture
    article = make_article(make_source())
    suggest(article, plan)
    return article


@pytest.mark.usefixtures("transactional_db")
def test_without_javascript_evidence_is_recorded_assessed_and_taken_back(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    article: Article,
    commitment: Commitment,  # noqa: F811
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        sign_in(context, make_user("reviewer"))
        page = context.new_page()
        page.goto(f"{live_server.url}/ar/review/")
        page.get_by_role("checkbox", name=SENTENCE).check()
        page.locator("[name=target]").select_option(f"c{commitment.pk}")
        page.locator("[name=side][value=b]").check()
        page.locator("[name=level][value=limited]").check()
        page.locator("#record").click()
        expect(page.locator("#toasts")).to_contain_text(arabic("Recorded as evidence, and the new level with it."))
        expect(page.locator("#text mark")).to_have_text(SENTENCE)

        page.goto(f"{live_server.url}/ar/plans/gcc-aze/")
        expect(page.locator("#c-ENE-1 .c-side").last.locator(".st-limited")).to_be_attached()

        page.goto(f"{live_server.url}/ar/review/{article.pk}/")
        page.locator(".recorded li").get_by_role("button", name=arabic("Undo")).click()
        expect(page.locator("#text mark")).to_have_count(0)
        page.goto(f"{live_server.url}/ar/plans/gcc-aze/")
        expect(page.locator("#c-ENE-1 .c-side").last.locator(".st-none")).to_be_attached()


def test_with_the_keyboard_alone_a_sentence_is_quoted_and_the_step_undone(
    page: Page, live_server: LiveServer, sign_in: SignIn, article: Article
) -> None:
    sign_in(page.context, make_user("reviewer"))
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("#pending mark")).to_have_text(SENTENCE)
    page.keyboard.press("Escape")
    expect(page.locator("#pending")).to_be_hidden()
    page.keyboard.press("Space")
    expect(page.locator("#pending mark")).to_have_text(SENTENCE)
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("Recorded as evidence.")
    assert Evidence.objects.get().quote == SENTENCE
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone: the evidence is withdrawn")
    expect(page.locator("#text mark")).to_have_count(0)


def test_a_refused_form_keeps_the_quote_and_what_was_typed(
    page: Page, live_server: LiveServer, sign_in: SignIn, article: Article
) -> None:
    sign_in(page.context, make_user("reviewer"))
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    select_with_mouse(page, page.locator(".sentence > span", has_text=SENTENCE))
    expect(page.locator("#pending mark")).to_have_text(SENTENCE)
    page.locator("[name=level][value=limited]").check()  # of the whole plan: only a commitment has a level
    page.locator("[name=note]").fill("Seen at the outlet.")
    page.locator("#record").click()
    expect(page.locator("#annotate .errors")).to_be_focused()
    expect(page.locator("#pending mark")).to_have_text(SENTENCE)
    expect(page.locator("[name=note]")).to_have_value("Seen at the outlet.")
    expect(page.locator("[name=level][value=limited]")).to_be_checked()


SELECTIONS = [
    ("Straße", "rose", "Straße 🛢🛢 rose"),  # code points, not UTF-16 units
    ("traß", "ro", "Straße 🛢🛢 rose"),  # outward to whole words
    (" Then", "Then", "Then"),  # without the white space before
    ("rose", "again", "rose & fell. Then\nit sank again"),  # across a quote's number and into the next paragraph
]


def select_words(page: Page, begin: str, end: str) -> None:
    """Select the text from the words it begins with to those it ends with, wherever its nodes are parted."""
    page.locator("#text").evaluate(
        """(root, [begin, end]) => {
            const places = [];
            const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const node = walker.currentNode;
                if (node.parentElement.closest("sup")) continue;
                for (let at = 0; at < node.data.length; at += 1) places.push([node, at]);
            }
            const text = places.map(([node, at]) => node.data[at]).join("");
            const [first, from] = places[text.indexOf(begin)];
            const [last, to] = places[text.indexOf(end) + end.length - 1];
            document.getSelection().setBaseAndExtent(first, from, last, to + 1);
        }""",
        [begin, end],
    )


def test_what_is_selected_is_what_is_quoted(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    plan: Plan,  # noqa: F811
) -> None:
    text = "Straße 🛢🛢 rose & fell. Then\n\nit sank again."
    article = make_article(make_source(language="en"), "Oil", text, language="en")
    reviewer = make_user("reviewer")
    assert article.revision is not None
    at = text.index("fell")
    annotate(article.revision, at, at + 4, kind="progress", plan=plan, by=reviewer)
    sign_in(page.context, reviewer)
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    for begin, end, quoted in SELECTIONS:
        select_words(page, begin, end)
        expect(page.locator("#pending mark")).to_have_text(quoted)
    page.locator("#record").click()
    expect(page.locator("#toasts")).to_contain_text("Recorded as evidence.")
    assert Evidence.objects.latest("pk").quote == "rose & fell. Then\n\nit sank again"
