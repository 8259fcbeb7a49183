"""Pages of the plans: reading them (`plans`), recording where they stand, meeting about them, taking them along.

Here is what all of them share.
"""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.views.decorators.vary import vary_on_headers

from plans.reader import reader_language

# one address, two answers: caches must know
vary_on_htmx = vary_on_headers("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a boosted link or a history restore needs the whole."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


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
