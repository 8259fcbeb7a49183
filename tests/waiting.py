"""Waiting for what other threads and processes do."""

import threading
import time
from collections.abc import Callable


def until(holds: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Ask again and again whether something holds; return whether it came to hold in time."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.1)
    return True
