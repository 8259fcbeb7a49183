"""Documents brought along as files: taken by their content, kept in PostgreSQL, given out as downloads alone."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document as WordDocument
from openpyxl import Workbook

from plans.files import ACCEPTED, read_upload
from plans.models import Document, Plan, StoredFile
from tests.plans.test_admin import address, as_shown, errors, save, signed_in

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%minutes of the third round"
PNG = b"\x89PNG\r\n\x1a\n rest"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00"


@pytest.fixture
def desk() -> Client:
    return signed_in("editor")


@pytest.fixture
def document(plan: Plan) -> Document:
    return Document.objects.create(plan=plan, title_ar="محضر", title_en="Minutes", publisher="Secretariat")


def of_word() -> bytes:
    out = io.BytesIO()
    WordDocument().save(out)
    return out.getvalue()


def of_excel() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def with_macros() -> bytes:
    out = io.BytesIO(of_word())
    with zipfile.ZipFile(out, "a") as parts:
        parts.writestr("word/vbaProject.bin", b"")
    return out.getvalue()


def upload(desk: Client, document: Document, name: str, content: bytes) -> Any:
    return save(desk, document, upload=SimpleUploadedFile(name, content))


@pytest.mark.parametrize(
    "name, content",
    [
        ("minutes.pdf", PDF),
        ("photo.JPG", b"\xff\xd8\xff\xe0 rest"),
        ("photo.png", PNG),
        ("note.txt", "محضر الاجتماع".encode()),
        ("note.txt", "محضر الاجتماع".encode("utf-16")),
        ("minutes.docx", of_word()),
        ("table.xlsx", of_excel()),
    ],
)
def test_a_file_is_kept_with_its_digest_and_given_out_as_it_was(
    desk: Client, document: Document, name: str, content: bytes
) -> None:
    assert upload(desk, document, name, content).status_code == 302
    document.refresh_from_db()
    assert document.digest == hashlib.sha256(content).hexdigest()
    response = desk.get(f"/en/documents/{document.pk}/file/")
    assert response.content == content
    assert response["Content-Type"] == ACCEPTED[name.rpartition(".")[2].lower()]
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_name_in_arabic_is_kept_and_a_path_in_it_is_not(desk: Client, document: Document) -> None:
    upload(desk, document, "../محضر الجولة الثالثة.pdf", PDF)
    assert StoredFile.objects.get().name == "محضر الجولة الثالثة.pdf"
    assert "filename*=utf-8''" in desk.get(f"/en/documents/{document.pk}/file/")["Content-Disposition"]


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("setup.exe", PROGRAM, "This kind of file is not taken. Taken are PDF, Word, Excel, JPEG, PNG and text."),
        ("page.html", b"<script>", "This kind of file is not taken. Taken are PDF, Word, Excel, JPEG, PNG and text."),
        ("minutes.pdf", PROGRAM, "The file is called .pdf and is something else inside."),
        ("note.txt", PROGRAM, "The file is called .txt and is something else inside."),
        ("photo.jpg", PNG, "The file is called .jpg and is something else inside."),
        ("minutes.docx", of_excel(), "The file is called .docx and is something else inside."),
        ("table.xlsx", b"PK\x03\x04 but no more", "The file is called .xlsx and is something else inside."),
        ("minutes.docx", with_macros(), "The file is called .docx and is something else inside."),
        ("minutes.pdf", PDF + b"\0" * (50 * 1024 * 1024), "The file is larger than 20 MB."),
    ],
)
def test_what_is_not_what_its_name_says_or_too_large_is_told_and_not_kept(
    desk: Client, document: Document, name: str, content: bytes, told: str
) -> None:
    response = upload(desk, document, name, content)
    assert errors(response) == {"upload": [told]}
    document.refresh_from_db()
    assert document.digest == ""
    assert not StoredFile.objects.exists()


def test_a_new_file_takes_the_place_of_the_one_before(desk: Client, document: Document) -> None:
    upload(desk, document, "first.pdf", PDF)
    upload(desk, document, "second.png", PNG)
    stored = StoredFile.objects.get()
    assert (stored.name, stored.media_type, bytes(stored.content)) == ("second.png", "image/png", PNG)


def test_saving_a_document_without_a_new_file_keeps_the_file(desk: Client, document: Document) -> None:
    upload(desk, document, "minutes.pdf", PDF)
    assert save(desk, document, publisher="General Secretariat").status_code == 302
    assert StoredFile.objects.get().name == "minutes.pdf"
    document.refresh_from_db()
    assert (document.publisher, document.digest) == ("General Secretariat", hashlib.sha256(PDF).hexdigest())


def test_a_file_is_brought_along_on_the_page_of_its_plan(desk: Client, document: Document) -> None:
    page = address("plans_plan_change", document.plan_id)
    typed = {**as_shown(desk.get(page)), "documents-0-upload": SimpleUploadedFile("minutes.pdf", PDF)}
    assert desk.post(page, typed).status_code == 302
    assert StoredFile.objects.get().document == document
    assert f"/en/documents/{document.pk}/file/" in desk.get(page).content.decode()


def test_a_plans_page_leaves_the_bytes_in_the_database(desk: Client, document: Document) -> None:
    upload(desk, document, "minutes.pdf", PDF)
    with CaptureQueriesContext(connection) as captured:
        desk.get(address("plans_plan_change", document.plan_id))
    assert not any('"plans_storedfile"."content"' in query["sql"] for query in captured)


def test_a_file_is_for_people_with_an_account(desk: Client, document: Document, client: Client) -> None:
    upload(desk, document, "minutes.pdf", PDF)
    page = f"/en/documents/{document.pk}/file/"
    assert client.get(page)["Location"].startswith("/en/accounts/login/")
    assert signed_in("viewer").get(page).status_code == 200
    assert desk.get(f"/en/documents/{document.pk + 1}/file/").status_code == 404


def test_an_upload_is_read_without_the_web(db: None) -> None:
    taken = read_upload(SimpleUploadedFile("minutes.pdf", PDF))
    assert (taken.name, taken.media_type, taken.content) == ("minutes.pdf", "application/pdf", PDF)
