"""Sources in and out as OPML, the form in which feed readers exchange them."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import outlets
from articles.fetch import SourceError


class Command(BaseCommand):
    help = "Write all sources as OPML to standard output; or add, switched off, the sources of an OPML file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--import", dest="file", metavar="FILE", help="add its sources («-»: standard input)")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be added")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            self.stdout.write(outlets.opml().decode())
            return
        try:
            body = sys.stdin.buffer.read() if options["file"] == "-" else Path(options["file"]).read_bytes()
            taken = outlets.take_opml(body, dry_run=options["dry_run"])
        except (OSError, SourceError) as error:
            raise CommandError(str(error)) from error
        for source in taken.new:
            self.stdout.write(f"new: {source.name} {source.url}")
        for source in taken.known:
            self.stdout.write(f"known: {source.name} {source.url}")
        for url, reason in taken.refused:
            self.stdout.write(f"refused: {url} {reason}")
        would = "would be added" if options["dry_run"] else "added, switched off"
        self.stdout.write(f"{len(taken.new)} {would}, {len(taken.known)} known, {len(taken.refused)} refused.")
