#!/usr/bin/env python
"""Commands of Mithaq. Where no DATABASE_URL names a database, each runs with the embedded PostgreSQL."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

# commands that ask no database; `up` sees to it by itself
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "press",
    "up",
    "version",
}


def database(arguments: list[str]) -> AbstractContextManager[object]:
    """Return what holds the embedded PostgreSQL while the command runs; nothing where the command needs none."""
    if os.environ.get("DATABASE_URL") or {"-h", "--help", "--version"} & set(arguments):
        return nullcontext()
    if next((argument for argument in arguments if not argument.startswith("-")), "") in WITHOUT_DATABASE:
        return nullcontext()
    from django.conf import settings

    from config.embedded import PostgresServer

    return PostgresServer(settings.MITHAQ_DATA)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here: run `make install`, then use .venv/bin/python.")
    try:
        with database(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except RuntimeError as error:
        if type(error).__name__ != "EmbeddedError":  # its module is not imported where a database is given
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
