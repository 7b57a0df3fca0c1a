"""Azure's end of the wire, scripted: the real clients and the real pipeline run, only the network does not."""

from __future__ import annotations

import json
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.utils import case_insensitive_dict

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/hub"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/jump"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aks"
ASSIGNMENT = f"{VNET}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111"
ENDPOINT = "https://management.azure.com"
TOKEN = "a-token"


class Answer:
    """One HTTP answer as the clients see it, of the old and of the new style."""

    is_stream_consumed = True
    is_closed = True

    def __init__(self, status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.reason = "scripted"
        self.request: Any = None
        self.headers = case_insensitive_dict(headers or {})
        self.content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.content:
            self.headers.setdefault("Content-Type", "application/json")
        self.content_type = self.headers.get("Content-Type")

    def text(self, encoding: str | None = None) -> str:
        """Return the body as text."""
        return self.content.decode(encoding or "utf-8")

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.content)

    def body(self) -> bytes:
        """Return the body as the old style names it."""
        return self.content

    async def read(self) -> bytes:
        """Return the body as the new style names it."""
        return self.content

    def iter_bytes(self) -> None:
        """Nobody iterates over what begins an operation; the clients only ask for the iterator."""


class Wire(AsyncHttpTransport[Any, Any]):
    """Gives the scripted answers in their order (an exception is raised), and keeps what was sent."""

    def __init__(self) -> None:
        self.script: list[Answer | Exception] = []
        self.sent: list[Any] = []
        self.closed = False

    def answers(self, *script: Answer | Exception) -> None:
        """Set what comes next."""
        self.script.extend(script)

    async def send(self, request: Any, **_: Any) -> Any:
        """Keep the request; give the next answer."""
        self.sent.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        answer.request = request
        return answer

    @property
    def only(self) -> Any:
        """The one request that was sent."""
        (request,) = self.sent
        return request

    @property
    def body(self) -> Any:
        """The JSON body of the one request."""
        return json.loads(self.only.content if hasattr(self.only, "content") else self.only.body)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Remember it."""
        self.closed = True

    async def sleep(self, duration: float) -> None:
        """Nothing that we test may sleep in the transport."""
        raise AssertionError(duration)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Credential:
    """A credential that counts how often it was asked."""

    def __init__(self, error: Exception | None = None, token: str = TOKEN) -> None:
        self.asked: list[str] = []
        self.error = error
        self.token = token

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Give a token that lasts."""
        self.asked += scopes
        if self.error:
            raise self.error
        return AccessToken(self.token, 4_000_000_000)

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def operation_url(name: str = "1") -> str:
    """Return a URL as Azure signs them: opaque, with an api-version of its own."""
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/operations/{name}"
    return f"{ENDPOINT}{path}?api-version=2024-01-01&t=638&c=MIIH%2bzCC&s={'x' * 900}&h=abc"


def accepted(status: int = 201, body: Any = None, *, after: str | None = None, **headers: str) -> Answer:
    """Return the first answer to a write that goes on."""
    found = {"Azure-AsyncOperation": operation_url(), **headers}
    if after is not None:
        found["Retry-After"] = after
    return Answer(status, body, found)
