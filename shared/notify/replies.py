"""What Spokewright tells requesters: results to a topic and to the queue they named, and what it could not accept.

Decides nothing. Every message carries an id made of its content, so that a repeat can be told from news.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from shared.model.errors import Denied, Failed, NotFound, Problem
from shared.notify.outlets import Outlets

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.servicebus import ServiceBusMessage

REQUESTS = "provisioning-requests"
REJECTED = "provisioning-rejected"
REPLIES = "provisioning-replies"
EVENTS = "resource-events"
OUR_OWN = frozenset({REQUESTS, REJECTED, REPLIES, EVENTS})
"""Never a requester's reply queue: a reply sent to our requests would be rejected, replied to, and so on."""

LONGEST_REASONS = 4096
LONGEST_PROPERTY = 1024
MOST_PROPERTIES = 40
LARGEST_BODY = 190 * 1024
"""Bytes kept of a rejected body that no longer fits with the reasons into 256 KiB, the limit of the Standard tier."""

Result = Literal["accepted", "rejected", "ready", "failed"]
Json = dict[str, Any]

log = logging.getLogger(__name__)


class Replies:
    """Answers over Service Bus; the namespace is a connection string, or a host name with a credential."""

    def __init__(self, namespace: str, credential: AsyncTokenCredential | None = None) -> None:
        self._outlets = Outlets(namespace, credential)

    async def send(
        self, result: Result, body: Json, *, correlation_id: str | None = None, reply_to: str | None = None
    ) -> None:
        """Tell a result to the topic and, where one is given, to the requester's queue.

        `body["document"]`, if there, becomes a property too. A reply queue that is missing, closed to us or one of
        our own is logged, no more; a passing fault is raised, and a repeat sends the same message ids.
        """
        await self._outlets.send(REPLIES, _reply(result, body, correlation_id))
        if not reply_to:
            return
        if reply_to.strip("/").lower() in OUR_OWN:
            log.warning("reply.refused", extra={"queue": reply_to, "reason": "it is one of our own"})
            return
        try:
            await self._outlets.send(reply_to, _reply(result, body, correlation_id))
        except (NotFound, Denied, Failed, ValueError) as error:
            log.warning("reply.undeliverable", extra={"queue": reply_to[:200], "reason": str(error)})

    async def reject(
        self,
        body: bytes,
        properties: Mapping[str, Any],
        problems: Sequence[Problem],
        *,
        message_id: str | None = None,
        correlation_id: str | None = None,
        content_type: str | None = None,
    ) -> None:
        """Keep a message that cannot be accepted, as it came, with the reasons in its properties.

        Properties: the message's own, `reasons` (one line each, capped), `problems` (how many). A body that no longer
        fits beside them is cut, and `bodyBytes` says how long it was.
        """
        ours = {"reasons": _reasons(problems), "problems": len(problems)}
        ids = {"message_id": message_id or _digest(body), "correlation_id": correlation_id}
        try:
            message = _message(body, _copied(properties) | ours, content_type=content_type, **ids)
            await self._outlets.send(REJECTED, message)
        except Failed as error:
            if error.code != "MessageSizeExceededError":
                raise
            ours["bodyBytes"] = len(body)
            cut = body[: min(LARGEST_BODY, len(body) // 2)]
            await self._outlets.send(REJECTED, _message(cut, ours, content_type=content_type, **ids))

    async def close(self) -> None:
        """Close all connections."""
        await self._outlets.close()


def _reply(result: Result, body: Json, correlation_id: str | None) -> ServiceBusMessage:
    text = json.dumps(body, sort_keys=True).encode()
    properties: Json = {"result": result}
    if isinstance(document := body.get("document"), str):
        properties["document"] = document[:LONGEST_PROPERTY]
    message_id = _digest(result.encode(), (correlation_id or "").encode(), text)
    return _message(
        text, properties, message_id=message_id, correlation_id=correlation_id, content_type="application/json"
    )


def _message(body: bytes, properties: Mapping[str, Any], **options: str | None) -> ServiceBusMessage:
    from azure.servicebus import ServiceBusMessage  # noqa: PLC0415 - a status request must not load it

    return ServiceBusMessage(body, application_properties=dict(properties), **options)  # type: ignore[arg-type]


def _reasons(problems: Sequence[Problem]) -> str:
    text = "\n".join(map(str, problems))
    return text if len(text) <= LONGEST_REASONS else f"{text[: LONGEST_REASONS - 1]}…"


def _copied(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties as far as they are plain and short: they were somebody else's choice."""
    few = list(properties.items())[:MOST_PROPERTIES]
    return {
        str(name)[:LONGEST_PROPERTY]: value if isinstance(value, bool | float) else str(value)[:LONGEST_PROPERTY]
        for name, value in few
    }


def _digest(*parts: bytes) -> str:
    """Return an id that is the same for the same parts, and only for them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:32]
