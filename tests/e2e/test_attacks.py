"""Whoever reaches the app's door with a key, or without one, and means no good: refused, and nothing else happens."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.site import NO_SWEEP, hub
from tests.e2e.stage import Json, all_ready, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SECRETS = (b"extensionBundle", b"root:x:0", b"masterKey", b"orchestration")
"""What stands in files that nobody may get."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Yield a stack with a hub that is ready."""
    folder = tmp_path_factory.mktemp("stack")
    async with Stack(Options(folder, 300.0, settings=NO_SWEEP)) as running, Client(running.endpoints) as client:
        await client.send(hub(), message_id="hub")
        await until(lambda: all_ready(client, 1))
        before = await client.api("hubs/weu")
        yield running
        # Whatever was tried: the app is well, has what it had, and stumbled over nothing.
        for path in ("healthz", "overview"):
            assert (await client.ask("GET", path))[0] == 200
        assert (await client.api("hubs/weu"))["spec"] == before["spec"]
        assert len(await client.documents()) == 1
        assert "function.failed" not in (folder / "host.log").read_text()


def raw(stack: Stack, lines: str) -> bytes:
    """Send bytes as no client would, and return what comes back."""
    where = urlsplit(stack.endpoints["functions"])
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(f"{lines}\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


PATHS = (
    "/api/page/..%2f..%2fhost.json",
    "/api/page/%2e%2e%2f%2e%2e%2fhost.json",
    "/api/page/..%5c..%5chost.json",
    "/api/page/../../host.json",
    "/api/page/....//host.json",
    "/api/page/%2fetc%2fpasswd",
    "/api/page/..%c0%af..%c0%afhost.json",
    "/api/page/index.html%00.js",
    "/api/page/__init__.py",
    "/api/../admin/host/keys",
    "/admin/host/keys",
    "/admin/host/status",
    "/runtime/webhooks/durabletask/instances",
    "/API/HUBS/weu",
    "/api/hubs/weu/",
    "/api/hubs/weu%2fplan",
    "/api/hubs/..%2f..%2fadmin%2fhost%2fkeys",
    "/api/backup",
    "/api/backup?table=audit",
)


@pytest.mark.parametrize("path", PATHS)
async def test_no_path_leads_around_the_key_or_out_of_the_page(stack: Stack, path: str) -> None:
    """Without a key whatever is not the page's own is 401 or 404, and says nothing of any file."""
    found = await asyncio.to_thread(raw, stack, f"GET {path} HTTP/1.1")
    assert found.split(b" ")[1] in (b"401", b"404"), found[:200]
    assert [secret for secret in SECRETS if secret in found] == []


HEADERS = (
    ("GET", "/api/hubs/a%0d%0aX-Evil:%201", ""),
    ("GET", "/api/hubs/weu", 'If-None-Match: "a\\r\\nX-Evil: 1"'),
    ("DELETE", "/api/spokes/a%0d%0aX-Evil:%201", ""),
    ("POST", "/api/hubs/a%0d%0aX-Evil:%201/retry", ""),
    ("OPTIONS", "/api/events", "WebHook-Request-Origin: evil.example\x0bX-Evil: 1"),
    ("OPTIONS", "/api/events", "WebHook-Request-Origin: evil.example\r\nWebHook-Request-Rate: 1%0d%0aX-Evil: 1"),
)


@pytest.mark.parametrize(("method", "path", "header"), HEADERS, ids=str)
async def test_no_header_is_injected(stack: Stack, method: str, path: str, header: str) -> None:
    """Whatever a name or a header holds, no answer has a header of the caller's making."""
    key = f"x-functions-key: {stack.endpoints['functionKey']}"
    lines = "\r\n".join(filter(None, [f"{method} {path} HTTP/1.1", key, header]))
    found = await asyncio.to_thread(raw, stack, lines)
    head = found.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nx-evil" not in head
    assert int(head.split(b" ")[1]) < 500


def broken(**changes: Any) -> str:
    """Return the hub's document with other members."""
    return json.dumps(hub() | changes)


BODIES = {
    "fifty megabytes": '{"x": "' + "a" * 50_000_000 + '"}',
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a number of many digits": '{"kind": "Hub", "metadata": {"name": "weu"}, "spec": ' + "9" * 6000 + "}",
    "no number": broken(spec=hub()["spec"] | {"drift": float("nan")}),
    "endless": '{"kind": "Hub", "metadata": {"name": "weu"}, "spec": 1e999}',
    "half a character": broken(spec=hub()["spec"] | {"tags": {"\ud800": "x"}}),
    "control characters": broken(spec=hub()["spec"] | {"tags": {"a": "x\x00y"}}),
    "many members": broken(spec={f"k{number}": 1 for number in range(15_000)}),
    "twice the same member": '{"kind": "Hub", "kind": "Spoke", "metadata": {"name": "weu"}}',
    "another document": broken(metadata={"name": "../weu"}),
    "what only we write": broken(status={"restoredAt": "soon"}, metadata={"name": "weu", "generation": "x"}),
}
DOORS = (
    ("PUT", "hubs/weu"),
    ("POST", "hubs/weu/plan"),
    ("POST", "hubs/weu/approve"),
    ("POST", "events"),
    ("POST", "restore"),
)


@pytest.mark.parametrize(("method", "path"), DOORS, ids=str)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_no_body_does_harm(stack: Stack, method: str, path: str, body: str) -> None:
    """Refused by every door as a problem, or taken as what it is; within seconds, and never a failure of the app."""
    url = f"{stack.endpoints['functions']}/api/{path}"
    headers = {"x-functions-key": stack.endpoints["functionKey"], "Content-Type": "application/json"}
    limit = aiohttp.ClientTimeout(total=20)
    async with (
        aiohttp.ClientSession(headers=headers, timeout=limit) as http,
        http.request(method, url, data=io.BytesIO(body.encode())) as answer,
    ):
        told: Json = await answer.json(content_type=None)
        assert answer.status < 500, told
        if answer.status >= 400:
            assert told["type"].startswith("urn:spokewright:problem:")
            assert len(await answer.read()) < 100_000
