"""The only door to Azure Resource Manager: begin, poll, get, list, delete. Every call is one request, none waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from shared.arm import translation
from shared.arm.clients import ArmSettings, Clients
from shared.arm.kinds import RESOURCES, kind_of
from shared.arm.operation import Operation, begun, output, retry_after
from shared.model.errors import Denied, Failed, NotFound, SpokewrightError, Transient
from shared.model.resource_id import ResourceId

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport

    from shared.plan.steps import Json

__all__ = ["Arm", "ArmSettings", "Operation"]

ASSIGNMENTS = "microsoft.authorization/roleassignments"
SUCCEEDED = "succeeded"
ENDED_BADLY = ("failed", "canceled")


class Arm:
    """Azure Resource Manager, by resource ids and REST bodies."""

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
        answers = Answers()
        try:
            async with _translated(resource_id):
                await self._operations(target).get(*_arguments(target), raw_response_hook=answers)
        except NotFound:
            return None
        return answers.last.json()

    async def list(self, type_: str, scope: str) -> tuple[Json, ...]:
        """Return all resources of a type in a group or below a parent; none where the scope is not there."""
        kind, target = kind_of(type_), ResourceId.parse(scope)
        answers = Answers()
        operations = getattr(self._clients.get(kind.client, target.subscription), kind.operations)
        arguments = (scope,) if type_.lower() == ASSIGNMENTS else _arguments(target)
        try:
            async with _translated(scope):
                async for _ in getattr(operations, kind.list)(*arguments, raw_response_hook=answers):
                    pass  # The pages are taken as they came over the wire.
        except NotFound:
            return ()
        return tuple(item for page in answers.pages for item in page.json().get("value", ()))

    async def begin_put(self, resource_id: str, body: Json, *, etag: str | None = None) -> Operation:
        """Send the one PUT of a resource; with an `etag` only if it is still that version (Changed otherwise)."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        options: dict[str, Any] = dict(kind.options)
        if etag is not None:
            options["headers"] = {"If-Match": etag}
        try:
            return await self._begin(target, kind.put, (body,), options)
        except SpokewrightError as error:
            if error.code == "RoleAssignmentExists":
                return Operation(resource_id, "Succeeded")
            raise

    async def begin_delete(self, resource_id: str) -> Operation:
        """Send the one DELETE of a resource; one that is not there is deleted."""
        target = ResourceId.parse(resource_id)
        kind = kind_of(target.type)
        try:
            return await self._begin(target, kind.delete, (), {})
        except NotFound:
            return Operation(resource_id, "Succeeded")

    async def begin_run_command(self, machine_id: str, script: tuple[str, ...]) -> Operation:
        """Run shell lines on a Linux virtual machine; the finished operation's `result` is what they printed."""
        target = ResourceId.parse(machine_id)
        body = {"commandId": "RunShellScript", "script": list(script)}
        return await self._begin(target, "begin_run_command", (body,), {})

    async def poll(self, operation: Operation) -> Operation:
        """Look once at an operation; raise Failed with Azure's code and message where it failed."""
        if operation.url is None:
            return operation
        url = self._own(operation.url)
        client = self._clients.get(RESOURCES, ResourceId.parse(operation.resource_id).subscription)
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - costs a cold start

        async with _translated(operation.resource_id):
            answer = await client.send_request(HttpRequest("GET", url))
        body = _body(answer)
        if answer.status_code >= 400:  # noqa: PLR2004 - the errors
            raise translation.of_response(answer.status_code, answer.headers, body, operation.resource_id)
        return _polled(operation, answer.status_code, body, retry_after(answer.headers))

    async def close(self) -> None:
        """Close all connections."""
        await self._clients.close()

    def _operations(self, target: ResourceId) -> Any:
        kind = kind_of(target.type)
        return getattr(self._clients.get(kind.client, target.subscription), kind.operations)

    async def _begin(
        self, target: ResourceId, method: str, bodies: tuple[Json, ...], options: dict[str, Any]
    ) -> Operation:
        answers = Answers()
        call = getattr(self._operations(target), method)
        if method.startswith("begin_"):
            options["polling"] = False  # The SDK's poller would block; the handle is all we need.
        async with _translated(str(target)):
            await call(*_arguments(target), *bodies, raw_response_hook=answers, **options)
        answer = answers.last
        return begun(str(target), answer.status_code, answer.headers, _body(answer))

    def _own(self, url: str) -> str:
        """Return an operation's URL if it is on our endpoint: our token goes nowhere else."""
        absolute = urljoin(self._settings.endpoint + "/", url)
        if urlsplit(absolute)[:2] != urlsplit(self._settings.endpoint)[:2]:
            raise Denied(
                f"an operation's URL leads to {urlsplit(absolute).netloc[:100]}, which is not Azure's endpoint"
            )
        return absolute


class Answers:
    """Keeps the raw responses of a call: bodies are wanted in the REST shape, not as the SDK's models."""

    def __init__(self) -> None:
        self.pages: list[Any] = []

    def __call__(self, response: Any) -> None:
        """Take one response of the pipeline."""
        self.pages.append(response.http_response)

    @property
    def last(self) -> Any:
        """The response that counts: a redirected or retried call has several."""
        return self.pages[-1]


def _arguments(target: ResourceId) -> tuple[str, ...]:
    """Return the path arguments of the SDK's methods: group and names, or scope and name of an assignment."""
    if target.type.lower() == ASSIGNMENTS:
        return (target.scope, target.name)
    return (target.group, *(name for _, name in target.segments))


def _body(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _polled(operation: Operation, status: int, body: Any, pause: float | None) -> Operation:
    """Judge by `status` only: AKS bodies hold an `error` while the operation goes on."""
    said = str(body.get("status", "")).lower() if isinstance(body, dict) else ""
    if said in ENDED_BADLY:
        raise translation.of_operation(body, operation.resource_id)
    if said == SUCCEEDED or (not said and status != 202):  # noqa: PLR2004 - accepted
        return Operation(operation.resource_id, "Succeeded", None, None, output(body))
    return Operation(operation.resource_id, "InProgress", operation.url, pause)


@asynccontextmanager
async def _translated(resource_id: str) -> AsyncIterator[None]:
    """Turn what the SDK raises into our tree, chained."""
    from azure.core import exceptions as sdk  # noqa: PLC0415 - costs a cold start

    try:
        yield
    except sdk.HttpResponseError as error:
        if error.response is None:
            raise _without_response(error, resource_id) from error
        answer: Any = error.response
        body = _body(answer)
        raise translation.of_response(answer.status_code, answer.headers, body, resource_id) from error
    except sdk.AzureError as error:
        raise Transient(translation.redact(str(error)), code="NoAnswer", resource_id=resource_id) from error


def _without_response(error: Exception, resource_id: str) -> SpokewrightError:
    message = translation.redact(str(error))
    if "uthentication" in type(error).__name__:
        return Denied(f"no token for Azure: {message}", code="NoToken", resource_id=resource_id)
    return Failed(message, resource_id=resource_id)
