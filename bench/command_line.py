"""How long the command line takes to start: the interpreter alone, help, and help with everything loaded at once."""

from __future__ import annotations

import subprocess
import sys
import time

from rich.table import Table

RUNS = 7
TARGET = 0.3
EAGER = "import azure.identity, httpx, keyring, rich.console, rich.table, yaml;"
HELP = "from cli.app import main; main(['--help'])"
WHAT = {
    "the interpreter alone": "pass",
    "spokewright --help": HELP,
    "spokewright get --help": "from cli.app import main; main(['get', '--help'])",
    "  with all libraries loaded at the start": EAGER + HELP,
}


def table() -> Table:
    """Return the figures as a table: the quickest of some runs each, for the machine does other things too."""
    shown = Table("start of the command line", "seconds", "target")
    for name, script in WHAT.items():
        target = f"< {TARGET:g}" if name.startswith("spokewright") else ""
        shown.add_row(name, f"{_quickest(script):.3f}", target)
    return shown


def _quickest(script: str) -> float:
    return min(_seconds(script) for _ in range(RUNS))


def _seconds(script: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    return time.perf_counter() - began
