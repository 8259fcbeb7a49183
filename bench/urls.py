"""The site's addresses and one that answers with nothing: what Django and its middleware cost alone."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler403
from config.urls import urlpatterns as pages

__all__ = ["handler403", "urlpatterns"]


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("empty/", empty), *pages]
