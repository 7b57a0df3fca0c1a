"""The local stack as a process of its own: started so that it outlives the command, known by a lock and its number.

The process holds the lock of its file for as long as it lives, so that a number which another program has by now is
never taken for it. The stack itself is `python -m local up`; nothing of it is imported here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cli.errors import CommandError, Misused, Unreachable

PID = "stack.pid"
LOG = "stack.log"
ENDPOINTS = "endpoints.json"
LOGS = (LOG, "simulator.log", "broker.log", "host.log")
READY = "local stack ready"
PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The stack whose state is in one folder."""

    state: Path

    @property
    def process(self) -> int | None:
        """The number of the process that was started here and lives; None where there is none."""
        try:
            with (self.state / PID).open("r+", encoding="utf-8") as file:
                if _take_lock(file.fileno()):
                    return None
                return int(file.read() or 0) or None
        except (OSError, ValueError):
            return None

    @property
    def endpoints(self) -> dict[str, Any]:
        """What the stack says of itself, now or when it last ran."""
        try:
            told = json.loads((self.state / ENDPOINTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def start(self, arguments: list[str]) -> None:
        """Start it, detached; raise Misused where it runs already, or is not part of this installation."""
        if find_spec("local") is None:
            mend = "run this in a checkout of Spokewright, installed by `make install`"
            raise Misused("the local stack is not part of this installation", mend)
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / PID).open("a+", encoding="utf-8") as lock, (self.state / LOG).open("wb") as log:
            if not _take_lock(lock.fileno()):
                raise Misused("the local stack runs already", "see `spokewright local status`")
            command = [sys.executable, "-m", "local", "up", "--state", str(self.state), *arguments]
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.truncate(0)
            lock.write(str(process.pid))
        process.returncode = 0  # It is to outlive us: nobody waits for it, and nothing is to warn of that.

    def wait_until_ready(self, seconds: float) -> None:
        """Return when everything answers; raise where it ended, or the time is over."""
        until = time.monotonic() + seconds
        while READY not in self.log(LOG):
            if self.process is None:
                last = (self.log(LOG).strip().splitlines() or ["it said nothing"])[-1]
                raise CommandError(f"the local stack ended: {last}", f"see {self.state / LOG}")
            if time.monotonic() > until:
                raise Unreachable(f"the local stack is not ready within {seconds:g} s", f"see {self.state / LOG}")
            time.sleep(PAUSE)

    def stop(self, seconds: float) -> bool:
        """End it and all of its processes; say whether it ran."""
        process = self.process
        if process is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        until = time.monotonic() + seconds
        while self.process is not None:
            if time.monotonic() > until:
                mend = f"wait a moment, or end process {process} yourself"
                raise Unreachable(f"the local stack does not end within {seconds:g} s", mend)
            time.sleep(PAUSE)
        return True

    def log(self, name: str) -> str:
        """Return the text of one of its logs; empty where there is none."""
        try:
            return (self.state / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def _take_lock(descriptor: int) -> bool:
    """Take the lock of an open file; say whether it was free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
