"""Say what is wrong with this installation, and how to mend it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.doctor import examine


class Command(BaseCommand):
    help = "Say what is wrong with this installation, and how to mend it. Exit status 1 where something is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in examine():
            if finding.is_well:
                self.stdout.write(f"{self.style.SUCCESS('well ')} {finding.what}")
            else:
                wrong += 1
                self.stdout.write(f"{self.style.ERROR('wrong')} {finding.what}\n      {finding.mend}")
        if wrong:
            sys.exit(1)
