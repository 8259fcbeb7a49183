"""How the matching is measured, and the floors under which it may not fall on a set written before it was run."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from articles.evaluation import Unreadable, evaluate, read
from articles.lexicon import seeded_lexicon

BLIND = Path(__file__).parent / "blind.json"


@pytest.mark.parametrize("what, floor", [("plan", 0.96), ("pillar", 0.95), ("members' news", 0.92)])
def test_the_blind_set_is_answered_as_well_as_the_first_time(what: str, floor: float) -> None:
    """Its first scores, before anything was changed after it: plan F1 0.964, pillar 0.955, members' news 0.923."""
    report = evaluate(read(BLIND.read_text(encoding="utf-8")), seeded_lexicon())

    assert report.texts >= 100
    assert report.counts[what, "all"].f1 >= floor


def told(tmp_path: Path, texts: Any, **options: Any) -> str:
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    out = StringIO()
    call_command("evaluate", str(tmp_path / "texts.json"), seeds=True, stdout=out, **options)
    return out.getvalue()


def test_plans_pillars_and_languages_are_counted_apart(tmp_path: Path) -> None:
    text = {"id": 1, "lang": "en", "text": "GCC and Azerbaijan discuss trade.", "plans": ["gcc-aze"], "pillars": []}
    lines = told(tmp_path, [text], mistakes=True).splitlines()

    assert [line.split()[-6:] for line in lines if line.startswith("plan · gcc-aze")] == [
        ["1.000", "1.000", "1.000", "1", "0", "0"]
    ]
    assert any(line.startswith("pillar · en") and line.split()[-6:-3] == ["0.000", "1.000", "0.000"] for line in lines)
    assert "1: pillar +trade" in lines


def test_yes_and_no_for_one_plan_says_nothing_of_the_others() -> None:
    texts = {"plan": "gcc-aze", "texts": [{"id": "a", "text": "GCC and Japan sign a trade deal.", "plan": False}]}
    report = evaluate(read(json.dumps(texts)), seeded_lexicon())

    assert report.mistakes == []


@pytest.mark.parametrize(
    "content, why",
    [
        ("{", "not JSON"),
        ('[{"id": 1}]', "«text»"),
        ('[{"text": "x"}]', "«plans»"),
        ('[{"text": "x", "plans": "gcc-aze"}]', "list of slugs"),
        ('[{"text": "x", "plans": [], "member": 1}]', "neither true nor false"),
    ],
)
def test_what_has_not_the_form_is_told(content: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        list(read(content))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing"):
        call_command("evaluate", str(tmp_path / "nothing.json"), seeds=True)
