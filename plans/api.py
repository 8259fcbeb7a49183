"""The read-only JSON API: what the pages show, with the pages' permissions, by keyset pages; errors as RFC 9457.

It stands outside the languages' addresses: `?lang=` or Accept-Language decide the language of labels and links.
"""

import base64
import json
import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, cast

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import conditional_page
from ninja import NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import JSONRenderer
from ninja.security import HttpBearer
from pydantic import Field

from plans import keys
from plans.exchange import shapes
from plans.exchange.record import plan_schema
from plans.exchange.shapes import Addresses
from plans.models import Assessment, Commitment, Evidence, Level, Meeting, Membership, Party, Plan, Sector, Side, Status

PROBLEM: Final = "application/problem+json"
ON_A_PAGE: Final = 50
MOST_ON_A_PAGE: Final = 200

log = logging.getLogger(__name__)


# ------------------------------------------------------------------ who asks


class Reader(HttpBearer):
    """A machine's key, a person's session, or, where the site is open, nobody at all."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.headers.get(self.header):
            return super().__call__(request)
        return request.user.is_authenticated or settings.PUBLIC

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user = keys.holder_of(token)
        if user is not None:
            request.user = user
        return user


class Renderer(JSONRenderer):
    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="Mithaq",
    version="1",
    description=(
        "Cooperation plans between governments, and where their commitments stand. Read-only. Lists come in pages: "
        "follow `next` until it is null. A machine sends `Authorization: Bearer` with its key."
    ),
    docs_url=None,
    urls_namespace="api",
    auth=Reader(),
    renderer=Renderer(),
)


# ------------------------------------------------------------------ pages of a list


class Asked(Schema):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE, description=gettext_noop("how many at most"))] = ON_A_PAGE
    cursor: Annotated[str, Field(max_length=200, description=gettext_noop("where to go on; taken from «next»"))] = ""
    lang: Annotated[Literal["ar", "en"] | None, Field(description=gettext_noop("language of labels and links"))] = None


class Spoken(Schema):
    """What a single thing takes."""

    lang: Annotated[Literal["ar", "en"] | None, Field(description=gettext_noop("language of labels and links"))] = None


Item = TypeVar("Item")


class Listed(Schema, Generic[Item]):
    """A page of a list; `next` is the address of the following one, null on the last."""

    items: list[Item]
    next: str | None


def _listed(
    request: HttpRequest, rows: QuerySet[Any], asked: Asked, order: Sequence[str], shape: Callable[[Any], Any]
) -> dict[str, Any]:
    """A page of rows in this order, whose last column is unique, and the address of the next."""
    descending = order[0].startswith("-")
    names = [name.removeprefix("-") for name in order]
    rows = rows.order_by(*order)
    if asked.cursor:
        beyond = Q()
        place = _place(asked.cursor, len(names), rows.model, names)
        for number, name in enumerate(names):
            level = dict(zip(names[:number], place[:number], strict=True))
            beyond |= Q(**level, **{f"{name}__{'lt' if descending else 'gt'}": place[number]})
        rows = rows.filter(beyond)
    found = list(rows[: asked.limit + 1])
    following = None
    if len(found) > asked.limit:
        found.pop()
        values = [getattr(found[-1], name) for name in names]
        query = request.GET.copy()
        query["cursor"] = _cursor(values)
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"items": [shape(row) for row in found], "next": following}


def _cursor(values: Sequence[Any]) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, date) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str, length: int, model: type[Any], names: Sequence[str]) -> list[Any]:
    """The values a cursor stands for. Raises HttpError 400 where it is none of ours."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != length:
            raise ValueError(cursor)
        return [model._meta.get_field(name).to_python(value) for name, value in zip(names, values, strict=True)]
    except Exception as error:  # whatever a stranger has put in it
        raise HttpError(400, _("The cursor is not one that a page gave.")) from error


# ------------------------------------------------------------------ what may be read


class OfPlans(Asked):
    party: Annotated[str, Field(description=gettext_noop("slug of a party: its plans and those of its bloc"))] = ""
    sector: Annotated[str, Field(description=gettext_noop("slug of a sector"))] = ""
    lifecycle: Annotated[Plan.Lifecycle | None, Field(description=gettext_noop("stage of the plan"))] = None


class OfAPlan(Asked):
    plan: Annotated[str, Field(description=gettext_noop("slug of a plan"))] = ""
    party: Annotated[str, Field(description=gettext_noop("slug of a party: its plans and those of its bloc"))] = ""


class OfCommitments(OfAPlan):
    sector: Annotated[str, Field(description=gettext_noop("slug of a sector"))] = ""
    status: Annotated[Status | None, Field(description=gettext_noop("status"))] = None
    silent: Annotated[bool | None, Field(description=gettext_noop("unheard of for long, or not"))] = None
    contested: Annotated[bool | None, Field(description=gettext_noop("sides or assessor differ, or not"))] = None
    overdue: Annotated[bool | None, Field(description=gettext_noop("past its date, or not"))] = None


class OfEvidence(OfAPlan):
    sector: Annotated[str, Field(description=gettext_noop("slug of a sector"))] = ""
    commitment: Annotated[str, Field(description=gettext_noop("code of a commitment"))] = ""
    kind: Annotated[Evidence.Kind | None, Field(description=gettext_noop("kind of evidence"))] = None
    since: Annotated[date | None, Field(description=gettext_noop("published on this day or later"))] = None
    until: Annotated[date | None, Field(description=gettext_noop("published on this day or earlier"))] = None


class OfAssessments(OfAPlan):
    commitment: Annotated[str, Field(description=gettext_noop("code of a commitment"))] = ""
    side: Annotated[Side | Literal["assessor"] | None, Field(description=gettext_noop("who holds it"))] = None
    level: Annotated[Level | None, Field(description=gettext_noop("level"))] = None


class OfMeetings(OfAPlan):
    since: Annotated[date | None, Field(description=gettext_noop("held on this day or later"))] = None
    until: Annotated[date | None, Field(description=gettext_noop("held on this day or earlier"))] = None


def _words(text: str) -> str:
    return text.replace("\x00", "")  # PostgreSQL takes no null byte


def _plans(request: HttpRequest, asked: Any) -> QuerySet[Plan]:
    plans = Plan.objects.visible_to(request.user)
    if asked.plan:
        plans = plans.filter(slug=_words(asked.plan))
    return plans.matching(party=_words(asked.party))


@api.get("/plans/", response=Listed[shapes.Plan], summary=gettext_noop("Plans, by their slug"))
def plans(request: HttpRequest, asked: Query[OfPlans]) -> Any:
    found = Plan.objects.visible_to(request.user).matching(
        party=_words(asked.party), sector=_words(asked.sector), lifecycle=asked.lifecycle or ""
    )
    at = Addresses(request)
    rows = found.with_sides().with_counts(timezone.localdate())
    return _listed(request, rows, asked, ["slug"], lambda row: shapes.plan(row, at))


@api.get("/plans/{slug}/", response=shapes.PlanInFull, summary=gettext_noop("One plan, with its pillars"))
def plan(request: HttpRequest, slug: str, asked: Query[Spoken]) -> Any:
    rows = Plan.objects.visible_to(request.user).with_sides().with_counts(timezone.localdate())
    found = get_object_or_404(rows.prefetch_related("pillars__sector"), slug=_words(slug))
    return shapes.plan_in_full(found, Addresses(request))


@api.get("/commitments/", response=Listed[shapes.Commitment], summary=gettext_noop("Commitments, as they were entered"))
def commitments(request: HttpRequest, asked: Query[OfCommitments]) -> Any:
    rows: Any = Commitment.objects.filter(plan__in=_plans(request, asked)).with_attention(timezone.localdate())
    rows = rows.select_related("plan", "pillar__sector")
    if asked.sector:
        rows = rows.filter(pillar__sector__slug=_words(asked.sector))
    if asked.status is not None:
        rows = rows.filter(status=asked.status)
    for name, value in (
        ("is_silent", asked.silent),
        ("is_contested", asked.contested),
        ("is_overdue", asked.overdue),
    ):
        if value is not None:
            rows = rows.filter(**{name: value})
    at = Addresses(request)
    return _listed(request, rows, asked, ["id"], lambda row: shapes.commitment(row, at))


@api.get(
    "/plans/{slug}/commitments/{code}/",
    response=shapes.CommitmentInFull,
    summary=gettext_noop("One commitment, with its milestones and indicators"),
)
def commitment(request: HttpRequest, slug: str, code: str, asked: Query[Spoken]) -> Any:
    rows: Any = Commitment.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    rows = rows.with_attention(timezone.localdate()).select_related("plan", "pillar__sector")
    rows = rows.prefetch_related("milestones", "indicators__measurements")
    found = get_object_or_404(rows, plan__slug=_words(slug), code=_words(code))
    return shapes.commitment_in_full(found, Addresses(request))


@api.get("/evidence/", response=Listed[shapes.Evidence], summary=gettext_noop("Evidence, newest first"))
def evidence(request: HttpRequest, asked: Query[OfEvidence]) -> Any:
    rows: Any = Evidence.objects.filter(plan__in=_plans(request, asked)).for_lists()
    if asked.sector:
        rows = rows.filter(pillar__sector__slug=_words(asked.sector))
    if asked.commitment:
        rows = rows.filter(commitment__code=_words(asked.commitment))
    if asked.kind is not None:
        rows = rows.filter(kind=asked.kind)
    rows = _between(rows, "published_on", asked)
    at = Addresses(request)
    return _listed(request, rows, asked, ["-published_on", "-id"], lambda row: shapes.evidence(row, at))


@api.get("/evidence/{pk}/", response=shapes.Evidence, summary=gettext_noop("One piece of evidence"))
def piece_of_evidence(request: HttpRequest, pk: int, asked: Query[Spoken]) -> Any:
    rows = Evidence.objects.filter(plan__in=Plan.objects.visible_to(request.user)).for_lists()
    return shapes.evidence(get_object_or_404(rows, pk=pk), Addresses(request))


@api.get("/assessments/", response=Listed[shapes.Assessment], summary=gettext_noop("Assessments, newest first"))
def assessments(request: HttpRequest, asked: Query[OfAssessments]) -> Any:
    rows: Any = Assessment.objects.filter(plan__in=_plans(request, asked)).for_ledger()
    if asked.commitment:
        rows = rows.filter(commitment__code=_words(asked.commitment))
    if asked.side is not None:
        rows = rows.filter(side="" if asked.side == "assessor" else asked.side)
    if asked.level is not None:
        rows = rows.filter(level=asked.level)
    return _listed(request, rows, asked, ["-on", "-id"], shapes.assessment)


@api.get("/parties/", response=Listed[shapes.Party], summary=gettext_noop("Parties, and the members of blocs"))
def parties(request: HttpRequest, asked: Query[Asked]) -> Any:
    today = timezone.localdate()
    present = (
        Membership.objects.filter(Q(since=None) | Q(since__lte=today))
        .filter(Q(until=None) | Q(until__gte=today))
        .select_related("member")
        .order_by("member__slug")
    )
    rows = Party.objects.prefetch_related(Prefetch("memberships", present))
    return _listed(
        request,
        rows,
        asked,
        ["slug"],
        lambda row: shapes.party(row, [one.member.slug for one in row.memberships.all()]),
    )


@api.get("/sectors/", response=Listed[shapes.Sector], summary=gettext_noop("Sectors, by their slug"))
def sectors(request: HttpRequest, asked: Query[Asked]) -> Any:
    return _listed(request, Sector.objects.all(), asked, ["slug"], shapes.sector)


@api.get("/meetings/", response=Listed[shapes.Meeting], summary=gettext_noop("Meetings, latest first"))
def meetings(request: HttpRequest, asked: Query[OfMeetings]) -> Any:
    rows = Meeting.objects.filter(plan__in=_plans(request, asked)).select_related("plan").prefetch_related("reviewed")
    return _listed(request, _between(rows, "held_on", asked), asked, ["-held_on", "-id"], shapes.meeting)


def _between(rows: Any, name: str, asked: Any) -> Any:
    if asked.since is not None:
        rows = rows.filter(**{f"{name}__gte": asked.since})
    if asked.until is not None:
        rows = rows.filter(**{f"{name}__lte": asked.until})
    return rows


# ------------------------------------------------------------------ what went wrong


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    """An error as RFC 9457 has it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    response = HttpResponse(json.dumps(body, ensure_ascii=False), content_type=PROBLEM, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Mithaq"'
    return response


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, _("There is nothing here, or nothing you may see."))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if request.headers.get("Authorization"):
        return problem(401, _("This key is not one of ours, or no longer."))
    return problem(401, _("This site is closed to the public: send a key."))


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        # the location begins with where (query, path) and with the name of our own argument
        {"parameter": str(one["loc"][-1] if len(one["loc"]) < 3 else one["loc"][2]), "detail": one["msg"]}
        for one in error.errors
    ]
    return problem(422, _("A parameter is not as it should be."), errors=errors)


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("The API failed at %s", request.path, exc_info=error)
    return problem(500, _("Something failed here; it is in the log."))


# ------------------------------------------------------------------ addresses


def _spoken(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer in the language asked for, conditionally (ETag), also to HEAD, and refuse other methods as a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = request.GET.get("lang") or translation.get_language() or "en"
        if language not in dict(settings.LANGUAGES):
            language = "en"
        with translation.override(language):
            response = view(request, *args, **kwargs)
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                allowed = response["Allow"]
                response = problem(405, _("This API is for reading only."))
                response["Allow"] = allowed
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    conditional = conditional_page(answer)

    @wraps(view)
    def also_to_head(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        try:
            return conditional(request, *args, **kwargs)
        finally:
            request.method = method  # the server drops the body

    return also_to_head


def _schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the export of a plan."""
    schema = plan_schema(request.build_absolute_uri(request.path))
    return HttpResponse(json.dumps(schema, ensure_ascii=False, indent=1), content_type="application/schema+json")


def _nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problem(404, _("There is nothing here, or nothing you may see."))


def _root(request: HttpRequest) -> HttpResponse:
    return redirect("api_page")


def _patterns() -> list[URLPattern]:
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        pattern.callback = _spoken(cast("Callable[..., HttpResponse]", pattern.callback))
    return patterns


urlpatterns = [
    path("", _root, name="api_root"),
    path("schemas/plan.json", conditional_page(_schema), name="plan_schema"),
    path("", (_patterns(), "ninja", "api")),
    path("<path:rest>/", _spoken(_nothing), name="api_nothing"),
]


def operations() -> list[dict[str, Any]]:
    """The operations as the page of the API lists them: path, what it gives, parameters with name, kind and words."""
    document = api.get_openapi_schema()
    listed = []
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            listed.append(
                {
                    "method": method.upper(),
                    "path": address,
                    "is_list": "{" not in address,
                    "summary": _(operation["summary"]),
                    "parameters": [
                        {
                            "name": one["name"],
                            "where": one["in"],
                            "values": _values(one["schema"], document),
                            "words": _words_of(one.get("description") or one["schema"].get("description", "")),
                        }
                        for one in operation.get("parameters", [])
                    ],
                }
            )
    return listed


def _words_of(description: str) -> str:
    return _(description) if description else ""  # gettext gives the catalogue's head for an empty text


def _values(schema: dict[str, Any], document: dict[str, Any]) -> str:
    """What a parameter may be, in a few words of the standard."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        return ", ".join(_values(one, document) for one in schema["anyOf"] if one.get("type") != "null")
    if "allOf" in schema:
        return _values(schema["allOf"][0], document)
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    return str(schema.get("format") or schema.get("type", ""))
