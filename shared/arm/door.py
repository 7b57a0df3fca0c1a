"""The only door to Azure Resource Manager: begin, poll, get, list, delete. Every call is one request, none waits."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from shared.arm import translation
from shared.arm.clients import Clients
from shared.arm.kinds import Kind, kind_of
from shared.arm.operation import Operation
from shared.arm.progress import Reply, begun, polled
from shared.arm.settings import ArmSettings
from shared.model.errors import Invalid, NotFound, Problem, SpokewrightError, Throttled, Transient
from shared.model.resource_id import ResourceId

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.operation import Verb
    from shared.plan.steps import Json

__all__ = ["Arm", "ArmSettings", "Operation"]

log = logging.getLogger(__name__)

REFUSED = 400


class Arm:
    """Azure Resource Manager, by resource ids and REST bodies: all subscriptions, one connection pool, one token.

    Use it on one event loop; any number of calls may run at a time. The credential is its opener's to close.
    """

    def __init__(
        self,
        settings: ArmSettings,
        credential: AsyncTokenCredential,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._clients = Clients(settings, credential, transport)

    async def get(self, resource_id: str) -> Json | None:
        """Return a resource, None where it (or what it lies in) is not there."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        try:
            return (await self._call(target, kind, kind.get, _arguments(kind, target)))[-1].body
        except NotFound:
            return None

    async def list(self, type_: str, scope: str) -> tuple[Json, ...]:
        """Return all resources of a type in a group or below a parent; none where the scope is not there.

        For role assignments: those made at the scope itself.
        """
        kind, place = kind_of(type_), ResourceId.parse(scope)
        try:
            pages = await self._call(
                place, kind, kind.list, _list_arguments(type_, kind, place), **dict(kind.list_options)
            )
        except NotFound:
            return ()
        found = (item for page in pages for item in page.body.get("value") or ())
        return tuple(item for item in found if not kind.extension or _made_at(item, scope))

    async def begin_put(self, resource_id: str, body: Json, *, etag: str | None = None) -> Operation:
        """Send the one PUT of a resource; with an `etag` only if it is still that version (Changed otherwise)."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        try:
            return await self._begin(target, kind, kind.put, "put", body, dict(kind.options) | _if_match(etag))
        except SpokewrightError as error:
            if kind.present and error.code == kind.present:
                return Operation(resource_id, "Succeeded")
            raise

    async def begin_delete(self, resource_id: str, *, etag: str | None = None) -> Operation:
        """Send the one DELETE of a resource; one that is not there is deleted."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        try:
            return await self._begin(target, kind, kind.delete, "delete", None, _if_match(etag))
        except NotFound:
            return Operation(resource_id, "Succeeded", verb="delete")

    async def begin_run_command(self, machine_id: str, script: tuple[str, ...]) -> Operation:
        """Run shell lines on a Linux virtual machine; the finished operation's `result` is what they printed."""
        target = ResourceId.parse(machine_id)
        kind = kind_of(target.type)
        body = {"commandId": "RunShellScript", "script": list(script)}
        return await self._begin(target, kind, kind.run, "run", body, {})

    async def poll(self, operation: Operation) -> Operation:
        """Look once at an operation; raise Failed with Azure's code and message where it failed.

        A look that did not come through (throttled, a passing fault) says nothing about the operation: it is then
        still in progress. To raise would make callers begin anew, a second write.
        """
        if operation.url is None:
            return operation
        try:
            reply = await self._look(operation)
        except (Throttled, Transient) as error:
            log.warning("operation.unseen resource_id=%s code=%s", operation.resource_id, error.code)
            return replace(operation, retry_after=error.retry_after)
        except NotFound as error:
            if operation.verb == "delete":
                return Operation(operation.resource_id, "Succeeded", verb="delete")
            raise Transient(
                f"Azure no longer knows the operation: {error.message}",
                code="OperationNotFound",
                resource_id=operation.resource_id,
            ) from error
        return polled(operation, reply)

    async def close(self) -> None:
        """Close all connections."""
        await self._clients.close()

    async def _look(self, operation: Operation) -> Reply:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - costs a cold start

        url = urljoin(f"{self._settings.base_url}/", operation.url)
        with self._translated(operation.resource_id):
            response = (await self._clients.pipeline.run(HttpRequest("GET", url))).http_response
        reply = _reply(response)
        if reply.status >= REFUSED:
            raise translation.of_response(reply.status, reply.headers, reply.body, operation.resource_id)
        return reply

    async def _begin(
        self, target: ResourceId, kind: Kind, method: str, verb: Verb, body: Json, options: dict[str, Any]
    ) -> Operation:
        # As bytes the body goes out as it is; some clients would drop what their models do not know.
        content = () if body is None else (json.dumps(body).encode(),)
        if method.startswith("begin_"):
            options["polling"] = False  # No poller: the handle is all we need.
        replies = await self._call(target, kind, method, (*_arguments(kind, target), *content), **options)
        return begun(str(target), verb, replies[-1])

    async def _call(
        self, target: ResourceId, kind: Kind, method: str, arguments: tuple[Any, ...], **options: Any
    ) -> tuple[Reply, ...]:
        """Call a client's method and return the answers as they came over the wire, not as the client's models."""
        if not method:
            raise _unserved(f"{target.type or kind.operations} cannot be asked for that", target)
        responses: list[Any] = []
        with self._translated(str(target)):
            operations = getattr(self._clients.get(kind.client, target.subscription), kind.operations)
            calling = getattr(operations, method)(
                *arguments, raw_response_hook=lambda answer: responses.append(answer.http_response), **options
            )
            if hasattr(calling, "by_page"):
                async for _ in calling.by_page():
                    pass
            else:
                await calling
            return tuple(map(_reply, responses))

    @contextmanager
    def _translated(self, resource_id: str) -> Iterator[None]:
        """Turn what the SDK raises into our tree, chained."""
        from azure.core import exceptions as sdk  # noqa: PLC0415 - costs a cold start

        try:
            yield
        except (sdk.DecodeError, sdk.ServiceRequestError, sdk.ServiceResponseError) as error:
            raise translation.of_no_answer(error, resource_id) from error
        except sdk.HttpResponseError as error:
            answer: Any = error.response
            if answer is None or not self._settings.serves(str(answer.request.url)):
                raise translation.of_no_token(error, resource_id, getattr(answer, "status_code", 0)) from error
            reply = _reply(answer)
            raise translation.of_response(reply.status, reply.headers, reply.body, resource_id) from error


def _arguments(kind: Kind, target: ResourceId) -> tuple[str, ...]:
    """Return the path arguments of a method on one resource."""
    if kind.extension:
        return str(target).rpartition("/providers/")[0].strip("/"), target.name
    if not target.group:
        raise _unserved("it is not in a resource group", target)
    names = [name for _, name in target.segments]
    return (target.group, *names[:-1], *kind.constant, *names[-1:])


def _list_arguments(type_: str, kind: Kind, place: ResourceId) -> tuple[str, ...]:
    """Return the path arguments of a list, after a look at whether the kind is listed in such a place."""
    if kind.extension:
        return (str(place).strip("/"),)
    parent = type_.rpartition("/")[0] if type_.count("/") > 1 else "Microsoft.Resources/resourceGroups"
    if place.type.lower() != parent.lower() or not place.group:
        raise _unserved(f"{type_} is listed in a {parent}, not in it", place)
    return (place.group, *(name for _, name in place.segments), *kind.constant)


def _unserved(why: str, target: ResourceId) -> Invalid:
    return Invalid([Problem("$", f"{target}: {why}")])


def _made_at(assignment: Json, scope: str) -> bool:
    """Say whether a role assignment was made at a scope, and not at one above it."""
    return str((assignment.get("properties") or {}).get("scope", "")).rstrip("/").lower() == scope.rstrip("/").lower()


def _if_match(etag: str | None) -> dict[str, Any]:
    return {} if etag is None else {"headers": {"If-Match": etag}}


def _reply(response: Any) -> Reply:
    """Read an answer. A read's that cannot be read is no answer; a write's headers say where to look all the same."""
    text, body = response.text(), None
    if text:
        try:
            body = json.loads(text)
        except ValueError as error:
            if response.status_code < REFUSED and response.request.method == "GET":
                raise translation.of_no_answer(error) from error
    return Reply(response.status_code, response.headers, body, str(response.request.url))
