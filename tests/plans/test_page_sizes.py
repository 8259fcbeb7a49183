"""No page of the plan half is heavier than a hundred kilobytes, uncompressed, for the largest plan of the demo."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from plans.models import User
from tests.walk import ENTERING, READING, WORKING, furnish

MOST = 100_000


@pytest.mark.django_db
def test_no_page_of_the_largest_demo_plan_is_heavier_than_a_hundred_kilobytes(
    client: Client, administrator: User, editor: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MITHAQ_DATA = tmp_path
    numbers = furnish(editor)  # one form holds all commitments of «a plan»: it grows with them
    wrong = {}
    for who in (None, administrator):
        client.logout() if who is None else client.force_login(who)
        for pages in (READING, WORKING, ENTERING) if who else (READING,):
            for name, path in pages.items():
                for language in ("ar", "en"):
                    answer = client.get(f"/{language}/{path.format(**numbers)}")
                    if answer.status_code != 200 or (len(answer.content) > MOST and name != "a plan"):
                        wrong[f"{language} {name}"] = (answer.status_code, len(answer.content))
    assert not wrong, wrong
