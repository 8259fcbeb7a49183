"""A plan as linked data of schema.org, for search engines and catalogues of data: a dataset about an agreement."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from plans.exchange.iati import has_dates
from plans.exchange.record import FORMATS
from plans.exchange.shapes import Addresses
from plans.models import Party, Plan
from plans.reader import in_words, reader_language


def json_ld(plan: Plan, request: HttpRequest) -> dict[str, Any]:
    """The plan's page as a schema.org `Dataset`, in the reader's language; costs no query."""
    at = Addresses(request)
    title = in_words(plan, "title")
    described = _(
        "The commitments of «%(title)s», what each side reports of them, what the assessor holds, and the evidence."
    )
    agreement: dict[str, Any] = {
        "@type": "DigitalDocument",
        "name": title,
        "creator": [_party(plan.side_a), _party(plan.side_b)],
    }
    if plan.adopted_on and plan.adopted_precision == "day":
        agreement["datePublished"] = plan.adopted_on.isoformat()
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": at("plan", plan.slug),
        "url": at("plan", plan.slug),
        "name": title,
        "alternateName": plan.title_en if reader_language() == "ar" else plan.title_ar,
        "description": described % {"title": title},
        "inLanguage": ["ar", "en"],
        "isAccessibleForFree": True,
        "about": agreement,
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": media_type,
                "contentUrl": at("export", plan.slug, form),
            }
            for form, media_type in FORMATS.items()
            if form != "xml" or has_dates(plan)
        ],
    }
    if plan.starts and plan.ends:
        data["temporalCoverage"] = f"{plan.starts.isoformat()}/{plan.ends.isoformat()}"
    return data


def _party(party: Party) -> dict[str, str]:
    kind = "Country" if party.kind == Party.Kind.STATE else "Organization"
    return {"@type": kind, "name": in_words(party, "name")}
