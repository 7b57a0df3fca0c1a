"""Azure's events at the three doors: taken, refused, or asked for again; never another answer."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import azure.functions as func
import pytest

from local.host.invocation import decode
from orchestration import intake
from orchestration.coalescing import Coalescer
from orchestration.triggers import events
from orchestration.triggers.problem_documents import answered
from shared.model.azure_events import Notice
from shared.model.errors import Conflict, Invalid, NotFound, Throttled, Transient
from tests.model.test_azure_events import TABLE, VNET, WHO, cloud_event, event, with_data

if TYPE_CHECKING:
    from shared.store.store import Store

BAD = with_data(resourceUri=None)


class Counter:
    """Notes which keys are asked for, and looks at nothing; those in `failing` fail."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.failing: dict[str, Exception] = {}

    async def look(self, key: str, look: Any) -> None:
        """Note the key, or fail."""
        assert callable(look)
        self.keys.append(key)
        if key in self.failing:
            raise self.failing[key]


class Doors:
    """The doors of one app, over an empty store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.coalescer = Counter()
        self.dependencies: Any = SimpleNamespace(store=store, coalescer=self.coalescer)
        self.client: Any = object()

    async def post(self, body: Any, method: str = "POST", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Send a request to the webhook; return status, JSON body and headers."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = func.HttpRequest(method, "/api/events", headers=named, params={}, route_params={}, body=raw)
        handlers: dict[str, Any] = {
            "POST": lambda: events.post_events(self.dependencies, self.client, request),
            "OPTIONS": lambda: events.consent(self.dependencies, request),
            "GET": lambda: events.list_events(self.dependencies, request),
        }
        answer = await answered(handlers[method]())
        text = answer.get_body()
        return answer.status_code, json.loads(text) if text else None, dict(answer.headers)

    async def trigger(self, body: Any) -> None:
        """Hand an event to the trigger as the worker decodes it."""
        given = decode("eventGridTrigger", json.dumps(body), "json")
        await events.receive_event(self.dependencies, self.client, given)

    async def message(self, body: Any) -> None:
        """Receive a message of the queue."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        await events.receive_message(self.dependencies, self.client, func.ServiceBusMessage(body=raw))

    async def malformed(self) -> int:
        """Return how many were counted as malformed."""
        return sum(row["number"] for row in await self.store.tallies.list() if row["name"] == intake.MALFORMED)


@pytest.fixture
def doors(store: Store) -> Doors:
    """The three doors."""
    return Doors(store)


SUBNET = event(f"{VNET}/subnets/nodes", "Microsoft.Network/virtualNetworks/subnets/write")
ROUTES = event(TABLE, "Microsoft.Network/routeTables/write")
OF_NO_INTEREST = event(operation="Microsoft.Network/networkSecurityGroups/write")


async def test_the_intake_looks_once_at_each_resource(store: Store) -> None:
    """Events of one resource, in any spelling, are one look, with the author of the newest change."""
    looked: list[tuple[str, str]] = []

    async def look(_: Any, __: Any, resource_id: str, requester: str) -> None:
        looked.append((resource_id, requester))

    dependencies: Any = SimpleNamespace(store=store, coalescer=Coalescer())
    body = [event(), SUBNET, event(VNET.upper().replace("RESOURCEGROUPS", "resourcegroups")), ROUTES, OF_NO_INTEREST]
    taken = await intake.take(dependencies, SimpleNamespace(), body, look=look)
    assert sorted(looked) == [(TABLE, WHO), (VNET, WHO)]
    assert taken == intake.Taken(noticed=4, ignored=1)


def test_the_requester_is_the_newest_that_is_known() -> None:
    """Of several changes the newest with an author counts, whatever their order; without any there is none."""
    times = [("b", "2026-01-02"), ("c", "2026-01-03"), ("", "2026-01-04"), ("a", "2026-01-01")]
    notices = [Notice(VNET, "write", "t", requester=who, time=time) for who, time in times]
    assert intake.requester_of(notices) == "c"
    assert intake.requester_of(notices[2:3]) == ""


@pytest.mark.parametrize("body", [event(), cloud_event()], ids=["Event Grid", "CloudEvents"])
async def test_each_door_takes_both_schemas(doors: Doors, body: Any) -> None:
    """The trigger, the queue and the webhook look at the same resource for the same event."""
    await doors.trigger(body)
    await doors.message(body)
    await doors.message([body, body])
    assert (await doors.post(body))[:2] == (202, {"noticed": 1, "ignored": 0})
    assert (await doors.post([body, OF_NO_INTEREST]))[:2] == (202, {"noticed": 1, "ignored": 1})
    assert doors.coalescer.keys == [VNET.lower()] * 5
    assert await doors.malformed() == 0


async def test_the_body_is_what_came(doors: Doors) -> None:
    """What the SDK made of an event is put back, but for what nobody reads."""
    for body in (event(), cloud_event()):
        again = events.body_of(decode("eventGridTrigger", json.dumps(body), "json"))
        time = next(name for name in again if "ime" in name)
        assert {**again, time: ""} == {name: "" if name == time else body[name] for name in again}
    assert doors.coalescer.keys == []


async def test_an_sdk_without_cloud_events_is_understood(doors: Doors) -> None:
    """An event that lost its type on the way is one of a success where its data says so, else malformed."""

    def lossy(data: Any) -> func.EventGridEvent:
        return func.EventGridEvent(
            id="e",
            topic="",
            subject="",
            event_type=None,  # type: ignore[arg-type]  # what is left of a CloudEvent
            event_time=None,
            data=data,
            data_version="",
        )

    await events.receive_event(doors.dependencies, doors.client, lossy(event()["data"]))
    assert doors.coalescer.keys == [VNET.lower()]
    for data in ({**event()["data"], "status": "Failed"}, {"status": "Succeeded"}, None):
        await events.receive_event(doors.dependencies, doors.client, lossy(data))
    assert (len(doors.coalescer.keys), await doors.malformed()) == (1, 3)


async def test_what_is_malformed_is_counted_and_never_asked_for_again(doors: Doors) -> None:
    """Each door counts it and looks at nothing; trigger and queue acknowledge it, the webhook names every fault."""
    await doors.trigger(BAD)
    for raw in (b"no", b"", b"7", json.dumps([event(), BAD]).encode()):
        await doors.message(raw)
    status, problem, _ = await doors.post([event(), BAD, 7])
    assert (status, problem["title"]) == (400, "What was sent cannot be accepted")
    assert [fault["path"] for fault in problem["errors"]] == ["$[1].data.resourceUri", "$[2]"]
    assert (await doors.post(b"{"))[0] == 400
    assert (await doors.malformed(), doors.coalescer.keys) == (7, [])


async def test_what_was_malformed_is_shown(doors: Doors) -> None:
    """GET tells the day, the number and the last example with its first fault, and the events that went out."""
    await doors.post(BAD)
    await doors.store.events.append({"id": "x", "time": "2026-01-01T00:00:00+00:00", "type": "Told"})
    status, told, _ = await doors.post(None, "GET")
    (tally,) = told["tallies"]
    assert (status, tally["name"], tally["number"]) == (200, "events.malformed", 1)
    assert tally["example"].startswith("$.data.resourceUri: a text is expected here In: {")
    assert [sent["type"] for sent in told["events"]] == ["Told"]


FAILURES: dict[str, Exception] = {
    "throttled": Throttled("slow down", retry_after=42),
    "busy": Transient("away"),
    "taken": Conflict("somebody was first"),
    "missing": NotFound("gone"),
    "invalid": Invalid((), "a fault that is not the sender's"),
    "a bug": KeyError("oops"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_what_fails_on_our_side_is_asked_for_again(doors: Doors, failure: Exception) -> None:
    """Whatever a look raises, trigger and queue raise, and the webhook answers 503 and when to send again."""
    doors.coalescer.failing[VNET.lower()] = failure
    with pytest.raises(Transient):
        await doors.trigger(event())
    with pytest.raises(Transient):
        await doors.message([event()])
    status, problem, headers = await doors.post([event(), ROUTES])
    assert (status, headers["Retry-After"]) == (503, "42" if isinstance(failure, Throttled) else "10")
    assert "1 of 2 resources" in problem["detail"]
    assert doors.coalescer.keys[-1] == TABLE.lower()
    assert await doors.malformed() == 0


async def test_the_webhook_answers_the_handshake_of_event_grid(doors: Doors) -> None:
    """A validation is answered 200 with its code; one without is malformed, and counted."""
    validation = event(eventType="Microsoft.EventGrid.SubscriptionValidationEvent", data={"validationCode": "512d38b6"})
    assert (await doors.post([validation]))[:2] == (200, {"validationResponse": "512d38b6"})
    assert (await doors.post([validation | {"data": {}}]))[0] == 400
    assert await doors.malformed() == 1


async def test_the_webhook_answers_the_handshake_of_cloud_events(doors: Doors) -> None:
    """OPTIONS consents to who asks, at the rate asked for; without an origin there is nothing to consent to."""
    origin = {"WebHook_Request_Origin": "eventgrid.azure.net"}
    status, _, headers = await doors.post(b"", "OPTIONS", **origin)
    allowed = headers["WebHook-Allowed-Origin"], headers["WebHook-Allowed-Rate"]
    assert (status, *allowed) == (200, "eventgrid.azure.net", "*")
    _, _, headers = await doors.post(b"", "OPTIONS", **origin, WebHook_Request_Rate="120")
    assert headers["WebHook-Allowed-Rate"] == "120"
    assert (await doors.post(b"", "OPTIONS"))[0] == 400
