"""What would reach Application Insights: by the real exporter to a receiver of ours, with a token of the identity."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import web

from local.simulator.certificate import ensure_certificate, server_context
from shared.telemetry import names

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]

SCRIPT = """
import logging, function_app
from shared.telemetry import meter, names, trace
CALL = {names.METHOD: "GET", names.STATUS: 404, names.ADDRESS: "a.example", names.PORT: 443}
with trace.span("receive provisioning-requests", {names.DOCUMENT: "Hub/weu"}, kind="consumer"):
    with trace.span("GET Microsoft.Network/virtualNetworks", CALL, kind="client"):
        logging.getLogger("shared.x").warning("x.happened step=%s why=%s", "one", "Bearer plantedToken0123456789")
    with trace.span("plan_document") as span:
        trace.fail(span, "Denied")
meter.record(names.CAPACITY, 0.9, document="Hub/weu", limit="peerings")
meter.record(names.STEP_DURATION, 12, type="T", action="create", outcome="succeeded")
print("done")
"""


class Receiver:
    """Ingestion over TLS, and an identity endpoint; keeps what it got."""

    def __init__(self) -> None:
        self.items: list[Json] = []
        self.tokens: set[str] = set()
        self.asked: list[Json] = []

    async def track(self, request: web.Request) -> web.Response:
        """Take telemetry."""
        raw = await request.read()
        self.tokens.add(request.headers.get("Authorization", ""))
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
        items = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        self.items += items
        return web.json_response({"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []})

    async def token(self, request: web.Request) -> web.Response:
        """Give a token."""
        self.asked.append({**request.query, "header": request.headers.get("X-IDENTITY-HEADER")})
        return web.json_response({"access_token": "tokenOfTheReader", "expires_on": "4102444800"})

    def of(self, kind: str) -> list[Json]:
        """Return what is in the items of a kind."""
        found = [item["data"] for item in self.items]
        return [data["baseData"] for data in found if data["baseType"] == kind]


@pytest_asyncio.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    """Yield what an app sent that ran with `azure`, whose Application Insights is our receiver."""
    receiver = Receiver()
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/{path:.*}", receiver.track)
    app.router.add_get("/msi/token", receiver.token)
    runner = web.AppRunner(app)
    await runner.setup()
    secure = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(tmp_path))
    await secure.start()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ports = [address[1] for address in runner.addresses]
    where = f"IngestionEndpoint=https://localhost:{ports[0]}/;LiveEndpoint=https://localhost:{ports[0]}/"
    settings = {
        **json.loads((ROOT / "infra" / "settings.json").read_text())["common"],
        "SPOKEWRIGHT_STORE": "sqlite:unused.db",
        "SERVICE_BUS": "unused",
        "SPOKEWRIGHT_IDENTITY_CLIENT_ID": "reader",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey=00000000-0000-0000-0000-000000000001;{where}",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=AAD;ClientId=reader",
        "REQUESTS_CA_BUNDLE": str(ensure_certificate(tmp_path)[0]),
        "IDENTITY_ENDPOINT": f"http://127.0.0.1:{ports[1]}/msi/token",
        "IDENTITY_HEADER": "header",
    }
    environment = {**os.environ, **settings}
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    await runner.cleanup()
    assert ran.stdout == "done\n", ran.stderr
    yield receiver


async def test_what_application_insights_gets(receiver: Receiver) -> None:
    """Spans are requests and dependencies of one operation, lines have their fields, and no secret is among it."""
    assert receiver.tokens == {"Bearer tokenOfTheReader"}
    assert {(asked["client_id"], asked["header"]) for asked in receiver.asked} == {("reader", "header")}
    (request,) = receiver.of("RequestData")
    assert request["name"] == "receive provisioning-requests"
    assert request["properties"] == {names.DOCUMENT: "Hub/weu"}
    dependencies = {one["name"]: one for one in receiver.of("RemoteDependencyData")}
    assert dependencies.keys() == {"GET Microsoft.Network/virtualNetworks", "plan_document"}
    found = dependencies["GET Microsoft.Network/virtualNetworks"]
    assert (found["success"], found["resultCode"], found["type"]) == (True, "404", "HTTP")
    assert found["target"].startswith("a.example")
    assert "data" not in found
    assert dependencies["plan_document"]["success"] is False
    assert {one["properties"][names.DOCUMENT] for one in dependencies.values()} == {"Hub/weu"}
    (line,) = receiver.of("MessageData")
    assert line["severityLevel"] == 2  # a warning
    assert line["properties"]["document"] == "Hub/weu"
    assert line["properties"]["step"] == "one"
    operations = {item["tags"].get("ai.operation.id") for item in receiver.items if "Metric" not in item["name"]}
    assert len(operations) == 1
    assert {item["tags"]["ai.cloud.role"] for item in receiver.items} == {"spokewright"}
    assert "planted" not in json.dumps(receiver.items)


async def test_metrics_in_application_insights(receiver: Receiver) -> None:
    """A level is the value; of durations there are sum, count, least and most."""
    told = {one["metrics"][0]["name"]: one for one in receiver.of("MetricData")}
    level, duration = told[names.CAPACITY.name], told[names.STEP_DURATION.name]
    assert level["properties"] == {"document": "Hub/weu", "limit": "peerings"}
    assert level["metrics"][0]["value"] == 0.9
    assert duration["properties"] == {"type": "T", "action": "create", "outcome": "succeeded"}
    assert {key: duration["metrics"][0][key] for key in ("value", "count", "min", "max")} == {
        "value": 12,
        "count": 1,
        "min": 12,
        "max": 12,
    }
