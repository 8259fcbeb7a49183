"""A reviewer at work in a real browser, up to the status on the plan page."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, Request, expect
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


# ------------------------------------------------------------------ ten stories, whoever reviews them and however


WORDS = ["الطاقة المتجددة", "التبادل التجاري", "النقل البحري", "الأمن الغذائي", "التعليم العالي"]


@pytest.fixture
def ten(transactional_db: None, plan: Plan, commitment: Commitment) -> list[Article]:  # noqa: F811
    """Ten stories that wait, in Arabic, each with a first, a telling and a last sentence."""
    source = make_source()
    stories = []
    for number in range(10):
        subject = WORDS[number % 5]
        told = f"اجتمع الفريق في باكو. أنهت الدفعة {number + 1} برنامجها في {subject}."
        text = f"{told}\n\nوينعقد الاجتماع المقبل في الرياض."
        stories.append(make_article(source, f"خبر {number + 1} عن {subject}", text))
        suggest(stories[-1], plan, words="الفريق")
        suggest(stories[-1], commitment.pillar.sector, words="الفريق")
    return stories


def telling(article: Article) -> str:
    assert article.revision is not None
    return article.revision.text.split(". ")[1].split("\n")[0]


def reviewed(ten: list[Article], commitment: Commitment) -> None:  # noqa: F811
    """Nine were quoted with a level, one concerned no plan; nothing waits."""
    assert sorted(Evidence.objects.values_list("quote", flat=True)) == sorted(telling(one) for one in ten[:9])
    assert commitment.assessments.filter(side="", level="substantial").count() == 9
    assert not Article.objects.filter(state="waiting").exists()
    assert Article.objects.get(state="dismissed") == ten[9]


class Cost:
    """Keys pressed and requests made, from here on; files that never change are no round trips."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys, self.requests = page, 0, 0
        page.on("request", self._count)

    def _count(self, request: Request) -> None:
        self.requests += "/static/" not in request.url

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1


@pytest.mark.parametrize("language", ["ar", "en"])
def test_ten_stories_are_reviewed_by_the_keyboard_alone_with_six_keys_and_three_requests_each(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    ten: list[Article],
    commitment: Commitment,  # noqa: F811
    language: str,
    record_property: Callable[[str, object], None],
) -> None:
    sign_in(page.context, make_user("reviewer"))
    said = complaints(page)
    page.goto(f"{live_server.url}/{language}/review/")
    dearest = (0, 0)
    for article in ten[:9]:
        expect(page.locator("#h-article")).to_have_text(article.title)
        cost = Cost(page)
        for key in ("j", "j", "e"):  # to the second sentence, and quote it
            cost.press(key)
        expect(page.locator("#pending mark")).to_have_text(telling(article))
        cost.press("t")  # the likely or recent commitment
        expect(page.locator("[name=target]")).to_have_value(f"c{commitment.pk}")
        expect(page.locator("#standing dl")).to_be_visible()
        cost.press("Shift+Digit3")
        expect(page.locator("[name=level][value=substantial]")).to_be_checked()
        cost.press("e")
        expect(page.locator("#text mark")).to_have_text(telling(article))
        dearest = max(dearest, (cost.keys, cost.requests + 1))  # and the one that opened the story
        page.keyboard.press("n")
    expect(page.locator("#h-article")).to_have_text(ten[9].title)
    page.keyboard.press("d")
    expect(page.locator("#toasts")).to_contain_text(ten[9].title)
    reviewed(ten, commitment)
    record_property("keys and requests for a story", dearest)
    assert dearest <= (6, 3)
    assert said == []


@pytest.mark.parametrize("language", ["ar", "en"])
def test_ten_stories_are_reviewed_by_touch(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    ten: list[Article],
    commitment: Commitment,  # noqa: F811
    language: str,
) -> None:
    with browser.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True) as context:
        sign_in(context, make_user("reviewer"))
        page = context.new_page()
        page.goto(f"{live_server.url}/{language}/review/")
        for article in ten[:9]:
            expect(page.locator("#h-article")).to_have_text(article.title)
            page.get_by_role("checkbox", name=telling(article)).tap()
            expect(page.locator("#pending mark")).to_have_text(telling(article))
            page.locator("[name=target]").select_option(f"c{commitment.pk}")
            expect(page.locator("#standing dl")).to_be_visible()
            page.locator("[name=level][value=substantial]").tap()
            page.locator("#record").tap()
            expect(page.locator("#text mark")).to_have_text(telling(article))
            page.locator("#next-article").tap()
        expect(page.locator("#h-article")).to_have_text(ten[9].title)
        page.locator("[name=dismiss]").tap()
        expect(page.locator("#toasts")).to_contain_text(ten[9].title)
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]
    reviewed(ten, commitment)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_ten_stories_are_reviewed_without_javascript(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    ten: list[Article],
    commitment: Commitment,  # noqa: F811
    language: str,
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        sign_in(context, make_user("reviewer"))
        page = context.new_page()
        page.goto(f"{live_server.url}/{language}/review/")
        for article in ten[:9]:
            expect(page.locator("#h-article")).to_have_text(article.title)
            page.get_by_role("checkbox", name=telling(article)).check()
            page.locator("[name=target]").select_option(f"c{commitment.pk}")
            if article == ten[1]:  # where it stands, before anything is recorded
                page.locator("[name=look]").click()
                expect(page.locator("#standing dl .st-substantial")).to_be_visible()
                expect(page.get_by_role("checkbox", name=telling(article))).to_be_checked()
            page.locator("[name=level][value=substantial]").check()
            page.locator("#record").click()
            expect(page.locator("#text mark")).to_have_text(telling(article))
            page.locator("#next-article").click()
        expect(page.locator("#h-article")).to_have_text(ten[9].title)
        page.locator("[name=dismiss]").click()
        expect(page.locator("#toasts")).to_contain_text(ten[9].title)
    reviewed(ten, commitment)


def test_two_reviewers_on_one_story_are_both_told_and_lose_nothing(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    ten: list[Article],
    commitment: Commitment,  # noqa: F811
) -> None:
    story = ten[0]
    with browser.new_context() as first, browser.new_context() as second:
        sign_in(first, make_user("reviewer", "amal"))
        sign_in(second, make_user("reviewer", "basim"))
        hers, his = first.new_page(), second.new_page()
        hers.goto(f"{live_server.url}/en/review/{story.pk}/")
        his.goto(f"{live_server.url}/en/review/{story.pk}/")
        expect(his.locator("#presence")).to_contain_text("amal has this story open since")
        hers.get_by_role("checkbox", name=telling(story)).check()
        hers.evaluate("htmx.trigger('#presence', 'look')")  # as the page does of itself every twenty seconds
        expect(hers.locator("#presence")).to_contain_text("basim has opened this story too")
        expect(hers.locator("#pending mark")).to_have_text(telling(story))

        his.get_by_role("checkbox", name=telling(story)).check()
        his.locator("[name=kind][value=delay]").check(force=True)
        his.locator("#record").click()
        expect(his.locator("#toasts")).to_contain_text("Recorded as evidence.")
        hers.locator("#record").click()
        expect(hers.locator("#toasts")).to_contain_text("basim has recorded evidence from this article meanwhile.")
        hers.goto(f"{live_server.url}/en/review/{ten[1].pk}/")
        his.goto(f"{live_server.url}/en/review/{ten[1].pk}/")
        his.locator("[data-key=a]").click()
        expect(his.locator("#toasts")).to_contain_text("Accepted")
        hers.locator("[name=dismiss]").click()
        expect(hers.locator("#toasts")).to_contain_text("basim has accepted this article meanwhile.")
    assert sorted(Evidence.objects.values_list("kind", flat=True)) == ["delay", "progress"]
    assert Article.objects.get(pk=ten[1].pk).state == "accepted"


MIXED = (
    "قال الأمين العام لمجلس التعاون GCC 🛢️ إن «الاتفاق» وُقّع عام 2024–2028، بقيمة 1,250 مليون $.\n\n"
    "Straße 🇦🇿🇸🇦 rose 3.5% & fell <b>again</b>; Əməkdaşlıq genişlənir. والبتروكيماويات أيضاً 👩‍🔬.\n\n"
    "Совместный план действий — «дорожная карта» ١٢٣ e\u0301tude fin."
)


def test_four_hundred_selections_come_back_as_the_very_words(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    plan: Plan,  # noqa: F811
) -> None:
    """Offsets → Range → offsets, over Arabic, Latin, Cyrillic, emoji, and marks that overlap and cut words."""
    article = make_article(make_source(), "خبر", MIXED)
    reviewer = make_user("reviewer")
    assert article.revision is not None
    for start, end in ((5, 40), (30, 60), (33, 36), (110, 150)):
        annotate(article.revision, start, end, kind="progress", plan=plan, by=reviewer)
    sign_in(page.context, reviewer)
    page.goto(f"{live_server.url}/ar/review/{article.pk}/")
    expect(page.locator("#text mark").first).to_be_visible()
    source = page.locator("script[src*='quote']").get_attribute("src")
    ranges = [
        (start, end)
        for start in range(0, len(MIXED), 4)
        for end in (start + 1, start + 3, start + 11, start + 37, start + 90, len(MIXED))
        if end <= len(MIXED) and not MIXED[start].isspace() and not MIXED[end - 1].isspace()
    ]
    assert len(ranges) >= 250
    ranges += [(start, start + 7) for start in range(1, len(MIXED) - 7) if not MIXED[start].isspace()][:200]
    ranges = [(start, end) for start, end in ranges if not MIXED[end - 1].isspace()]
    assert len(ranges) >= 400
    found = page.evaluate(
        """async ([source, ranges]) => {
            const { rangesOf, offsetsOf, wordsOf } = await import(source);
            const root = document.querySelector("[data-quotable]");
            return ranges.map(([start, end]) => {
                const parts = rangesOf(root, { start, end });
                const whole = document.createRange();
                whole.setStart(parts[0].startContainer, parts[0].startOffset);
                whole.setEnd(parts.at(-1).endContainer, parts.at(-1).endOffset);
                const back = offsetsOf(root, whole);
                return [back.start, back.end, wordsOf(root, back)];
            });
        }""",
        [source, ranges],
    )
    for (start, end), (back_start, back_end, words) in zip(ranges, found, strict=True):
        assert (back_start, back_end) == (start, end)
        assert words == MIXED[start:end].replace("\n\n", "\n")


def test_a_mark_never_breaks_the_joining_of_arabic_letters(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    plan: Plan,  # noqa: F811
) -> None:
    word = "والبتروكيماويات"
    article = make_article(make_source(), "خبر", word)
    reviewer = make_user("reviewer")
    sign_in(page.context, reviewer)
    assert article.revision is not None

    def width() -> float:
        page.goto(f"{live_server.url}/ar/review/{article.pk}/?plan={plan.slug}")
        page.evaluate("document.fonts.ready")
        drawn: float = page.locator("#t1").evaluate(
            """element => {
                const range = document.createRange();
                range.selectNodeContents(element);
                for (const note of element.querySelectorAll("sup")) note.style.display = "none";
                return range.getBoundingClientRect().width;
            }"""
        )
        return drawn

    plain = width()
    annotate(article.revision, 3, 9, kind="progress", plan=plan, by=reviewer)
    annotate(article.revision, 6, 12, kind="delay", plan=plan, by=reviewer)
    marked = width()
    expect(page.locator("#text mark")).to_have_count(3)
    assert abs(marked - plain) < 1


def test_pointing_at_a_quote_says_what_it_is_and_escape_puts_it_away(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    article: Article,
    plan: Plan,  # noqa: F811
) -> None:
    reviewer = make_user("reviewer")
    assert article.revision is not None
    annotate(article.revision, 0, 20, kind="delay", plan=plan, by=reviewer)
    sign_in(page.context, reviewer)
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    page.locator("#text mark").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Delay")
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.locator("#text sup a").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Delay")


def test_a_commitment_is_found_by_its_words_and_taken_with_enter(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    article: Article,
    commitment: Commitment,  # noqa: F811
) -> None:
    wanted = make_commitment(commitment.pillar, "ENE-2", title_en="Solar training", title_ar="التدريب على الطاقة")
    sign_in(page.context, make_user("reviewer"))
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    page.keyboard.press("c")
    page.keyboard.type("solar")
    expect(page.get_by_role("option", name="ENE-2 Solar training").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[name=target]")).to_have_value(f"c{wanted.pk}")
    assert Evidence.objects.count() == 0


def test_keys_can_be_switched_off(page: Page, live_server: LiveServer, sign_in: SignIn, article: Article) -> None:
    sign_in(page.context, make_user("reviewer"))
    page.goto(f"{live_server.url}/en/review/{article.pk}/")
    page.locator("#keys-switch").click()
    for key in ("d", "a", "n", "2"):
        page.keyboard.press(key)
    expect(page.locator("[name=kind][value=progress]")).to_be_checked()
    expect(page.locator("#toasts .toast")).to_have_count(0)
    expect(page.locator("#decide kbd").first).to_be_hidden()


def test_hostile_words_run_nothing(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    plan: Plan,  # noqa: F811
) -> None:
    """Markup, scripts, overrides of direction and a very long quote stay words."""
    hostile = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>\u202e\u2066 كلمة'
    article = make_article(make_source(), hostile, f"{hostile} " + "كلمة " * 20_000)
    reviewer = make_user("reviewer")
    assert article.revision is not None
    text = article.revision.text
    annotate(article.revision, 0, len(text), kind="progress", plan=plan, by=reviewer, note=hostile)
    sign_in(page.context, reviewer)
    said = complaints(page)
    page.goto(f"{live_server.url}/ar/review/{article.pk}/")
    expect(page.locator("#h-article")).to_have_text(hostile)
    page.locator("#text mark").first.hover(position={"x": 5, "y": 5}, force=True)
    assert page.evaluate("window.hurt") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []
