"""The store is lost, with all that ran: what a backup brings back is at rest again, and Azure is not touched by it.

The command line takes the backup and restores it; the stack that comes back is another one over the same Azure.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.demo.client import Client
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from shared.store.backup import KEPT, LEFT
from tests.e2e.site import IN_SYNC, TAG, eventually, hub, hub_network, sides
from tests.e2e.stage import all_ready, condition, example, is_ready, last, requests, until

if TYPE_CHECKING:
    from tests.e2e.stage import Json

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SPEED = 300.0
WRITES = ("PUT", "PATCH", "DELETE")
TEAM = f"/subscriptions/{HOME}/resourceGroups/rg-team/providers/Microsoft.Network/virtualNetworks/vnet-team"


async def typed(folder: Path, *words: str, code: int = 0) -> str:
    """Type a command beside the stack of a folder; return what it wrote."""
    settings = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *words),
        cwd=folder,
        env=settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == code, f"{' '.join(words)}: {said.decode()}"
    return said.decode()


def stack(folder: Path) -> Stack:
    """Return a stack whose sweep, looks and proofs do not come while a test looks."""
    settings = {"SPOKEWRIGHT_LOOK_HOURS": "10000", "SPOKEWRIGHT_PROOF_MINUTES": "100000"}
    return Stack(Options(folder / ".local", SPEED, settings=settings))


def lose_everything(folder: Path) -> set[str]:
    """Remove the store, the orchestrations and what waits in queues; return the tables that the store had."""
    with closing(sqlite3.connect(folder / ".local" / "store.db")) as store:
        tables = {name for (name,) in store.execute("SELECT DISTINCT tbl FROM rows")}
    lost = [path for name in ("store.db*", "durable.db*", "broker.sqlite*") for path in (folder / ".local").glob(name)]
    assert len(lost) >= 3
    for path in lost:
        path.unlink()
    return tables


async def kept_rows(client: Client) -> dict[tuple[str, str, str], Json]:
    """Return all that a backup would hold, by place, without what restoring adds."""
    found = {}
    for table in KEPT:
        page = await client.api(f"backup?table={table}")
        assert "after" not in page
        found |= {(row["table"], row["partition"], row["key"]): row["value"] for row in page["rows"]}
    return {place: value for place, value in found.items() if value.get("action") != "restored"}


async def changed_in_azure(client: Client, since: int) -> list[str]:
    """Return our own writes since a mark."""
    return [f"{line['method']} {line['path']}" for line in requests(await client.journal(since), *WRITES)]


async def test_what_was_lost_is_restored_without_a_write(tmp_path: Path) -> None:
    """Every document is Ready again as it was, its addresses are held, its past is there, and Azure was only read."""
    async with stack(tmp_path) as running, Client(running.endpoints) as client:
        await client.send({"documents": example()}, message_id="first")
        await until(lambda: all_ready(client))
        said = await typed(tmp_path, "backup", "kept.jsonl")
        before = await kept_rows(client)
        assert f"has {len(before)} rows" in said
        await typed(tmp_path, "restore", "kept.jsonl", "--yes", code=4)
    assert lose_everything(tmp_path) <= {*KEPT, *LEFT}
    async with stack(tmp_path) as running, Client(running.endpoints) as client:
        assert await client.documents() == []
        mark = last(await client.journal())
        said = await typed(tmp_path, "restore", "kept.jsonl", "--yes")
        assert f"{len(before)} rows restored" in said
        await until(lambda: all_ready(client))
        await until(lambda: none_held(client), 20)
        assert requests(await client.journal(mark), "GET")
        assert await changed_in_azure(client, mark) == []
        after = await kept_rows(client)
        assert {place for place in before if place[0] != "documents"} <= after.keys()
        for place in [place for place in before if place[0] in ("ledger", "audit", "history")]:
            assert after[place] == before[place]
        for place in [place for place in before if place[0] == "documents"]:
            assert after[place]["document"]["spec"] == before[place]["document"]["spec"]
            assert after[place]["document"]["metadata"] == before[place]["document"]["metadata"]
        assert "restored" in await typed(tmp_path, "audit", "hub/weu")


async def none_held(client: Client) -> bool:
    """Say whether no document is held as one from a backup any more."""
    return all(one["status"]["restoredAt"] is None for one in await client.documents())


async def test_an_old_backup_deletes_nothing(tmp_path: Path) -> None:
    """What came after the backup is unknown to it, and still nothing of that is taken down: the hub waits.

    A network that asks by its tag is found again, and what it needs is as it is: the hub goes on by itself.
    """
    async with stack(tmp_path) as running, Client(running.endpoints) as client, Somebody(running.endpoints) as team:
        rules = [{"subscriptions": [HOME], "action": "auto"}]
        await client.send(hub(rules=rules), message_id="hub")
        await until(lambda: all_ready(client, 1))
        await typed(tmp_path, "backup", "old.jsonl")
        group = await team.group("rg-team")
        subnets = {"apps": {"addressPrefix": "10.96.0.0/26"}}
        await team.network(group, "vnet-team", ["10.96.0.0/24"], subnets, {TAG: "weu"})
        await until(lambda: all_ready(client, 2))
    lose_everything(tmp_path)
    async with stack(tmp_path) as running, Client(running.endpoints) as client, Somebody(running.endpoints) as team:
        mark = last(await client.journal())
        await typed(tmp_path, "restore", "old.jsonl", "--yes")

        async def attached() -> bool:
            found = await client.documents()
            return len(found) == 2 and all(is_ready(one) and one["status"]["restoredAt"] is None for one in found)

        async def seen() -> tuple[str, str]:
            return sides(await network(team))[hub_network()]

        await until(attached, 60)
        assert await seen() == IN_SYNC
        assert await changed_in_azure(client, mark) == []


async def test_what_differs_waits_until_it_is_asked_for_again(tmp_path: Path) -> None:
    """A spoke made after the backup is nobody's: the hub would undo its side, and does so only when it is applied."""
    async with stack(tmp_path) as running, Client(running.endpoints) as client:
        documents = [hub(), example()[1]]
        await client.send(documents[0], message_id="hub")
        await until(lambda: all_ready(client, 1))
        await typed(tmp_path, "backup", "old.jsonl")
        await client.send(documents[1], message_id="spoke")
        await until(lambda: all_ready(client, 2))
    lose_everything(tmp_path)
    async with stack(tmp_path) as running, Client(running.endpoints) as client:
        mark = last(await client.journal())
        await typed(tmp_path, "restore", "old.jsonl", "--yes")

        async def reason() -> str:
            return str(condition(await client.api("hubs/weu"), "Ready")["reason"])

        await eventually(reason, "Restored")
        assert "delete" in condition(await client.api("hubs/weu"), "Ready")["message"]
        assert "spokewright delete hub/weu" in await typed(tmp_path, "describe", "hub/weu")
        assert await changed_in_azure(client, mark) == []
        await client.send(documents[0], message_id="hub again")
        await until(lambda: all_ready(client, 1))
        written = await changed_in_azure(client, mark)
        assert written
        assert all("virtualNetworkPeerings" in line for line in written)


async def network(team: Somebody) -> Json:
    """Return the team's network as it is in Azure."""
    found = await team.get(TEAM)
    assert found is not None
    return found
