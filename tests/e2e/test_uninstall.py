"""Before the app itself is removed, what it made is: the simulated Azure is asked for each thing it ever wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.demo.client import Client
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.site import TAG, plain
from tests.e2e.stage import accepted_puts, all_ready, example, none_left, until
from tests.e2e.test_backup import TEAM, typed

pytestmark = pytest.mark.slow


async def test_uninstalling_in_order_leaves_nothing(tmp_path: Path) -> None:
    """A network is given back as it was, then the documents go; of all that was ever written nothing is there."""
    async with (
        Stack(Options(tmp_path / ".local", 200.0)) as stack,
        Client(stack.endpoints) as client,
        Somebody(stack.endpoints) as team,
    ):
        subnets = {"apps": {"addressPrefix": "10.96.0.0/26"}}
        await team.network(await team.group("rg-team"), "vnet-team", ["10.96.0.0/24"], subnets)
        before = await team.get(TEAM)
        documents = example()
        documents[0]["spec"]["onboarding"] = {"rules": [{"subscriptions": [HOME], "action": "auto"}]}
        await client.send({"documents": documents}, message_id="all")
        await until(lambda: all_ready(client))
        await team.tag(TEAM, "Merge", {TAG: "weu"})
        await until(lambda: all_ready(client, 4))
        await typed(tmp_path, "backup", "last.jsonl")
        await typed(tmp_path, "delete", "hub/weu", "spoke/payments", "cluster/payments-prod", "--yes", "--wait")
        assert await none_left(client)
        written = sorted(path for path in accepted_puts(await client.journal()) if not path.startswith(TEAM.lower()))
        assert len(written) > 25
        assert [path for path in written if await is_there(team, path)] == []
        now = await team.get(TEAM)
        assert plain(now, tags=False) == plain(before, tags=False)
        assert now["properties"].get("virtualNetworkPeerings", []) == []


async def is_there(team: Somebody, path: str) -> bool:
    """Say whether something is in the simulated Azure."""
    status, answer = await team.send("GET", path)
    assert status in (200, 404), (path, answer)
    return status == 200
