"""Documents: no lost update, tombstones, status apart; on both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from shared.model.envelope import DocumentKey
from shared.model.errors import Changed, Conflict, NotFound
from shared.store.rows import AlreadyExists
from tests.store.keys import HUB, SPOKE

if TYPE_CHECKING:
    from shared.store.documents import Document
    from shared.store.store import Store
    from tests.store.conftest import Clock


def hub(order: str | None = None, **spec: Any) -> Document:
    """Return the document that HUB names."""
    metadata = {"name": "weu", "generation": 1} | ({} if order is None else {"order": order})
    return {"apiVersion": "spokewright/v1", "kind": "Hub", "metadata": metadata, "spec": spec, "status": {}}


def count_up(document: Document) -> Document:
    """Add one to the document's counter."""
    document["spec"]["count"] += 1
    return document


async def test_put_get(store: Store) -> None:
    """A document is read back as it was put, at the version that put returned."""
    assert await store.documents.get(HUB) is None
    put = await store.documents.put(hub("7"), None)
    assert await store.documents.get(HUB) == put
    assert await store.documents.last_order(HUB) == "7"


async def test_put_twice(store: Store) -> None:
    """A second creation is refused: the caller must read what is there."""
    await store.documents.put(hub(), None)
    with pytest.raises(AlreadyExists):
        await store.documents.put(hub(), None)


async def test_put_at_old_version(store: Store) -> None:
    """A write at a version that is no longer the current one is refused."""
    first = await store.documents.put(hub(a=1), None)
    await store.documents.put(hub(a=2), first.etag)
    with pytest.raises(Changed):
        await store.documents.put(hub(a=3), first.etag)


async def test_list_by_kind(store: Store) -> None:
    """Lists hold the alive documents, of one kind or all, by kind and name."""
    spokes = [{"kind": "Spoke", "metadata": {"name": name}, "spec": {}} for name in ("zeta", "alpha", "gone")]
    for spoke in spokes:
        await store.documents.put(spoke, None)
    await store.documents.put(hub(), None)
    gone = await store.documents.get(DocumentKey("Spoke", "gone"))
    assert gone is not None
    await store.documents.remove(DocumentKey("Spoke", "gone"), gone.etag)

    async def names(kind: str | None) -> list[str]:
        return [stored.document["metadata"]["name"] for stored in await store.documents.list(kind)]

    assert await names("Spoke") == ["alpha", "zeta"]
    assert await names(None) == ["weu", "alpha", "zeta"]
    assert await names("Cluster") == []


async def test_no_lost_update(store: Store) -> None:
    """Of many concurrent changes to one document each is in the result."""
    await store.documents.put(hub(count=0), None)
    await asyncio.gather(*(store.documents.update(HUB, count_up) for _ in range(25)))
    stored = await store.documents.get(HUB)
    assert stored is not None
    assert stored.document["spec"]["count"] == 25


async def test_update_missing(store: Store) -> None:
    """A change to a document that is not there says which."""
    with pytest.raises(NotFound, match="Spoke/payments"):
        await store.documents.update(SPOKE, count_up)


@pytest.mark.parametrize("change", [lambda _: None, lambda document: document], ids=["none", "same"])
async def test_update_without_change(store: Store, change: Any) -> None:
    """A change that changes nothing writes nothing: the version stays."""
    put = await store.documents.put(hub(), None)
    assert await store.documents.update(HUB, change) == put


async def test_update_status(store: Store) -> None:
    """A status write keeps a concurrent spec change, and a spec change keeps the status."""
    await store.documents.put(hub(count=0), None)

    def ready(status: Document) -> Document:
        return status | {"ready": status.get("ready", 0) + 1}

    writes = [store.documents.update(HUB, count_up) for _ in range(8)]
    await asyncio.gather(*writes, *(store.documents.update_status(HUB, ready) for _ in range(8)))
    stored = await store.documents.get(HUB)
    assert stored is not None
    assert stored.document == hub(count=8) | {"status": {"ready": 8}}


async def test_removed_is_gone(store: Store) -> None:
    """A removed document is not read nor listed, but its order is remembered."""
    put = await store.documents.put(hub("5"), None)
    await store.documents.remove(HUB, put.etag)
    assert await store.documents.get(HUB) is None
    assert await store.documents.list() == ()
    assert await store.documents.last_order(HUB) == "5"


async def test_remove_at_old_version(store: Store) -> None:
    """A document that changed after it was read is not removed."""
    put = await store.documents.put(hub(a=1), None)
    await store.documents.put(hub(a=2), put.etag)
    with pytest.raises(Changed):
        await store.documents.remove(HUB, put.etag)
    assert await store.documents.get(HUB) is not None


async def test_remove_twice(store: Store) -> None:
    """Removing again, as a repeated activity does, is fine."""
    put = await store.documents.put(hub("5"), None)
    await store.documents.remove(HUB, put.etag)
    await store.documents.remove(HUB, put.etag)
    assert await store.documents.last_order(HUB) == "5"


async def test_deletion_overtakes_creation(store: Store) -> None:
    """A deletion that is delivered before the creation it follows still wins: the older creation is refused."""
    await store.documents.bury(HUB, "5")
    assert await store.documents.last_order(HUB) == "5"
    assert await store.documents.get(HUB) is None
    with pytest.raises(Changed):
        await store.documents.put(hub("4"), None)


async def test_bury(store: Store) -> None:
    """A burial never lowers the order of an earlier one, and is refused where a document lives."""
    await store.documents.bury(HUB, "5")
    await store.documents.bury(HUB, "3")
    assert await store.documents.last_order(HUB) == "5"
    await store.documents.put(hub("6"), None)
    with pytest.raises(Changed):
        await store.documents.bury(HUB, "7")
    assert await store.documents.last_order(HUB) == "6"


@pytest.mark.parametrize(
    ("order", "stands"),
    [("4", False), ("5", True), ("6", True), (None, True)],
    ids=["earlier", "same", "later", "none"],
)
async def test_resurrection(store: Store, order: str | None, stands: bool) -> None:  # noqa: FBT001 - a table's column
    """After a removal only a later request creates the document again; one without order inherits the removal's."""
    put = await store.documents.put(hub("5"), None)
    await store.documents.remove(HUB, put.etag)
    if stands:
        created = await store.documents.put(hub(order), None)
        assert created.document["metadata"]["order"] == (order or "5")
        assert await store.documents.get(HUB) == created
    else:
        with pytest.raises(Changed, match="Hub/weu was removed by a later request"):
            await store.documents.put(hub(order), None)
        assert await store.documents.get(HUB) is None


async def test_one_creation_wins(store: Store) -> None:
    """Of two creations over one tombstone only one succeeds."""
    put = await store.documents.put(hub("1"), None)
    await store.documents.remove(HUB, put.etag)
    puts = [store.documents.put(hub("2", by=number), None) for number in range(6)]
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    assert sum(not isinstance(outcome, Conflict) for outcome in outcomes) == 1


async def test_purge(store: Store, clock: Clock) -> None:
    """Tombstones are forgotten after fourteen days; documents never."""
    await store.documents.put({"kind": "Spoke", "metadata": {"name": "payments", "order": "1"}}, None)
    put = await store.documents.put(hub("5"), None)
    await store.documents.remove(HUB, put.etag)
    clock.advance(days=13)
    assert await store.documents.purge() == ()
    clock.advance(days=2)
    assert await store.documents.purge() == ("Hub/weu",)
    assert await store.documents.last_order(HUB) is None
    assert await store.documents.last_order(SPOKE) == "1"


async def test_purge_takes_all_of_a_document(store: Store, clock: Clock) -> None:
    """With the tombstone go the history, plans and wakes of its document, and of no other."""
    plan_ids = {}
    for key in (HUB, SPOKE):
        await store.history.append(key, {"result": "done"})
        plan_ids[key] = await store.plans.save(key, {"steps": []})
        await store.wakes.request(key)
    put = await store.documents.put(hub("5"), None)
    await store.documents.remove(HUB, put.etag)
    clock.advance(days=15)
    await store.purge()
    assert await store.history.list(HUB) == ()
    assert await store.plans.latest(HUB) is None
    assert await store.plans.get(plan_ids[HUB]) is None
    assert (await store.wakes.request(HUB)).count == 1
    assert len(await store.history.list(SPOKE)) == 1
    assert await store.plans.get(plan_ids[SPOKE]) == {"steps": []}
    assert (await store.wakes.request(SPOKE)).count == 2
