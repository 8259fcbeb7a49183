"""Load invented plans in any number, to measure with."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from plans.synthesis import forget, synthesize


class Command(BaseCommand):
    help = "Load invented plans, marked as demo data, to measure with. Run again, it takes the former ones away first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plans", type=int, default=500)
        parser.add_argument("--commitments", type=int, default=50_000)
        parser.add_argument("--seed", type=int, default=1, help="The same number gives the same rows.")
        parser.add_argument("--forget", action="store_true", help="Only take away what was loaded.")

    def handle(self, *args: Any, **options: Any) -> str:
        if options["forget"]:
            forget()
            return "The invented plans are gone."
        try:
            synthesize(
                options["plans"],
                options["commitments"],
                timezone.localdate(),
                seed=options["seed"],
                progress=self.bar if sys.stderr.isatty() else None,
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # as autovacuum would a minute later
        return f"{options['plans']} plans with {options['commitments']} commitments."

    def bar(self, done: int, of: int) -> None:
        filled = round(40 * done / of)
        self.stderr.write(f"\r[{'█' * filled}{'░' * (40 - filled)}] {done}/{of}", ending="\n" if done == of else "")
        self.stderr.flush()
