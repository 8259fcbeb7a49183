"""Pages of the plans: reading them (`plans`), recording where they stand, meeting about them, taking them along.

Here is what all of them share.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.vary import vary_on_headers

from plans.models import Pulse, User
from plans.reader import reader_language
from plans.templatetags.hijri import wants_hijri

# one address, two answers: caches must know
vary_on_htmx = vary_on_headers("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a boosted link or a history restore needs the whole."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def person(request: HttpRequest) -> User:
    """Who is signed in, on a page that asks for that."""
    assert isinstance(request.user, User)
    return request.user


def pulse_of(request: HttpRequest) -> tuple[Any, ...]:
    """The pulse of the plans as it was before anything of the page was read, the reader included.

    A request that writes reads it again, for the page it answers with.
    """
    known = getattr(request.user, "pulse", ())
    return known if known and request.method in ("GET", "HEAD") else Pulse.objects.now()


def choice(request: HttpRequest, name: str, allowed: Any) -> str:
    """A parameter of the address if it is one of those allowed, else empty."""
    value = request.GET.get(name, "")
    return value if value in allowed else ""


def fragment_key(*shown: Any) -> str:
    """What a kept fragment of a page is known by: all that its rows carry and the reader's language.

    A change of any of it is another key, so that a fragment kept by `{% cache %}` is never out of date.
    """
    parts = [vars(thing) if isinstance(thing, Model) else thing for thing in shown]
    said = [
        {name: value for name, value in part.items() if name[0] != "_" and not isinstance(value, list)}
        if isinstance(part, dict)
        else part
        for part in parts
    ]
    return repr((reader_language(), said))


_PLACE_OF_TOKEN = secrets.token_hex(16)  # where a kept page's forms get the reader's own token


def render_kept(
    request: HttpRequest, template: str, page: dict[str, Any], content: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The page, its partial `content` as last drawn for this reader at this address, if nothing has changed since.

    `page` is the context of what is drawn each time, `content` makes that of the partial. What is kept is known by
    the pulse of the plans, read before anything else of the page: a change while it is drawn is seen by the next
    request. What is kept may rest on the tables of the plans and on the rights of their people only.
    """
    known_by = (
        template,
        pulse_of(request),
        timezone.localdate(),
        reader_language(),
        wants_hijri(request),
        request.user.pk,
        request.build_absolute_uri(),
    )
    key = hashlib.sha256(repr(known_by).encode()).hexdigest()
    kept = caches["pages"].get(key)
    if kept is None:
        context = {**page, **content(), "csrf_token": _PLACE_OF_TOKEN}
        kept = render_to_string(f"{template}#content", context, request)
        caches["pages"].set(key, kept)
    if _PLACE_OF_TOKEN in kept:
        kept = kept.replace(_PLACE_OF_TOKEN, get_token(request))
    return render(request, template, {**page, "kept": mark_safe(kept)})  # noqa: S308 drawn by our own template
