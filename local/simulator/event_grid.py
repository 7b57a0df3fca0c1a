"""Event Grid's side of a webhook's wire: what is posted in which schema, both handshakes, what an answer means."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import aiohttp

from local.simulator.clock import timestamp
from local.simulator.outbox import Outcome
from local.simulator.webhooks import CLOUD_EVENTS

if TYPE_CHECKING:
    from local.simulator.resource import Json

_ACKNOWLEDGE_WITHIN = aiohttp.ClientTimeout(total=30)
_DELIVERED = range(200, 205)
_FINAL = {400, 413}
_VALID = 200
_ORIGIN = "eventgrid.azure.net"


class EventGrid:
    """Speaks to webhooks; it keeps nothing."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(self, url: str, schema: str, event: Json) -> Outcome:
        """Deliver one event: in a list of one in the Event Grid schema, as it is as a CloudEvent."""
        document: Json | list[Json] = [event]
        content_type = "application/json; charset=utf-8"
        if schema == CLOUD_EVENTS:
            document = as_cloud_event(event)
            content_type = "application/cloudevents+json; charset=utf-8"
        headers = {"content-type": content_type, "aeg-event-type": "Notification"}
        try:
            async with self._session.post(
                url, data=json.dumps(document).encode(), headers=headers, timeout=_ACKNOWLEDGE_WITHIN
            ) as answer:
                await answer.read()
                if answer.status in _DELIVERED:
                    return Outcome()
                if answer.status in _FINAL:
                    return Outcome(f"HTTP {answer.status}, which is never tried again", final=True)
                return Outcome(f"HTTP {answer.status}")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return Outcome(_words(error))

    async def shake_hands(self, url: str, schema: str, now: float) -> str:
        """Ask a webhook whether it wants events; answers why not, nothing if it does."""
        try:
            if schema == CLOUD_EVENTS:
                return await self._ask_for_consent(url)
            return await self._ask_for_code(url, now)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _words(error)

    async def _ask_for_code(self, url: str, now: float) -> str:
        code = str(uuid.uuid4())
        headers = {"aeg-event-type": "SubscriptionValidation"}
        events = [_validation(code, url, now)]
        async with self._session.post(url, json=events, headers=headers, timeout=_ACKNOWLEDGE_WITHIN) as answer:
            if answer.status != _VALID:
                return f"HTTP {answer.status}"
            document = await answer.json(content_type=None)
        if not isinstance(document, dict) or document.get("validationResponse") != code:
            return "the handshake was not answered with the validation code"
        return ""

    async def _ask_for_consent(self, url: str) -> str:
        headers = {"WebHook-Request-Origin": _ORIGIN}
        async with self._session.options(url, headers=headers, timeout=_ACKNOWLEDGE_WITHIN) as answer:
            if answer.status != _VALID:
                return f"HTTP {answer.status}"
            if answer.headers.get("WebHook-Allowed-Origin", "").lower() not in {"*", _ORIGIN}:
                return f"the handshake was not answered with WebHook-Allowed-Origin: {_ORIGIN}"
        return ""


def as_cloud_event(event: Json) -> Json:
    """Write an event of the Event Grid schema as CloudEvents 1.0; `data` stays as it is."""
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    }


def _validation(code: str, url: str, now: float) -> Json:
    return {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/simulated",
        "subject": "",
        "data": {"validationCode": code, "validationUrl": url},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": timestamp(now),
        "metadataVersion": "1",
        "dataVersion": "2",
    }


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
