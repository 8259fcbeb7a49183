"""What every page knows: its address in the other language, whether the demo is on it, how much waits for review."""

from datetime import date
from functools import cache

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import translate_url
from django.utils import timezone
from django.utils.translation import get_language

from articles import notices
from articles.models import Article
from plans.compiled import compiled
from plans.seeding import has_demo

COUNTED_TO = 100  # the badge says «99+» beyond; nobody reads an exact number there


@compiled
def _waiting(today: date, *, most: int) -> QuerySet[Article, int]:
    return Article.objects.waiting(today).values_list("pk", flat=True)[:most]


def page(request: HttpRequest) -> dict[str, object]:
    """Return the context of every page; what costs a query is asked only where a template uses it."""
    language = "ar" if (get_language() or "").startswith("ar") else "en"
    other = "en" if language == "ar" else "ar"
    address = request.get_full_path()
    translated = translate_url(address, other)
    if translated == address:  # `/` and error pages carry no language in their address
        translated = f"/{other}/"
    return {
        "other_language": other,
        "other_address": translated,
        "site_is_public": settings.PUBLIC,
        "has_demo": cache(has_demo),
        "unread_count": cache(lambda: notices.unread(request.user)),
        "waiting_count": cache(lambda: len(_waiting(timezone.localdate(), most=COUNTED_TO))),
    }
