"""Run everything; what `make run` calls."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.embedded import EmbeddedError
from config.up import CannotStart, up


class Command(BaseCommand):
    help = "Run the whole of Mithaq in one process tree, on 127.0.0.1 and PORT (8000). Ctrl-C stops it."

    def handle(self, *args: Any, **options: Any) -> None:
        def say(words: str) -> None:
            self.stderr.write(words, self.style.HTTP_INFO)

        def show(words: str) -> None:
            self.stdout.write(words)
            self.stdout.flush()

        try:
            up(say, show)
        except (CannotStart, EmbeddedError) as error:
            raise CommandError(str(error)) from error
