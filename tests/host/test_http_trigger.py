"""HTTP functions over a real connection: routes, keys, what functions get and what callers get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.host.running import Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def running_host(tmp_path: Path) -> AsyncIterator[Running]:
    """A host with the orders app."""
    async with running(tmp_path, largest_body=1000) as host:
        yield host


async def test_a_function_gets_route_query_and_context(running_host: Running) -> None:
    """Route parameters, query and the invocation's context reach a synchronous function."""
    status, body, headers = await running_host.call(
        "GET", "/api/orders/42?color=red&color=blue", headers=running_host.key
    )
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {"number": "42", "query": {"color": "red,blue"}, "by": "get_order"}


async def test_constraints_choose_between_routes(running_host: Running) -> None:
    """A constrained route takes what fits it, the plain one the rest."""
    _, body, _ = await running_host.call("GET", "/api/orders/blue", headers=running_host.key)
    assert json.loads(body) == {"name": "blue"}


async def test_an_empty_route_is_the_name(running_host: Running) -> None:
    """The root of the prefix belongs to an optional parameter without length; an empty route is the function's name."""
    answers = [(await running_host.call("GET", path))[:2] for path in ("/api/unrouted", "/api/", "/api", "/api/x")]
    assert answers == [(200, "named by GET"), (200, "the root, ''"), (200, "the root, ''"), (404, "")]


async def test_a_name_may_hold_what_a_path_has_escaped(running_host: Running) -> None:
    """A line break in a segment reaches the function, which decides what it thinks of it."""
    _, body, _ = await running_host.call("GET", "/api/orders/a%0Ab", headers=running_host.key)
    assert json.loads(body) == {"name": "a\nb"}


async def test_bodies_and_headers_pass_both_ways(running_host: Running) -> None:
    """A function gets body and headers, and its status, headers and cookies come back."""
    headers = {**running_host.key, "Content-Type": "text/csv"}
    status, body, answered = await running_host.call("POST", "/api/orders", data=b"a,b", headers=headers)
    assert (status, body, answered["X-Kind"]) == (201, "a,b", "text/csv")
    assert answered["Set-Cookie"] == "order=1; Path=/"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/files/a/b.txt", "a/b.txt"),
        ("/api/pages/7", "7"),
        ("/api/pages", "first"),
        ("/API/Pages/7", "7"),
    ],
    ids=["catch-all", "optional given", "optional left out", "case"],
)
async def test_templates(running_host: Running, path: str, body: str) -> None:
    """Catch-all and optional parameters match as in Azure, and literals match in any case."""
    assert (await running_host.call("GET", path))[:2] == (200, body)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/orders/42", 404),
        ("GET", "/orders/42", 404),
        ("GET", "/api/pages/first", 404),
        ("GET", "/api/orders/42", 401),
        ("GET", "/api/orders/42?code=wrong", 401),
        ("GET", "/api/broken", 500),
    ],
    ids=["path", "method", "prefix", "constraint", "no key", "wrong key", "exception"],
)
async def test_refusals(running_host: Running, method: str, path: str, status: int) -> None:
    """What cannot be served is answered with Azure's status and no body."""
    assert (await running_host.call(method, path))[:2] == (status, "")


async def test_keys_open_by_query_too(running_host: Running) -> None:
    """A key is taken from `code`, and admin functions want the master key."""
    keys = running_host.host.keys
    assert (await running_host.call("GET", f"/api/orders/1?code={keys.function}"))[0] == 200
    assert (await running_host.call("GET", f"/api/secrets?code={keys.function}"))[0] == 401
    assert (await running_host.call("GET", f"/api/secrets?code={keys.master}"))[0] == 200
    assert (await running_host.call("GET", f"/api/orders/1?code={keys.event_grid}"))[0] == 401


async def test_an_exception_is_logged_once(running_host: Running, caplog: pytest.LogCaptureFixture) -> None:
    """A function that raises leaves one log record, with the traceback."""
    await running_host.call("GET", "/api/broken")
    records = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage().split()[0] for record in records] == ["function.failed"]


async def test_too_large_a_body_is_refused(running_host: Running) -> None:
    """A body over the limit is 413."""
    status, _, _ = await running_host.call("POST", "/api/orders", data=b"x" * 2000, headers=running_host.key)
    assert status == 413
