"""A cluster is stopped and started, and its endpoint moves: noticed by a sweep, and no false alarm on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.names import hub, rows, said
from tests.e2e.site import NO_SWEEP, Site
from tests.e2e.stage import Json, all_ready, condition, example, is_ready, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CLUSTER = f"/subscriptions/{HOME}/resourceGroups/rg-payments/providers/Microsoft.ContainerService/managedClusters/aks-payments-prod"  # noqa: E501 - one id
DOCUMENT = "clusters/payments-prod"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a cluster that is ready behind forwarders, in an Azure whose events all get lost."""
    # Nor is anything looked at because its proof is old: only a sweep may notice.
    settings = NO_SWEEP | {"SPOKEWRIGHT_PROOF_MINUTES": "10000"}
    options = Options(tmp_path_factory.mktemp("moves"), 200.0, settings=settings)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await somebody.simulator("PUT", "webhooks", [])
        await client.send({"documents": [hub({"mode": "forwarder"}), *example()[1:]]}, message_id="moves")
        await until(lambda: all_ready(client))
        yield Site(stack, client, somebody)


async def swept(site: Site) -> Json:
    """Sweep once, when nothing runs any more; return what was found."""
    await site.quiet()
    found: Json = await site.client.post("sweep")
    return found


async def noticed(site: Site) -> None:
    """Sweep once: it wakes the cluster and nobody else, unless a look of the cluster's own came before it."""
    assert set((await swept(site))["woken"]) <= {"Cluster/payments-prod"}


async def alarms(site: Site) -> list[Json]:
    """Return the lifecycle events that say that something is worse than it was."""
    events = (await site.client.api("events?limit=500"))["events"]
    return [event for event in events if event["type"].endswith(("Degraded", "Drifted"))]


async def test_a_stopped_cluster_is_said_to_be_stopped(site: Site) -> None:
    """The next sweep sees it; nothing is proved of it meanwhile, and nobody is alarmed."""
    await site.somebody.act(CLUSTER, "stop")
    await noticed(site)

    async def so() -> bool:
        return said(await site.client.api(DOCUMENT), "Ready") == ("Unknown", "ClusterStopped")

    await until(so)
    document = await site.client.api(DOCUMENT)
    assert said(document, "ApiServerReachable") == ("Unknown", "ClusterStopped")
    assert said(document, "ApiServerResolvable") == ("True", "Resolves")
    assert (await swept(site))["woken"] == [], "a sweep tells it once"
    assert await alarms(site) == []


async def test_the_new_address_is_seen_and_proved_by_the_next_sweep(site: Site) -> None:
    """After the start the endpoint is elsewhere: one sweep, and the whole matrix has the new address."""
    before = (await site.client.api(DOCUMENT))["status"]["outputs"]["verification"]["endpointAddress"]
    await site.somebody.act(CLUSTER, "start")
    await noticed(site)
    await until(lambda: _ready_elsewhere(site, before))
    evidence = (await site.client.api(DOCUMENT))["status"]["outputs"]["verification"]
    assert evidence["moved"]["from"] == before
    found = await rows(site.client, "payments-prod")
    assert {name: (row["resolves"], row["addresses"]) for name, row in found.items()} == {
        name: ("True", [evidence["endpointAddress"]]) for name in found
    }
    history = (await site.client.api(f"{DOCUMENT}/history?limit=500"))["items"]
    proofs = [entry["found"] for entry in history if entry["step"] == "verification"]
    assert proofs[0] == {"ApiServerResolvable": "True", "ApiServerReachable": "True"}
    assert await alarms(site) == []
    assert (await swept(site))["woken"] == []


async def _ready_elsewhere(site: Site, before: str) -> bool:
    document = await site.client.api(DOCUMENT)
    proof = document["status"]["outputs"]["verification"]
    return is_ready(document) and proof["endpointAddress"] != before


async def test_a_start_between_two_sweeps_is_noticed_by_the_address(site: Site) -> None:
    """Stopped and started since the last sweep: the cluster runs as before, and only its endpoint tells."""
    before = (await site.client.api(DOCUMENT))["status"]["outputs"]["verification"]["endpointAddress"]
    await site.somebody.act(CLUSTER, "stop")
    await site.somebody.act(CLUSTER, "start")
    await noticed(site)
    await until(lambda: _ready_elsewhere(site, before))
    assert await alarms(site) == []


async def test_a_server_that_keeps_the_old_address_is_no_alarm_yet(site: Site) -> None:
    """The zone still has the old address, as a cache would: it is said to be on the way, not to be wrong."""
    outputs = (await site.client.api(DOCUMENT))["status"]["outputs"]
    address, zone = outputs["verification"]["endpointAddress"], (await site.client.api("hubs/weu"))["status"]["outputs"]
    record = f"{zone['privateDnsZoneId']}/A/{outputs['privateFqdn'].partition('.')[0]}"
    await site.somebody.act(CLUSTER, "stop")
    await site.somebody.act(CLUSTER, "start")
    fresh = await site.somebody.get(record)
    stale = {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": address}]}}
    await site.somebody.put(record, stale)
    await swept(site)

    async def so() -> bool:
        return said(await site.client.api(DOCUMENT), "ApiServerResolvable") == ("Unknown", "AddressMoved")

    await until(so)
    assert address in condition(await site.client.api(DOCUMENT), "ApiServerResolvable")["message"]
    await site.somebody.put(record, {"properties": {"ttl": 300, "aRecords": fresh["properties"]["aRecords"]}})
    await site.client.post(f"{DOCUMENT}/retry")
    await until(lambda: _ready_elsewhere(site, address))
    assert await alarms(site) == []
