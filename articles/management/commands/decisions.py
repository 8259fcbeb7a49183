"""Print what people decided about suggestions, and what each rested on: JSON lines to learn weights from."""

import json
from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date

from articles.decisions import lines


class Command(BaseCommand):
    help = "Print every decision about a suggestion with its score and features, one JSON object a line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", metavar="DAY", help="only from this day on (2026-11-25)")

    def handle(self, *args: Any, **options: Any) -> None:
        since = None
        if options["since"]:
            try:
                day = parse_date(options["since"])
            except ValueError:
                day = None
            if day is None:
                raise CommandError(f"{options['since']}: a day is wanted, as 2026-11-25.")
            since = datetime.combine(day, time(), UTC)
        for line in lines(since):
            self.stdout.write(json.dumps(line, ensure_ascii=False))
