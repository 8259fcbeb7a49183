"""Load parties, sectors, plans, aliases and sources, and the demo unless told otherwise."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from articles import indexing
from articles import seeding as news
from config import people
from config.press import demo_day, forget_demo_day
from plans import seeding
from plans.models import Party

SEEDS = settings.BASE_DIR / "seeds"


class Command(BaseCommand):
    help = "Load the seeds. What is there already is left as it is; run it as often as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--facts-only", action="store_true", help="Load none of the invented demo data.")
        parser.add_argument(
            "--reset-demo", action="store_true", help="Make the demo as new, dated from today; leave the rest alone."
        )
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="Do nothing but renew the demo press's address where plans are loaded already.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if options["if_empty"] and Party.objects.exists():
                if seeding.has_demo():
                    news.load_demo_sources(SEEDS, settings.MITHAQ_PRESS)
                self._say("The data is as it was.")
                return
            people.ensure_roles()
            if options["reset_demo"]:
                news.remove_demo()
                seeding.remove_demo()
                forget_demo_day(settings.MITHAQ_DATA)
                self._say("The former demo is gone.")
            self._say(f"{seeding.load_sectors(SEEDS)} sectors, {seeding.load_parties(SEEDS)} parties")
            self._say(f"{len(list(seeding.load_plans(SEEDS)))} plans with their sources")
            self._say(f"{seeding.load_aliases(SEEDS)} aliases added")
            self._say(f"{news.load_sources(SEEDS)} sources of official agencies, switched off")
            if not options["facts_only"]:
                plans = list(seeding.load_demo(SEEDS, demo_day(settings.MITHAQ_DATA)))
                self._say(f"demo commitments of {len(plans)} plans")
                self._say(f"{news.load_demo_sources(SEEDS, settings.MITHAQ_PRESS)} outlets of the demo press")
                people.ensure_demo_accounts(settings.MITHAQ_DATA)
        self._say(f"{indexing.catch_up()} things for search to find")

    def _say(self, words: str) -> None:
        self.stderr.write(f"  {words}", self.style.HTTP_INFO)
