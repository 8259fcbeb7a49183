"""Two small gates: the reader's language is remembered, and a closed site asks for a sign-in."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language_from_path

Handler = Callable[[HttpRequest], HttpResponse]

OPEN_TO_ALL = {
    "login",
    "logout",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "health",
}


def remember_language(get_response: Handler) -> Handler:
    """Keep the language of the address in the cookie, so that `/` and links from outside open in it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        language = get_language_from_path(request.path_info)
        if getattr(response, "xframe_options_exempt", False):
            return response  # a card in somebody else's page leaves no cookie there
        if language and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type] # settings are typed as they may be
            )
        return response

    return middleware


def close_to_the_public(get_response: Handler) -> Handler:
    """Where `MITHAQ_PUBLIC` is off, every page but the sign-in asks for an account."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # the API asks by itself: a machine has a key and needs an answer, not a form
        own = (settings.STATIC_URL, "/api/")
        if settings.PUBLIC or request.user.is_authenticated or request.path_info.startswith(own):
            return get_response(request)
        try:
            name = resolve(request.path_info).url_name
        except Resolver404:
            return get_response(request)
        if name in OPEN_TO_ALL:
            return get_response(request)
        return redirect_to_login(request.get_full_path(), reverse("login"))

    return middleware
