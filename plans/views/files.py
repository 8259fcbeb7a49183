"""Files of documents, given out as downloads and never shown within the site."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from plans.models import Plan, StoredFile


@require_GET
@login_required
def document_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of a document, for people with an account: a paper brought along need not be meant for the public."""
    stored = get_object_or_404(StoredFile, document=pk, document__plan__in=Plan.objects.visible_to(request.user))
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.media_type,
        headers={
            "Content-Disposition": str(content_disposition_header(as_attachment=True, filename=stored.name)),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
