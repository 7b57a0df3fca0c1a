"""Event Grid events, the journal and the clock of the administration door."""

from __future__ import annotations

from tests.simulator import test_dns_resolver as resolver
from tests.simulator.conftest import Azure, group, space, vnet
from tests.simulator.subscriber import Webhook

BODY = {"location": "westeurope", "properties": space("10.0.0.0/16")}
DOOR = "{}/_simulator/webhooks"
NEVER = "http://127.0.0.1:9/never"


async def test_a_write_and_a_delete_each_send_one_event(azure: Azure) -> None:
    """The event follows the operation's end, names scope, operation and caller, and holds no resource body."""
    await azure.put(vnet("v"), BODY, headers={"x-ms-correlation-request-id": "c1"})
    assert [e["event"]["subject"] for e in await azure.lines("event")] == [group("rg")]
    await azure.pass_time()
    await azure.removed(vnet("v"))
    written, deleted = [line["event"] for line in await azure.lines("event")][1:]
    data = written["data"]
    assert written["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert data["operationName"] == "Microsoft.Network/virtualNetworks/write"
    assert data["resourceUri"].lower() == vnet("v").lower()
    assert data["correlationId"] == "c1"
    assert data["claims"]["appid"] == azure.simulator.identity.app_id
    assert "httpRequest" not in data
    assert "properties" not in data
    assert deleted["eventType"] == "Microsoft.Resources.ResourceDeleteSuccess"
    assert deleted["data"]["httpRequest"]["method"] == "DELETE"


async def test_a_resolver_sends_events_like_all_others(azure: Azure) -> None:
    """Each write of a resolver's kinds sends one event, named by type and action; one that failed says so."""
    await resolver.build_resolver(azure)
    await resolver.wrote(azure, f"{resolver.RESOLVER}/inboundEndpoints/bad", {"ipConfigurations": [resolver.dynamic()]})
    await azure.delete(resolver.RULE)
    events = [line["event"] for line in await azure.lines("event")]
    sent = [
        (e["eventType"].rsplit(".", 1)[1], e["data"]["operationName"].removeprefix("Microsoft.Network/"))
        for e in events
    ]
    assert [each for each in sent if each[1].startswith("dns")] == [
        ("ResourceWriteSuccess", "dnsResolvers/write"),
        ("ResourceWriteSuccess", "dnsResolvers/inboundEndpoints/write"),
        ("ResourceWriteSuccess", "dnsResolvers/outboundEndpoints/write"),
        ("ResourceWriteSuccess", "dnsForwardingRulesets/write"),
        ("ResourceWriteSuccess", "dnsForwardingRulesets/forwardingRules/write"),
        ("ResourceWriteSuccess", "dnsForwardingRulesets/virtualNetworkLinks/write"),
        ("ResourceWriteFailure", "dnsResolvers/inboundEndpoints/write"),
        ("ResourceDeleteSuccess", "dnsForwardingRulesets/forwardingRules/delete"),
    ]


async def test_events_are_delivered_after_a_handshake_and_retried(azure: Azure) -> None:
    """A webhook is validated once; a refused event comes again."""
    async with Webhook(500).listening() as webhook:
        azure.simulator.clock.run(500)
        await azure.put(DOOR.format(azure.simulator.base), [webhook.url], version=None)
        await azure.put(group("other"), {"location": "westeurope"})
        await webhook.until(lambda it: it.events)
    assert [e["subject"].lower() for e in webhook.events] == [group("other").lower()]
    assert webhook.handshakes == 1
    assert [d["tries"] for d in await azure.lines("delivery")] == [2]


async def test_faults_drop_and_double_events(azure: Azure) -> None:
    """A dropped event is never queued, a doubled one twice."""
    azure.simulator.outbox.subscribe([NEVER])
    azure.simulator.arm.faults.replace(
        [
            {"match": {"path": "/resourceGroups/lost$"}, "events": "drop"},
            {"match": {"path": "/resourceGroups/twice$"}, "events": "double"},
            {"match": {"path": "/resourceGroups/late$"}, "events": "delay", "seconds": 5000},
        ]
    )
    for name in ("lost", "twice", "late"):
        await azure.put(group(name), {"location": "westeurope"})
    outbox, now = azure.simulator.outbox, azure.simulator.clock.now()
    due = outbox.due(NEVER, now + 100, 20)
    assert [d.event["subject"].lower() for d in due] == [group("twice").lower()] * 2
    assert len(outbox.due(NEVER, now + 6000, 20)) == 3


async def test_the_journal_tells_every_request(azure: Azure) -> None:
    """A line has both times, method, path, api-version, status and client; bodies and `since` on demand."""
    await azure.pass_time(86_400)
    await azure.put(vnet("v"), BODY, headers={"user-agent": "spokewright/1 azsdk-python"})
    last = (await azure.lines("request"))[-1]
    assert (last["method"], last["path"], last["status"]) == ("PUT", vnet("v"), 201)
    assert (last["apiVersion"], last["client"]) == ("2024-07-01", "spokewright/1")
    assert last["realTime"] < last["simulatedTime"]
    assert "requestBody" not in last
    assert (await azure.lines("request", bodies="1"))[-1]["requestBody"] == BODY
    assert await azure.lines(since=str(last["n"])) == []


async def test_the_clock_is_set_through_the_door(azure: Azure) -> None:
    """Speed and time can be set; time does not go back."""
    door = azure.simulator.base + "/_simulator/clock"
    before = (await azure.get(door, version=None)).body
    after = (await azure.put(door, {"advance": 60}, version=None)).body
    assert after["now"] - before["now"] == 60
    assert (await azure.put(door, {"now": before["now"]}, version=None)).status == 400
    assert (await azure.put(door, {"speed": 5}, version=None)).body["speed"] == 5


async def test_reset_forgets_everything(azure: Azure) -> None:
    """After a reset there is no resource and no journal."""
    await azure.put(vnet("v"), BODY)
    assert (await azure.send("POST", azure.simulator.base + "/_simulator/reset", version=None)).status == 200
    assert await azure.lines() == []
    assert (await azure.get(group("rg"))).status == 404
