"""Say how well the matching does on labelled texts; nothing is stored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from articles.evaluation import Report, Unreadable, evaluate, read
from articles.lexicon import load_lexicon, seeded_lexicon


class Command(BaseCommand):
    help = "Print precision, recall and F1 per plan, pillar and language on labelled texts (JSON)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the labelled texts: their form is told in articles/evaluation.py")
        parser.add_argument("--seeds", action="store_true", help="with the names of the seed files, not the database's")
        parser.add_argument("--mistakes", action="store_true", help="tell each text that was not answered as labelled")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            texts = list(read(Path(options["file"]).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, Unreadable) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        if options["seeds"]:
            lexicon = seeded_lexicon()
        else:
            try:
                lexicon = load_lexicon()
            except DatabaseError:  # no migration has run yet, or none can be reached
                self.stderr.write("The database has no names: matching by the seed files.")
                lexicon = seeded_lexicon()
        report = evaluate(texts, lexicon)
        self.tell(report)
        if options["mistakes"]:
            for mistake in report.mistakes:
                wrong = "".join(f" +{one}" for one in mistake.wrong)
                missed = "".join(f" -{one}" for one in mistake.missed)
                self.stdout.write(f"{mistake.id}: {mistake.what}{wrong}{missed}")

    def tell(self, report: Report) -> None:
        self.stdout.write(f"{report.texts} texts")
        order = {"plan": 0, "members' news": 1, "pillar": 2}
        rows = sorted(report.counts.items(), key=lambda item: (order[item[0][0]], item[0][1] != "all", item[0][1]))
        self.stdout.write(f"{'':<34} precision  recall     F1  right wrong missed")
        for (what, which), count in rows:
            figures = f"{count.precision:>9.3f} {count.recall:>7.3f} {count.f1:>6.3f}"
            self.stdout.write(
                f"{what + ' · ' + which:<34} {figures} {count.right:>6} {count.wrong:>5} {count.missed:>6}"
            )
