"""Requests from the queue `provisioning-requests`: accepted, or refused with every reason; never lost.

A message is settled when its change is stored and its reconcilers are woken. What cannot be accepted is answered and
kept in `provisioning-rejected`, not retried. What fails on our side raises, and the message is delivered again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestration import waking
from orchestration.access import trail
from orchestration.access.caller import by_message
from orchestration.access.reach import Permit
from orchestration.admission import admit
from orchestration.requesting import Admitted, Operation, Request
from shared.model.envelope import DocumentKey
from shared.model.errors import Forbidden, Invalid, Problem
from shared.telemetry import meter, names, trace

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

LARGEST = 200_000
"""Bytes of a request: a hundred documents fit, and a message of the Standard tier holds 256 KiB."""

log = logging.getLogger(__name__)


async def receive(dependencies: Dependencies, client: DurableClient, message: func.ServiceBusMessage) -> None:
    """Take one request message through to a reply."""
    request = _request(message, Permit(dependencies.access.limits.of_messages()))
    earlier = await dependencies.store.requests.seen(request.id)
    if earlier is not None:
        # Delivered again. The crash may have been before the wakes or the reply: both are harmless twice.
        trace.note({names.DOCUMENT: ", ".join(dict.fromkeys(earlier["wake"]))})
        await waking.wake_all(dependencies.store, client, map(DocumentKey.parse, earlier["wake"]))
        await _answer(dependencies, request, message, earlier)
        return
    try:
        outcome = await _accept(dependencies, client, message, request)
    except (Invalid, Forbidden) as error:
        problems = [{"path": _plain(problem.path), "message": _plain(problem.message)} for problem in error.problems]
        outcome = {"result": "rejected", "problems": problems, "wake": []}
        if isinstance(error, Forbidden):
            await _write_down(dependencies, request, error)
    await dependencies.store.requests.record(request.id, outcome)
    await _answer(dependencies, request, message, outcome)
    meter.record(names.REQUESTS, 1, result=outcome["result"])
    log.info("request.%s id=%s", outcome["result"], request.id)


async def _write_down(dependencies: Dependencies, request: Request, refused: Forbidden) -> None:
    """Keep in the audit that a message asked for what may not come by the queue."""
    facts = {"message": request.id, "code": refused.code, "reason": _plain(refused.message)}
    await trail.record_once(dependencies.store, trail.SERVICE, "message refused", request.by, request.door, **facts)


def _plain(text: str) -> str:
    """Return text that every encoder takes: JSON may hold halves of characters, which would fail the reply for ever."""
    return text.encode("utf-8", "backslashreplace").decode()


async def _accept(
    dependencies: Dependencies, client: DurableClient, message: func.ServiceBusMessage, request: Request
) -> Json:
    operation = operation_of(_properties(message).get("operation", Operation.APPLY.value))
    bodies = documents_in(message.get_body())
    admitted = await admit(dependencies.store, dependencies.clock, bodies, operation, request)
    trace.note({names.DOCUMENT: ", ".join(dict.fromkeys(map(str, admitted.wake)))})
    await wake_admitted(dependencies, client, admitted)
    return {"result": "accepted", **admitted.to_json(), "wake": [str(key) for key in admitted.wake]}


async def wake_admitted(dependencies: Dependencies, client: DurableClient, admitted: Admitted) -> None:
    """Wake every document that was changed or asked for again."""
    await waking.wake_all(dependencies.store, client, admitted.wake, anew=True)


def _request(message: func.ServiceBusMessage, permit: Permit) -> Request:
    enqueued = message.enqueued_time_utc or datetime.now(UTC)
    if enqueued.tzinfo is None:
        enqueued = enqueued.replace(tzinfo=UTC)
    order = order_of(enqueued, message.sequence_number or 0)
    identity = message.message_id or f"sequence-{message.sequence_number}"
    if not identity.isascii():  # Any text may be an id, and not any text a key of the store.
        identity = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    correlation = message.correlation_id or message.message_id
    return Request(
        order, identity, correlation, message.reply_to or None, by=by_message(), permit=permit, door=trail.MESSAGE
    )


def order_of(time: datetime, sequence: int) -> str:
    """Return a request's place among all: its time to the millisecond, then its number in the queue."""
    return f"{int(time.timestamp() * 1000):015d}-{sequence:012d}"


def operation_of(value: Any) -> Operation:
    """Read the property `operation`; raise Invalid where it is neither apply nor delete."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    try:
        return Operation(text.strip().lower())
    except ValueError:
        message = f"'{text[:50]}' is not an operation; use apply or delete"
        raise Invalid([Problem("$properties.operation", message)]) from None


def documents_in(body: bytes) -> dict[str, Any]:
    """Return the documents in a body by JSON path: one, or those in `documents`; raise Invalid otherwise."""
    if len(body) > LARGEST:
        message = f"the request has {len(body):,} bytes; send at most {LARGEST:,}, in several requests if need be"
        raise Invalid([Problem("$", message)])
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid([Problem("$", f"not JSON: {str(error)[:200]}")]) from None
    if not isinstance(data, dict):
        raise Invalid([Problem("$", 'a request is a document, or {"documents": [...]}')])
    if "documents" not in data:
        return {"$": data}
    documents = data["documents"]
    if not isinstance(documents, list) or not documents:
        raise Invalid([Problem("$.documents", "a list with at least one document is expected here")])
    others = sorted(data.keys() - {"documents"})
    if others:
        raise Invalid(
            [Problem(f"$.{others[0][:50]}", "unknown beside documents; each document is an item of the list")]
        )
    return {f"$.documents[{index}]": document for index, document in enumerate(documents)}


async def _answer(dependencies: Dependencies, request: Request, message: func.ServiceBusMessage, outcome: Json) -> None:
    body = {"messageId": request.id} | {name: value for name, value in outcome.items() if name != "wake"}
    if outcome["result"] == "rejected":
        problems = [Problem(problem["path"], problem["message"]) for problem in outcome["problems"]]
        await dependencies.replies.reject(
            message.get_body(),
            _properties(message),
            problems,
            message_id=message.message_id,
            correlation_id=request.correlation_id,
            content_type=message.content_type,
        )
    await dependencies.replies.send(
        outcome["result"], body, correlation_id=request.correlation_id, reply_to=request.reply_to
    )


def _properties(message: func.ServiceBusMessage) -> dict[str, Any]:
    return dict(message.application_properties or {})
