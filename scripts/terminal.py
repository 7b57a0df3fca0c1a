"""Makes the README's pictures of the terminal: `python -m scripts.terminal`, from the real command line and stack.

Each picture is what `spokewright` wrote into a terminal of its own; nothing is drawn that it did not write.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import all_ready, example, until

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
ROOT = Path(__file__).parents[1]
SPEED, PATIENCE = 20.0, 600
ROWS = 60
DRAWN = (
    ("terminal-topology", 112, ("topology",), None),
    ("terminal-describe", 150, ("describe", "cluster/payments-prod"), "Conditions"),
)
"""Name, columns, the command, and the heading from which on it is shown."""

FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich would fetch its font from elsewhere; the picture takes the reader's own."""


async def main() -> None:
    """Provision the first cluster, and write every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        async with Stack(Options(Path(directory) / ".local", SPEED)) as stack, Client(stack.endpoints) as client:
            await client.send({"documents": example()}, message_id="terminal")
            await until(lambda: all_ready(client), PATIENCE)
            for name, columns, words, heading in DRAWN:
                written = await asyncio.to_thread(in_terminal, list(words), columns, Path(directory))
                draw(name, columns, words, _from(written, heading))


def in_terminal(words: list[str], columns: int, folder: Path) -> str:
    """Run `spokewright` in a terminal so many columns wide, in a folder; return what it wrote there."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": str(columns)}
        os.execve(sys.executable, [sys.executable, "-m", "cli", *words], environment)  # noqa: S606 - ours, no shell
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    written = b"".join(_read(terminal))
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"spokewright {' '.join(words)} failed: {written.decode()}")
    return written.decode().replace("\r\n", "\n")


def _read(terminal: int) -> list[bytes]:
    """Return all that is written until the other side of the terminal is closed."""
    found: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody has it open any more
            return found
        if not part:
            return found
        found.append(part)


def _from(written: str, heading: str | None) -> str:
    """Return what was written from a heading on, with the lines above it said to be there."""
    lines = written.rstrip("\n").split("\n")
    if heading is None:
        return "\n".join(lines)
    start = next(index for index, line in enumerate(lines) if heading in line)
    return "\n".join([lines[0], "...", "", *lines[start:]])


def draw(name: str, columns: int, words: tuple[str, ...], written: str) -> None:
    """Write one picture."""
    console = Console(record=True, width=columns, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    console.print(Text(f"$ spokewright {' '.join(words)}"))
    console.print(Text.from_ansi(written), soft_wrap=True)
    svg = console.export_svg(title="spokewright", unique_id=name)
    (PICTURES / f"{name}.svg").write_text(FONTS.sub("", svg), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
