"""Every private DNS mode, allocated address spaces and an adopted network, provisioned side by side."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from typing import Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import Json, accepted_puts, all_ready, condition, example, none_left, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

MODES: dict[str, Json] = {
    "shared": {"mode": "shared"},
    "subzone": {"mode": "subzone", "subzone": "team-b"},
    "system": {"mode": "system"},
    "none": {"mode": "none", "publicFqdn": True},
}
EGRESS = {"applicationRules": [{"name": "docs", "fqdns": ["docs.example.com"]}]}


def documents() -> list[Json]:
    """Return a hub with Bastion, and for each mode a spoke without an address space and a cluster."""
    hub, _, cluster = example()
    hub["spec"]["bastion"] = {"enabled": True}
    found = [hub]
    for name, private_dns in MODES.items():
        found.append(
            {"apiVersion": "spokewright/v1", "kind": "Spoke", "metadata": {"name": name}, "spec": {"hub": "weu"}}
        )
        wanted: Any = copy.deepcopy(cluster)
        wanted["metadata"]["name"] = name
        wanted["spec"] |= {"spoke": name, "privateDns": private_dns, "egress": EGRESS}
        found.append(wanted)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """Yield a client of a stack on which all of them are ready."""
    async with Stack(Options(tmp_path_factory.mktemp("stack"), 60.0)) as stack, Client(stack.endpoints) as client:
        await client.send({"documents": documents()}, message_id="modes")
        await until(lambda: all_ready(client, 1 + 2 * len(MODES)))
        yield client


@pytest.mark.parametrize("mode", MODES)
async def test_every_mode_is_proved(client: Client, mode: str) -> None:
    """Whichever zone holds its name, the API server resolves on the jump server and answers."""
    cluster = await client.api(f"clusters/{mode}")
    assert condition(cluster, "ApiServerResolvable")["status"] == "True"
    assert condition(cluster, "ApiServerReachable")["status"] == "True"
    evidence = cluster["status"]["outputs"]["verification"]
    assert evidence["addresses"] == [evidence["endpointAddress"]]


async def test_address_spaces_are_allocated_apart(client: Client) -> None:
    """Spokes without an address space got blocks of the pool that do not overlap."""
    spokes = (await client.api("spokes"))["items"]
    blocks = [IPv4Network(block) for spoke in spokes for block in spoke["status"]["addressSpace"]]
    assert len(blocks) == len(MODES)
    assert all(block.subnet_of(IPv4Network("10.64.0.0/10")) for block in blocks)
    assert not any(one.overlaps(other) for one in blocks for other in blocks if one is not other)


async def test_clusters_rules_are_on_the_firewall(client: Client) -> None:
    """What clusters ask for beyond everybody's rules is in one group, each rule from its own spoke only."""
    journal = await client.journal()
    puts = [path for path in accepted_puts(journal) if path.endswith("/rulecollectiongroups/clusters")]
    assert len(puts) == 1
    assert (await client.api("hubs/weu/plan"))["steps"] == []


async def test_all_of_it_goes_in_one_request(client: Client) -> None:
    """One message removes everything, whatever zones and links there were."""
    await client.send({"documents": documents()}, "delete", message_id="modes-away")
    await until(lambda: none_left(client))
