"""The audit: every decision once, newest first, and kept when the document is gone; on both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.store.keys import HUB, SPOKE

if TYPE_CHECKING:
    from shared.store.store import Store
    from tests.store.conftest import Clock

ANN = {"id": "1", "name": "ann", "verified": True}


async def test_newest_first_with_who_what_and_when(store: Store, clock: Clock) -> None:
    """An entry has the time, the action, who it was and what it was about; a document sees its own only."""
    await store.audit.record(SPOKE, "asked", {"rule": 0}, hash="h1", addressSpace=["10.80.0.0/22"])
    clock.advance(minutes=5)
    await store.audit.record(SPOKE, "approve", ANN, hash="h1", reason="fine")
    await store.audit.record(HUB, "departed", {"event": "Azure"})
    assert await store.audit.list(SPOKE) == (
        {"time": "2026-01-01T00:05:00+00:00", "action": "approve", "who": ANN, "hash": "h1", "reason": "fine"},
        {
            "time": "2026-01-01T00:00:00+00:00",
            "action": "asked",
            "who": {"rule": 0},
            "hash": "h1",
            "addressSpace": ["10.80.0.0/22"],
        },
    )
    assert [entry["action"] for entry in await store.audit.list(SPOKE, 1)] == ["approve"]
    assert len(await store.audit.list(HUB)) == 1


async def test_two_of_one_moment_are_both_kept(store: Store) -> None:
    """Two who decide at the same time are both written down, also with the same words."""
    await asyncio.gather(*(store.audit.record(SPOKE, "approve", ANN) for _ in range(5)))
    assert len(await store.audit.list(SPOKE)) == 5


async def test_kept_for_good(store: Store, clock: Clock) -> None:
    """Who decided can still be asked years after the document was removed."""
    stored = await store.documents.put({"kind": "Spoke", "metadata": {"name": SPOKE.name}, "spec": {}}, None)
    await store.audit.record(SPOKE, "reject", ANN)
    await store.documents.remove(SPOKE, stored.etag)
    clock.advance(days=1000)
    await store.purge()
    assert [entry["action"] for entry in await store.audit.list(SPOKE)] == ["reject"]
