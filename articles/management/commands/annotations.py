"""Bring annotations in from a file of W3C Web Annotations, as `/…/quotes/plans/<plan>.jsonld` writes them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles import linked
from plans.models import User


class Command(BaseCommand):
    help = "Take in annotations (W3C Web Annotation JSON-LD); --dry-run says what would be done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="user name of the person whose annotations they become")
        parser.add_argument("--dry-run", action="store_true", help="record nothing")

    def handle(self, *args: Any, **options: Any) -> str:
        by = User.objects.filter(username=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"Nobody here is called «{options['by']}».")
        if not by.has_perm("articles.add_annotation"):
            raise CommandError(f"«{options['by']}» is no reviewer.")
        try:
            annotations = linked.read(options["file"].read_bytes())
        except (OSError, linked.LinkedError) as error:
            raise CommandError(str(error)) from None
        taken = linked.take_in(annotations, by, dry=options["dry_run"])
        for why in taken.refused:
            self.stderr.write(why)
        would = "would be " if options["dry_run"] else ""
        return f"{taken.made} annotations {would}recorded, {taken.known} known before, {len(taken.refused)} refused."
