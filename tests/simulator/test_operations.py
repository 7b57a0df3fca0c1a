"""Long-running operations on the wire: headers, pending states, ends, locks, faults, and what survives."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import aiohttp

from tests.simulator.conftest import Azure, group, network, peering_to, space, vnet

if TYPE_CHECKING:
    from local.simulator.server import Simulator

NETWORK_BODY = {"location": "westeurope", "properties": space("10.0.0.0/16")}


async def test_a_put_is_pending_then_succeeded(azure: Azure) -> None:
    """201 with Azure-AsyncOperation only, provisioningState Updating, status InProgress, then Succeeded."""
    answer = await azure.put(vnet("v"), NETWORK_BODY)
    assert answer.status == 201
    assert "location" not in answer.headers
    assert answer.properties["provisioningState"] == "Updating"
    operation = answer.headers["azure-asyncoperation"]
    assert (await azure.get(operation)).body == {"status": "InProgress"}
    await azure.pass_time()
    assert (await azure.get(operation)).body == {"status": "Succeeded"}
    assert (await azure.get(vnet("v"))).properties["provisioningState"] == "Succeeded"


async def test_operation_urls_are_long_and_opaque(azure: Azure) -> None:
    """An operation URL is longer than 1 KB, signed, with an api-version of its own."""
    operation = (await azure.put(vnet("v"), NETWORK_BODY)).headers["azure-asyncoperation"]
    assert len(operation) > 1024
    assert "api-version=" in operation


async def test_a_delete_carries_both_headers(azure: Azure) -> None:
    """202 with Azure-AsyncOperation and Location; the result is 202, then 204."""
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    answer = await azure.delete(vnet("v"))
    assert answer.status == 202
    assert (await azure.get(vnet("v"))).properties["provisioningState"] == "Deleting"
    assert (await azure.get(answer.headers["location"])).status == 202
    await azure.pass_time()
    assert (await azure.get(answer.headers["location"])).status == 204
    assert (await azure.get(answer.headers["azure-asyncoperation"])).body == {"status": "Succeeded"}


async def test_pending_polls_ask_for_longer_and_longer_pauses(azure: Azure) -> None:
    """Retry-After of polls grows as recorded."""
    answer = await azure.put(vnet("v"), NETWORK_BODY)
    assert answer.headers["retry-after"] == "3"
    pauses = [(await azure.get(answer.headers["azure-asyncoperation"])).headers["retry-after"] for _ in range(4)]
    assert pauses == ["10", "20", "20", "40"]


async def test_durations_are_the_same_in_every_run(azure: Azure) -> None:
    """The duration of an operation depends on the resource and the count of its writes only."""
    world = azure.simulator.arm.world
    first = world.duration("virtualNetworks", "PUT", "some key")
    azure.simulator.arm.reset()
    assert world.duration("virtualNetworks", "PUT", "some key") == first


async def test_a_network_takes_one_write_at_a_time(azure: Azure) -> None:
    """While a network is written, its subnets and peerings answer 429 RetryableError with the seconds to wait."""
    await azure.put(vnet("v"), NETWORK_BODY)
    subnet = network("virtualNetworks/subnets", "v", "s")
    answer = await azure.put(subnet, {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert (answer.status, answer.code) == (429, "RetryableError")
    detail = answer.body["error"]["details"][0]
    assert detail["code"] == "RetryableErrorDueToAnotherOperation"
    assert "PutVirtualNetworkOperation" in detail["message"]
    assert f"can be retried in {answer.headers['retry-after']} seconds" in detail["message"]
    await azure.pass_time()
    assert (await azure.put(subnet, {"properties": {"addressPrefix": "10.0.1.0/24"}})).status == 201
    assert (await azure.get(vnet("v"))).properties["provisioningState"] == "Updating"


async def test_a_network_being_written_cannot_be_peered_to(azure: Azure) -> None:
    """Peering to a network that is being written is refused: ReferencedResourceNotProvisioned."""
    await azure.made(vnet("a"), space("10.0.0.0/16"))
    await azure.put(vnet("b"), {"location": "westeurope", "properties": space("10.1.0.0/16")})
    peering = network("virtualNetworks/virtualNetworkPeerings", "a", "p")
    answer = await azure.put(peering, {"properties": peering_to(vnet("b"))})
    assert (answer.status, answer.code) == (400, "ReferencedResourceNotProvisioned")


async def test_a_policy_takes_one_write_at_a_time(azure: Azure) -> None:
    """While a rule collection group is written, its policy and the other groups answer 409."""
    await azure.made(network("firewallPolicies", "p"), {})
    groups = [network("firewallPolicies/ruleCollectionGroups", "p", name) for name in ("a", "b")]
    await azure.put(groups[0], {"properties": {"priority": 100}})
    answer = await azure.put(groups[1], {"properties": {"priority": 200}})
    assert (answer.status, answer.code) == (409, "AnotherOperationInProgress")


async def test_an_injected_failure_ends_the_operation(azure: Azure) -> None:
    """A fault rule fails the nth operation: status Failed with the error, the resource Failed."""
    azure.simulator.arm.faults.replace(
        [
            {
                "match": {"method": "PUT", "path": "virtualNetworks", "nth": 1},
                "fail_operation": {"code": "Sad", "message": "x"},
            }
        ]
    )
    answer = await azure.put(vnet("v"), NETWORK_BODY)
    await azure.pass_time()
    ended = await azure.get(answer.headers["azure-asyncoperation"])
    assert (ended.status, ended.body["status"], ended.code) == (200, "Failed", "Sad")
    assert (await azure.get(vnet("v"))).properties["provisioningState"] == "Failed"
    assert (await azure.made(vnet("v"), space("10.0.0.0/16"))).properties["provisioningState"] == "Succeeded"


async def test_faults_answer_delay_and_count(azure: Azure) -> None:
    """Through the door: an injected answer with headers, only so many times; a delayed operation; then none."""
    door = azure.simulator.base + "/_simulator/faults"
    rules = [
        {
            "match": {"method": "GET", "path": "/resourceGroups/rg$", "times": 1},
            "answer": {"status": 503, "code": "ServerTimeout", "headers": {"Retry-After": 7}},
        },
        {"match": {"method": "PUT", "path": "virtualNetworks/v$"}, "delay": 100_000},
    ]
    assert (await azure.put(door, rules, version=None)).status == 200
    refused = await azure.get(group("rg"))
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "ServerTimeout", "7")
    assert (await azure.get(group("rg"))).status == 200
    answer = await azure.put(vnet("v"), NETWORK_BODY)
    await azure.pass_time(90_000)
    assert (await azure.get(answer.headers["azure-asyncoperation"])).body["status"] == "InProgress"
    assert (await azure.put(door, [{"match": {}}], version=None)).status == 400
    assert (await azure.delete(door, version=None)).body == {"rules": []}


async def test_a_restart_goes_on_where_it_stopped(spawn: Callable[..., Awaitable[Simulator]]) -> None:
    """Resources, operations, their URLs' port and the clock survive; what was running ends."""
    first = await spawn(speed=0)
    context = ssl.create_default_context(cafile=first.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        azure = Azure(first, session)
        await azure.put(group("rg"), {"location": "westeurope"})
        operation = (await azure.put(vnet("v"), NETWORK_BODY)).headers["azure-asyncoperation"]
        before = first.clock.now()
        await first.stop()
        second = await spawn(speed=0)
        assert (second.base, second.clock.now()) == (first.base, before)
        azure = Azure(second, session)
        assert (await azure.get(operation)).body["status"] == "InProgress"
        await azure.pass_time()
        assert (await azure.get(operation)).body["status"] == "Succeeded"
        assert (await azure.get(vnet("v"))).properties["provisioningState"] == "Succeeded"


async def test_a_refused_write_leaves_no_trace(azure: Azure) -> None:
    """A PUT that fails halfway (its second subnet overlaps) changes nothing."""
    properties = space("10.0.0.0/16", a="10.0.0.0/24", b="10.0.0.0/25")
    answer = await azure.put(vnet("v"), {"location": "westeurope", "properties": properties})
    assert (answer.status, answer.code) == (400, "NetcfgSubnetRangesOverlap")
    assert (await azure.get(vnet("v"))).status == 404
    assert (await azure.get(network("virtualNetworks"))).body["value"] == []
