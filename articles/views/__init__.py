"""Pages of the news: reading it (`news`), where it comes from (`sources`), its review, and what came of it.

One function a page: fetch through a queryset, ask, render; a POST validates, calls one operation and redirects. Here is
what all of them share.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from plans.views import wants_fragment

NEWS_ON_A_PAGE = 30
NEWS_LANGUAGES = ("ar", "en", "az", "ru")

View = Callable[..., HttpResponse]


def may(permission: str) -> Callable[[View], View]:
    """A page for those with the permission: a sign-in for strangers, «forbidden» for others."""

    def decorate(view: View) -> View:
        guarded = login_required(permission_required(permission, raise_exception=True)(view))

        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if wants_fragment(request) and not request.user.is_authenticated:
                # whose session has ended gets the sign-in as a page, not in place of the fragment
                here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
                return HttpResponseClientRedirect(redirect_to_login(here, reverse("login"))["Location"])
            return guarded(request, *args, **kwargs)

        return wrapper

    return decorate


def whole_number(value: str) -> int:
    """The number an address or a form names; 0, which is no row's, where it names none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
