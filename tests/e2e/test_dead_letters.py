"""What was set aside while the app could not work is sent once more, by the command line, and does its work then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from local.demo.client import Client
from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.site import NO_SWEEP, TAG, hub
from tests.e2e.stage import all_ready, until
from tests.e2e.test_backup import TEAM, typed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

DEAF = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("provisioning_requests", "resource_events_queue")}
OFF = {"AzureWebJobs.resource_events.Disabled": "true"}
"""No event of the simulated Azure comes in by itself."""


def event() -> dict[str, Any]:
    """Return the event of a network that was tagged, as Event Grid writes it."""
    data = {"resourceUri": TEAM, "operationName": "Microsoft.Network/virtualNetworks/write", "status": "Succeeded"}
    told = {"id": "1", "subject": TEAM, "eventTime": "2026-11-27T00:00:00Z", "dataVersion": "2", "data": data}
    return {"eventType": "Microsoft.Resources.ResourceWriteSuccess", "topic": f"/subscriptions/{HOME}", **told}


async def bury(connection: str, queue: str, body: Any, message_id: str) -> None:
    """Send a message to a queue that nobody listens to, and set it aside as Service Bus does after ten tries."""
    async with ServiceBusClient.from_connection_string(connection) as bus:
        async with bus.get_queue_sender(queue) as sender:
            await sender.send_messages(ServiceBusMessage(json.dumps(body), message_id=message_id))
        async with bus.get_queue_receiver(queue) as receiver:
            (message,) = await receiver.receive_messages(1, max_wait_time=10)
            await receiver.dead_letter_message(message, reason="MaxDeliveryCountExceeded")


async def test_dead_letters_of_queues_and_files_do_their_work_later(tmp_path: Path) -> None:
    """A request and an event from dead letters, and an event from a file, make what they would have made."""
    rules = [{"subscriptions": [HOME], "action": "auto"}]
    deaf = Options(tmp_path / ".local", 300.0, settings=NO_SWEEP | OFF | DEAF)
    async with Stack(deaf) as stack:
        await bury(stack.endpoints["serviceBus"], "provisioning-requests", hub(rules=rules), "request")
        await bury(stack.endpoints["serviceBus"], "resource-events", event(), "event")
    hearing = Options(tmp_path / ".local", 300.0, settings=NO_SWEEP | OFF)
    async with Stack(hearing) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as team:
        listed = await typed(tmp_path, "dead-letters", "list")
        assert [listed.count(f"{queue}/") for queue in ("provisioning-requests", "resource-events")] == [1, 1]
        assert await client.documents() == []
        await typed(tmp_path, "dead-letters", "replay", "--all", "--queue", "provisioning-requests", "--yes")
        await until(lambda: all_ready(client, 1))
        group = await team.group("rg-team")
        subnets = {"apps": {"addressPrefix": "10.96.0.0/26"}}
        await team.network(group, "vnet-team", ["10.96.0.0/24"], subnets, {TAG: "weu"})
        assert len(await client.documents()) == 1
        await typed(tmp_path, "dead-letters", "replay", "--all", "--queue", "resource-events", "--yes")
        await until(lambda: all_ready(client, 2))
        assert "there are no dead letters" in await typed(tmp_path, "dead-letters", "list")
        await team.tag(TEAM, "Delete", {TAG: "weu"})
        lost = tmp_path / "undelivered" / "events" / "2026"
        lost.mkdir(parents=True)
        (lost / "1.json").write_text(json.dumps([event() | {"deadLetterReason": "MaxDeliveryAttemptsExceeded"}]))
        said = await typed(tmp_path, "dead-letters", "events", "undelivered", "--yes")
        assert "1 looked at" in said
        await until(lambda: all_ready(client, 1))
