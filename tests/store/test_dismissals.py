"""Dismissals: what a person sent away from what; on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.store.rows import Rows
    from shared.store.store import Store
    from tests.store.conftest import Clock

NETWORK = "/subscriptions/s/resourcegroups/rg (old)/providers/microsoft.network/virtualnetworks/a_b"
OTHER = NETWORK + "2"


async def test_by_resource(store: Store) -> None:
    """Each resource has the last thing that it was sent away from; an id's slashes and brackets are kept."""
    assert await store.dismissals.of(NETWORK) is None
    await store.dismissals.dismiss(NETWORK, "weu")
    await store.dismissals.dismiss(OTHER, "payments")
    await store.dismissals.dismiss(NETWORK, "neu")
    assert (await store.dismissals.of(NETWORK), await store.dismissals.of(OTHER)) == ("neu", "payments")
    assert await store.dismissals.all() == {NETWORK: "neu", OTHER: "payments"}


async def test_forgotten(store: Store) -> None:
    """What may ask again is known no more, and forgetting twice is fine."""
    await store.dismissals.dismiss(NETWORK, "weu")
    await store.dismissals.forget(NETWORK)
    await store.dismissals.forget(NETWORK)
    assert (await store.dismissals.of(NETWORK), await store.dismissals.all()) == (None, {})


async def test_when(store: Store, rows: Rows, clock: Clock) -> None:
    """The time is kept for people who look at the rows."""
    clock.advance(hours=1)
    await store.dismissals.dismiss(NETWORK, "weu")
    row = await rows.get("dismissals", "all", NETWORK)
    assert row is not None
    assert row.value == {"asked": "weu", "time": "2026-01-01T01:00:00+00:00"}
