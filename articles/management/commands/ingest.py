"""Read the press now, in this process: no broker and no worker needed."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from articles import importer, outlets, runs
from articles.fetch import SourceError
from articles.models import Article, FetchRun, Source

COUNTS: Final = ("seen", "new", "updated", "failed")
IN_USE: Final = "Another worker is reading this source and did not finish in time."


class Command(BaseCommand):
    help = "Import the sources that are due; or one, all, or the feed at an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--source", metavar="SLUG", help="this source, due or not")
        what.add_argument("--all", action="store_true", help="every active source, due or not")
        what.add_argument("--url", help="the source at this address, of whatever kind; is kept where it is new")
        what.add_argument("--file", type=Path, help="the web page or plain text in this file, as one article")
        parser.add_argument("--name", default="", help="with --url: what to call a new source")
        parser.add_argument(
            "--json", action="store_true", help="print the counts of all that was read as one JSON object"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        totals: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "error": ""}
        if options["file"]:
            self.read_file(options["file"], totals, as_json=options["json"])
            return
        try:
            sources = self.sources(options)
        except ValidationError as invalid:
            if not options["json"]:
                raise CommandError("\n".join(invalid.messages)) from invalid
            sources, totals["error"] = [], " ".join(invalid.messages)
        errors = []
        for source in sources:
            run = self.read(source, patient=bool(options["source"] or options["url"]))
            error = IN_USE if run is None else run.error
            if run is not None:
                for count in COUNTS:
                    totals[count] += getattr(run, count)
            if error:
                errors.append(error if len(sources) == 1 else f"{source.name}: {error}")
                self.stderr.write(f"{source.name}: {error}")
        if errors:
            totals["error"] = "; ".join(errors)
        offered = outlets.offers_beside(sources[0]) if options["url"] and sources else []
        if offered:
            totals["feeds"] = [{"url": one.url, "title": one.title, "kind": one.kind} for one in offered]
        if options["json"]:
            self.stdout.write(json.dumps(totals, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{len(sources)} sources read: {totals['seen']} entries seen, {totals['new']} articles new, "
                f"{totals['updated']} updated, {totals['failed']} failed; {len(errors)} sources with an error."
            )
            for one in offered:
                self.stdout.write(f"The site offers a feed too: {one.url} {one.title}".rstrip())

    def read_file(self, path: Path, totals: dict[str, Any], *, as_json: bool) -> None:
        before = Article.objects.filter(source__slug=outlets.BY_HAND).count()
        try:
            article = outlets.add_document(path.read_bytes(), path.name)
        except (OSError, SourceError) as error:
            if not as_json:
                raise CommandError(str(error)) from error
            totals["error"] = str(error)
        else:
            new = Article.objects.filter(source__slug=outlets.BY_HAND).count() - before
            totals |= {"seen": 1, "new": new}
            if not as_json:
                self.stdout.write(f"Stored as «{article}»." if new else f"Known already as «{article}».")
        if as_json:
            self.stdout.write(json.dumps(totals, ensure_ascii=False))

    def sources(self, options: dict[str, Any]) -> list[Source]:
        if options["url"]:
            # a scheduler leaves a new source to us for a while: what is new is to be counted here
            return [outlets.add_source(options["url"], options["name"], due_at=timezone.now() + runs.LEASE)]
        if options["source"]:
            source = Source.objects.filter(slug=options["source"]).first()
            if source is None:
                raise CommandError(f"There is no source «{options['source']}».")
            return [source]
        if options["all"]:
            return list(Source.objects.filter(is_active=True).order_by("pk"))
        due = runs.due_sources(timezone.now())
        return sorted(Source.objects.filter(pk__in=due), key=lambda source: due.index(source.pk))

    def read(self, source: Source, *, patient: bool) -> FetchRun | None:
        """Import a source. A patient caller waits while another worker, or the lease of a killed one, holds it."""
        give_up = time.monotonic() + runs.LEASE.total_seconds() + 5
        while True:
            run = importer.import_source(source, trigger=FetchRun.Trigger.COMMAND, progress=self.bar(source))
            if run is not None or not patient or time.monotonic() > give_up:
                return run
            time.sleep(0.5)

    def bar(self, source: Source) -> importer.Progress | None:
        """A progress bar on standard error, where that is a terminal."""
        if not sys.stderr.isatty():
            return None

        def show(done: int, of: int) -> None:
            filled = round(30 * done / of)
            end = "\n" if done == of else ""
            sys.stderr.write(f"\r{source.name[:30]:30} [{'█' * filled}{'░' * (30 - filled)}] {done}/{of}{end}")
            sys.stderr.flush()

        return show
