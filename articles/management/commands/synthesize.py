"""Load invented plans or news in any number, to measure with."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from articles.synthesis import forget_articles, synthesize_articles
from plans.synthesis import forget, synthesize


class Command(BaseCommand):
    help = (
        "Load invented plans, or with --articles invented news, marked as demo data, to measure with. Run again, it"
        " takes the former plans away first; news are added up to the number, where a run was stopped too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plans", type=int, default=500)
        parser.add_argument("--commitments", type=int, default=50_000)
        parser.add_argument("--articles", type=int, help="So many articles with their texts; no plans are made then.")
        parser.add_argument("--seed", type=int, default=1, help="The same number gives the same rows.")
        parser.add_argument("--forget", action="store_true", help="Only take away what was loaded.")

    def handle(self, *args: Any, **options: Any) -> str:
        progress = self.bar if sys.stderr.isatty() else None
        if options["forget"]:
            forget_articles()
            forget()
            return "The invented plans and news are gone."
        if options["articles"] is not None:
            made = synthesize_articles(options["articles"], timezone.now(), seed=options["seed"], progress=progress)
            return f"{options['articles']} invented articles, {made} of them new."
        try:
            synthesize(
                options["plans"],
                options["commitments"],
                timezone.localdate(),
                seed=options["seed"],
                progress=progress,
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
