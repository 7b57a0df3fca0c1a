"""The durable extension's HTTP interface: what the real DurableOrchestrationClient and its links call.

It is served twice: under `/durabletask` for the app's own client, and for others under the webhook path, with a key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.host.clock import seconds, timestamp
from local.host.durable.instance import TERMINAL, Instance
from local.host.durable.store import Query
from local.host.durable.task_hub import InstanceExists, InstanceMissing, InstanceOver, UnknownOrchestrator
from local.host.keys import key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from local.host.durable.engine import Engine
    from local.host.keys import Keys

    Handler = Callable[[web.Request], Awaitable[web.Response]]

INSIDE = "/durabletask"
OUTSIDE = "/runtime/webhooks/durabletask"


class DurableWebhooks:
    """Translates requests into questions to the engine."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    def routes(self) -> list[web.RouteDef]:
        """The routes inside, and the same outside behind the key."""
        inside = self._routes(INSIDE, lambda handler: handler)
        return [*inside, *self._routes(OUTSIDE, self._guarded)]

    def _routes(self, at: str, guard: Callable[[Handler], Handler]) -> list[web.RouteDef]:
        one = f"{at}/instances/{{id}}"
        handlers: list[tuple[str, str, Handler]] = [
            ("POST", f"{at}/orchestrators/{{name}}", self._start),
            ("POST", f"{at}/orchestrators/{{name}}/{{id}}", self._start),
            ("GET", f"{at}/instances", self._list),
            ("GET", f"{at}/instances/", self._list),
            ("DELETE", f"{at}/instances", self._purge_all),
            ("DELETE", f"{at}/instances/", self._purge_all),
            ("GET", one, self._status),
            ("DELETE", one, self._purge),
            ("POST", f"{one}/raiseEvent/{{event}}", self._raise_event),
            ("POST", f"{one}/{{operation:terminate|suspend|resume}}", self._control),
            ("POST", f"{one}/restart", self._restart),
            ("POST", f"{one}/rewind", self._refuse),
            ("*", f"{at}/entities/{{rest:.*}}", self._refuse),
        ]
        return [web.route(method, path, guard(_answering_errors(handler))) for method, path, handler in handlers]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            if not self._keys.opens_durable(key_of(request.headers, request.query)):
                return web.Response(status=401)
            return await handler(request)

        return guarded

    async def _start(self, request: web.Request) -> web.Response:
        name, given = request.match_info["name"], await _json_body(request)
        instance_id = await self._engine.ask(lambda hub: hub.start(name, request.match_info.get("id"), given))
        links = self._links(request, instance_id)
        return web.json_response(links, status=202, headers={"Location": links["statusQueryGetUri"]})

    def _links(self, request: web.Request, instance_id: str) -> dict[str, str]:
        one, key = f"{request.scheme}://{request.host}{OUTSIDE}/instances/{instance_id}", self._keys.durable
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{one}?code={key}",
            "sendEventPostUri": f"{one}/raiseEvent/{{eventName}}?code={key}",
            "terminatePostUri": f"{one}/terminate?reason={{text}}&code={key}",
            "purgeHistoryDeleteUri": f"{one}?code={key}",
        }

    async def _status(self, request: web.Request) -> web.Response:
        instance = await self._engine.ask(lambda hub: hub.status(request.match_info["id"]))
        shown = _view(instance, request.query)
        if request.query.get("showHistory", "").lower() == "true":
            shown["historyEvents"] = await self._engine.ask(lambda hub: hub.history(instance.id))
        return web.json_response(shown, status=200 if instance.is_over else 202)

    async def _list(self, request: web.Request) -> web.Response:
        query = _query(request.query)
        found = await self._engine.ask(lambda hub: hub.instances(query))
        return web.json_response([_view(instance, request.query) for instance in found])

    async def _purge(self, request: web.Request) -> web.Response:
        purged = await self._engine.ask(lambda hub: hub.purge(request.match_info["id"]))
        return _purged(int(purged))

    async def _purge_all(self, request: web.Request) -> web.Response:
        query = _query(request.query)
        return _purged(await self._engine.ask(lambda hub: hub.purge_all(query)))

    async def _raise_event(self, request: web.Request) -> web.Response:
        match, given = request.match_info, await _json_body(request)
        await self._engine.ask(lambda hub: hub.raise_event(match["id"], match["event"], given))
        return web.json_response(None, status=202)

    async def _control(self, request: web.Request) -> web.Response:
        instance_id, reason = request.match_info["id"], request.query.get("reason", "")
        match request.match_info["operation"]:
            case "terminate":
                await self._engine.ask(lambda hub: hub.terminate(instance_id, reason))
            case "suspend":
                await self._engine.ask(lambda hub: hub.suspend(instance_id))
            case _:
                await self._engine.ask(lambda hub: hub.resume(instance_id))
        return web.json_response(None, status=202)

    async def _restart(self, request: web.Request) -> web.Response:
        anew = request.query.get("restartWithNewInstanceId", "true").lower() == "true"
        instance_id = request.match_info["id"]
        started = await self._engine.ask(lambda hub: hub.restart(instance_id, under_new_id=anew))
        return web.json_response(started, status=202)

    async def _refuse(self, request: web.Request) -> web.Response:
        return web.json_response({"Message": f"the local host does not model {request.path}"}, status=501)


def _answering_errors(handler: Handler) -> Handler:
    """Answer the engine's refusals as the extension does; the client reads a body in every case."""

    async def answering(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except UnknownOrchestrator as error:
            text = f"The function '{error}' doesn't exist, is disabled, or is not an orchestrator function."
            return web.json_response({"Message": text, "ExceptionMessage": text}, status=400)
        except InstanceExists as error:
            text = f"An Orchestration instance with the ID {error} already exists."
            return web.json_response(text, status=409)
        except InstanceMissing:
            return web.json_response({}, status=404)
        except InstanceOver:
            return web.json_response({}, status=410)
        except ValueError as error:
            return web.json_response({"Message": str(error), "ExceptionMessage": str(error)}, status=400)

    return answering


async def _json_body(request: web.Request) -> str | None:
    """Return the body as JSON text; the SDK's client wraps the JSON in a JSON string, other callers do not."""
    text = await request.text()
    if not text:
        return None
    value = json.loads(text)
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return text
        return value
    return text


def _query(asked: Mapping[str, str]) -> Query:
    return Query(
        statuses=frozenset(filter(None, asked.get("runtimeStatus", "").split(","))),
        prefix=asked.get("instanceIdPrefix", ""),
        created_from=seconds(asked["createdTimeFrom"]) if asked.get("createdTimeFrom") else None,
        created_to=seconds(asked["createdTimeTo"]) if asked.get("createdTimeTo") else None,
    )


def _view(instance: Instance, asked: Mapping[str, str]) -> dict[str, Any]:
    shows_input = asked.get("showInput", "true").lower() != "false"
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": _value(instance.input) if shows_input else None,
        "customStatus": _value(instance.custom_status),
        "output": _value(instance.output) if instance.status in TERMINAL else None,
        "createdTime": timestamp(instance.created),
        "lastUpdatedTime": timestamp(instance.updated),
    }


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _purged(count: int) -> web.Response:
    return web.json_response({"instancesDeleted": count}, status=200 if count else 404)
