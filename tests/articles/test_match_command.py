"""`manage.py match`: texts in, JSON lines out, nothing stored."""

import json
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from articles.models import Article, Suggestion
from plans.models import Sector
from tests.conftest import child_environment

SECTORS = {
    "political-security",
    "trade",
    "investment",
    "energy",
    "education-culture",
    "transport",
    "environment-climate",
    "agriculture-food",
    "health",
    "tourism",
    "other",
}
ADOPTED = {"id": "a", "text": "اعتمد مجلس التعاون وأذربيجان خطة العمل المشترك، وتشمل التجارة والطاقة."}
FOOTBALL = {
    "id": 7,
    "title": "Gulf Cup",
    "text": "Azerbaijani referee to take the Gulf Cup final in Kuwait.",
    "lang": "en",
}


def written(path: Path, *lines: Any) -> Path:
    """A file of these lines: objects as JSON, strings and bytes as they are."""
    path.write_bytes(
        b"".join(
            (line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else json.dumps(line).encode())
            + b"\n"
            for line in lines
        )
    )
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "texts.jsonl"


def answers(path: Path) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("match", jsonl=str(path), stdout=out, stderr=StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def refused(path: Path) -> tuple[list[dict[str, Any]], str]:
    """What is answered, and what is said of the lines that cannot be read."""
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError):
        call_command("match", jsonl=str(path), stdout=out, stderr=err)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


# ------------------------------------------------------------------ what is answered
@pytest.mark.django_db
def test_each_text_is_answered_in_its_order_with_plans_areas_scores_and_reasons(file: Path) -> None:
    first, second = answers(written(file, ADOPTED, FOOTBALL))

    assert second == {"id": 7, "plans": [], "pillars": []}
    assert first["id"] == "a"
    assert [plan["plan"] for plan in first["plans"]] == ["gcc-aze"]
    assert {pillar["pillar"] for pillar in first["pillars"]} == {"trade", "energy"}
    assert first["pillars"][0].keys() == {"pillar", "score"}
    assert all(0.5 <= one["score"] <= 1 for one in [*first["plans"], *first["pillars"]])
    quotes = {reason["quote"] for reason in first["plans"][0]["reasons"]}
    assert {"مجلس التعاون", "وأذربيجان"} <= quotes


@pytest.mark.django_db
def test_title_speaks_as_the_text_does(file: Path) -> None:
    silent = {"id": 1, "text": "A new era of cooperation opens."}
    spoken = {**silent, "title": "GCC and Azerbaijan sign action plan"}
    first, second = answers(written(file, silent, spoken))

    assert (first["plans"], [plan["plan"] for plan in second["plans"]]) == ([], ["gcc-aze"])


@pytest.mark.django_db
def test_areas_are_named_by_sector_also_for_plans_without_pillars(file: Path) -> None:
    text = "The GCC and Tajikistan agreed on trade, energy, culture, railways, climate, wheat, hospitals and tourism."
    (answer,) = answers(written(file, {"id": 1, "text": text}))

    assert [plan["plan"] for plan in answer["plans"]] == ["gcc-tjk"]
    assert {pillar["pillar"] for pillar in answer["pillars"]} == SECTORS - {"political-security", "investment", "other"}
    assert not Sector.objects.exists()


@pytest.mark.django_db
def test_language_may_be_given_with_its_region(file: Path) -> None:
    (answer,) = answers(written(file, {"id": 1, "lang": "az_AZ", "text": "KƏŞ ilə sülh danışıqları"}))
    assert [plan["plan"] for plan in answer["plans"]] == ["gcc-aze"]


@pytest.mark.django_db
def test_nothing_is_stored(file: Path) -> None:
    answers(written(file, ADOPTED))
    assert not Article.objects.exists()
    assert not Suggestion.objects.exists()


@pytest.mark.django_db
def test_empty_file_is_answered_with_nothing(file: Path) -> None:
    assert answers(written(file)) == []


@pytest.mark.django_db
def test_blank_lines_a_byte_order_mark_and_carriage_returns_are_no_error(file: Path) -> None:
    line = json.dumps(ADOPTED).encode()
    assert [one["id"] for one in answers(written(file, b"\xef\xbb\xbf" + line + b"\r", b"", b"  ", line))] == ["a", "a"]


# ------------------------------------------------------------------ lines that cannot be read
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"text": "GCC"}', "no «id»"),
        ('{"id": null, "text": "GCC"}', "no «id»"),
        ('{"id": true, "text": "GCC"}', "no «id»"),
        (b'{"id": 1, "text": "\xff"}', "not UTF-8"),
    ],
)
def test_line_without_id_is_told_with_its_number_and_the_others_are_answered(
    file: Path, line: str | bytes, why: str
) -> None:
    answered, said = refused(written(file, ADOPTED, line, FOOTBALL))

    assert [answer["id"] for answer in answered] == ["a", 7]
    assert said.startswith(f"Line 2: {why}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"id": "x"}, "no «text»."),
        ({"id": "x", "text": 5}, "no «text»."),
        ({"id": "x", "text": "GCC", "title": ["GCC"]}, "«title» is not a text."),
        ({"id": "x", "text": "GCC", "lang": 1}, "«lang» is not a text."),
    ],
)
def test_line_that_names_its_id_is_answered_with_the_error(file: Path, entry: dict[str, Any], why: str) -> None:
    answered, said = refused(written(file, entry, ADOPTED))

    assert answered[0] == {"id": "x", "plans": [], "pillars": [], "error": why}
    assert answered[1]["id"] == "a"
    assert said == f"Line 1: {why}\n"


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("match", jsonl=str(tmp_path / "none.jsonl"))


# ------------------------------------------------------------------ as people run it
def run(jsonl: str, environment: dict[str, str], **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "match", "--jsonl", jsonl]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, **options)


@pytest.mark.django_db
def test_standard_output_holds_the_json_lines_only_in_utf8_whatever_the_locale(file: Path) -> None:
    emoji = {"id": "\ud800", "text": "😀 مجلس التعاون وأذربيجان يوقعان مذكرة"}
    lines = written(file, ADOPTED, "nonsense", emoji).read_bytes()
    done = run("-", child_environment("", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii"), input=lines)

    first, second = done.stdout.decode("utf-8").splitlines()
    assert json.loads(first)["id"] == "a"
    assert json.loads(second)["id"] == "\ud800"
    assert "وأذربيجان" in second  # as itself, not as escapes
    assert b"Line 2: not JSON" in done.stderr
    assert done.returncode == 1


@pytest.mark.django_db
def test_three_hundred_texts_are_answered_and_every_line_is_read(file: Path) -> None:
    done = run(str(written(file, *[{**ADOPTED, "id": number} for number in range(300)])), child_environment(""))

    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list(range(300))
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def bare_database(db: None) -> Iterator[str]:
    """Address of a database on which no migration has run."""
    environment = child_environment("")
    address, name = environment["DATABASE_URL"].rsplit("/", 1)
    bare = f"{name}_bare"
    given = connection.settings_dict
    with psycopg.connect(
        host=given["HOST"],
        port=given["PORT"] or None,
        user=given["USER"],
        password=given["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{bare}"')
        server.execute(f'CREATE DATABASE "{bare}"')
        yield f"{address}/{bare}"
        server.execute(f'DROP DATABASE "{bare}"')


def test_database_without_tables_is_no_hindrance(bare_database: str, file: Path) -> None:
    done = run(str(written(file, ADOPTED)), child_environment("", DATABASE_URL=bare_database))

    assert [plan["plan"] for plan in json.loads(done.stdout)["plans"]] == ["gcc-aze"]
    assert b"no tables yet" in done.stderr
    assert done.returncode == 0
