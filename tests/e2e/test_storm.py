"""Many networks ask to join at once, and their events come twice, in any order, or not at all.

The number is small for every run; `SPOKEWRIGHT_STORM=200` makes it a real storm, and `python -m bench` prints figures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.storm import measure

NETWORKS = int(os.environ.get("SPOKEWRIGHT_STORM", "16"))
SPEED = 60.0
PUTS_OF_A_SPOKE = 5
"""Its route table with the default route, its subnet, and both sides of the peering."""


@pytest.mark.slow
async def test_all_are_attached_with_one_write_for_each_resource(tmp_path: Path) -> None:
    """After the next sweep at the latest everything is attached; nothing failed, and nothing was written twice."""
    storm = await measure(tmp_path, NETWORKS, SPEED)
    print(f"{storm.spokes} spokes in {storm.wall:.0f} s, ideal {storm.ideal:.0f} s: {storm.wall / storm.ideal:.2f}")  # noqa: T201
    assert storm.attached == NETWORKS
    assert storm.failures == ()
    assert [path for path, count in storm.writes.items() if count > 1] == []
    assert sum(storm.writes.values()) == PUTS_OF_A_SPOKE * NETWORKS
    assert storm.attached_by_events >= NETWORKS // 2
