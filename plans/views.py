"""One function a page: fetch through a queryset, ask, render; a POST validates, calls one operation and redirects."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "plans/overview.html")


plan = evidence = withdraw_evidence = withdraw_assessment = commitment = assess = overview
