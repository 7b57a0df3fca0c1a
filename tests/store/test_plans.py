"""Plans under their hash, results of steps, history: on both backends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.store.history import History
from shared.store.plans import KEPT
from tests.store.keys import HUB, SPOKE

if TYPE_CHECKING:
    from shared.store.rows import Rows
    from shared.store.store import Store
    from tests.store.conftest import Clock


async def test_plan_has_its_content_as_id(store: Store) -> None:
    """The same plan has the same id, whatever the order of its members; another plan another one."""
    first = await store.plans.save(HUB, {"steps": [1], "waits": []})
    assert await store.plans.save(HUB, {"waits": [], "steps": [1]}) == first
    assert await store.plans.save(HUB, {"steps": [2], "waits": []}) != first
    assert await store.plans.get(first) == {"steps": [1], "waits": []}


async def test_plan_of_its_document(store: Store) -> None:
    """Two documents with equal plans have a latest plan each."""
    plan_id = await store.plans.save(HUB, {"steps": []})
    assert await store.plans.latest(HUB) == plan_id
    assert await store.plans.latest(SPOKE) is None
    assert await store.plans.save(SPOKE, {"steps": []}) != plan_id
    assert plan_id.startswith("Hub/weu@")


async def test_unknown_plan(store: Store) -> None:
    """An id that names no plan gives None, also if it is no id at all."""
    assert await store.plans.get("Hub/weu@0123") is None
    assert await store.plans.get("nonsense") is None
    assert await store.plans.get("") is None


async def test_old_plans_go(store: Store) -> None:
    """Only the last plans of a document are kept; one that is saved again counts as new."""
    ids = [await store.plans.save(HUB, {"steps": [number]}) for number in range(KEPT)]
    assert await store.plans.save(HUB, {"steps": [0]}) == ids[0]
    last = await store.plans.save(HUB, {"steps": ["one too many"]})
    assert await store.plans.latest(HUB) == last
    assert await store.plans.get(ids[0]) == {"steps": [0]}
    assert await store.plans.get(ids[1]) is None
    assert await store.plans.get(ids[2]) == {"steps": [2]}


async def test_step_results(store: Store) -> None:
    """Results are kept per run and step; a repeated step writes over its own; a forgotten run has none."""
    step = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub"
    await store.results.put("run-1", step, {"properties": {"a": 1}})
    await store.results.put("run-1", step, {"properties": {"a": 2}})
    await store.results.put("run-1", "other", None)
    await store.results.put("run-2", step, {"properties": {"a": 3}})
    assert await store.results.get("run-1", step) == {"properties": {"a": 2}}
    assert await store.results.get("run-1", "unknown") is None
    assert await store.results.all("run-1") == {step: {"properties": {"a": 2}}, "other": None}
    await store.results.forget("run-1")
    assert await store.results.all("run-1") == {}
    assert await store.results.all("run-2") != {}


async def test_history_newest_first(store: Store, clock: Clock) -> None:
    """Entries are listed newest first, limited, per document."""
    for number in range(4):
        await store.history.append(HUB, {"number": number})
        clock.advance(seconds=1)
    await store.history.append(SPOKE, {"number": "other"})
    assert [entry["number"] for entry in await store.history.list(HUB)] == [3, 2, 1, 0]
    assert [entry["number"] for entry in await store.history.list(HUB, limit=2)] == [3, 2]


async def test_history_same_moment(store: Store) -> None:
    """Entries of one moment are all kept."""
    await asyncio.gather(*(store.history.append(HUB, {"number": number}) for number in range(8)))
    assert {entry["number"] for entry in await store.history.list(HUB)} == set(range(8))


async def test_history_repeat(store: Store) -> None:
    """An append repeated with its time and id, as a retried activity does, is one entry."""
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for result in ("started", "done"):
        await store.history.append(HUB, {"result": result}, at=at, entry_id="run-1/vnet")
    await store.history.append(HUB, {"result": "other"}, at=at, entry_id="run-1/subnet")
    assert sorted(entry["result"] for entry in await store.history.list(HUB)) == ["done", "other"]


async def test_history_is_bounded(rows: Rows, clock: Clock) -> None:
    """Entries beyond those kept are not listed, and pruning removes them and no others."""
    history = History(rows, clock, kept=5)
    for number in range(8):
        await history.append(HUB, {"number": number})
        clock.advance(seconds=1)
    assert len(await history.list(HUB, limit=100)) == 5
    await history.prune(HUB)
    assert await history.prune(HUB) == 0
    stored = await rows.list("history", "Hub/weu")
    assert [row.value["number"] for row in stored] == [7, 6, 5, 4, 3]
