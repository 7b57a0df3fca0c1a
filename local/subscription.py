"""Subscribes the host's Event Grid trigger to the simulated Azure's events, as a person does it once in Azure."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBHOOK = "/runtime/webhooks/eventgrid"
FUNCTION = "resource_events"
PATIENCE = 10.0


def webhook(endpoints: Mapping[str, str]) -> str:
    """Return the address to which Azure's events go: the webhook of the function, with its key."""
    query = urlencode({"functionName": FUNCTION, "code": endpoints["eventGridKey"]})
    return f"{endpoints['functions'].rstrip('/')}{WEBHOOK}?{query}"


def subscribe(endpoints: Mapping[str, str]) -> None:
    """See to it that events go there, and no longer to an address that the host had before; others are kept.

    Raises OSError where the simulator does not answer.
    """
    url = webhook(endpoints)
    given = _call(endpoints, "GET")
    if url not in map(_address, given):
        _call(endpoints, "PUT", [*(each for each in given if urlsplit(_address(each)).path != WEBHOOK), url])


def _address(given: Any) -> str:
    return str(given["url"] if isinstance(given, dict) else given)


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
