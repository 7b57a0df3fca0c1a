"""Calls functions of the app as the Python worker does: async ones on the loop, the others in threads."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import azure.functions as func
from azure.functions import meta

if TYPE_CHECKING:
    from local.host.indexing import Function

log = logging.getLogger(__name__)


def decode(trigger: str, value: Any, kind: str, metadata: dict[str, meta.Datum] | None = None) -> Any:
    """Turn what came in into what a function gets, by the SDK's own converter for its trigger."""
    return _converter(trigger).decode(meta.Datum(value, kind), trigger_metadata=metadata or {})


def encode(binding: str, value: Any) -> meta.Datum:
    """Turn what a function returned into what goes out, by the SDK's own converter."""
    encoded: meta.Datum = _converter(binding).encode(value, expected_type=None)
    return encoded


def _converter(binding: str) -> Any:
    return meta.get_binding_registry().get(binding)  # type: ignore[no-untyped-call]  # the SDK's


class Invoker:
    """Calls functions, and knows how many calls are under way."""

    def __init__(self, client: str, threads: int = 32) -> None:
        """Take the durable client's binding, and how many synchronous functions run at once."""
        self._client = client
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._under_way: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def invoke(self, function: Function, value: Any) -> Any:
        """Call a function and return what it returned; what it raises is logged here, once, and raised."""
        invocation = str(uuid4())
        arguments = {function.argument: value, **dict.fromkeys(function.clients, self._client)}
        if function.wants_context:
            arguments["context"] = InvocationContext(invocation, function.name)
        self._under_way.add(invocation)
        self._idle.clear()
        try:
            if function.is_async:
                return await function.call(**arguments)
            return await self._in_thread(functools.partial(function.call, **arguments))
        except Exception:
            log.exception("function.failed name=%s invocation=%s", function.name, invocation)
            raise
        finally:
            self._under_way.discard(invocation)
            if not self._under_way:
                self._idle.set()

    async def _in_thread(self, call: functools.partial[Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def drain(self, seconds: float) -> None:
        """Wait until nothing is under way, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    def close(self) -> None:
        """Take no more calls; threads that still work are left alone."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class InvocationContext(func.Context):
    """What a function with an argument `context` gets."""

    def __init__(self, invocation_id: str, function_name: str) -> None:
        self._invocation_id = invocation_id
        self._function_name = function_name

    @property
    def invocation_id(self) -> str:
        """The call's own id."""
        return self._invocation_id

    @property
    def function_name(self) -> str:
        """The function's name."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """Where the app is."""
        return str(Path.cwd())

    @property
    def thread_local_storage(self) -> type[threading.local]:
        """Storage of the thread."""
        return threading.local

    @property
    def trace_context(self) -> Any:
        """There is no tracing here."""
        return None

    @property
    def retry_context(self) -> Any:
        """There are no retry policies here."""
        return None


def client_binding(base: str, task_hub: str, key: str) -> str:
    """Return what a durable client input holds: the address inside the host, and links to give to others."""
    inside, outside = f"{base}/durabletask/", f"{base}/runtime/webhooks/durabletask"
    access = f"taskHub={task_hub}&connection=Storage&code={key}"
    instance = f"{outside}/instances/INSTANCEID"
    create = f"{outside}/orchestrators/{{functionName}}[/{{instanceId}}]?code={key}"
    operations = ("terminate", "suspend", "resume", "rewind")
    return json.dumps(
        {
            "taskHubName": task_hub,
            "rpcBaseUrl": inside,
            "creationUrls": {"createNewInstancePostUri": create, "createAndWaitOnNewInstancePostUri": create},
            "managementUrls": {
                "id": "INSTANCEID",
                "statusQueryGetUri": f"{instance}?{access}",
                "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{access}",
                "purgeHistoryDeleteUri": f"{instance}?{access}",
                "restartPostUri": f"{instance}/restart?{access}",
                **{f"{name}PostUri": f"{instance}/{name}?reason={{text}}&{access}" for name in operations},
            },
        }
    )
