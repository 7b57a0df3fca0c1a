"""Runs long-running operations: begins them, lets their kinds advance them when they are due, answers polls.

It reads no real clock: `advance` is called with the simulated time. All of an operation is data, so it goes on
after a kill.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.simulator.answer import ArmError
from local.simulator.clock import timestamp
from local.simulator.operation import ASYNC, LOCATION, Failed, Later, Operation, OperationStyle, Succeeded
from local.simulator.resource import Json, ResourceId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulator.answer import Begin, Request
    from local.simulator.kind import Kind
    from local.simulator.operation import Progress
    from local.simulator.store import Store
    from local.simulator.world import World

_FILLER = "MIIHhzCCBm-gAwIBAgITHgXbq6D9u7L4uS-simulated-"


@dataclass(frozen=True, slots=True)
class Poll:
    """The answer to a poll."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    resource_id: str = ""


class Operations:
    """The operations of one world; `ended` is called in the transaction in which one ends."""

    def __init__(self, world: World, store: Store, ended: Callable[[Operation], None]) -> None:
        self._world = world
        self._store = store
        self._ended = ended
        self._tokens: dict[str, str] = {}
        self._polls: dict[str, int] = {}
        self.touched: set[str] = set()

    # --- begin -----------------------------------------------------------------------------------------

    def begin(self, kind: Kind, request: Request, begin: Begin, context: Json) -> Operation:
        """Begin an operation on the request's resource; its duration is drawn where the kind does not say."""
        world = self._world
        row = kind.durations or request.id.types[-1]
        seconds = begin.seconds
        if seconds is None:
            seconds = world.duration(row, begin.verb, request.id.key)
        seconds += float(context.get("extraSeconds", 0))
        identity = world.guid("operation", request.id.key, begin.verb)
        operation = Operation(
            id=identity,
            kind=kind.type,
            resource_id=str(request.id),
            verb=begin.verb,
            api_version=request.api_version,
            started=world.now,
            due=world.now + seconds,
            location=self._location(request.id),
            token=_token(kind.style, identity, request),
            locks=(kind.lock(request.id), *(lock.lower() for lock in begin.locks)),
            data=dict(begin.data),
            context=context,
        )
        world.operations[operation.id] = operation
        self._tokens[operation.token.lower()] = operation.id
        self.touched.add(operation.id)
        return operation

    def headers(
        self, kind: Kind, operation: Operation, base: str, only: frozenset[str] | None = None
    ) -> dict[str, str]:
        """Build the headers of the first answer."""
        style = kind.style
        shown = style.headers_for(operation.verb) if only is None else only
        headers = {name: self._url(style, operation, name, base) for name in (ASYNC, LOCATION) if name in shown}
        pauses = kind.retry_after or style.retry_after
        pause = pauses.get(operation.verb, pauses.get("*"))
        if pause is not None:
            headers["retry-after"] = str(pause)
        return headers

    def _location(self, resource_id: ResourceId) -> str:
        for owner in (resource_id, resource_id.root, resource_id.group_id):
            found = self._world.find(owner) if owner else None
            if found is not None and found.location:
                return found.location
        return "global"

    def _url(self, style: OperationStyle, operation: Operation, header: str, base: str) -> str:
        template = style.status if header == ASYNC else style.result
        target = ResourceId.of(operation.resource_id)
        path = template.format(
            subscription=target.subscription,
            group=target.group,
            namespace=target.namespace,
            location=operation.location,
            operation=operation.token,
        )
        version = style.api_version or operation.api_version
        mark = "&" if "?" in path else "?"
        return f"{base}{path}{mark}api-version={version}{_signature(operation)}"

    # --- advance ---------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """Tell when the next operation is due."""
        return min((op.due for op in self._world.operations.values()), default=None)

    def due(self, now: float) -> list[Operation]:
        """List the operations that are due, earliest first."""
        return sorted((op for op in self._world.operations.values() if op.due <= now), key=lambda op: op.due)

    def advance(self, operation: Operation) -> None:
        """Let an operation go one stage further, at the time when it was due."""
        world = self._world
        kind = world.kind(operation.kind)
        world.now = operation.due
        progress = self._progress(kind, operation)
        self.touched.add(operation.id)
        if isinstance(progress, Later):
            operation.due = world.now + max(0.1, progress.seconds)
            return
        if isinstance(progress, Succeeded):
            operation.status, operation.output = "Succeeded", progress.output
            self._end(operation)
        else:
            self.fail(operation, progress.error)

    def fail(self, operation: Operation, error: ArmError) -> None:
        """End an operation badly."""
        operation.status, operation.error, operation.error_status = "Failed", error.error, error.status
        self._world.kind(operation.kind).failed(self._world, operation)
        self._end(operation)

    def _end(self, operation: Operation) -> None:
        operation.ended = self._world.now
        self._world.operations.pop(operation.id, None)
        self.touched.add(operation.id)
        self._ended(operation)

    def _progress(self, kind: Kind, operation: Operation) -> Progress:
        failure = operation.context.get("fail")
        if failure:
            message = failure.get("message", "The operation failed.")
            return Failed(
                ArmError(int(failure.get("status", 400)), failure.get("code", "InternalServerError"), message)
            )
        return kind.advance(self._world, operation)

    # --- poll ------------------------------------------------------------------------------------------

    def poll(self, path: str, query: Mapping[str, str], base: str) -> Poll | None:
        """Answer a GET of an operation URL, None where the path is none of ours."""
        operation = self._find(path.rstrip("/").rsplit("/", 1)[-1])
        if operation is None:
            return None
        style = self._world.kind(operation.kind).style
        if self._asks_result(style, operation, path, query):
            return self._result(style, operation, base)
        return self._status(style, operation, base)

    def _asks_result(self, style: OperationStyle, operation: Operation, path: str, query: Mapping[str, str]) -> bool:
        if style.status == style.result:
            return style.headers_for(operation.verb) == {LOCATION}
        status = urlsplit(self._url(style, operation, ASYNC, "")).path
        result = urlsplit(self._url(style, operation, LOCATION, "")).path
        if status.lower() == result.lower():
            return query.get("monitor", "").lower() == "true"
        return path.lower() == result.lower()

    def _status(self, style: OperationStyle, operation: Operation, base: str) -> Poll:
        document: Json = {"status": operation.status if not operation.running else style.pending}
        if style.named:
            document = {"name": operation.id, **document, "startTime": timestamp(operation.started)}
            if operation.ended is not None:
                document["endTime"] = timestamp(operation.ended)
        if operation.error:
            document["error"] = operation.error
        if operation.output is not None:
            member = style.output_member
            document["properties"] = {member: operation.output} if member else operation.output
        status = style.pending_status if operation.running else 200
        headers = self._pending_headers(style, operation, base) if operation.running else {}
        if status == 200:  # noqa: PLR2004 - HTTP: only 202 repeats where to look
            headers = {name: value for name, value in headers.items() if name == "retry-after"}
        return Poll(status, document, headers, operation.id, operation.resource_id)

    def _result(self, style: OperationStyle, operation: Operation, base: str) -> Poll:
        headers = self._pending_headers(style, operation, base)
        if operation.running:
            return Poll(202, None, headers, operation.id, operation.resource_id)
        headers.pop("retry-after", None)
        if operation.error:
            body = {"error": operation.error}
            return Poll(operation.error_status, body, {}, operation.id, operation.resource_id)
        if style.result_status == 200 and operation.verb == "DELETE":  # noqa: PLR2004 - HTTP
            return Poll(200, None, {}, operation.id, operation.resource_id)
        body = operation.output
        resource = self._world.find(operation.resource_id)
        if body is None and resource is not None and operation.verb in {"PUT", "PATCH"}:
            body = self._world.kind(operation.kind).render(self._world, resource)
        return Poll(style.result_status if body is None else 200, body, headers, operation.id, operation.resource_id)

    def _pending_headers(self, style: OperationStyle, operation: Operation, base: str) -> dict[str, str]:
        shown = style.headers_for(operation.verb)
        headers = {name: self._url(style, operation, name, base) for name in (ASYNC, LOCATION) if name in shown}
        if style.poll_retry and operation.running:
            seen = self._polls.get(operation.id, 0)
            self._polls[operation.id] = seen + 1
            headers["retry-after"] = str(style.poll_retry[min(seen, len(style.poll_retry) - 1)])
        return headers

    # --- the file --------------------------------------------------------------------------------------

    def _find(self, token: str) -> Operation | None:
        identity = self._tokens.get(token.lower())
        if identity is None:
            return None
        running = self._world.operations.get(identity)
        if running is not None:
            return running
        row = next(self._store.read("select row from operations where id = ?", identity), None)
        return thaw(row[0]) if row else None

    def load(self) -> None:
        """Take in the operations of the file: the running ones go on."""
        for identity, running, row in self._store.read("select id, running, row from operations"):
            operation = thaw(row)
            self._tokens[operation.token.lower()] = identity
            if running:
                self._world.operations[identity] = operation

    def flush(self, ended: Mapping[str, Operation]) -> None:
        """Write what changed since the last flush."""
        for identity in self.touched:
            operation = self._world.operations.get(identity) or ended.get(identity)
            if operation is not None:
                row = (operation.id, operation.due, int(operation.running), json.dumps(asdict(operation)))
                self._store.put_rows("operations", [row])
        self.touched.clear()

    def forget(self) -> None:
        """Forget all operations."""
        self._tokens.clear()
        self._polls.clear()
        self.touched.clear()


def thaw(row: str) -> Operation:
    """Read an operation from its row."""
    document = json.loads(row)
    document["locks"] = tuple(document["locks"])
    return Operation(**document)


def _token(style: OperationStyle, identity: str, request: Request) -> str:
    if style.encoding == "dns":
        name = f"FrontEndAsyncOperation;{request.method.title()}{request.id.types[-1]};{identity}"
        return "R" + base64.urlsafe_b64encode(f"{name}_{request.id.subscription}".encode()).decode()
    if style.encoding == "job":
        job = {"jobId": f"{request.id.types[-1].upper()}DELETIONJOB-{identity.upper()}", "jobLocation": "simulated"}
        return base64.urlsafe_b64encode(json.dumps(job).encode()).decode().rstrip("=")
    return identity


def _signature(operation: Operation) -> str:
    """Write the signed tail that makes real operation URLs longer than 1 KB: opaque to every client."""
    ticks = int((operation.started + 62135596800) * 10_000_000)
    filler = (_FILLER + operation.id.replace("-", "")) * 14
    return f"&t={ticks}&c={filler[:980]}&s={filler[7:263]}&h={operation.id.replace('-', '')}"
