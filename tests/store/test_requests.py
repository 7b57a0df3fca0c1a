"""Requests are remembered by message id, the first outcome stands, and old ones are forgotten; on both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.store.store import Store
    from tests.store.conftest import Clock


async def test_seen(store: Store) -> None:
    """A message is new until its outcome is recorded; any text is an id."""
    assert await store.requests.seen("id/with#odd?") is None
    await store.requests.record("id/with#odd?", {"result": "accepted"})
    assert await store.requests.seen("id/with#odd?") == {"result": "accepted"}
    assert await store.requests.seen("id") is None


async def test_first_outcome_stands(store: Store) -> None:
    """Of several outcomes recorded for one message at once one stands, and every recorder is told that one."""
    recorded = await asyncio.gather(*(store.requests.record("m", {"by": number}) for number in range(6)))
    assert recorded == [await store.requests.seen("m")] * 6


async def test_forgotten_after_a_week(store: Store, clock: Clock) -> None:
    """After seven days a message counts as new again, purged or not."""
    await store.requests.record("old", {"result": "rejected"})
    clock.advance(days=6)
    await store.requests.record("young", {"result": "accepted"})
    assert await store.requests.seen("old") == {"result": "rejected"}
    clock.advance(days=2)
    assert await store.requests.seen("old") is None
    assert await store.requests.record("old", {"result": "accepted"}) == {"result": "accepted"}
    assert await store.requests.seen("old") == {"result": "accepted"}


async def test_purge(store: Store, clock: Clock) -> None:
    """A purge removes the old outcomes and keeps the others."""
    for number in range(3):
        await store.requests.record(f"old-{number}", {})
    clock.advance(days=8)
    await store.requests.record("young", {"result": "accepted"})
    assert await store.requests.purge() == 3
    assert await store.requests.purge() == 0
    assert await store.requests.seen("young") == {"result": "accepted"}
