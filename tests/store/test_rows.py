"""The port's contract, kept by SQLite and by Azure Table Storage (Azurite) alike."""

from __future__ import annotations

import asyncio
import random

import pytest

from shared.model.errors import Changed, Invalid
from shared.store.packing import LARGEST
from shared.store.rows import AlreadyExists, Json, Rows

ODD_KEYS = [
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub",
    "a\\b#c?d",
    "100%",
    "it's",
    "a+b c&d=e",
    "tab\tnewline\nnull\x00\x7f",
    "straße-日本-🛰",
    "~2F",
    "..",
]


async def test_missing_is_none(rows: Rows) -> None:
    """A row that was never written is None, also in a table that was never made."""
    assert await rows.get("never", "p", "k") is None
    assert await rows.list("never", "p") == ()


async def test_insert_get(rows: Rows) -> None:
    """What was inserted is read back with the version that the insert returned."""
    inserted = await rows.insert("rows", "p", "k", {"a": [1, 2.5, None, True, "é\U0001f6f0"]})
    assert await rows.get("rows", "p", "k") == inserted


async def test_insert_twice(rows: Rows) -> None:
    """A second insert is refused and leaves the first."""
    await rows.insert("rows", "p", "k", 1)
    with pytest.raises(AlreadyExists):
        await rows.insert("rows", "p", "k", 2)
    assert (await rows.list("rows", "p"))[0].value == 1


async def test_replace_at_version(rows: Rows) -> None:
    """A replace at the version read succeeds once; at an older one it is refused."""
    first = await rows.insert("rows", "p", "k", 1)
    second = await rows.replace("rows", "p", "k", 2, first.etag)
    with pytest.raises(Changed):
        await rows.replace("rows", "p", "k", 3, first.etag)
    assert await rows.get("rows", "p", "k") == second


async def test_replace_gone(rows: Rows) -> None:
    """A replace of a row that was removed is refused as changed."""
    row = await rows.insert("rows", "p", "k", 1)
    await rows.delete("rows", "p", "k")
    with pytest.raises(Changed):
        await rows.replace("rows", "p", "k", 2, row.etag)


async def test_version_is_never_reused(rows: Rows) -> None:
    """The version of a removed row does not fit the row that takes its place."""
    old = await rows.insert("rows", "p", "k", 1)
    await rows.delete("rows", "p", "k")
    await rows.insert("rows", "p", "k", 1)
    with pytest.raises(Changed):
        await rows.replace("rows", "p", "k", 2, old.etag)


async def test_upsert(rows: Rows) -> None:
    """An upsert writes whether or not a row is there, and moves the version."""
    first = await rows.upsert("rows", "p", "k", 1)
    second = await rows.upsert("rows", "p", "k", 2)
    assert first.etag != second.etag
    assert await rows.get("rows", "p", "k") == second


async def test_delete(rows: Rows) -> None:
    """A delete at an older version is refused; without a version it removes, and again is fine."""
    first = await rows.insert("rows", "p", "k", 1)
    await rows.replace("rows", "p", "k", 2, first.etag)
    with pytest.raises(Changed):
        await rows.delete("rows", "p", "k", first.etag)
    await rows.delete("rows", "p", "k")
    await rows.delete("rows", "p", "k")
    await rows.delete("rows", "p", "k", first.etag)
    assert await rows.get("rows", "p", "k") is None


async def test_list_order_prefix_pages(rows: Rows) -> None:
    """Rows are listed by key; prefix, limit and after narrow the list; other partitions stay out."""
    for key in ["b/2", "a", "b/10", "B", "b", "c-1", "b/1", "_"]:
        await rows.insert("listed", "p", key, key)
    await rows.insert("listed", "q", "b/3", "other partition")

    async def keys(prefix: str = "", limit: int | None = None, after: str | None = None) -> list[str]:
        return [row.key for row in await rows.list("listed", "p", prefix=prefix, limit=limit, after=after)]

    assert await keys() == ["B", "_", "a", "b", "b/1", "b/10", "b/2", "c-1"]
    assert await keys("b/") == ["b/1", "b/10", "b/2"]
    assert await keys("b", limit=2) == ["b", "b/1"]
    assert await keys("b/", after="b/1") == ["b/10", "b/2"]
    assert await keys(after="b/2") == ["c-1"]
    assert await keys(limit=0) == []


async def test_list_is_complete(rows: Rows) -> None:
    """A list longer than the service's page of 1,000 comes whole."""
    await asyncio.gather(*(_insert_range(rows, start) for start in range(0, 1050, 105)))
    listed = await rows.list("long", "p")
    assert [row.key for row in listed] == [f"{number:05d}" for number in range(1050)]


async def _insert_range(rows: Rows, start: int) -> None:
    for number in range(start, start + 105):
        await rows.upsert("long", "p", f"{number:05d}", number)


async def test_scan_meets_every_row_once(rows: Rows) -> None:
    """A scan goes through all partitions, a page at a time, in one order, and forgets no row at the edge of a page."""
    assert await rows.scan("scanned", limit=5) == ()
    wanted = [(partition, key) for partition in ("Hub/a", "Hub/b", "Spoke/it's~2F") for key in ("1", "2", "a/b")]
    for partition, key in random.Random(4).sample(wanted, len(wanted)):  # noqa: S311 - an order
        await rows.insert("scanned", partition, key, {"is": [partition, key]})
    for size in (1, 2, 3, 100):
        seen: list[tuple[str, str]] = []
        while page := await rows.scan("scanned", after=seen[-1] if seen else None, limit=size):
            assert len(page) <= size
            assert all(one.row.value == {"is": [one.partition, one.row.key]} for one in page)
            seen += [(one.partition, one.row.key) for one in page]
        assert seen == wanted


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
async def test_odd_keys(rows: Rows, key: str) -> None:
    """Any text is a key, of a row and of a partition, and comes back as it was."""
    inserted = await rows.insert("odd", key, key, "v")
    assert await rows.get("odd", key, key) == inserted
    assert await rows.list("odd", key, prefix=key) == (inserted,)
    assert (await rows.replace("odd", key, key, "w", inserted.etag)).key == key
    await rows.delete("odd", key, key)
    assert await rows.list("odd", key) == ()


async def test_similar_keys_differ(rows: Rows) -> None:
    """A key that looks like another's escaped form is another row."""
    await rows.insert("similar", "p", "a/b", 1)
    await rows.insert("similar", "p", "a~2Fb", 2)
    assert {row.key: row.value for row in await rows.list("similar", "p")} == {"a/b": 1, "a~2Fb": 2}


@pytest.mark.parametrize("key", ["", "x" * 600], ids=["empty", "long"])
async def test_impossible_key(rows: Rows, key: str) -> None:
    """An empty or overlong key is refused in plain words, not by the service."""
    with pytest.raises(Invalid, match="1 to 512 characters"):
        await rows.insert("rows", "p", key, 1)


def _noise(size: int) -> str:
    return random.Random(1).randbytes(size // 2).hex()  # noqa: S311 - a fixed value that compresses by half at best


@pytest.mark.parametrize(
    "value",
    ["x" * 29_998, "x" * 29_999, _noise(500_000), {"many": [{"é": index} for index in range(20_000)]}],
    ids=["text", "first packed", "500 KB", "structure"],
)
async def test_large_values(rows: Rows, value: Json) -> None:
    """Values beyond one property's size are kept in chunks and come back whole, replaced by small ones and back."""
    large = await rows.insert("large", "p", "k", value)
    assert await rows.get("large", "p", "k") == large
    small = await rows.replace("large", "p", "k", {"small": True}, large.etag)
    assert await rows.list("large", "p") == (small,)
    await rows.replace("large", "p", "k", value, small.etag)
    assert (await rows.list("large", "p"))[0].value == value


@pytest.mark.parametrize("value", [_noise(3 * LARGEST), {1, 2}, float("nan")], ids=["too large", "set", "nan"])
async def test_impossible_value(rows: Rows, value: Json) -> None:
    """A value that Azure could not hold is refused by both backends alike, before anything is written."""
    with pytest.raises(Invalid):
        await rows.upsert("large", "p", "k", value)
    assert await rows.get("large", "p", "k") is None


async def test_one_insert_wins(rows: Rows) -> None:
    """Of many inserts at once exactly one succeeds, and its value stands."""
    outcomes = await asyncio.gather(
        *(rows.insert("race", "p", "k", number) for number in range(10)), return_exceptions=True
    )
    won = [outcome for outcome in outcomes if not isinstance(outcome, AlreadyExists)]
    assert won == [await rows.get("race", "p", "k")]
