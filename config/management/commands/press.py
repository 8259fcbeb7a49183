"""Serve the demo press."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.press import PressServer, demo_moment, load_press, press_address


class Command(BaseCommand):
    help = "Serve the invented outlets of the demo as feeds and pages over loopback HTTP. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "address", nargs="?", default=settings.MITHAQ_PRESS, help="host:port (default: MITHAQ_PRESS)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = press_address(options["address"])
            demo_moment(settings.MITHAQ_DATA)
        except ValueError as error:
            raise CommandError(str(error)) from error
        press = load_press(settings.BASE_DIR / "seeds" / "demo" / "news")
        try:
            server = PressServer(address, press, settings.MITHAQ_DATA)
        except OSError as error:
            raise CommandError(
                f"The demo press cannot listen on {options['address']}: {error.strerror}."
                " Set MITHAQ_PRESS to another host:port."
            ) from error

        def stop(*_: Any) -> None:
            # shutdown() waits for serve_forever(), which this very thread is in
            threading.Thread(target=server.shutdown, daemon=True).start()

        # set explicitly: a parent may have had SIGINT ignored
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        self.stderr.write(f"The demo press prints at {server.base}/")
        with server:
            server.serve_forever(poll_interval=0.2)
