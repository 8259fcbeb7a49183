"""What every page knows: its own address in the other language, and how much waits for review."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language


def page(request: HttpRequest) -> dict[str, object]:
    """Return `other_language` and `other_address` for the switch, and whether the site is open to the public."""
    language = "ar" if (get_language() or "").startswith("ar") else "en"
    other = "en" if language == "ar" else "ar"
    address = request.get_full_path()
    translated = translate_url(address, other)
    if translated == address:  # `/` and error pages carry no language in their address
        translated = f"/{other}/"
    return {"other_language": other, "other_address": translated, "site_is_public": settings.PUBLIC}
