"""Everything that the served description allows, and much that it does not, is sent to a running stack.

The documents that are made up start reconciles: in a simulated Azure of their own, which ends with the test.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import all_ready, example, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PROGRAM = Path(sys.executable).with_name("schemathesis")
SENT = re.compile(r"(\d+) generated")


async def test_no_answer_is_a_server_error_or_undocumented(tmp_path: Path) -> None:
    """No 5xx, no status, header, media type or body that the description does not tell, no entry without a key."""
    async with Stack(Options(tmp_path / "stack", 200.0)) as stack:
        async with Client(stack.endpoints) as client:
            await client.send({"documents": example()}, message_id="first")
            await until(lambda: all_ready(client))
        code, said = await _run(tmp_path, stack.endpoints["functions"], stack.endpoints["functionKey"])
    assert code == 0, said[-6000:]
    sent = SENT.search(said)
    assert sent is not None
    assert int(sent[1]) > 2000, said[-2000:]


async def _run(folder: Path, functions: str, key: str) -> tuple[int, str]:
    """Run schemathesis in a folder of its own, where it leaves its files; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *("--config-file", str(CONFIGURATION), "run", f"{functions}/api/openapi.json"),
        *("--header", f"x-functions-key: {key}", "--no-color"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
