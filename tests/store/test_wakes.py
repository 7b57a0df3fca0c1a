"""No wake is lost: after the last one a reconciler runs, whatever the interleaving; on both backends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.store.wakes import BURST, LINKS, PARTITION, REFILL, STARTS, TABLE, Begun, Wake, Wakes
from tests.store.keys import HUB, SPOKE

if TYPE_CHECKING:
    from shared.store.rows import Rows
    from shared.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_first_wake_starts(store: Store) -> None:
    """The first wake finds a reconciler that has finished: the waker starts it."""
    assert await store.wakes.request(HUB) == Wake(1, finished=True)
    assert await store.wakes.begin(HUB) == 1
    assert await store.wakes.request(HUB) == Wake(2, finished=False, begun=1)
    assert await store.wakes.request(SPOKE) == Wake(1, finished=True)


async def test_wake_not_started_is_not_lost(store: Store) -> None:
    """A waker that died before it started the reconciler leaves the next waker to start it."""
    await store.wakes.request(HUB)
    assert (await store.wakes.request(HUB)).finished


async def test_finish(store: Store) -> None:
    """A reconciler that saw all wakes finishes; a repeat of that answers the same."""
    await store.wakes.request(HUB)
    seen = await store.wakes.begin(HUB)
    assert await store.wakes.finish(HUB, seen)
    assert await store.wakes.finish(HUB, seen)
    assert await store.wakes.request(HUB) == Wake(2, finished=True, begun=1)


async def test_go_again(store: Store) -> None:
    """A reconciler that a wake overtook goes again, and is not marked as finished meanwhile."""
    await store.wakes.request(HUB)
    seen = await store.wakes.begin(HUB)
    await store.wakes.request(HUB)
    assert not await store.wakes.finish(HUB, seen)
    assert not (await store.wakes.request(HUB)).finished
    assert await store.wakes.finish(HUB, await store.wakes.begin(HUB))


@pytest.mark.parametrize(
    "order",
    [("request", "request", "finish"), ("request", "finish", "request"), ("finish", "request", "request")],
    ids="-".join,
)
async def test_every_order_of_wake_and_end(store: Store, order: tuple[str, ...]) -> None:
    """Wherever wakes fall around the end: either the waker is told to start, or the reconciler to go again."""
    await store.wakes.request(HUB)
    seen = await store.wakes.begin(HUB)
    must_run = False
    for event in order:
        if event == "request":
            must_run |= (await store.wakes.request(HUB)).finished
        else:
            must_run |= not await store.wakes.finish(HUB, seen)
    assert must_run


async def test_concurrent_wakes(store: Store) -> None:
    """With wakers and reconcilers at work at once, the last wake is seen by a reconciler that began after it."""
    seen: list[int] = []
    started: list[asyncio.Task[None]] = []

    async def reconcile() -> None:
        while True:
            seen.append(await store.wakes.begin(HUB))
            if await store.wakes.finish(HUB, seen[-1]):
                return

    def start() -> None:
        started.append(asyncio.create_task(reconcile()))

    async def wake_often() -> None:
        for _ in range(5):
            wake = await store.wakes.request(HUB)
            if wake.finished:
                start()

    await asyncio.gather(*(wake_often() for _ in range(4)))
    await asyncio.gather(*started)
    assert max(seen) == 20


async def test_looks_are_paced(store: Store) -> None:
    """So many looks may follow each other at once; each further one waits until it is free, and takes nothing."""
    await store.wakes.request(HUB)
    assert [await store.wakes.begin(HUB, NOW) for _ in range(BURST)] == [Begun(1)] * BURST
    assert await store.wakes.begin(HUB, NOW) == Begun(1, pause=REFILL)
    soon = NOW + timedelta(seconds=REFILL / 4)
    assert await store.wakes.begin(HUB, soon) == Begun(1, pause=REFILL * 3 / 4)
    assert await store.wakes.begin(HUB, NOW + timedelta(seconds=REFILL)) == Begun(1)
    assert (await store.wakes.begin(HUB, NOW + timedelta(seconds=REFILL))).pause == REFILL


async def test_a_document_at_rest_gets_its_looks_back(store: Store) -> None:
    """After a while of rest the burst is whole again, and never more than whole; others have their own."""
    for _ in range(BURST + 1):
        await store.wakes.begin(HUB, NOW)
    assert await store.wakes.begin(SPOKE, NOW) == Begun(0)
    later = NOW + timedelta(days=1)
    pauses = [(await store.wakes.begin(HUB, later)).pause for _ in range(BURST + 1)]
    assert pauses == [0] * BURST + [REFILL]


async def test_a_clock_that_goes_back_gives_nothing(store: Store) -> None:
    """Machines differ a little: a look with an earlier time takes one, and does not fail."""
    for _ in range(BURST):
        await store.wakes.begin(HUB, NOW)
    assert (await store.wakes.begin(HUB, NOW - timedelta(seconds=30))).pause == REFILL


async def test_a_look_that_has_to_wait_keeps_the_reconciler_at_work(store: Store) -> None:
    """While it waits it has not finished, and wakes are counted as ever."""
    for _ in range(BURST + 1):
        await store.wakes.begin(HUB, NOW)
    assert not (await store.wakes.request(HUB)).finished
    assert not await store.wakes.finish(HUB, 0)


async def test_counters_of_old_are_read(rows: Rows) -> None:
    """A row from before looks were paced has its whole burst."""
    await rows.insert(TABLE, PARTITION, str(HUB), {"count": 7, "finished": True})
    wakes = Wakes(rows)
    assert await wakes.state(HUB) == Wake(7, finished=True)
    assert await wakes.begin(HUB, NOW) == Begun(7)
    assert await wakes.state(HUB) == Wake(7, finished=False, tokens=BURST - 1, refilled=NOW.timestamp(), begun=1)


async def test_who_starts_it_says_so(store: Store) -> None:
    """From then on nobody else need start it, though it has not begun to look."""
    counted = await store.wakes.request(HUB)
    await store.wakes.started(HUB, counted)
    assert not (await store.wakes.request(HUB)).finished


async def test_who_says_late_that_it_was_started_changes_nothing(store: Store) -> None:
    """It began meanwhile, and perhaps finished: then the next waker has to start it."""
    counted = await store.wakes.request(HUB)
    assert await store.wakes.finish(HUB, await store.wakes.begin(HUB))
    await store.wakes.started(HUB, counted)
    assert (await store.wakes.request(HUB)).finished


A, B, C = (f"00-{digit * 32}-{digit * 16}-01" for digit in "abc")
"""Contexts of three wakers."""


async def test_what_is_started_goes_on_with_the_first_trace(store: Store) -> None:
    """While something is not done whoever wakes it is linked; what is done ends the trace."""
    wakes = store.wakes
    assert (await wakes.request(HUB, A)).trace == A
    assert await wakes.begin(HUB, NOW) == Begun(1)
    assert (await wakes.request(HUB, B, anew=True)).trace == A  # It runs: linked, whoever asks.
    assert await wakes.begin(HUB, NOW) == Begun(2, others=(B,))
    assert await wakes.finish(HUB, 2)
    assert (await wakes.request(HUB, C)).trace == A  # It waits for something: the same trace goes on.
    assert await wakes.begin(HUB, NOW) == Begun(3, others=(C,))
    assert await wakes.finish(HUB, 3, done=True)
    assert (await wakes.request(HUB, B)).trace == B
    assert await wakes.begin(HUB, NOW) == Begun(4)


async def test_who_asks_anew_has_a_trace(store: Store) -> None:
    """A request for what is at rest, and not done, is a trace of its own."""
    wakes = store.wakes
    await wakes.request(HUB, A)
    await wakes.begin(HUB, NOW)
    await wakes.finish(HUB, 1)
    assert (await wakes.request(HUB, B, anew=True)).trace == B
    assert await wakes.begin(HUB, NOW) == Begun(2)


async def test_a_trace_ends_though_nothing_is_done(store: Store) -> None:
    """What waits for days is no longer a part of what was asked: after so many starts a new trace begins."""
    wakes, traces = store.wakes, []
    for number in range(STARTS + 2):
        traces.append((await wakes.request(HUB, A if number == 0 else B)).trace)
        begun = await wakes.begin(HUB, NOW + timedelta(hours=number))
        await wakes.finish(HUB, begun.count)
    assert traces == [A] * (STARTS + 1) + [B]


async def test_a_look_that_is_paced_keeps_its_links(store: Store) -> None:
    """Links are handed over by a look, not by one that has to wait."""
    wakes = store.wakes
    await wakes.request(HUB, A)
    for _ in range(BURST):
        await wakes.begin(HUB, NOW)
    for _ in range(LINKS + 2):
        await wakes.request(HUB, B)
    await wakes.request(HUB, C)
    assert (await wakes.begin(HUB, NOW)).others == ()
    assert (await wakes.begin(HUB, NOW + timedelta(minutes=1))).others == (B,) * (LINKS - 1) + (C,)


async def test_rows_without_traces_are_as_before(rows: Rows) -> None:
    """Where nobody is traced a row has no member that an earlier version does not know; unknown ones are left out."""
    await Wakes(rows).request(HUB)
    row = await rows.get(TABLE, PARTITION, str(HUB))
    assert row is not None
    assert row.value.keys() == {"count", "finished", "tokens", "refilled", "begun"}
    await rows.replace(TABLE, PARTITION, str(HUB), row.value | {"later": 1}, row.etag)
    assert (await Wakes(rows).state(HUB)).count == 1
