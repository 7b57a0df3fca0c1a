"""Links of the chain that break behind a hub with forwarders: the condition names the link, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.names import hub, rows, said
from tests.e2e.site import NO_SWEEP, Site, hub_group
from tests.e2e.stage import Json, all_ready, condition, example, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

DOCUMENT = "clusters/payments-prod"
NETWORKS = f"{hub_group()}/providers/Microsoft.Network"
SPOKE = f"/subscriptions/{HOME}/resourceGroups/rg-payments/providers"
MACHINE = ("agent", "10.64.1.200")
AGENT = f"{SPOKE}/Microsoft.Compute/virtualMachines/agent"
"""A machine in the spoke, on which is asked as well."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield a cluster behind forwarders, all of it with policy report: nothing is mended before it was said."""
    options = Options(tmp_path_factory.mktemp("broken"), 200.0, settings=NO_SWEEP)
    documents = [hub({"mode": "forwarder"}), *example()[1:]]
    for document in documents:
        document["spec"]["drift"] = "report"
    documents[1]["spec"]["dns"] = {"resolvesClusters": True, "machineId": AGENT}
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await client.send({"documents": documents}, message_id="broken")
        await until(lambda: all_ready(client))
        await somebody.simulator("PUT", "webhooks", [])
        await somebody.machine(f"{SPOKE}/Microsoft.Network/virtualNetworks/vnet-payments/subnets/nodes", *MACHINE)
        yield Site(stack, client, somebody)


async def proved(site: Site, status: str, reason: str, type_: str = "ApiServerResolvable") -> str:
    """Have the cluster proved until a condition says so; return its message."""

    async def so() -> bool:
        return said(await site.client.api(DOCUMENT), type_) == (status, reason)

    await site.client.post(f"{DOCUMENT}/retry")
    await until(so)
    return str(condition(await site.client.api(DOCUMENT), type_)["message"])


async def outputs(site: Site) -> tuple[Json, Json]:
    """Return what the hub and the cluster publish."""
    documents = [await site.client.api(path) for path in ("hubs/weu", DOCUMENT)]
    of_hub, of_cluster = (document["status"]["outputs"] for document in documents)
    return of_hub, of_cluster


async def healthy(site: Site) -> None:
    """See that all is well again."""
    await proved(site, "True", "Resolves")
    await proved(site, "True", "Answers", "ApiServerReachable")


async def test_a_machine_of_the_spoke_is_asked(site: Site) -> None:
    """It is asked beside the jump server, at the same time, and proves the way as well as the name."""
    await healthy(site)

    async def asked() -> bool:
        return bool((await rows(site.client, "payments-prod"))["spoke/payments"]["machine"] == "agent")

    await until(asked)
    await site.client.post(f"{DOCUMENT}/retry")

    async def seen() -> bool:
        row = (await rows(site.client, "payments-prod"))["spoke/payments"]
        return (row["resolves"], row["answers"]) == ("True", "True")

    await until(seen)


async def test_a_record_that_is_gone(site: Site) -> None:
    """Everybody asks and nobody finds: the record is missing, in the zone that is named."""
    of_hub, of_cluster = await outputs(site)
    record = f"{of_hub['privateDnsZoneId']}/A/{of_cluster['privateFqdn'].partition('.')[0]}"
    before = await site.somebody.get(record)
    await site.somebody.delete(record)
    message = await proved(site, "False", "RecordMissing")
    assert "privatelink.westeurope.azmk8s.io" in message
    assert "What to do:" in message
    assert {row["reason"] for row in (await rows(site.client, "payments-prod")).values()} == {"RecordMissing"}
    await site.somebody.put(record, {"properties": {"ttl": 300, "aRecords": before["properties"]["aRecords"]}})
    await healthy(site)


async def test_a_link_that_is_gone(site: Site) -> None:
    """The forwarders' network is no longer linked: they answer, and do not know the name."""
    of_hub, _ = await outputs(site)
    made = await site.somebody.get(of_hub["privateDnsZoneLinkId"])
    await site.somebody.delete(of_hub["privateDnsZoneLinkId"])
    message = await proved(site, "False", "DnsServerNetworkNotLinked")
    assert "vnet-hub-weu" in message
    again = {"location": "global", "tags": made["tags"], "properties": {"registrationEnabled": False}}
    again["properties"]["virtualNetwork"] = made["properties"]["virtualNetwork"]
    await site.somebody.put(of_hub["privateDnsZoneLinkId"], again)
    await healthy(site)


async def test_a_security_group_in_front_of_the_forwarders(site: Site) -> None:
    """Somebody denies port 53: no forwarder answers, and it is the group's rule, not the forwarders."""
    group = f"{NETWORKS}/networkSecurityGroups/nsg-dns-weu"
    rule = {"priority": 100, "direction": "Inbound", "access": "Deny", "protocol": "*"}
    rule |= {"sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*"}

    def deny(body: Json) -> None:
        body["properties"]["securityRules"].append(
            {"name": "somebodys", "properties": rule | {"destinationPortRange": "53"}}
        )

    await site.somebody.change(group, deny)
    message = await proved(site, "False", "SecurityGroupDenies")
    assert "somebodys" in message
    assert "nsg-dns-weu" in message

    def allow(body: Json) -> None:
        rules = body["properties"]["securityRules"]
        body["properties"]["securityRules"] = [one for one in rules if one["name"] != "somebodys"]

    await site.somebody.change(group, allow)
    await healthy(site)


async def test_a_peering_that_is_gone(site: Site) -> None:
    """The name resolves, and the way is gone: 443 does not answer, and the peering is named."""
    side = f"{NETWORKS}/virtualNetworks/vnet-hub-weu/virtualNetworkPeerings/weu-to-payments"
    await site.somebody.delete(side)
    message = await proved(site, "False", "PeeringNotConnected", "ApiServerReachable")
    assert "vnet-payments" in message
    # The machine in the spoke has lost its DNS servers with the peering; the jump server still has its own.
    found = await rows(site.client, "payments-prod")
    assert (found["hub"]["resolves"], found["spoke/payments"]["resolves"]) == ("True", "False")
    assert found["spoke/payments"]["reason"] == "PeeringNotConnected"


async def test_the_history_keeps_what_was_seen(site: Site) -> None:
    """Each proof stands in the history with its outcome."""
    items = (await site.client.api(f"{DOCUMENT}/history?limit=500"))["items"]
    found = [entry["found"] for entry in items if entry["step"] == "verification"]
    assert {"ApiServerResolvable": "False", "ApiServerReachable": "False"} in found
    assert {"ApiServerResolvable": "True", "ApiServerReachable": "True"} in found
