"""The history of a row in words: when, who, what was changed from what to what; bulk and raw changes are in it too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, cast

import pghistory
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import User

PAGE: Final = 50
DEEDS: Final = {"insert": gettext_lazy("entered"), "update": gettext_lazy("changed"), "delete": gettext_lazy("deleted")}
NOT_TOLD: Final = {"id"}


@dataclass(frozen=True)
class FieldChange:
    """A field that changed, in words; `old` is None where nothing stood before, or nobody knows what."""

    label: str
    old: str | None
    new: str


@dataclass(frozen=True)
class Change:
    """What happened to a row at a moment, and by whom."""

    at: datetime
    who: str
    deed: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class Gone:
    """A row that belonged to this one and was deleted: when, by whom, what it was."""

    at: datetime
    who: str
    kind: str
    name: str


def event_model_of(model: type[models.Model]) -> type[models.Model] | None:
    """The table of a model's events; None where it is append-only, its own history."""
    found = pghistory.core.event_models(tracks_model=model)
    return found[0] if found else None


def changes_of(events: list[Any], before: Any | None, model: type[models.Model]) -> list[Change]:
    """The events (newest first) in words; `before` is the event that came before the oldest of them, if any."""
    told = {field.name for field in events[0]._meta.concrete_fields} if events else set()
    fields = [field for field in model._meta.concrete_fields if field.name in told and field.name not in NOT_TOLD]
    pairs = list(pairwise([*events, before]))
    changed = [[field for field in fields if _differs(field, event, former)] for event, former in pairs]
    words = _Words(
        (field, value)
        for named, pair in zip(changed, pairs, strict=True)
        for field in named
        for value in (getattr(one, field.attname) for one in pair if one is not None)
    )
    people = _people(events)
    return [
        Change(
            event.pgh_created_at,
            people.get(_user_of(event), _("outside the site")),
            str(DEEDS.get(event.pgh_label, event.pgh_label)),
            [] if event.pgh_label == "delete" else [_change(field, event, former, words) for field in named],
        )
        for (event, former), named in zip(pairs, changed, strict=True)
    ]


def deleted_of(thing: models.Model) -> list[Gone]:
    """What belonged to the row (the milestones of a commitment) and was deleted, newest first, `PAGE` of a kind.

    Costs a query for each kind of row, whatever their number.
    """
    found: list[tuple[Any, Any]] = []
    for relation in thing._meta.related_objects:
        field, events = relation.field, event_model_of(relation.related_model)
        if relation.many_to_many or field.null or events is None:  # what only points here goes on without it
            continue
        gone = events._default_manager.filter(pgh_label="delete", **{field.attname: thing.pk})
        found += [(event, field) for event in gone.select_related("pgh_context").order_by("-pgh_id")[:PAGE]]
    found.sort(key=lambda pair: pair[0].pgh_created_at, reverse=True)
    people = _people([event for event, _field in found])
    return [
        Gone(
            event.pgh_created_at,
            people.get(_user_of(event), _("outside the site")),
            str(capfirst(field.model._meta.verbose_name)),
            _name_of(event, field, thing),
        )
        for event, field in found
    ]


def _name_of(event: Any, field: Any, owner: models.Model) -> str:
    """What a deleted row was called, from what was written down of it."""
    told = {one.attname for one in event._meta.concrete_fields}
    fields = [one.attname for one in field.model._meta.concrete_fields if one.attname in told]
    row = field.model(**{name: getattr(event, name) for name in fields})
    field.set_cached_value(row, owner)
    try:
        return str(row)
    except ObjectDoesNotExist:  # its name names another row, which is gone too
        return f"#{row.pk}"


def _differs(field: Any, event: Any, former: Any | None) -> bool:
    value = getattr(event, field.attname)
    if event.pgh_label == "insert" or former is None:
        return value not in (None, "", [])
    return bool(value != getattr(former, field.attname))


def _change(field: Any, event: Any, former: Any | None, words: "_Words") -> FieldChange:
    told = event.pgh_label == "update" and former is not None
    old = words.say(field, getattr(former, field.attname)) if told else None
    return FieldChange(str(capfirst(field.verbose_name)), old, words.say(field, getattr(event, field.attname)))


def _user_of(event: Any) -> int | None:
    context = event.pgh_context
    return context.metadata.get("user") if context else None


def _people(events: list[Any]) -> dict[int | None, str]:
    known = User.objects.in_bulk({pk for pk in map(_user_of, events) if pk})
    return {pk: person.shown_name for pk, person in known.items()}


class _Words:
    """Values in words; what they point to is fetched once for each table."""

    def __init__(self, values: Iterable[tuple[Any, Any]]) -> None:
        wanted: defaultdict[Any, set[Any]] = defaultdict(set)
        for field, value in values:
            if field.is_relation and value is not None:
                wanted[field.related_model].add(value)
        self.things = {model: model._base_manager.in_bulk(keys) for model, keys in wanted.items()}

    def say(self, field: Any, value: Any) -> str:
        """The value as a reader would say it; «–» for none."""
        if value is None or value == "" or value == []:
            return "–"
        if field.is_relation:
            thing = self.things.get(field.related_model, {}).get(value)
            return str(thing) if thing is not None else f"#{value}"
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        match value:
            case bool():
                return _("yes") if value else _("no")
            case datetime():
                return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
            case date():
                return formats.date_format(value, "DATE_FORMAT")
            case list():
                return ", ".join(map(str, value))
        return str(value)


class WithHistory(admin.ModelAdmin[Any]):
    """The history page of a row lists what the database itself wrote down, from this site or from outside it."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        events = event_model_of(self.model)
        response = super().history_view(request, object_id, extra_context)
        if events is None or not isinstance(response, TemplateResponse):
            return response
        thing = cast("dict[str, Any]", response.context_data)["object"]
        found = events._default_manager.filter(pgh_obj=thing.pk).select_related("pgh_context").order_by("-pgh_id")
        page = Paginator(found, PAGE).get_page(request.GET.get("p"))
        listed: list[Any] = list(page.object_list)
        before = found.filter(pgh_id__lt=listed[-1].pgh_id).first() if listed else None
        cast("dict[str, Any]", response.context_data).update(
            changes=changes_of(listed, before, self.model),
            gone=deleted_of(thing) if page.number == 1 else [],
            page=page,
            keeps_history=True,
            pages=_pages(page),
        )
        return response


def _pages(page: Any) -> Iterator[Any]:
    return page.paginator.get_elided_page_range(page.number) if page.paginator.num_pages > 1 else iter(())
