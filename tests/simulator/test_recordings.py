"""Real recorded traffic, replayed against the simulator, where the recordings are at hand.

Alone on a fresh simulator, each recording is answered alike (but for two outcomes). All of them in one command, one
after the other, are not: their names were scrubbed to the same few, their groups are never deleted within them, and
what one leaves behind is rightly there for the next. The second test lists these differences by name; the first is
the proof that nothing else causes them.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from local.simulator.server import Simulator

SHARED = Path(__file__).parents[3] / "shared"
RECORDINGS = sorted(SHARED.glob("arm/recordings/*.json"))
# Recordings of --no-wait go on without polling: the operation must have ended by the next request.
SPEED = 100_000

# What no server can answer as recorded, since the tool asks something else than was asked of Azure. The name after
# the method is the last part of the path.
LOST = {
    # Exchange 10 is, to the letter, exchange 7 again: that it carried If-None-Match is not in the recording. Without
    # it Azure updates the link, as the simulator does.
    "cli2023-test_PutLink_LinkExistsIfNoneMatchFailure_ExpectError": Counter(
        {
            "outcome GET RnJvbnRFbmRBc3luY09wZXJhdGlvbjtVcHNlcnRWaXJ0dWFsTmV0d29ya0xpbms7MzE4YzJmZWYtMWY3YS00Nzc5"
            "LWIzODAtODk2OTkxM2UxYTQxXzBiMWY2NDcxLTFiZjAtNGRkYS1hZWMzLWNiOTI3MmYwOTU5MA==": 1
        }
    ),
    # Exchange 15 names one path twice: the status, and with monitor=true the result. Exchange 16 polls the one (its
    # body has a status), 17 the other (its body has none). The tool keeps one URL a path and sends it both times.
    "cli2023-test_vm_run_command_with_parameters": Counter({"outcome GET d96bc8d1-5349-40a0-9e5f-10032bfe7f94": 1}),
}
# What is there already, since an earlier recording left it: PUT is then an update, and GET finds it.
LEFT_BEHIND = {
    # by DeleteLink_LinkExists (exchange 4)
    "cli2023-test_PutLink_LinkExistsIfNoneMatchFailure_ExpectError": Counter(
        {"status PUT clitestprivatednsvnet000003": 1}
    ),
    "cli2023-test_PutLink_LinkNotExistsWithRegistration_ExpectLinkCreated": Counter(
        {"status PUT clitestprivatednsvnet000003": 1}
    ),
    # by network_vnet_peering
    "cli2023-test_network_vnet_peering_sync": Counter(
        {"status PUT vnet1": 1, "status PUT vnet2": 1, "status PUT ip1": 1}
    ),
    # by aks_private_dns_zone, which creates (exchange 10) and never deletes: another cluster of the same name, whose
    # immutable properties differ, so that Azure would refuse the PUT; a refusal echoes nothing.
    "ext2025-test_aks_create_with_apiserver_vnet_integration": Counter(
        {
            "status GET cliakstest000002": 1,
            "error GET cliakstest000002": 1,
            "status PUT cliakstest000002": 1,
            "async PUT cliakstest000002": 1,
            "echo PUT cliakstest000002": 29,
        }
    ),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDINGS, reason="the recordings (../shared) are not on this machine"),
]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
async def test_recorded_traffic_is_answered_alike(tmp_path: Path, recording: Path) -> None:
    """Status, headers, errors, echoes and outcomes are those recorded; shapes at least four in five."""
    report = (await replay(tmp_path, [recording]))[recording.stem]
    assert differences(report) == LOST.get(recording.stem, Counter()), report["differences"]
    counts = Counter(report["counts"])
    assert counts["shape.same"] >= 0.8 * counts["shape.all"]


async def test_all_recordings_in_one_command_differ_only_in_what_is_left_behind(tmp_path: Path) -> None:
    """On one simulator, one after the other, only names that an earlier recording left in use differ."""
    reports = await replay(tmp_path, RECORDINGS)
    found = {name: differences(report) for name, report in reports.items() if report["differences"]}
    assert found == {
        name: LOST.get(name, Counter()) + LEFT_BEHIND.get(name, Counter()) for name in {*LOST, *LEFT_BEHIND}
    }


def differences(report: dict[str, Any]) -> Counter[str]:
    """Name each difference by aspect, method and the last part of the path."""
    found = report["differences"]
    named = (f"{aspect} {request.split(' ')[0]} {request.rsplit('/', 1)[-1]}" for aspect, request, *_ in found)
    return Counter(named)


async def replay(place: Path, recordings: list[Path]) -> dict[str, Any]:
    """Run the tool once against a fresh simulator; answer what it reports, by recording."""
    simulator = Simulator(place / "state", speed=SPEED)
    await simulator.start()
    try:
        return await asyncio.to_thread(run_tool, place, recordings)
    finally:
        await simulator.stop()


def run_tool(place: Path, recordings: list[Path]) -> dict[str, Any]:
    """Run the command of the acceptance check."""
    tool = SHARED / "tools" / "replay_recordings.py"
    out = place / "report.json"
    endpoints = place / "state" / "endpoints.json"
    command: list[str | Path] = [sys.executable, tool, "--endpoints", endpoints, "--json", out, *recordings]
    subprocess.run(command, check=False, capture_output=True, timeout=120)
    report: dict[str, Any] = json.loads(out.read_text())
    return report
