"""Every page in both languages, wide and narrow, light and dark: accessible, quiet in the console, never too wide."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from articles.agreement import set_share
from articles.aliases import accept, propose
from articles.carrying import carry_over
from articles.models import Annotation, Article, Aside, Correction, FetchRun
from articles.notices import comment, follow, gather
from articles.review import annotate
from plans.disagreements import contradict
from plans.models import Document, Meeting, Milestone, Pillar, Plan, User
from plans.progress import assess, move_date, record_check, withdraw
from tests.articles.conftest import SENTENCE, TEXT, add_revision, make_article, make_source, make_story, suggest
from tests.browser.conftest import SignIn, complaints
from tests.conftest import make_user
from tests.plans.conftest import aze, gcc, make_commitment, make_evidence, make_party, make_plan, pillar, plan  # noqa: F401

AXE = Axe()
RULES = {
    "preload": False,  # of the stylesheets: axe cannot follow `@import … layer(…)`
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}

PUBLIC = {
    "overview": "",
    "plan": "plans/gcc-aze/",
    "plan without commitments": "plans/gcc-jpn/",
    "news": "news/",
    "news, none found": "news/?language=ru",
    "article": "news/{article}/",
    "archived copy": "archive/{digest}/",
    "search": "search/?q=baku",
    "search, none found": "search/?q=nowhere",
    "sources": "sources/",
    "quotes of a plan": "quotes/plans/gcc-aze/",
    "quotes of a commitment": "quotes/plans/gcc-aze/ENE-1/",
    "corrections": "corrections/",
    "sign-in": "accounts/login/",
    "not found": "nowhere/",
}
STAFF = {
    "commitment": "plans/gcc-aze/ENE-1/",
    "evidence": "evidence/{evidence}/",
    "withdraw": "evidence/{evidence}/withdraw/",
    "review": "review/",
    "review of an article": "review/{article}/",
    "review of a quote": "review/{article}/?edit={quote}",
    "queue": "review/queue/?of_state=waiting",
    "queue, decided": "review/queue/?of_state=accepted",
    "queue, none found": "review/queue/?of_language=az",
    "copies beside each other": "review/{article}/beside/{copy}/",
    "members' news": "review/members/",
    "one side only, none found": "review/one-side/",
    "names": "review/names/",
    "add a name": "review/names/add/?article={article}",
    "texts edited": "review/edited/",
    "what an outlet changed": "archive/{edited}/changes/",
    "texts to read twice": "review/second/",
    "a text to read twice": "review/second/{revision}/gcc-aze/",
    "agreement": "review/agreement/",
    "comments": "quotes/{quote}/comments/",
    "take quotes in": "quotes/import/",
    "notices": "notices/",
    "preferences": "notices/preferences/",
    "searches kept": "search/kept/",
    "add a correction": "corrections/add/",
    "archived copy, with its text": "archive/{digest}/",
    "sources, with buttons": "sources/",
    "source": "sources/failing-wire/",
    "add a source": "sources/add/",
    "change the password": "accounts/password_change/",
}


@pytest.fixture
def numbers(plan: Plan, pillar: Pillar, administrator: User) -> dict[str, object]:  # noqa: F811
    """A site with something of everything; what its addresses name."""
    today = timezone.localdate()
    late, agreed, silent = (
        make_commitment(pillar, f"ENE-{number}", title_en="Training in renewable energy in Baku", due_on=due)
        for number, due in ((1, date(2025, 1, 31)), (2, today + timedelta(days=200)), (3, None))
    )
    first = make_evidence(late, date(2024, 5, 1), gloss_en="The first group finished its training.")
    assess(late, side="a", level="substantial", ground=first, on=date(2024, 5, 2), by=administrator)
    assess(late, side="b", level="limited", ground=first, on=date(2024, 5, 2), by=administrator)
    withdraw(make_evidence(late, date(2024, 6, 1)), reason="Taken from another report.", by=administrator)
    move_date(
        late, to=date(2025, 6, 30), precision="day", decided_on=date(2025, 1, 1), by=administrator, reason_en="Late."
    )
    assess(agreed, side="", level="completed", ground=make_evidence(agreed, today), on=today, by=administrator)
    record_check(silent, on=date(2024, 2, 1), sources="Agencies", languages=["ar"], by=administrator)
    Milestone.objects.create(commitment=late, title_en="First group", title_ar="الدفعة الأولى", due_on=date(2024, 9, 1))
    Meeting.objects.create(plan=plan, kind="ministerial", held_on=date(2025, 12, 8), place_en="Doha", place_ar="الدوحة")
    Document.objects.create(plan=plan, title_en="Joint statement", title_ar="البيان المشترك", publisher="Secretariat")
    make_plan("gcc-jpn", plan.side_a, make_party("jpn"))

    wire = make_source(party=plan.side_b, last_success_at=timezone.now())
    failing = make_source("failing-wire", failures=4, last_error="No answer.", last_error_code="not_found")
    make_source("paused-wire", is_active=False)
    make_source("running-wire", lease_until=timezone.now() + timedelta(hours=1))
    for source in (wire, failing):
        FetchRun.objects.create(source=source, seen=12, new=4, finished_at=timezone.now(), error="")
    article = make_article(wire, text=TEXT)
    suggest(article, plan)
    suggest(article, pillar.sector, words="باكو")
    copy = make_article(
        failing, "Energy group meets in Baku", "The group met in Baku. It meets again in spring.", language="en"
    )
    suggest(copy, plan, 0.6, words="Baku")
    second = make_article(failing, text=TEXT.replace("الثانية", "الأولى"))
    make_story(article, second)
    assert article.revision is not None
    at = TEXT.index(SENTENCE)
    quoted = annotate(
        article.revision, at, at + len(SENTENCE), kind="progress", plan=plan, by=administrator, commitment=late
    )
    contradict(quoted.evidence, about="figure", earlier=first, preferred="newer", reason="It is signed.", by=None)
    make_article(wire, "Still waits", "Two words of Baku.", language="en", score=0.5, assigned_to=administrator)
    assert copy.revision is not None
    work_together(plan, quoted, administrator)
    basim = make_user("reviewer", "basim")
    other = annotate(copy.revision, 0, 22, kind="context", plan=plan, by=basim)
    name: dict[str, Any] = {"language": "en", "kind": "name", "thing": plan.side_b, "by": basim, "article": copy}
    propose("Land of Fire", **name)
    accept(propose("Land of Flames", **name), by=administrator)
    edited = add_revision(copy, "The working group met in Baku on Sunday. It meets again.")
    carry_over(edited)
    settled: dict[str, Any] = {"preferred": "earlier", "reason": "The signed text says so."}
    contradict(other.evidence, about="period", held="2024–2028", by=administrator, **settled)
    return {
        "evidence": quoted.evidence.pk,
        "article": article.pk,
        "copy": second.pk,
        "quote": quoted.pk,
        "revision": other.revision_id,
        "digest": article.revision.digest,
        "edited": edited.digest,
    }


def work_together(plan: Plan, quoted: Annotation, administrator: User) -> None:  # noqa: F811
    """Members' news, comments, notices, a share to read twice and a correction."""
    set_share(plan, 100)
    aside = make_article(quoted.revision.article.source, "Riyadh signs", "A memorandum.", language="en")
    Article.objects.filter(pk=aside.pk).update(beside="members", score=0)
    Aside.objects.create(article=aside, plan=plan, party=make_party("sau"), score=0.7, revision=aside.revision)
    comment(quoted, "Is this the second group, @administrator?", make_user("approver", "rana"))
    follow(plan, administrator)
    gather(timezone.now())
    words = {
        "wrong_en": "It began in 2023.",
        "holds_en": "It began in 2024.",
        "wrong_ar": "عام 2023",
        "holds_ar": "عام 2024",
    }
    Correction.objects.create(**words, evidence=quoted.evidence, recorded_by=administrator)


def too_wide(page: Page) -> list[str]:
    """By how much the page is wider than its window."""
    pixels = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{pixels} px too wide at {page.evaluate('innerWidth')}"] if pixels > 0 else []


def problems(page: Page, address: str, said: list[str], *, with_axe: bool) -> list[str]:
    """What is wrong with the page at an address."""
    del said[:]
    page.goto(address)
    found = too_wide(page)
    for violation in AXE.run(page, options=RULES).response["violations"] if with_axe else []:
        places = [" ".join(node["target"]) for node in violation["nodes"]]
        found.append(f"{violation['id']}: {', '.join(places[:4])}")
    return found + [words for words in said if "404 (Not Found)" not in words or "nowhere" not in address]


# each of language, width and scheme is seen by axe
@pytest.mark.parametrize(
    "language, width, scheme, with_axe",
    [("en", 1440, "light", True), ("ar", 360, "dark", True), ("ar", 1440, "light", False), ("en", 360, "light", False)],
)
def test_every_page_is_accessible_quiet_and_never_too_wide(
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
    administrator: User,
    numbers: dict[str, object],
    language: str,
    width: int,
    scheme: Literal["light", "dark"],
    with_axe: bool,
) -> None:
    wrong: dict[str, list[str]] = {}
    for who, addresses in (("public", PUBLIC), ("staff", STAFF)):
        with browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            bypass_csp=with_axe,  # axe is a script of another origin
        ) as context:
            if who == "staff":
                sign_in(context, administrator)
            page = context.new_page()
            said = complaints(page)
            for name, path in addresses.items():
                address = f"{live_server.url}/{language}/{path.format(**numbers)}"
                if found := problems(page, address, said, with_axe=with_axe):
                    wrong[name] = found
    assert not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())
