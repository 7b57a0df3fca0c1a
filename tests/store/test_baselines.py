"""Baselines: one for each document, the last one stands, and none outlives its document; on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.store.keys import HUB, SPOKE

if TYPE_CHECKING:
    from shared.store.store import Store
    from tests.store.conftest import Clock

FIRST = {"intents": {"/subscriptions/s/resourcegroups/rg": "a1"}, "seen": {}}


async def test_the_last_one_stands(store: Store) -> None:
    """A baseline is replaced as a whole, and is its document's own."""
    assert await store.baselines.get(SPOKE) is None
    await store.baselines.put(SPOKE, FIRST)
    await store.baselines.put(HUB, {"intents": {}, "seen": {}})
    second = {"intents": {}, "seen": {"/x": "v"}}
    await store.baselines.put(SPOKE, second)
    assert await store.baselines.get(SPOKE) == second
    assert await store.baselines.get(HUB) == {"intents": {}, "seen": {}}


async def test_forgotten(store: Store) -> None:
    """Forgetting takes one away, and is fine where there is none."""
    await store.baselines.put(SPOKE, FIRST)
    await store.baselines.put(HUB, FIRST)
    await store.baselines.forget(SPOKE)
    await store.baselines.forget(SPOKE)
    assert (await store.baselines.get(SPOKE), await store.baselines.get(HUB)) == (None, FIRST)


async def test_a_large_one_fits(store: Store) -> None:
    """A hub with five hundred spokes has a thousand resources or so."""
    intents = {f"/subscriptions/{'0' * 36}/resourcegroups/rg/{number}/{'n' * 120}": "d" * 16 for number in range(1000)}
    await store.baselines.put(HUB, {"intents": intents, "seen": intents})
    assert await store.baselines.get(HUB) == {"intents": intents, "seen": intents}


async def test_the_purge_takes_what_is_left_of_a_removed_document(store: Store, clock: Clock) -> None:
    """A baseline that a late look wrote after its document was removed goes with the tombstone."""
    stored = await store.documents.put({"kind": "Hub", "metadata": {"name": "weu"}, "spec": {}}, None)
    await store.documents.remove(HUB, stored.etag)
    await store.baselines.put(HUB, FIRST)
    await store.purge()
    assert await store.baselines.get(HUB) == FIRST
    clock.advance(days=15)
    await store.purge()
    assert await store.baselines.get(HUB) is None
