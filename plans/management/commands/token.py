"""Make a key with which a machine reads the API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans import keys
from plans.models import User


class Command(BaseCommand):
    help = "Make a key with which a machine reads the API in a person's name; it is shown once. --revoke takes it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="the user name of the person whose rights it has")
        parser.add_argument("--name", required=True, help="what uses it")
        parser.add_argument("--revoke", action="store_true", help="delete the person's keys of this name instead")

    def handle(self, *args: Any, **options: Any) -> str:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody active has the user name «{options['user']}».")
        name = options["name"].strip()
        if not name or len(name) > 100:
            raise CommandError("Say in one to a hundred letters what uses the key: --name.")
        if options["revoke"]:
            count = keys.revoke(user, name)
            if not count:
                raise CommandError(f"{user.username} has no key named «{name}».")
            return f"{count} {'key' if count == 1 else 'keys'} revoked."
        _token, key = keys.make(user, name)
        self.stderr.write("Keep it now: only its digest is stored, and it is not shown again.")
        return key
