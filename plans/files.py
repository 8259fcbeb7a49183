"""Files people bring along: which are taken, by their content and not their name alone; kept in PostgreSQL."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from plans.models import Document, StoredFile

MOST_BYTES: Final = 20 * 1024 * 1024
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
ACCEPTED: Final = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "txt": "text/plain",
}


@dataclass(frozen=True)
class Upload:
    """A file that may be kept."""

    name: str
    media_type: str
    content: bytes
    digest: str


def read_upload(file: Any) -> Upload:
    """What an uploaded file (Django's, with name, size and content) holds.

    Raises ValidationError where it is too large, empty, of a kind that is not taken, or not what its name says.
    """
    name = PurePosixPath(str(file.name).replace("\\", "/")).name[-200:]
    extension = name.rpartition(".")[2].lower()
    if extension not in ACCEPTED:
        raise ValidationError(_("This kind of file is not taken. Taken are PDF, Word, Excel, JPEG, PNG and text."))
    if file.size > MOST_BYTES:
        raise ValidationError(_("The file is larger than 20 MB."))
    content: bytes = file.read()
    media_type = ACCEPTED[extension]
    if not _holds(media_type, content):
        told = _("The file is called .%(extension)s and is something else inside.")
        raise ValidationError(told, params={"extension": extension})
    return Upload(name, media_type, content, hashlib.sha256(content).hexdigest())


def _holds(media_type: str, content: bytes) -> bool:
    match media_type:
        case "application/pdf":
            return content.startswith(b"%PDF-")
        case "image/jpeg":
            return content.startswith(b"\xff\xd8\xff")
        case "image/png":
            return content.startswith(b"\x89PNG\r\n\x1a\n")
        case "text/plain":
            return _is_text(content)
    return _has_part(content, "word/document.xml" if "word" in media_type else "xl/workbook.xml")


def _has_part(content: bytes, part: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = set(parts.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return {"[Content_Types].xml", part} <= names and not any(name.endswith("vbaProject.bin") for name in names)


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8")
    except UnicodeDecodeError:
        return False
    return "\0" not in text


@transaction.atomic
def keep(document: Document, upload: Upload) -> StoredFile:
    """Keep the file as the document's own, in the place of the one before; the document says its digest."""
    said = {
        "name": upload.name,
        "media_type": upload.media_type,
        "size": len(upload.content),
        "content": upload.content,
    }
    stored, _made = StoredFile.objects.update_or_create(document=document, defaults=said)
    if document.digest != upload.digest:
        document.digest = upload.digest
        document.save(update_fields=["digest"])
    return stored
