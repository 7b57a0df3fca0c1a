"""The only door to Azure Resource Manager: begin, poll, get, list, query. Every call is one request, none waits."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.arm import graph
from shared.arm.clients import Clients
from shared.arm.credentials import Credentials, Duty
from shared.arm.exchange import Exchange
from shared.arm.kinds import Kind, kind_of
from shared.arm.operation import Operation
from shared.arm.progress import Reply, begun, is_resource, polled
from shared.arm.settings import ArmSettings
from shared.model.errors import Invalid, NotFound, Problem, SpokewrightError, Throttled, Transient
from shared.model.resource_id import ResourceId
from shared.plan import permissions
from shared.telemetry import names, trace

if TYPE_CHECKING:
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.arm.operation import Verb
    from shared.plan.steps import Json

__all__ = ["Arm", "ArmSettings", "Credentials", "Operation"]

log = logging.getLogger(__name__)

PERMISSIONS = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
SUBSCRIPTIONS = "/subscriptions?api-version=2022-12-01"
"""Both are asked without a client: the one is none's in this form, the other's would be one more to load."""


class Arm:
    """Azure Resource Manager, by resource ids and REST bodies: all subscriptions, one connection pool.

    What only reads is sent as the reader; what writes, and every look at the operation that it began, as the identity
    of the kind's duty. Use it on one event loop; any number of calls may run at a time. The credentials are their
    opener's to close.
    """

    def __init__(
        self,
        settings: ArmSettings,
        credentials: Credentials,
        transport: AsyncHttpTransport[Any, Any] | None = None,
    ) -> None:
        self._clients = Clients(settings, credentials, transport)
        self._exchange = Exchange(settings, self._clients)

    async def get(self, resource_id: str) -> Json | None:
        """Return a resource, None where it (or what it lies in) is not there."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        try:
            return (await self._read(target, kind, kind.get, _arguments(kind, target)))[-1].body
        except NotFound:
            return None

    async def list(self, type_: str, scope: str) -> tuple[Json, ...]:
        """Return all resources of a type in a subscription, a group or below a parent; none where that is not there.

        For role assignments: those made at the scope itself. For permissions: ours on the scope, each with an id that
        is only ours. Of a subscription Azure shows what we may read.
        """
        place = ResourceId.parse(scope)
        if type_.lower() == permissions.TYPE.lower():
            return tuple(_as_resource(scope, *item) for item in enumerate(await self.actions(scope)))
        kind = kind_of(type_)
        method, arguments, options = _listing(type_, kind, place)
        try:
            pages = await self._read(place, kind, method, arguments, **options)
        except NotFound:
            return ()
        return tuple(item for item in _items(pages) if not kind.extension or _made_at(item, scope))

    async def actions(self, resource_id: str) -> tuple[Json, ...]:
        """Return what the network's identity may do on a resource: `actions` and `notActions` of each of its roles.

        It is asked as that identity, for Azure tells everybody their own. Nothing where the resource is not there;
        `shared.plan.permissions` judges them.
        """
        target = str(ResourceId.parse(resource_id))
        try:
            return tuple(_items(await self._exchange.get_pages(target, f"{quote(target)}/{PERMISSIONS}", Duty.NETWORK)))
        except NotFound:
            return ()

    async def subscriptions(self) -> tuple[str, ...]:
        """Return the ids of the subscriptions that our identity sees and that are in use."""
        found = _items(await self._exchange.get_pages("", SUBSCRIPTIONS, Duty.READ))
        return tuple(item["subscriptionId"] for item in found if item.get("state") == "Enabled")

    async def query(self, query: str, subscriptions: Sequence[str]) -> tuple[Json, ...]:
        """Return the rows that Azure Resource Graph finds in some subscriptions, all pages of them.

        A query keeps the column `id`, orders by it (pages could overlap otherwise) and sets no limit (there is no way
        to the rest then: Failed). The graph lags behind, and leaves out what we may not read.
        """
        return await graph.ask(self._exchange, self._clients, query, subscriptions)

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
        writer = kind_of(ResourceId.parse(operation.resource_id).type).client.duty
        duty = Duty.READ if is_resource(operation) else writer
        try:
            with trace.about({names.POLL: True}):
                reply = await self._exchange.get(operation.resource_id, operation.url, duty)
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

    async def _begin(
        self, target: ResourceId, kind: Kind, method: str, verb: Verb, body: Json, options: dict[str, Any]
    ) -> Operation:
        # As bytes the body goes out as it is; some clients would drop what their models do not know.
        content = () if body is None else (json.dumps(body).encode(),)
        if method.startswith("begin_"):
            options["polling"] = False  # No poller: the handle is all we need.
        arguments = (*_arguments(kind, target), *content)
        replies = await self._call(target, kind, method, arguments, kind.client.duty, **options)
        return begun(str(target), verb, replies[-1])

    async def _read(
        self, target: ResourceId, kind: Kind, method: str, arguments: tuple[Any, ...], **options: Any
    ) -> tuple[Reply, ...]:
        return await self._call(target, kind, method, arguments, Duty.READ, **options)

    async def _call(
        self, target: ResourceId, kind: Kind, method: str, arguments: tuple[Any, ...], duty: Duty, **options: Any
    ) -> tuple[Reply, ...]:
        if not method:
            raise _unserved(f"{target.type or kind.operations} cannot be asked for that", target)
        operations = getattr(self._clients.get(kind.client, duty, target.subscription), kind.operations)
        return await self._exchange.call(str(target), getattr(operations, method), *arguments, **options)


def _arguments(kind: Kind, target: ResourceId) -> tuple[str, ...]:
    """Return the path arguments of a method on one resource."""
    if kind.extension:
        return str(target).rpartition("/providers/")[0].strip("/"), target.name
    if not target.group:
        raise _unserved("it is not in a resource group", target)
    names = [name for _, name in target.segments]
    return (target.group, *names[:-1], *kind.constant, *names[-1:])


def _listing(type_: str, kind: Kind, place: ResourceId) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Return method, path arguments and options of a list, after a look at whether the kind is listed there."""
    if kind.extension:
        return kind.list, (str(place).strip("/"),), dict(kind.list_options)
    if kind.everywhere and not place.group and not place.segments:
        return kind.everywhere, (), dict(kind.everywhere_options)
    parent = type_.rpartition("/")[0] if type_.count("/") > 1 else "Microsoft.Resources/resourceGroups"
    if place.type.lower() != parent.lower() or not place.group:
        raise _unserved(f"{type_} is listed in a {parent}, not in it", place)
    names = (place.group, *(name for _, name in place.segments), *kind.constant)
    return kind.list, names, dict(kind.list_options)


def _items(pages: Iterable[Reply]) -> Iterator[Json]:
    """Yield what the pages of a list hold."""
    return (item for page in pages for item in page.body.get("value") or ())


def _as_resource(scope: str, number: int, permission: Json) -> Json:
    """Return a permission in the shape of a resource: what is read for a plan is found by id."""
    name = str(number)
    resource_id = f"{scope.rstrip('/')}/providers/{permissions.TYPE}/{name}"
    return {"id": resource_id, "name": name, "type": permissions.TYPE, "properties": permission}


def _unserved(why: str, target: ResourceId) -> Invalid:
    return Invalid([Problem("$", f"{target}: {why}")])


def _made_at(assignment: Json, scope: str) -> bool:
    """Say whether a role assignment was made at a scope, and not at one above it."""
    return str((assignment.get("properties") or {}).get("scope", "")).rstrip("/").lower() == scope.rstrip("/").lower()


def _if_match(etag: str | None) -> dict[str, Any]:
    return {} if etag is None else {"headers": {"If-Match": etag}}
