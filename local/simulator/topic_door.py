"""The data plane of custom topics over HTTPS: `POST /topics/{name}/api/events`, and the list of what they took."""

from __future__ import annotations

import asyncio
import hmac
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from local.simulator.answer import ArmError
from local.simulator.faults import refusal
from local.simulator.topic_schema import Malformed, read_events

if TYPE_CHECKING:
    from local.simulator.clock import Clock
    from local.simulator.faults import Faults
    from local.simulator.identity import Identity
    from local.simulator.topic import Topics

AUDIENCE = "https://eventgrid.azure.net"
_VERSION = "2018-01-01"
_LARGEST = 1024 * 1024


class TopicDoor:
    """Takes events from who holds a token of the managed identity or the key; fault rules act here too."""

    def __init__(self, topics: Topics, identity: Identity, clock: Clock, faults: Faults) -> None:
        self._topics = topics
        self._identity = identity
        self._clock = clock
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """List what the door serves."""
        return [
            web.post("/topics/{name}/api/events", self.publish),
            web.get("/_simulator/topics/{name}", self.listing),
        ]

    async def publish(self, request: web.Request) -> web.Response:
        """Take one POST of events, whole or not at all."""
        harm = self._faults.topic_harm(request.path)
        if harm.answer_delay or harm.operation_delay:
            pause = harm.answer_delay + harm.operation_delay
            await asyncio.sleep(pause / max(self._clock.speed, 0.001))
        name = request.match_info["name"]
        try:
            if harm.answer:
                raise refusal(harm.answer)
            await self._take(name, request)
        except ArmError as error:
            self._topics.refuse(name, error.status, error.error)
            return web.json_response(error.document, status=error.status, headers=error.headers)
        return web.Response()

    async def listing(self, request: web.Request) -> web.Response:
        """What a topic took as JSON lines; `?since=N` after line N, `?type=` of one type."""
        since = int(request.query.get("since", "0"))
        lines = self._topics.lines(request.match_info["name"], since, request.query.get("type", ""))
        return web.Response(text="".join(line + "\n" for line in lines), content_type="application/jsonl")

    async def _take(self, name: str, request: web.Request) -> None:
        self._authorize(request)
        if request.query.get("api-version") != _VERSION:
            raise _error(400, "BadRequest", f"The api-version query parameter is expected to be '{_VERSION}'.")
        raw = await request.read()
        if len(raw) > _LARGEST:
            raise _error(413, "RequestEntityTooLarge", f"The maximum size ({_LARGEST}) has been exceeded.")
        try:
            events = read_events(request.content_type, raw)
        except Malformed as wrong:
            raise _error(400, "BadRequest", str(wrong), detail="InputJsonInvalid") from wrong
        self._topics.publish(name, events)

    def _authorize(self, request: web.Request) -> None:
        key = request.headers.get("aeg-sas-key")
        if key is not None:
            if not hmac.compare_digest(key.encode(), self._topics.key.encode()):
                message = f"The request authorization key is not authorized for {request.host.upper()}."
                raise _error(401, "Unauthorized", message)
        elif "authorization" in request.headers:
            self._check_token(request)
        else:
            message = "Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key."
            raise _error(401, "Unauthorized", message)

    def _check_token(self, request: web.Request) -> None:
        headers = {"authorization": request.headers["authorization"]}
        try:
            self._identity.caller(headers, self._clock.real(), audience=AUDIENCE)
        except ArmError as refused:
            error = _error(401, "Unauthorized", refused.message)
            error.headers.update(refused.headers)
            raise error from refused


def _error(status: int, code: str, message: str, detail: str = "") -> ArmError:
    """Build a refusal in Event Grid's shape: the message is there twice, with a report number."""
    moment = datetime.now(UTC).strftime("%-m/%-d/%Y %-I:%M:%S %p")
    report = f"Report '{uuid.uuid4()}:0:{moment} (UTC)' to our forums for assistance or raise a support ticket."
    whole = f"{message} {report}"
    return ArmError(status, code, whole, details=[{"code": detail or code, "message": whole}])
