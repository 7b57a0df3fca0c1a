"""Azure Resource Graph: one question over many subscriptions, with all its pages or none.

What it answers lags behind Azure Resource Manager by seconds to minutes: good for finding, not for judging one write.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.arm import translation
from shared.arm.credentials import Duty
from shared.arm.kinds import Client
from shared.model.errors import Failed

if TYPE_CHECKING:
    from shared.arm.clients import Clients
    from shared.arm.exchange import Exchange
    from shared.plan.steps import Json

GRAPH = Client("azure.mgmt.resourcegraph.aio", "ResourceGraphClient", per_subscription=False)

ROWS = 1000
"""Of one page: the most that the service gives."""


async def ask(exchange: Exchange, clients: Clients, query: str, subscriptions: Sequence[str]) -> tuple[Json, ...]:
    """Return the rows that a query finds in some subscriptions, none where no subscription is given.

    Azure would read an empty list as all that we may see.
    """
    rows: list[Json] = []
    token = None
    while subscriptions:
        request = _request(query, subscriptions, token)
        (reply,) = await exchange.call("", clients.get(GRAPH, Duty.READ).resources, request)
        found, token = _read(reply.body)
        rows += found
        if token is None:
            break
    return tuple(rows)


def _request(query: str, subscriptions: Sequence[str], token: str | None) -> bytes:
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": ROWS}
    if token is not None:
        options["$skipToken"] = token
    return json.dumps({"subscriptions": list(subscriptions), "query": query, "options": options}).encode()


def _read(body: Json) -> tuple[list[Json], str | None]:
    """Return a page's rows and what asks for the next; part of an answer without a way to the rest is an error."""
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise translation.of_no_answer(ValueError("Resource Graph's answer has no rows"))
    token = body.get("$skipToken") or None
    if token is None and str(body.get("resultTruncated")).lower() == "true":
        raise Failed(
            f"Resource Graph gave {len(body['data'])} of {body.get('totalRecords')} rows and no way to the rest: "
            "let the query keep the column id, and set no limit",
            code="IncompleteAnswer",
        )
    return body["data"], token
