"""Derive every commitment's status and dates afresh from what stands."""

from typing import Any

from django.core.management.base import BaseCommand

from plans.progress import recompute


class Command(BaseCommand):
    help = "Derive every commitment's status and last dates afresh; should change nothing."

    def handle(self, *args: Any, **options: Any) -> str:
        return f"{recompute()} commitments recomputed."
