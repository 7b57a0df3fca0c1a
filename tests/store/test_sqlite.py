"""What SQLite alone must do: several processes on one file, and rows that survive the end of a process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from shared.model.errors import Transient
from shared.store.store import Store, open_rows
from tests.store.azurite import ROOT
from tests.store.keys import HUB

if TYPE_CHECKING:
    from pathlib import Path

ANOTHER_PROCESS = """
import asyncio, os, sys
from shared.model.envelope import DocumentKey
from shared.store.store import Store, open_rows

async def main():
    wakes = Store(open_rows(sys.argv[1])).wakes
    for _ in range(20):
        await wakes.request(DocumentKey("Hub", "weu"))
    os._exit(9)  # without closing anything, as a killed process

asyncio.run(main())
"""


def test_several_processes(tmp_path: Path) -> None:
    """Processes that count up one row of one file lose no count, though each ends without closing it."""
    url = f"sqlite:{tmp_path / 'state' / 'store.db'}"
    command = [sys.executable, "-c", ANOTHER_PROCESS, url]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=30) for process in processes] == [9, 9]

    async def count() -> int:
        store = Store(open_rows(url))
        try:
            return (await store.wakes.request(HUB)).count
        finally:
            await store.close()

    assert asyncio.run(count()) == 41


async def test_unusable_file(tmp_path: Path) -> None:
    """A file that cannot be opened is a passing fault that names the file."""
    store = Store(open_rows(f"sqlite:{tmp_path}"))
    with pytest.raises(Transient, match=str(tmp_path)):
        await store.documents.get(HUB)
    await store.close()


def test_opening_loads_its_backend_only() -> None:
    """The local backend, and the store itself, load no Azure package."""
    code = "import sys; from shared.store.store import open_rows; open_rows('sqlite:x'); print('azure' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
