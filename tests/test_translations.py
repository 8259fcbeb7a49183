"""Every word a user meets is there in Arabic, and the catalogue holds what the code says now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
EXTRACTED = ["config", "plans", "articles", "templates"]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="ar")


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


@pytest.fixture(scope="module")
def arabic() -> Catalog:
    return read(ROOT / "locale" / "ar" / "LC_MESSAGES" / "django.po")


def test_every_message_is_translated(arabic: Catalog) -> None:
    def is_whole(message: Message) -> bool:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        return all(strings) and not message.fuzzy

    assert [message.id for message in messages(arabic) if not is_whole(message)] == []


def test_a_translation_keeps_the_places_of_what_is_filled_in(arabic: Catalog) -> None:
    wrong = [(message.id, [str(error) for error in message.check(arabic)]) for message in messages(arabic)]
    assert [row for row in wrong if row[1]] == []


def test_numbers_have_the_six_forms_of_arabic(arabic: Catalog) -> None:
    plurals = [message for message in messages(arabic) if isinstance(message.id, tuple)]
    assert plurals
    assert [message.id for message in plurals if len(message.string or ()) != 6] == []


def test_the_catalogue_holds_what_the_code_says(arabic: Catalog, tmp_path: Path) -> None:
    for folder in EXTRACTED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (tmp_path / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "ar", "--no-location", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    said = read(tmp_path / "locale" / "ar" / "LC_MESSAGES" / "django.po")

    def keys(catalog: Catalog) -> set[tuple[object, str | None]]:
        return {(message.id, message.context) for message in messages(catalog)}

    assert keys(said) - keys(arabic) == set(), "run makemessages (CONTRIBUTING) and translate"
    assert keys(arabic) - keys(said) == set(), "run makemessages: these words are said nowhere any more"
