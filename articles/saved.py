"""Searches that people keep: followed by an Atom feed, and sent by mail once a day for as long as they wish."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import ngettext

from articles.models import SavedSearch
from articles.notices import on_the_site
from articles.search import Filters, Row, TooSlow, newest_of, read_query, titles
from plans.language.queries import BadQuery, Query
from plans.models import User

log = logging.getLogger(__name__)

EVERY = timedelta(hours=23)  # a day, less what the schedule may be early
IN_A_FEED = 50
IN_A_MAIL = 30


def keep(person: User, name: str, query: QueryDict, *, language: str, by_mail: bool = False) -> SavedSearch:
    """Keep a search. Raises BadQuery where it cannot be read, ValidationError where the name is taken or empty."""
    read_query(query.get("q", ""))
    kept = SavedSearch(
        person=person,
        name=name[:120],
        query=query.urlencode(),
        language=language,
        by_mail=by_mail,
        key=secrets.token_urlsafe(32),
        sent_at=timezone.now(),
    )
    kept.full_clean()
    kept.save()
    return kept


def switch_mail(kept: SavedSearch, *, on: bool) -> None:
    """Send a kept search by mail from now on, or no longer."""
    kept.by_mail = on
    kept.sent_at = timezone.now() if on else kept.sent_at
    kept.save(update_fields=["by_mail", "sent_at"])


def _asked(kept: SavedSearch) -> tuple[Query, QueryDict]:
    data = QueryDict(kept.query)
    return read_query(data.get("q", "")), data


def results_of(kept: SavedSearch, now: datetime, *, since: datetime | None = None) -> list[tuple[Row, str, str]]:
    """What a kept search finds, the newest first: the finding, its title and its path. Raises TooSlow."""
    query, data = _asked(kept)
    rows = newest_of(query, Filters.read(data), kept.person, most=IN_A_FEED)
    rows = [row for row in rows if since is None or row.at > since]
    return titles(rows, kept.person, kept.language)


def feed_of(kept: SavedSearch, results: list[tuple[Row, str, str]], request: HttpRequest) -> HttpResponse:
    """The Atom feed of a kept search."""
    feed = Atom1Feed(
        title=f"Mithaq: {kept.name}",
        link=request.build_absolute_uri(f"{reverse('search')}?{kept.query}"),
        description="",
        language=kept.language,
        feed_url=request.build_absolute_uri(),
    )
    for row, title, path in results:
        feed.add_item(
            title,
            request.build_absolute_uri(path),
            "",
            pubdate=row.at,
            updateddate=row.at,
            unique_id=f"mithaq:{row.kind}:{row.thing}",
        )
    response = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    feed.write(response, "utf-8")
    response["Cache-Control"] = "private"
    response["X-Robots-Tag"] = "noindex"
    return response


def send_due(now: datetime) -> int:
    """Send the mails of kept searches that are due; return how many were sent.

    Each is claimed before it is sent: two workers never send one twice, and one that fails is tried again tomorrow.
    """
    due = SavedSearch.objects.filter(by_mail=True, person__is_active=True).exclude(person__email="")
    sent = 0
    for pk in (
        due.filter(Q(sent_at=None) | Q(sent_at__lte=now - EVERY)).order_by("sent_at").values_list("pk", flat=True)
    ):
        with transaction.atomic():
            kept = (
                SavedSearch.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("person")
                .filter(Q(sent_at=None) | Q(sent_at__lte=now - EVERY), pk=pk, by_mail=True)
                .first()
            )
            if kept is None:
                continue
            since = kept.sent_at or now - EVERY
            kept.sent_at = now
            kept.save(update_fields=["sent_at"])
        sent += _send(kept, since, now)
    return sent


def _send(kept: SavedSearch, since: datetime, now: datetime) -> int:
    try:
        found = results_of(kept, now, since=since)
    except (BadQuery, TooSlow) as error:
        log.warning("The kept search %s could not be asked: %r", kept.pk, error)
        return 0
    if not found:
        return 0
    with translation.override(kept.language):
        subject = ngettext("{name}: {n} new result", "{name}: {n} new results", len(found))
        context: dict[str, Any] = {
            "kept": kept,
            "found": [(title, on_the_site(path)) for _row, title, path in found[:IN_A_MAIL]],
            "stop": on_the_site(reverse("saved_searches")),
        }
        body = render_to_string("articles/saved_search_mail.txt", context)
        send_mail(
            subject.format(name=kept.name, n=len(found)).replace("\n", " "),
            body,
            settings.DEFAULT_FROM_EMAIL,
            [kept.person.email],
        )
    return 1
