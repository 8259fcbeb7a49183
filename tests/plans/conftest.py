"""A small plan to test with. Fixtures are fields of one story; `make_*` functions make more of a kind."""

import hashlib
from datetime import date
from typing import Any

import pytest

from plans.models import Commitment, Evidence, Party, Pillar, Plan, Sector, User
from plans.progress import record_evidence

QUOTE = "أنهت الدفعة الأولى من المتدربين برنامجها في الطاقة المتجددة."


def make_party(slug: str, **fields: Any) -> Party:
    defaults = {
        "kind": "state",
        "name_en": slug.title(),
        "name_ar": f"طرف {slug}",
        "short_en": slug.upper(),
        "short_ar": slug,
    }
    return Party.objects.create(slug=slug, **{**defaults, **fields})


def make_plan(slug: str, side_a: Party, side_b: Party, **fields: Any) -> Plan:
    defaults = {
        "title_en": f"Plan {slug}",
        "title_ar": f"خطة {slug}",
        "starts": date(2024, 1, 1),
        "ends": date(2028, 12, 31),
        "lifecycle": "in_force",
    }
    return Plan.objects.create(slug=slug, side_a=side_a, side_b=side_b, **{**defaults, **fields})


def make_commitment(pillar: Pillar, code: str, **fields: Any) -> Commitment:
    defaults = {
        "title_en": f"Commitment {code}",
        "title_ar": f"التزام {code}",
        "starts": date(2024, 1, 1),
        "due_on": date(2026, 6, 30),
    }
    return Commitment.objects.create(plan=pillar.plan, pillar=pillar, code=code, **{**defaults, **fields})


def make_evidence(commitment: Commitment, on: date, **fields: Any) -> Evidence:
    """A quotation about the commitment, published on that day."""
    defaults = {
        "kind": "progress",
        "quote": QUOTE,
        "language": "ar",
        "digest": hashlib.sha256(QUOTE.encode()).hexdigest(),
        "publisher": "Sample Wire",
        "published_on": on,
    }
    return record_evidence(plan=commitment.plan, commitment=commitment, **{**defaults, **fields})


@pytest.fixture
def gcc(db: None) -> Party:
    return make_party("gcc", kind="bloc", name_en="Gulf Cooperation Council", short_en="GCC", short_ar="مجلس التعاون")


@pytest.fixture
def aze(db: None) -> Party:
    return make_party("aze", name_en="Azerbaijan", short_en="Azerbaijan", short_ar="أذربيجان", iso3="AZE")


@pytest.fixture
def plan(gcc: Party, aze: Party) -> Plan:
    return make_plan("gcc-aze", gcc, aze)


@pytest.fixture
def pillar(plan: Plan) -> Pillar:
    sector, _made = Sector.objects.get_or_create(slug="energy", defaults={"name_en": "Energy", "name_ar": "الطاقة"})
    return Pillar.objects.create(plan=plan, code="ENE", title_en="Energy", title_ar="الطاقة", sector=sector)


@pytest.fixture
def commitment(pillar: Pillar) -> Commitment:
    return make_commitment(pillar, "ENE-1")


@pytest.fixture
def reviewer(db: None) -> User:
    return User.objects.create_user("reviewer", password="correct horse battery")
