"""How events reach webhooks: schemas, handshakes, answers, many at a time, and what a restart keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conftest import Azure, group
from tests.simulator.subscriber import Webhook

if TYPE_CHECKING:
    from local.simulator.server import Simulator

DOOR = "/_simulator/webhooks"
CREATED = "Microsoft.Resources.ResourceWriteSuccess"


def cloud_events(url: str) -> dict[str, str]:
    """A webhook that wants CloudEvents."""
    return {"url": url, "schema": "cloudevents"}


async def subscribe(azure: Azure, *webhooks: Any) -> None:
    """Send events there, with a fast clock."""
    azure.simulator.clock.run(500)
    assert (await azure.put(azure.simulator.base + DOOR, list(webhooks), version=None)).status == 200


async def journalled(azure: Azure, entry: str, count: int = 1) -> list[dict[str, Any]]:
    """Read the journal until it has so many lines of a kind."""
    async with asyncio.timeout(20):
        while len(found := await azure.lines(entry)) < count:
            pass
    return found


async def test_a_cloud_event_is_the_same_event_in_another_envelope(azure: Azure) -> None:
    """One JSON object per POST, with the content type of CloudEvents, and the data of the Event Grid schema."""
    async with Webhook().listening() as plain, Webhook().listening() as cloud:
        await subscribe(azure, plain.url, cloud_events(cloud.url))
        await azure.put(group("other"), {"location": "westeurope"})
        await plain.until(lambda it: it.events)
        await cloud.until(lambda it: it.events)
    assert plain.bodies == [plain.events]
    assert plain.headers[0]["Content-Type"] == "application/json; charset=utf-8"
    assert cloud.headers[0]["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    event = plain.events[0]
    assert cloud.bodies == [
        {
            "specversion": "1.0",
            "id": event["id"],
            "source": event["topic"],
            "subject": event["subject"],
            "type": CREATED,
            "time": event["eventTime"],
            "data": event["data"],
        }
    ]


@pytest.mark.parametrize(
    ("origin", "consent", "result"),
    [
        ("*", 200, "validated"),
        ("eventgrid.azure.net", 200, "validated"),
        ("example.com", 200, "refused"),
        ("", 200, "refused"),
        ("*", 204, "refused"),
    ],
)
async def test_a_webhook_of_cloud_events_has_to_consent(azure: Azure, origin: str, consent: int, result: str) -> None:
    """OPTIONS is to be answered 200 with WebHook-Allowed-Origin; no event goes before that."""
    async with Webhook(origin=origin, consent=consent).listening() as webhook:
        await subscribe(azure, cloud_events(webhook.url))
        await azure.put(group("other"), {"location": "westeurope"})
        assert {line["result"] for line in await journalled(azure, "handshake")} == {result}
        if result == "validated":
            await webhook.until(lambda it: it.events)
        else:
            await webhook.until(lambda it: it.handshakes > 2)
            assert webhook.events == []


async def test_a_wrong_code_is_no_handshake(azure: Azure) -> None:
    """The handshake is tried again, and no event loses a try by it."""
    async with Webhook().listening() as webhook:
        webhook.code = "wrong"
        await subscribe(azure, webhook.url)
        await azure.put(group("other"), {"location": "westeurope"})
        await webhook.until(lambda it: it.handshakes == 2)
        webhook.code = None
        await webhook.until(lambda it: it.events)
        assert [line["tries"] for line in await journalled(azure, "delivery")] == [1]


async def test_webhooks_are_shown_as_they_were_given(azure: Azure) -> None:
    """A URL stays a URL; an object is shown with its schema."""
    given: list[Any] = ["http://127.0.0.1:9/a", {"url": "http://127.0.0.1:9/b"}, cloud_events("http://127.0.0.1:9/c")]
    await azure.put(azure.simulator.base + DOOR, given, version=None)
    shown = (await azure.get(azure.simulator.base + DOOR, version=None)).body
    assert shown == [given[0], {"url": "http://127.0.0.1:9/b", "schema": "eventgrid"}, given[2]]


@pytest.mark.parametrize(
    "given",
    [
        {},
        [1],
        ["x"],
        [{"schema": "cloudevents"}],
        [{"url": "http://h/", "schema": "other"}],
        ["http://h/", "http://h/"],
    ],
)
async def test_what_is_no_webhook_is_refused(azure: Azure, given: Any) -> None:
    """Nonsense is answered 400 and changes nothing."""
    await azure.put(azure.simulator.base + DOOR, ["http://127.0.0.1:9/"], version=None)
    assert (await azure.put(azure.simulator.base + DOOR, given, version=None)).status == 400
    assert (await azure.get(azure.simulator.base + DOOR, version=None)).body == ["http://127.0.0.1:9/"]


@pytest.mark.parametrize(
    ("status", "result", "tries", "why"),
    [
        (200, "delivered", 1, ""),
        (204, "delivered", 1, ""),
        (206, "delivered", 2, ""),
        (401, "delivered", 2, ""),
        (503, "delivered", 2, ""),
        (400, "given-up", 1, "HTTP 400, which is never tried again"),
        (413, "given-up", 1, "HTTP 413, which is never tried again"),
    ],
)
async def test_answers_mean_what_event_grid_reads_in_them(
    azure: Azure, status: int, result: str, tries: int, why: str
) -> None:
    """200 to 204 acknowledge, 400 and 413 are the end, anything else comes again."""
    async with Webhook(status).listening() as webhook:
        await subscribe(azure, webhook.url)
        await azure.put(group("other"), {"location": "westeurope"})
        line = (await journalled(azure, "delivery"))[0]
    assert (line["result"], line["tries"], line["why"]) == (result, tries, why)


async def test_a_slow_webhook_holds_up_no_other(azure: Azure) -> None:
    """Hundreds of events reach one webhook while another answers none of the 64 that it was sent."""
    async with Webhook().listening() as slow, Webhook().listening() as quick:
        slow.open.clear()
        await subscribe(azure, slow.url, quick.url)
        for number in range(300):
            await azure.put(group(f"g{number}"), {"location": "westeurope"})
        await quick.until(lambda it: len(it.events) == 300)
        await slow.until(lambda it: it.under_way == 64)
        assert slow.events == []
        slow.open.set()
        await slow.until(lambda it: len(it.events) == 300)
    assert slow.most_under_way == 64
    assert len({event["id"] for event in slow.events}) == 300


async def test_what_was_not_acknowledged_comes_again_after_a_restart(
    spawn: Callable[..., Awaitable[Simulator]],
) -> None:
    """An event on its way when the process ends is still in the file."""
    async with Webhook().listening() as webhook:
        webhook.open.clear()
        first = await spawn(speed=500, webhooks=[webhook.url])
        for number in range(3):
            first.outbox.send({"id": f"{number}", "eventType": "t", "subject": "s"}, [])
        first.store.commit()
        await webhook.until(lambda it: it.under_way == 3)
        await first.stop()
        webhook.open.set()
        webhook.events.clear()
        await spawn()
        await webhook.until(lambda it: {event["id"] for event in it.events} == {"0", "1", "2"})
    assert webhook.handshakes == 1


async def test_what_waits_for_a_webhook_goes_with_it(azure: Azure) -> None:
    """As when an event subscription is deleted: its events are dropped, those of the others are not."""
    outbox, now = azure.simulator.outbox, azure.simulator.clock.now()
    one, other = "http://127.0.0.1:9/one", "http://127.0.0.1:9/other"
    outbox.subscribe([one, other])
    await azure.put(group("other"), {"location": "westeurope"})
    outbox.subscribe([other])
    outbox.subscribe([one, other])
    assert [len(outbox.due(url, now + 100, 9)) for url in (one, other)] == [0, 1]


async def test_another_schema_wants_another_handshake(azure: Azure) -> None:
    """A webhook that agreed to one schema is asked again before it gets the other."""
    async with Webhook().listening() as webhook:
        await subscribe(azure, webhook.url)
        await webhook.until(lambda it: it.handshakes == 1)
        await journalled(azure, "handshake")
        await subscribe(azure, webhook.url)
        await subscribe(azure, cloud_events(webhook.url))
        assert [line["result"] for line in await journalled(azure, "handshake", 2)] == ["validated"] * 2
    assert webhook.handshakes == 2
