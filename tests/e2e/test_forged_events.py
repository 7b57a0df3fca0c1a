"""Events that nobody can vouch for: whatever they say, by whichever door, they cost one read and change nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from local.somebody import HOME
from tests.e2e.site import TAG, Site, hub, hub_group, hub_network, open_site, said
from tests.e2e.stage import Json, until
from tests.model.test_azure_events import event, with_data

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

NETWORK = "providers/Microsoft.Network"
TEAM = f"/subscriptions/{HOME}/resourceGroups/rg-team"
ZONE = f"{NETWORK}/privateDnsZones/privatelink.westeurope.azmk8s.io"
QUEUE = "resource-events"
TYPES = {
    "virtualNetworks": "Microsoft.Network/virtualNetworks",
    "routeTables": "Microsoft.Network/routeTables",
    "privateDnsZones": "Microsoft.Network/privateDnsZones",
    "managedClusters": "Microsoft.ContainerService/managedClusters",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """The three ways in, each with its key."""

    site: Site
    http: aiohttp.ClientSession
    sender: ServiceBusSender
    receiver: ServiceBusReceiver

    async def deliver(self, door: str, body: Any) -> int:
        """Deliver events; return when they were taken, with what was answered."""
        return int(await getattr(self, f"_by_{door}")(body))

    async def _by_trigger(self, body: Any) -> int:
        return await self.post(self.site.stack.endpoints["eventGrid"], body)

    async def _by_webhook(self, body: Any) -> int:
        endpoints = self.site.stack.endpoints
        return await self.post(f"{endpoints['functions']}/api/events?code={endpoints['functionKey']}", body)

    async def _by_queue(self, body: Any) -> int:
        """Send a message, and wait until it was settled."""
        await self.sender.send_messages(ServiceBusMessage(json.dumps(body)))

        async def settled() -> bool:
            return not await self.receiver.peek_messages(1, sequence_number=1)

        await until(settled, 20)
        return 202

    async def post(self, url: str, body: Any) -> int:
        """Post what comes to a webhook."""
        async with self.http.post(url, json=body, headers={"aeg-event-type": "Notification"}) as answer:
            return answer.status

    async def malformed(self) -> int:
        """Return how many malformed deliveries were counted."""
        return sum(row["number"] for row in (await self.site.client.api("events"))["tallies"])

    async def cost(self, since: int) -> list[str]:
        """Return what the app asked of Azure after a mark, once nothing more comes."""
        await self.site.quiet()
        lines = await self.site.ours(since)
        return [f"{line['method']} {line['path'].lower()}" for line in lines]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """Yield the doors of an app with an attached network, one that waits for a person, and ones that do not ask."""
    rules = [
        {"addressWithin": "10.64.0.0/16", "action": "auto"},
        {"addressWithin": "10.65.0.0/16", "action": "approve"},
    ]
    # Not faster: who was refused is looked at again after an hour of Azure's clock.
    async with open_site(tmp_path_factory.mktemp("forged"), lambda _: [hub(rules=rules)], speed=200.0) as site:
        group = await site.somebody.group("rg-team")
        for name, space in (("attached", "10.64.0.0/24"), ("asked", "10.65.0.0/24")):
            members = {"nodes": {"addressPrefix": space}}
            await site.somebody.network(group, f"vnet-{name}", [space], members, {TAG: "weu"})
        await site.somebody.network(group, "vnet-foreign", ["172.21.0.0/24"], {}, {"owner": "them"})
        await site.somebody.network(group, "vnet-elsewhere", ["172.22.0.0/24"], {}, {TAG: "nowhere"})
        await site.attached(network("attached"))
        await site.asked(network("asked"))
        await site.quiet()
        async with (
            aiohttp.ClientSession() as http,
            ServiceBusClient.from_connection_string(site.stack.endpoints["serviceBus"]) as bus,
            bus.get_queue_sender(QUEUE) as sender,
            bus.get_queue_receiver(QUEUE) as receiver,
        ):
            yield Doors(site, http, sender, receiver)


def network(name: str) -> str:
    """Return the id of one of the networks."""
    return f"{TEAM}/{NETWORK}/virtualNetworks/vnet-{name}"


CLAIMED = {
    "a network that is not there": network("missing"),
    "a foreign network": network("foreign"),
    "a network that asks for a hub that is not there": network("elsewhere"),
    "an attached network": network("attached"),
    "a network that waits for a person": network("asked"),
    "the hub's network": hub_network(),
    "the hub's zone": f"{hub_group()}/{ZONE}",
    "an unknown route table": f"{TEAM}/{NETWORK}/routeTables/unknown",
    "an unknown zone": f"{TEAM}/{ZONE}",
    "an unknown cluster": f"{TEAM}/providers/Microsoft.ContainerService/managedClusters/unknown",
    "a subscription that is not there": network("missing").replace(HOME, "99999999-9999-9999-9999-999999999999"),
}


def forged(resource: str, verb: str) -> Json:
    """Return an event of a resource that was not written or deleted."""
    type_ = TYPES[resource.split("/")[-2]]
    kind = "ResourceWriteSuccess" if verb == "write" else "ResourceDeleteSuccess"
    return with_data(resourceUri=resource, operationName=f"{type_}/{verb}") | {
        "eventType": f"Microsoft.Resources.{kind}"
    }


@pytest.mark.parametrize("about", CLAIMED)
async def test_a_forged_event_costs_at_most_one_read(doors: Doors, about: str) -> None:
    """Of that resource, when it claims a write and a deletion at once; no document changes."""
    resource, since = CLAIMED[about], await doors.site.mark()
    documents = await doors.site.client.documents()
    assert await doors.deliver("webhook", [forged(resource, "write"), forged(resource, "delete")]) == 202
    assert await doors.cost(since) in ([], [f"GET {resource.lower()}"])
    assert await doors.site.client.documents() == documents


@pytest.mark.parametrize("door", ["trigger", "webhook", "queue"])
async def test_every_door_takes_all_of_them_for_one_read_each(doors: Doors, door: str) -> None:
    """Doubled ones too; nothing is written and no document changes."""
    documents, since = await doors.site.client.documents(), await doors.site.mark()
    body = [forged(resource, "write") for resource in CLAIMED.values()]
    assert await doors.deliver(door, body * 2) == 202
    asked = await doors.cost(since)
    assert asked
    assert set(asked) <= {f"GET {resource.lower()}" for resource in CLAIMED.values()}
    assert len(asked) == len(set(asked)), sorted(asked)
    assert await doors.site.client.documents() == documents


JUST_ANYTHING: tuple[list[Json], ...] = ([event(network("foreign"))], [{}])


async def test_without_the_key_nothing_is_taken(doors: Doors) -> None:
    """401, no read, and what is malformed is not even counted."""
    counted, since = await doors.malformed(), await doors.site.mark()
    functions = doors.site.stack.endpoints["functions"]
    for path in ("api/events?", "runtime/webhooks/eventgrid?functionName=resource_events&"):
        for key in ("", "code=wrong"):
            for body in JUST_ANYTHING:
                assert await doors.post(f"{functions}/{path}{key}", body) == 401
    assert await doors.cost(since) == []
    assert await doors.malformed() == counted


MALFORMED: dict[str, tuple[Any, list[str]]] = {
    "no JSON": ("{", ["$"]),
    "no event": ([5, {}], ["$[0]", "$[1]"]),
    "no resource": ([with_data(resourceUri=None)], ["$[0].data.resourceUri"]),
    "no id": ([with_data(resourceUri="../../etc/passwd")], ["$[0].data.resourceUri"]),
    "an id that leads elsewhere": (
        [with_data(resourceUri=f"{network('x')}?api-version=1")],
        ["$[0].data.resourceUri"],
    ),
    "one of two": ([event(network("foreign")), with_data(operationName=5)], ["$[1].data.operationName"]),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_malformed_is_said_and_counted(doors: Doors, name: str) -> None:
    """The webhook refuses the whole delivery, with every path; it is counted once, and Azure is not asked."""
    body, paths = MALFORMED[name]
    since, counted = await doors.site.mark(), await doors.malformed()
    text = body if isinstance(body, str) else json.dumps(body)
    status, answer = await doors.site.client.ask("POST", "events", text)
    assert (status, [one["path"] for one in answer["errors"]]) == (400, paths)
    assert await doors.malformed() == counted + 1
    assert await doors.site.ours(since) == []


@pytest.mark.parametrize("door", ["trigger", "queue"])
async def test_the_other_doors_count_and_acknowledge(doors: Doors, door: str) -> None:
    """What is malformed would be no better when it is sent again."""
    since, counted = await doors.site.mark(), await doors.malformed()
    assert await doors.deliver(door, [with_data(resourceUri="../../etc/passwd")]) == 202
    assert await doors.malformed() == counted + 1
    assert await doors.cost(since) == []


async def test_an_event_of_a_refused_network_costs_one_read(doors: Doors) -> None:
    """Who was refused cannot make the app look again and again."""
    site, group = doors.site, await doors.site.somebody.group("rg-team")
    denied = await site.somebody.network(group, "vnet-denied", ["172.20.0.0/24"], {}, {TAG: "weu"})
    document = await site.spoke_when(denied, said("Refused"))
    await site.quiet()
    since = await site.mark()
    assert await doors.deliver("webhook", [forged(denied, "write"), forged(denied, "delete")]) == 202
    assert await doors.cost(since) == [f"GET {denied.lower()}"]
    assert await site.spoke(denied) == document
