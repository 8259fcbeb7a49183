"""Annotations as W3C Web Annotations, out and in; a stable address for every quote; quotes as tables."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook

from articles.linked import MEDIA_TYPE, LinkedError, read
from articles.models import Annotation, Article
from articles.review import annotate, undo_annotation
from plans.models import Commitment, Plan, User
from tests.articles.conftest import SENTENCE, TEXT
from tests.conftest import make_user

AT = TEXT.index(SENTENCE)


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def quote(article: Article, commitment: Commitment, reviewer: User) -> Annotation:
    assert article.revision is not None
    return annotate(
        article.revision,
        AT,
        AT + len(SENTENCE),
        kind="progress",
        plan=commitment.plan,
        commitment=commitment,
        by=reviewer,
        speaker="b",
        note="for us alone",
        gloss_en="The second intake finished.",
    )


def told(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == MEDIA_TYPE
    return json.loads(response.content)


# ------------------------------------------------------------------ out


def test_a_quote_is_told_as_a_web_annotation(client: Client, quote: Annotation, reviewer: User) -> None:
    client.force_login(reviewer)
    data = told(client, f"/en/quotes/{quote.pk}.jsonld")
    assert data["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert data["type"] == "Annotation"
    words, place = data["target"]["selector"]
    assert (words["type"], words["exact"], words["prefix"]) == ("TextQuoteSelector", SENTENCE, quote.prefix)
    assert (place["type"], place["start"], place["end"]) == ("TextPositionSelector", AT, AT + len(SENTENCE))
    assert data["target"]["state"]["cached"].endswith(f"/archive/{quote.revision.digest}/")
    assert {"type": "TextualBody", "purpose": "classifying", "value": "mithaq:kind:progress"} in data["body"]


def test_the_public_gets_the_quote_but_neither_the_text_around_it_nor_notes_nor_names(
    client: Client, quote: Annotation
) -> None:
    data = told(client, f"/en/quotes/{quote.pk}.jsonld")
    assert data["target"]["selector"][0] == {"type": "TextQuoteSelector", "exact": SENTENCE}
    assert "creator" not in data
    assert "for us alone" not in json.dumps(data)


@pytest.mark.parametrize("of", ["articles/{article}", "plans/gcc-aze", "plans/gcc-aze/ENE-1"])
def test_article_plan_and_commitment_each_have_a_collection_with_pages(
    client: Client, quote: Annotation, of: str
) -> None:
    address = f"/en/quotes/{of.format(article=quote.revision.article_id)}.jsonld"
    whole = told(client, address)
    assert (whole["type"], whole["total"]) == ("AnnotationCollection", 1)
    page = told(client, whole["first"])
    assert page["type"] == "AnnotationPage"
    assert page["partOf"]["id"] == whole["id"]
    assert [item["id"].endswith(f"/quotes/{quote.pk}.jsonld") for item in page["items"]] == [True]
    assert client.get(f"{address}?page=0").status_code == 404
    assert client.get(f"{address}?page=x").status_code == 404


def test_a_quote_taken_back_is_gone(client: Client, quote: Annotation, reviewer: User) -> None:
    undo_annotation(quote, reviewer)
    assert client.get(f"/en/quotes/{quote.pk}.jsonld").status_code == 410
    assert told(client, "/en/quotes/plans/gcc-aze.jsonld")["total"] == 0
    assert client.get("/en/quotes/999999.jsonld").status_code == 404


# ------------------------------------------------------------------ a stable address


def test_the_address_of_a_quote_opens_the_text_at_it(client: Client, quote: Annotation, reviewer: User) -> None:
    client.force_login(reviewer)
    response = client.get(f"/en/quotes/{quote.pk}/")
    assert response["Location"] == f"/en/archive/{quote.revision.digest}/#q1"
    assert 'id="q1"' in client.get(response["Location"]).text


def test_the_public_comes_to_the_quote_without_the_text(client: Client, quote: Annotation) -> None:
    response = client.get(f"/en/quotes/{quote.pk}/")
    assert response["Location"].endswith("#e1")
    html = client.get(response["Location"]).text
    assert 'id="e1"' in html and SENTENCE in html
    assert "اجتمع فريق الطاقة في باكو يوم الأحد" not in html


def test_the_address_of_a_quote_taken_back_leads_to_its_evidence(
    client: Client, quote: Annotation, reviewer: User
) -> None:
    undo_annotation(quote, reviewer)
    assert client.get(f"/en/quotes/{quote.pk}/")["Location"] == quote.evidence.get_absolute_url()


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize("of", ["gcc-aze", "gcc-aze/ENE-1"])
def test_quotes_are_a_table_to_print_and_to_take_along(client: Client, quote: Annotation, of: str) -> None:
    html = client.get(f"/en/quotes/plans/{of}/").text
    assert SENTENCE in html and f"/en/quotes/{quote.pk}/" in html
    response = client.get(f"/en/quotes/plans/{of}.csv")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1][2] == SENTENCE
    assert rows[1][9].endswith(f"/en/quotes/{quote.pk}/")
    book = load_workbook(io.BytesIO(client.get(f"/ar/quotes/plans/{of}.xlsx").content))
    sheet = book.worksheets[0]
    assert sheet.cell(2, 3).value == SENTENCE
    assert sheet.sheet_view.rightToLeft


def test_a_table_of_quotes_costs_the_same_however_many(
    client: Client, quote: Annotation, plan: Plan, reviewer: User, django_assert_max_num_queries: Any
) -> None:
    for at in range(5):
        annotate(quote.revision, at, AT - 1, kind="context", plan=plan, by=reviewer)
    with django_assert_max_num_queries(8):
        client.get("/en/quotes/plans/gcc-aze/")


def test_without_quotes_the_table_says_where_they_come_from(client: Client, plan: Plan) -> None:
    assert "Quotes come from the review" in client.get("/en/quotes/plans/gcc-aze/").text


# ------------------------------------------------------------------ in


@pytest.fixture
def exported(client: Client, quote: Annotation, reviewer: User) -> dict[str, Any]:
    """The plan's only quote as exported, and taken back since."""
    client.force_login(reviewer)
    page: dict[str, Any] = told(client, "/en/quotes/plans/gcc-aze.jsonld?page=1")
    undo_annotation(quote, reviewer)
    return page


def bring_in(client: Client, data: Any, **more: str) -> Any:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    return client.post("/en/quotes/import/", {"file": SimpleUploadedFile("a.jsonld", content), **more}, follow=True)


def test_what_was_exported_comes_back_in_the_same(client: Client, exported: dict[str, Any], quote: Annotation) -> None:
    bring_in(client, exported, record="1")
    again = Annotation.objects.get(undone_at=None)
    for name in ("start", "end", "exact", "kind", "speaker", "note", "plan", "commitment"):
        assert getattr(again, name) == getattr(quote, name)
    assert again.evidence.gloss_en == "The second intake finished."
    assert "<dd>1</dd>" in bring_in(client, exported).text  # known already
    assert Annotation.objects.filter(undone_at=None).count() == 1


def test_looking_records_nothing(client: Client, exported: dict[str, Any]) -> None:
    assert "What would be done" in bring_in(client, exported).text
    assert not Annotation.objects.filter(undone_at=None).exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: one["target"].update(selector=[]), "no TextQuoteSelector"),
        (lambda one: one["target"]["selector"][0].update(exact="قول لم يرد في النص"), "not in the article"),
        (lambda one: one.update(body=[]), "Its kind is none of ours"),
        (lambda one: one.update(target=None), "no target"),
        (lambda one: one["target"].update(state=None, source="https://elsewhere.example/"), "No article"),
        (lambda one: one["body"][3].update(source="https://x.example/en/plans/gcc-aze/NO-9/"), "no commitment"),
        (lambda one: one["body"][2].update(source="https://x.example/en/plans/none/"), "No plan"),
    ],
)
def test_a_refusal_says_which_annotation_and_why(
    client: Client, exported: dict[str, Any], change: Any, why: str
) -> None:
    change(exported["items"][0])
    html = bring_in(client, exported, record="1").text
    assert "Annotation 1" in html and why in html
    assert not Annotation.objects.filter(undone_at=None).exists()


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u2066"


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["body"].append({"type": "TextualBody", "purpose": "commenting", "value": HOSTILE}),
        lambda one: one["target"]["selector"][0].update(exact=HOSTILE),
        lambda one: one["target"]["selector"][0].update(exact="كلمة " * 20_000),
        lambda one: one.update(id=f"javascript:{HOSTILE}", creator={"name": HOSTILE}, body=[HOSTILE]),
        lambda one: one["target"].update(state=None, source=f"javascript:{HOSTILE}"),
    ],
)
def test_hostile_words_of_a_file_are_refused_or_shown_as_the_words_they_are(
    client: Client, exported: dict[str, Any], quote: Annotation, change: Any
) -> None:
    change(exported["items"][0])
    page = bring_in(client, exported, record="1")
    review = client.get(f"/en/review/{quote.revision.article_id}/")
    for shown in (page, review):
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text and "<img src=x" not in shown.text
        assert 'href="javascript:' not in shown.text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"type": "Note"}', b"null"])
def test_a_file_that_holds_no_annotation_is_refused_whole(content: bytes) -> None:
    with pytest.raises(LinkedError):
        read(content)


def test_a_number_changed_on_the_way_is_refused(client: Client, exported: dict[str, Any]) -> None:
    one = exported["items"][0]["target"]["selector"]
    one[0]["exact"] = SENTENCE.replace("الثانية", "الثالثة")
    assert "not in the article" in bring_in(client, exported, record="1").text


@pytest.mark.parametrize("role", ["viewer", "editor", "approver"])
def test_who_does_not_annotate_brings_nothing_in(client: Client, exported: dict[str, Any], role: str) -> None:
    client.force_login(make_user(role))
    assert client.get("/en/quotes/import/").status_code == 403
    assert bring_in(client, exported, record="1").status_code == 403


def test_a_command_brings_a_file_in(exported: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "quotes.jsonld"
    file.write_text(json.dumps(exported), encoding="utf-8")
    call_command("annotations", str(file), "--by", "reviewer", "--dry-run")
    assert "1 annotations would be recorded" in capsys.readouterr().out
    call_command("annotations", str(file), "--by", "reviewer")
    assert Annotation.objects.filter(undone_at=None).count() == 1
    with pytest.raises(CommandError, match="Nobody"):
        call_command("annotations", str(file), "--by", "nobody")
