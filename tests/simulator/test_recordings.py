"""Real recorded traffic, replayed against the simulator, where the recordings are at hand."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from local.simulator.server import Simulator

SHARED = Path(__file__).parents[3] / "shared"
RECORDINGS = sorted(SHARED.glob("arm/recordings/*.json"))
EXACT = ("status", "async", "error", "echo", "outcome")
# The tool does not send If-None-Match (recordings hold no request headers), so the second PUT succeeds, as in Azure.
HEADER_LOST = "cli2023-test_PutLink_LinkExistsIfNoneMatchFailure_ExpectError"


@pytest.mark.slow
@pytest.mark.skipif(not RECORDINGS, reason="the recordings (../shared) are not on this machine")
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
async def test_recorded_traffic_is_answered_alike(tmp_path: Path, recording: Path) -> None:
    """Status, headers, errors, echoes and outcomes are those recorded; shapes at least four in five."""
    simulator = Simulator(tmp_path / "state", speed=2000)
    await simulator.start()
    try:
        report = await asyncio.to_thread(replay, tmp_path, recording)
    finally:
        await simulator.stop()
    differences = [d for d in report["differences"] if not (recording.stem == HEADER_LOST and d[0] == "outcome")]
    assert differences == []
    counts = Counter(report["counts"])
    assert counts["shape.same"] >= 0.8 * counts["shape.all"]


def replay(place: Path, recording: Path) -> dict[str, dict[str, int]]:
    """Run the tool; answer what it reports on the recording."""
    tool = SHARED / "tools" / "replay_recordings.py"
    out = place / "report.json"
    options = ["--endpoints", place / "state" / "endpoints.json", "--json", out, recording]
    subprocess.run([sys.executable, tool, *options], check=False, capture_output=True, timeout=120)
    report: dict[str, dict[str, int]] = json.loads(out.read_text())[recording.stem]
    return report
