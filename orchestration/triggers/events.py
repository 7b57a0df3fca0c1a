"""Azure's events by Event Grid's own trigger, by a webhook and by a queue: all three go to the one intake.

A malformed event is never asked for again, for it would not be better then: it is counted and said. What fails on our
side is asked for again: the trigger and the queue by raising, the webhook by 503.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import azure.functions as func

from orchestration import intake
from orchestration.triggers.http import reply
from orchestration.triggers.parameters import number_in
from shared.model.errors import Invalid, Problem

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

ORIGIN, RATE = "WebHook-Request-Origin", "WebHook-Request-Rate"
LISTED = 100

log = logging.getLogger(__name__)


async def receive_event(dependencies: Dependencies, client: DurableClient, event: Any) -> None:
    """Take one event of the Event Grid trigger, in either schema; raise where it has to be sent again."""
    try:
        await intake.take(dependencies, client, body_of(event))
    except Invalid:
        log.info("events.acknowledged malformed=1: counted, and no better when sent again")


async def receive_message(dependencies: Dependencies, client: DurableClient, message: func.ServiceBusMessage) -> None:
    """Take one message of the queue: an event or a list of events; raise where it has to be delivered again."""
    try:
        await intake.take(dependencies, client, await intake.read(dependencies, message.get_body()))
    except Invalid:
        log.info("events.settled malformed=1: counted, and no better when delivered again")


async def post_events(
    dependencies: Dependencies, client: DurableClient, request: func.HttpRequest
) -> func.HttpResponse:
    """Take a delivery of the webhook, or answer its handshake in the Event Grid schema."""
    body = await intake.read(dependencies, request.get_body())
    code = await intake.handshake(dependencies, body)
    if code is not None:
        return reply({"validationResponse": code})
    taken = await intake.take(dependencies, client, body)
    return reply({"noticed": taken.noticed, "ignored": taken.ignored}, 202)


async def consent(_: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer the webhook's handshake of CloudEvents: yes to whoever may deliver, as often as it wants."""
    origin = request.headers.get(ORIGIN)
    if not origin:
        raise Invalid([Problem(f"${ORIGIN}", "this header says who asks; without it there is nothing to consent to")])
    headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": request.headers.get(RATE) or "*"}
    return func.HttpResponse(status_code=200, headers=headers)


async def list_events(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with how many events were malformed on which day, and with the lifecycle events that went out last."""
    sent = await dependencies.store.events.list(number_in(request, "limit", LISTED))
    return reply({"tallies": list(await dependencies.store.tallies.list()), "events": list(sent)})


def body_of(event: Any) -> Json:
    """Return an EventGridEvent or CloudEvent of the SDK as it came over the wire, in its schema.

    The SDK gives a CloudEvent whatever class the function asks for, once it knows that schema.
    """
    data = event.get_json()
    if hasattr(event, "specversion"):
        time = event.time.isoformat() if event.time else None
        return {"specversion": event.specversion, "id": event.id, "type": event.type, "time": time, "data": data}
    return {
        "id": event.id,
        "eventType": event.event_type or _type_told_by(data),
        "eventTime": event.event_time.isoformat() if event.event_time else None,
        "data": data,
    }


def _type_told_by(data: Any) -> str | None:
    """Return an event's type from its data: SDKs that know no CloudEvents lose theirs, and the worker may bring one."""
    if not isinstance(data, dict) or data.get("status") != "Succeeded":
        return None
    verb = str(data.get("operationName")).lower().rpartition("/")[2]
    return {"write": "ResourceWriteSuccess", "delete": "ResourceDeleteSuccess"}.get(verb)
