"""What the demo asks: the app over HTTP, its queue over AMQP, and the simulator's journal."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

COLLECTIONS = {"Hub": "hubs", "Spoke": "spokes", "Cluster": "clusters"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One message from the reply queue."""

    result: str
    body: Json


class Client:
    """A client of one local stack; use as an asynchronous context manager."""

    def __init__(self, endpoints: Mapping[str, Any]) -> None:
        self._endpoints = endpoints
        self._trust = ssl.create_default_context(cafile=endpoints["caBundle"])
        self._bus = ServiceBusClient.from_connection_string(endpoints["serviceBus"])

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers={"x-functions-key": self._endpoints["functionKey"]})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._bus.close()

    async def send(self, body: Any, operation: str = "apply", *, message_id: str, reply_to: str | None = None) -> None:
        """Send one request to the queue `provisioning-requests`."""
        message = ServiceBusMessage(
            json.dumps(body),
            content_type="application/json",
            message_id=message_id,
            correlation_id=message_id,
            reply_to=reply_to,
            application_properties={"operation": operation},
        )
        async with self._bus.get_queue_sender("provisioning-requests") as sender:
            await sender.send_messages(message)

    async def replies(self, queue: str, seconds: float) -> list[Reply]:
        """Take what came to a reply queue within some seconds."""
        async with self._bus.get_queue_receiver(queue) as receiver:
            found = []
            for message in await receiver.receive_messages(20, max_wait_time=seconds):
                properties = {
                    _text(name): _text(value) for name, value in (message.application_properties or {}).items()
                }
                found.append(Reply(properties["result"], json.loads(str(message))))
                await receiver.complete_message(message)
            return found

    async def api(self, path: str) -> Any:
        """GET a path of the app's API."""
        async with self._http.get(f"{self._endpoints['functions']}/api/{path}") as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)

    async def post(self, path: str) -> Any:
        """POST to a path of the app's API."""
        async with self._http.post(f"{self._endpoints['functions']}/api/{path}") as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Ask the app's API for anything, with JSON or a text as it is; return the status and the answer."""
        url = f"{self._endpoints['functions']}/api/{path}"
        content = {"data": body} if isinstance(body, str) else {"json": body}
        async with self._http.request(method, url, headers=headers, **content) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def decide(self, path: str, plan_hash: str, decision: str = "approve", **members: str) -> tuple[int, Any]:
        """Approve or reject the plan of the document at a path, such as `spokes/payments`; return what was answered."""
        return await self.ask("POST", f"{path}/approve", {"hash": plan_hash, "decision": decision, **members})

    async def documents(self) -> list[Json]:
        """Return all documents."""
        return [item for collection in COLLECTIONS.values() for item in await self._all(collection)]

    async def _all(self, collection: str) -> list[Json]:
        """Return the documents of a collection, page by page."""
        page = await self.api(f"{collection}?limit=1000")
        items: list[Json] = page["items"]
        while "after" in page:
            page = await self.api(f"{collection}?limit=1000&after={page['after']}")
            items += page["items"]
        return items

    async def history(self, document: Json) -> list[Json]:
        """Return a document's steps, oldest first, each with its document's key."""
        kind, name = document["kind"], document["metadata"]["name"]
        page = await self.api(f"{COLLECTIONS[kind]}/{name}/history?limit=500")
        return [entry | {"document": f"{kind}/{name}"} for entry in reversed(page["items"])]

    async def break_azure(self, rules: list[Json]) -> None:
        """Let the simulated Azure go wrong by these rules; none: not any more."""
        url = f"{self._endpoints['arm'].rstrip('/')}/_simulator/faults"
        async with self._http.put(url, json={"rules": rules}, ssl=self._trust) as answer:
            answer.raise_for_status()

    async def journal(self, since: int = 0, *, bodies: bool = False) -> list[Json]:
        """Return what the simulated Azure was asked and did; `bodies`: with what was sent."""
        return await self._lines("journal?bodies=1" if bodies else "journal", since)

    async def told(self, since: int = 0) -> list[Json]:
        """Return the lifecycle events that the topic took."""
        return await self._lines("topics/lifecycle", since)

    async def _lines(self, door: str, since: int) -> list[Json]:
        url = f"{self._endpoints['arm'].rstrip('/')}/_simulator/{door}"
        async with self._http.get(url, params={"since": since}, ssl=self._trust) as answer:
            answer.raise_for_status()
            return [json.loads(line) for line in (await answer.text()).splitlines()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
