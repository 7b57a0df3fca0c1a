"""Three ports in a row that are free: those of a local stack."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack

FIRST, LAST = 20_000, 32_000
"""Below those that the system gives to whoever asks for any."""


def free_ports() -> int:
    """Return the first of three free ports in a row."""
    while True:
        port = random.randrange(FIRST, LAST)  # noqa: S311 - no secret
        if _are_free(port, port + 1, port + 2):
            return port


def _are_free(*ports: int) -> bool:
    with ExitStack() as held:
        try:
            for port in ports:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
