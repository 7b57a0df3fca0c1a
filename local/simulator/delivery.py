"""Delivers events to webhooks as Event Grid does: handshake first, then one list per POST, acknowledged by 2xx."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp

from local.simulator.clock import timestamp

if TYPE_CHECKING:
    from local.simulator.outbox import Delivery, Outbox
    from local.simulator.resource import Json

_ACKNOWLEDGE_WITHIN = 30
_GOOD = range(200, 300)


class Courier:
    """Sends what is due in the outbox."""

    def __init__(self, outbox: Outbox, session: aiohttp.ClientSession) -> None:
        self._outbox = outbox
        self._session = session

    async def deliver(self, now: float) -> None:
        """Send everything that is due now, concurrently: Event Grid keeps no order."""
        due = self._outbox.due(now)
        await asyncio.gather(*(self._one(delivery, now) for delivery in due))

    async def _one(self, delivery: Delivery, now: float) -> None:
        why = "" if self._outbox.is_validated(delivery.url) else await self._validate(delivery.url, now)
        why = why or await self._post(delivery.url, [delivery.event], "Notification")
        if why:
            self._outbox.refused(delivery, why)
        else:
            self._outbox.delivered(delivery)

    async def _validate(self, url: str, now: float) -> str:
        code = f"validate-{int(now)}"
        event = {
            "id": code,
            "topic": "/subscriptions/simulated",
            "subject": "",
            "data": {"validationCode": code, "validationUrl": url},
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": timestamp(now),
            "metadataVersion": "1",
            "dataVersion": "2",
        }
        why = await self._post(url, [event], "SubscriptionValidation", expected=code)
        if not why:
            self._outbox.validated(url)
        return why

    async def _post(self, url: str, events: list[Json], kind: str, expected: str = "") -> str:
        """Send; answers why it was not acknowledged, nothing if it was."""
        try:
            timeout = aiohttp.ClientTimeout(total=_ACKNOWLEDGE_WITHIN)
            headers = {"aeg-event-type": kind}
            async with self._session.post(url, json=events, headers=headers, timeout=timeout) as answer:
                if answer.status not in _GOOD:
                    return f"HTTP {answer.status}"
                if expected and (await answer.json(content_type=None) or {}).get("validationResponse") != expected:
                    return "the handshake was not answered with the validation code"
                return ""
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:200]
