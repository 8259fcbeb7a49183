"""The seed files hold together: names resolve, both languages are there, proofs exist, and no fact is invented."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plans.models import Commitment, DatePrecision, Document, Evidence, Meeting, Party, Plan, Side, Status
from plans.models.progress import Level
from plans.seeding import read

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
SECTORS = {row["slug"] for row in read(SEEDS / "sectors.yaml")}
PARTIES = {row["slug"]: row for row in read(SEEDS / "parties.yaml")}
PLANS = {path.stem: read(path) for path in sorted((SEEDS / "plans").glob("*.yaml"))}
DEMO = {path.stem: read(path) for path in sorted((SEEDS / "demo" / "commitments").glob("*.yaml"))}
OUTLETS = {row["slug"]: row for row in read(SEEDS / "demo" / "news" / "outlets.yaml")}
NEWS = [
    row
    for path in sorted((SEEDS / "demo" / "news").glob("*.yaml"))
    if path.name != "outlets.yaml"
    for row in read(path)
]
FILES = {**{f"plans/{slug}": row for slug, row in PLANS.items()}, **{f"demo/{slug}": row for slug, row in DEMO.items()}}

every_file = pytest.mark.parametrize("row", FILES.values(), ids=FILES.keys())
every_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
every_demo = pytest.mark.parametrize("demo", DEMO.values(), ids=DEMO.keys())


def evidence_of(row: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every piece of evidence in a file with the code of the commitment it speaks of."""
    for item in row.get("evidence") or []:
        yield item, item.get("commitment") or ""
    for commitment in row.get("commitments") or []:
        for item in commitment.get("evidence") or []:
            yield item, commitment["code"]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from walk(part)


# ------------------------------------------------------------------ vocabulary
def test_the_sectors_are_the_eleven_of_the_vocabulary() -> None:
    assert {
        "political-security", "trade", "investment", "energy", "education-culture", "transport",
        "environment-climate", "agriculture-food", "health", "tourism", "other",
    } == SECTORS  # fmt: skip


def test_members_of_blocs_are_parties_that_stand_before_them() -> None:
    order = list(PARTIES)
    for slug, party in PARTIES.items():
        for member in party.get("members") or []:
            assert order.index(member["member"]) < order.index(slug)
    assert {member["since"] for member in PARTIES["gcc"]["members"]} == {date(1981, 5, 25)}
    assert len(PARTIES["gcc"]["members"]) == 6


def test_every_state_has_its_iso_code_and_no_bloc_has_one() -> None:
    for slug, party in PARTIES.items():
        assert party["kind"] in Party.Kind.values
        assert party.get("iso3", "") == (slug.upper() if party["kind"] == "state" else "")


def test_the_real_sources_are_unverified_and_switched_off() -> None:
    sources = read(SEEDS / "sources.yaml")
    assert sources
    assert len({source["url"] for source in sources}) == len({source["slug"] for source in sources}) == len(sources)
    for source in sources:
        assert source["is_verified"] is False and source["is_active"] is False
        assert source["party"] in {*PARTIES, ""}
        assert source["url"].startswith("https://")


# ------------------------------------------------------------------ plans
def test_every_relation_of_the_council_has_its_plan() -> None:
    partners = "aze ca kaz kgz tjk tkm uzb chn ind jpn kor rus tur jor mar egy bra pak irq asean eu uk usa"
    assert set(PLANS) == {f"gcc-{partner}" for partner in partners.split()}


@every_plan
def test_a_plan_names_known_sides_kind_stage_and_sectors(plan: dict[str, Any]) -> None:
    assert plan["side_a"] == "gcc" and plan["side_b"] in PARTIES and plan["side_b"] != "gcc"
    assert plan["kind"] in Plan.Kind.values
    assert plan["lifecycle"] in Plan.Lifecycle.values
    assert plan["certainty"] in Plan.Certainty.values
    assert {pillar["sector"] for pillar in plan["pillars"]} <= SECTORS
    codes = [pillar["code"] for pillar in plan["pillars"]]
    assert len(set(codes)) == len(codes)


@every_plan
def test_a_plan_ends_after_it_starts(plan: dict[str, Any]) -> None:
    if plan["starts"] and plan["ends"]:
        assert plan["starts"] < plan["ends"]


@every_plan
def test_a_plan_rests_on_evidence_in_our_own_words(plan: dict[str, Any]) -> None:
    pieces = list(evidence_of(plan))
    assert pieces
    for item, _code in pieces:
        assert item["summary_en"] and item["summary_ar"] and item["publisher"]
        assert "quote" not in item and "outlet" not in item
        assert isinstance(item["published_on"], date)


@every_plan
def test_the_facts_of_a_plan_name_no_invented_outlet(plan: dict[str, Any]) -> None:
    invented = {name for outlet in OUTLETS.values() for name in (outlet["name"], outlet["name_en"], outlet["name_ar"])}
    told = " ".join(str(value) for node in walk(plan) for value in node.values() if isinstance(value, str))
    assert not [name for name in invented if name in told]
    assert not re.search(r"\bdemo\b|تجريبي", told, re.IGNORECASE)


@every_plan
def test_an_address_is_whole_or_absent(plan: dict[str, Any]) -> None:
    for node in walk(plan):
        assert not node.get("url") or re.match(r"https://[^/]+\.[a-z]+/\S+", node["url"])


def test_only_what_is_public_stands_as_a_real_commitment() -> None:
    assert [slug for slug, plan in PLANS.items() if plan.get("commitments")] == ["gcc-ca"]


def test_the_azerbaijan_plan_has_the_pillars_its_meeting_named() -> None:
    assert [(pillar["code"], pillar["sector"]) for pillar in PLANS["gcc-aze"]["pillars"]] == [
        ("POL", "political-security"),
        ("TRD", "trade"),
        ("INV", "investment"),
        ("ENE", "energy"),
        ("EDU", "education-culture"),
    ]


@pytest.mark.parametrize(
    ("slug", "key"),
    [
        ("gcc-bra", "signed-or-draft"),
        ("gcc-aze", "signed-or-adopted"),
        ("gcc-aze", "doha-2025-12-office"),
        ("gcc-aze", "doha-2025-12-beginning"),
        ("gcc-ca", "period-2026-or-2027"),
        ("gcc-chn", "four-or-five-years"),
        ("gcc-jpn", "extension-or-new"),
        ("gcc-kor", "signed-or-concluded"),
        ("gcc-irq", "transposed-period"),
        ("gcc-tur", "kuwait-second-or-third"),
        ("gcc-eu", "agreement-1988-or-1989"),
    ],
)
def test_where_sources_contradict_each_other_both_are_kept(slug: str, key: str) -> None:
    kinds = {item["key"]: item["kind"] for item, _code in evidence_of(PLANS[slug])}
    assert kinds[key] in ("dispute", "correction")


# ------------------------------------------------------------------ facts and demo alike
@every_file
def test_every_text_stands_in_both_languages(row: dict[str, Any]) -> None:
    for node in walk(row):
        for name, text in node.items():
            if name.endswith("_en") and name != "gloss_en" and text:
                arabic = node.get(f"{name[:-3]}_ar")
                assert arabic and re.search(r"[\u0621-\u064a]", arabic), (name, text)
            if name.endswith("_ar") and name != "gloss_ar" and text:
                assert node.get(f"{name[:-3]}_en"), (name, text)


@every_file
def test_months_in_arabic_are_those_of_the_gulf(row: dict[str, Any]) -> None:
    levantine = re.compile(r"كانون|شباط|آذار|نيسان|أيار|حزيران|تموز|أيلول|تشرين")
    told = [
        value for node in walk(row) for name, value in node.items() if isinstance(value, str) and name.endswith("_ar")
    ]
    assert not [text for text in told if levantine.search(text)]


@every_file
def test_choices_are_those_of_the_models(row: dict[str, Any]) -> None:
    kinds = {"meetings": Meeting.Kind.values, "documents": Document.Kind.values, "evidence": Evidence.Kind.values}
    for node in walk(row):
        for name, values in kinds.items():
            assert {item["kind"] for item in node.get(name) or [] if isinstance(item, dict) and "kind" in item} <= set(
                values
            )
        assert {value for name, value in node.items() if name.endswith("_precision")} <= set(DatePrecision.values)
        assert node.get("speaker", "third") in Evidence.Speaker.values
        for name in ("asked_by", "agreed_by"):
            assert node.get(name, "") in {"", *Side.values}


@every_file
def test_a_commitment_belongs_to_a_pillar_of_its_plan_and_its_code_is_used_once(row: dict[str, Any]) -> None:
    pillars = {pillar["code"] for pillar in PLANS[row.get("plan") or row["slug"]]["pillars"]}
    commitments = row.get("commitments") or []
    assert {commitment["pillar"] for commitment in commitments} <= pillars
    assert {item["pillar"] for item, _code in evidence_of(row) if item.get("pillar")} <= pillars
    assert all(count == 1 for count in Counter(commitment["code"] for commitment in commitments).values())
    for commitment in commitments:
        assert re.fullmatch(r"[A-Z]{3}-\d", commitment["code"])


@every_file
def test_a_commitment_is_due_after_it_starts(row: dict[str, Any]) -> None:
    for commitment in row.get("commitments") or []:
        for due in (commitment.get("due_on"), commitment.get("baseline_due_on")):
            assert due is None or commitment["starts"] <= due, commitment["code"]


@every_file
def test_every_status_has_its_ground_no_later_than_itself(row: dict[str, Any]) -> None:
    evidence = {item["key"]: (item, code) for item, code in evidence_of(row)}
    for commitment in row.get("commitments") or []:
        said = commitment.get("assessments") or []
        assert len({(item["side"], item["on"]) for item in said}) == len(said), commitment["code"]
        for assessment in said:
            assert assessment["side"] in {"", *Side.values}
            assert assessment["level"] in Level.values
            for key in [assessment["ground"], *(assessment.get("further") or [])]:
                item, code = evidence[key]
                assert code == commitment["code"]
                assert item["published_on"] <= assessment["on"], key
                assert "withdrawn" not in item


@every_file
def test_every_moved_date_and_every_measurement_points_to_evidence(row: dict[str, Any]) -> None:
    keys = {item["key"] for item, _code in evidence_of(row)}
    for node in walk(row):
        for name in ("date_changes", "measurements"):
            assert {item["evidence"] for item in node.get(name) or []} <= keys


@every_file
def test_meetings_review_and_ask_for_commitments_of_their_own_file(row: dict[str, Any]) -> None:
    codes = {commitment["code"] for commitment in row.get("commitments") or []}
    for meeting in row.get("meetings") or []:
        assert set(meeting.get("reviewed") or []) <= codes
        for point in meeting.get("action_points") or []:
            assert point.get("commitment", "") in {"", *codes}
            assert point.get("side", "") in {"", *Side.values}
            assert point["text_en"] and point["text_ar"]


@every_file
def test_offices_belong_to_a_side_and_nobody_is_invented_to_hold_them(row: dict[str, Any]) -> None:
    plan = PLANS[row.get("plan") or row["slug"]]
    for office in row.get("offices") or []:
        assert office["party"] in {plan["side_a"], plan["side_b"]}
        assert "holders" not in office


@pytest.mark.parametrize("slug", PLANS)
def test_keys_of_evidence_are_unique_within_a_plan_with_its_demo(slug: str) -> None:
    keys = [item["key"] for row in (PLANS[slug], DEMO.get(slug, {})) for item, _code in evidence_of(row)]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z0-9-]{1,80}", key) for key in keys)


# ------------------------------------------------------------------ the demo
def test_the_demo_holds_the_plans_that_show_a_lively_page() -> None:
    partners = ["aze", "ind", "jpn", "chn", "rus", "egy", "tur", "asean", "eu"]
    assert set(DEMO) == {f"gcc-{partner}" for partner in partners}
    assert all(demo["plan"] == slug for slug, demo in DEMO.items())


@every_demo
def test_dates_of_the_demo_are_days_from_the_day_of_seeding(demo: dict[str, Any]) -> None:
    for node in walk(demo):
        for name, value in node.items():
            if name in (
                "on",
                "starts",
                "due_on",
                "baseline_due_on",
                "done_on",
                "held_on",
                "published_on",
                "decided_on",
            ):
                assert value is None or type(value) is int, (name, value)
        assert node.get("done_on") is None or node["done_on"] <= 0


@every_demo
def test_quotations_of_the_demo_come_from_invented_outlets_in_their_language_with_a_gloss(demo: dict[str, Any]) -> None:
    for item, _code in evidence_of(demo):
        assert item["language"] == OUTLETS[item["outlet"]]["language"]
        assert item["quote"] and "publisher" not in item and item["published_on"] <= 0
        assert item["language"] == "en" or item["gloss_en"]
        assert item["language"] == "ar" or item["gloss_ar"]


def invented_texts() -> Iterator[str]:
    for demo in DEMO.values():
        yield from (value for node in walk(demo) for value in node.values() if isinstance(value, str))
    for news in NEWS:
        yield from [news["title"], *news["paragraphs"]]


def test_no_real_person_is_named_in_invented_text() -> None:
    people = re.compile(
        r"budaiwi|hajiyev|bayramov|abdullayev|zayani|hajraf|aluwaisheg|marzouqi|mammadyarov"
        r"|البديوي|حاجييف|حاجيف|بيراموف|بايراموف|الزياني|الحجرف|العويشق|المرزوقي|محمدياروف"
        r"|будейви|гаджиев|байрамов|hacıyev",
        re.IGNORECASE,
    )
    assert not [text for text in invented_texts() if people.search(text)]


def test_the_azerbaijan_demo_is_a_lively_mix() -> None:
    commitments = DEMO["gcc-aze"]["commitments"]
    latest = [
        {said["side"]: said["level"] for said in sorted(item.get("assessments") or [], key=lambda said: said["on"])}
        for item in commitments
    ]
    assert Counter(levels.get("", Status.NONE) for levels in latest) == {
        "completed": 4, "substantial": 5, "limited": 8, "not_started": 4, "none": 2,
    }  # fmt: skip
    assert sum(len(set(levels.values())) > 1 for levels in latest) == 2
    late = [
        item["code"]
        for item, levels in zip(commitments, latest, strict=True)
        if item["due_on"] < 0 and levels.get("") != "completed"
    ]
    assert late == ["POL-3", "INV-2", "EDU-4"]


def test_demo_commitments_fit_into_their_plans_period_near_the_day_of_seeding() -> None:
    # Commitment._meta guards the order of dates; here only that offsets are of the size of a plan
    assert Commitment._meta.get_field("due_on").null
    for demo in DEMO.values():
        for commitment in demo["commitments"]:
            assert -720 <= commitment["starts"] < 0 and commitment["due_on"] <= 720


# ------------------------------------------------------------------ the news
def test_there_are_enough_articles_in_four_languages() -> None:
    assert len(NEWS) >= 36
    assert Counter(OUTLETS[news["outlet"]]["language"] for news in NEWS).keys() == {"ar", "en", "az", "ru"}
    assert len({(news["outlet"], news["id"]) for news in NEWS}) == len(NEWS)


@pytest.mark.parametrize("news", NEWS, ids=lambda news: news["id"])
def test_an_article_is_whole(news: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", news["id"])
    assert news["title"] and 4 <= len(news["paragraphs"]) <= 7
    assert all(isinstance(paragraph, str) and len(paragraph) > 20 for paragraph in news["paragraphs"])
    assert isinstance(news.get("days_ago", news.get("hours_ago")), int)


def test_one_story_is_told_by_three_outlets() -> None:
    first = Counter(news["paragraphs"][0] for news in NEWS)
    text, times = first.most_common(1)[0]
    assert times == 3
    assert len({news["outlet"] for news in NEWS if news["paragraphs"][0] == text}) == 3


def test_a_few_articles_appear_only_after_the_demo_has_started() -> None:
    assert 3 <= sum(news.get("hours_ago", 0) < 0 and "days_ago" not in news for news in NEWS) <= 6
