"""An indicator's chart and its table say the same: every value with its unit and its source, baseline and target."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from plans.models import Commitment, Indicator
from tests.plans.conftest import make_evidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator(commitment: Commitment) -> Indicator:
    """Trainees: 0 at the beginning, 500 promised, counted twice."""
    found = Indicator.objects.create(
        commitment=commitment,
        title_en="Trainees",
        title_ar="المتدربون",
        unit_en="people",
        unit_ar="شخص",
        baseline=0,
        baseline_on=date(2024, 1, 1),
        target=500,
        target_on=date(2027, 12, 31),
    )
    for on, value, publisher in [(date(2025, 2, 1), 40, "Gazette"), (date(2025, 9, 1), 125, "Wire")]:
        piece = make_evidence(commitment, on, publisher=publisher)
        found.measurements.create(on=on, value=Decimal(value), evidence=piece)
    return found


def shown(client: Client, indicator: Indicator) -> str:
    html = client.get(f"/en/plans/gcc-aze/{indicator.commitment.code}/").content.decode()
    return html[html.index(f'id="h-indicator{indicator.pk}"') :].split("</section>")[0]


def test_the_table_gives_every_value_with_its_unit_and_its_dated_source(client: Client, indicator: Indicator) -> None:
    html = shown(client, indicator)
    assert "Value (people)" in html
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", html)[1:]]
    assert [" ".join(row.split()) for row in rows] == [
        "1 Jan 2024 0 baseline",
        "1 Feb 2025 40 Gazette , 1 Feb 2025",
        "1 Sep 2025 125 Wire , 1 Sep 2025",
        "31 Dec 2027 500 target",
    ]


def test_the_chart_says_its_values_with_their_unit_in_words(client: Client, indicator: Indicator) -> None:
    label = re.search(r'role="img" aria-label="(Trainees[^"]*)"', shown(client, indicator))
    assert label
    for words in ("0 people: 1 Jan 2024", "125 people: 1 Sep 2025", "target 500: 31 Dec 2027"):
        assert words in label[1]


def test_baseline_and_target_are_told_before_anything_is_measured(client: Client, indicator: Indicator) -> None:
    indicator.measurements.all().delete()
    html = shown(client, indicator)
    assert "Nothing measured yet" in html and "500" in html and "baseline" in html
