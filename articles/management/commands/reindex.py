"""Write anew what search keeps, as after a change of the analysis."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from articles.indexing import catch_up, count_terms, note_all


class Command(BaseCommand):
    help = "Let search read everything anew, or with --changes only what has changed. A run that was stopped goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--changes", action="store_true", help="Only what has changed since search last looked.")

    def handle(self, *args: Any, **options: Any) -> str:
        if not options["changes"]:
            note_all()
        done = catch_up()
        count_terms()
        return f"Search has read {done} things."
