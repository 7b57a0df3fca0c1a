"""Subscribes the app to the simulated Azure's events, by push or by queue, as the Bicep does it once in Azure."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from local.profile import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBHOOK = "/runtime/webhooks/eventgrid"
FUNCTION = "resource_events"
QUEUE = "resource-events"
PATIENCE = 10.0


def address(endpoints: Mapping[str, str], profile: str) -> str:
    """Return where Azure's events go: the webhook of the function, with its key, or the queue, without one."""
    if profile == PRIVATE:
        return f"{_host(endpoints['serviceBus'])}/{QUEUE}"
    query = urlencode({"functionName": FUNCTION, "code": endpoints["eventGridKey"]})
    return f"{endpoints['functions'].rstrip('/')}{WEBHOOK}?{query}"


def subscribe(endpoints: Mapping[str, str], profile: str) -> None:
    """See to it that events go there, and not where they went before, or in another profile; others' are kept.

    Raises OSError where the simulator does not answer.
    """
    given = _call(endpoints, "GET")
    ours = [each for each in given if _is_ours(each)]
    wanted: Any = address(endpoints, profile)
    if profile == PRIVATE:
        wanted = {"queue": QUEUE, "connection": endpoints["serviceBus"], "schema": "cloudevents"}
    if ours != [wanted] and [_webhook(each) for each in ours] != [wanted]:
        _call(endpoints, "PUT", [*(each for each in given if not _is_ours(each)), wanted])


def _is_ours(given: Any) -> bool:
    return _queue(given) == QUEUE or urlsplit(_webhook(given)).path == WEBHOOK


def _webhook(given: Any) -> str:
    return str(given.get("url", "") if isinstance(given, dict) else given)


def _queue(given: Any) -> str:
    return str(given.get("queue", "")) if isinstance(given, dict) else ""


def _host(connection: str) -> str:
    """Return the namespace's address from a connection string."""
    return connection.split(";", maxsplit=1)[0].removeprefix("Endpoint=")


def _call(endpoints: Mapping[str, str], method: str, body: Any = None) -> list[Any]:
    request = urllib.request.Request(  # noqa: S310 - our own, https
        f"{endpoints['arm'].rstrip('/')}/_simulator/webhooks",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=endpoints["caBundle"])
    with urllib.request.urlopen(request, context=context, timeout=PATIENCE) as answer:  # noqa: S310 - same
        return list(json.load(answer))
