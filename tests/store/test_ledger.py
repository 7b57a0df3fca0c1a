"""The ledger gives every block to one spoke only, whoever asks at the same time; on both backends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from shared.model.errors import Conflict, Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.store.ledger import Taken
    from shared.store.store import Store

POOL = [f"10.64.{number}.0/24" for number in range(24)]


def first_free(taken: Taken) -> list[str]:
    """Choose the pool's first free block."""
    used = {block for blocks in taken.values() for block in blocks}
    free = [block for block in POOL if block not in used]
    if not free:
        raise Invalid([Problem("$.spec.spokePool", "the pool is spent")])
    return free[:1]


def overlap(wanted: list[str], taken: Taken) -> str | None:
    """Name the first wanted block that another spoke has."""
    for spoke, blocks in sorted(taken.items()):
        for block in wanted:
            if block in blocks:
                return f"{block} belongs to {spoke}"
    return None


async def reserve(store: Store, spoke: str, wanted: Sequence[str] | None = None) -> list[str]:
    """Reserve in the hub weu."""
    return await store.ledger.reserve("weu", spoke, wanted, first_free, conflict=overlap)


async def test_concurrent_reservations(store: Store) -> None:
    """Twenty spokes that ask at once get twenty different blocks, and the ledger knows them all."""
    blocks = await asyncio.gather(*(reserve(store, f"spoke-{number}") for number in range(20)))
    assert sorted(block for (block,) in blocks) == sorted(POOL[:20])
    assert await store.ledger.taken("weu") == {f"spoke-{number}": given for number, given in enumerate(blocks)}


async def test_concurrent_claims(store: Store) -> None:
    """Of several spokes that want the same block at once one gets it; the others hear whose it is."""
    claims = (reserve(store, f"spoke-{number}", POOL[:1]) for number in range(6))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [outcome for outcome in outcomes if outcome == POOL[:1]] == [POOL[:1]]
    (owner,) = await store.ledger.taken("weu")
    assert {(error.code, error.message) for error in refused} == {
        ("AddressSpaceTaken", f"10.64.0.0/24 belongs to {owner}")
    }
    assert len(refused) == 5


async def test_repeat(store: Store) -> None:
    """Who asks again gets the same, chosen or wanted, though others came between."""
    assert await reserve(store, "a") == POOL[:1]
    assert await reserve(store, "b", POOL[5:7]) == POOL[5:7]
    assert await reserve(store, "c") == POOL[1:2]
    assert await reserve(store, "a") == POOL[:1]
    assert await reserve(store, "b", POOL[5:7]) == POOL[5:7]
    assert await reserve(store, "b") == POOL[5:7]


async def test_wanted_changes(store: Store) -> None:
    """A spoke that wants other blocks than it has, its own included, gets them and gives the old ones back."""
    await reserve(store, "a", POOL[0:2])
    assert await reserve(store, "a", POOL[1:3]) == POOL[1:3]
    assert await reserve(store, "b", POOL[0:1]) == POOL[0:1]


async def test_refusal_changes_nothing(store: Store) -> None:
    """A spoke whose wish is refused keeps what it had."""
    await reserve(store, "a", POOL[0:1])
    await reserve(store, "b", POOL[1:2])
    with pytest.raises(Conflict):
        await reserve(store, "b", POOL[0:1])
    assert await store.ledger.taken("weu") == {"a": POOL[0:1], "b": POOL[1:2]}


async def test_release(store: Store) -> None:
    """Released blocks are free for others; releasing again is fine; other hubs are not touched."""
    await store.ledger.reserve("neu", "a", None, first_free, conflict=overlap)
    await reserve(store, "a")
    await store.ledger.release("weu", "a")
    await store.ledger.release("weu", "a")
    assert await reserve(store, "b") == POOL[:1]
    assert await store.ledger.taken("neu") == {"a": POOL[:1]}


async def test_spent_pool(store: Store) -> None:
    """When nothing is left to choose, the chooser's words reach the caller and nothing is written."""
    await reserve(store, "a", POOL)
    with pytest.raises(Invalid, match="the pool is spent"):
        await reserve(store, "b")
    assert list(await store.ledger.taken("weu")) == ["a"]


async def test_what_is_held_is_not_judged_again(store: Store) -> None:
    """A repeat for the blocks it has asks nobody; each look of an adopted network repeats it."""
    assert await reserve(store, "a", ["10.0.0.0/24"]) == ["10.0.0.0/24"]
    judged: list[list[str]] = []

    def conflict(wanted: list[str], _: Taken) -> str | None:
        judged.append(wanted)
        return None

    held = await store.ledger.reserve("weu", "a", ["10.0.0.0/24"], first_free, conflict=conflict)
    assert (held, judged) == (["10.0.0.0/24"], [])
    assert await store.ledger.reserve("weu", "a", ["10.0.1.0/24"], first_free, conflict=conflict) == ["10.0.1.0/24"]
    assert judged == [["10.0.1.0/24"]]
