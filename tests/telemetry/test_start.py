"""Where telemetry goes: what is loaded for it, what a collector gets, and that it stops nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from orchestration.settings import Settings
from shared.telemetry.start import Choice
from tests.telemetry.told import Told

ROOT = Path(__file__).parents[2]
BARE = {"SPOKEWRIGHT_STORE": "sqlite:unused.db", "SERVICE_BUS": "unused"}
NOWHERE = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://127.0.0.1:1/"
QUIET = {"APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true", "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true"}
DO_SOMETHING = """
import logging, function_app
from shared.telemetry import meter, names, trace
with trace.span("sweep", {names.DOCUMENT: "Hub/weu"}):
    logging.getLogger("orchestration.x").warning("x.happened step=%s", "one")
    meter.record(names.SWEEPS, 1, outcome="succeeded")
"""


def run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, with the app's settings."""
    environment = {**os.environ, **BARE, **settings}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def loaded(**settings: str) -> set[str]:
    """Return the packages of OpenTelemetry and of its exporters that starting the app loads."""
    script = "import sys, json, function_app; print(json.dumps(list(sys.modules)))"
    ran = run(script, **settings)
    assert ran.returncode == 0, ran.stderr
    watched = (
        "opentelemetry.sdk",
        "opentelemetry.exporter",
        "opentelemetry.metrics",
        "azure.monitor",
        "azure.identity",
        "requests",
    )
    modules: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return {start for start in watched for module in modules if module == start or module.startswith(f"{start}.")}


def test_off_loads_nothing() -> None:
    """While it is off, which it is if nothing is said, nothing of an SDK or an exporter is loaded."""
    assert loaded() == set()
    assert loaded(SPOKEWRIGHT_TELEMETRY="off", APPLICATIONINSIGHTS_CONNECTION_STRING=NOWHERE) == set()


def test_each_place_loads_its_own(tmp_path: Path) -> None:
    """A file needs no exporter's package, a collector not Azure's, and neither an identity."""
    assert loaded(SPOKEWRIGHT_TELEMETRY=f"file:{tmp_path / 't'}") == {"opentelemetry.sdk", "opentelemetry.metrics"}
    assert "azure.monitor" not in loaded(SPOKEWRIGHT_TELEMETRY="otlp")
    assert {"azure.monitor", "azure.identity"} <= loaded(
        SPOKEWRIGHT_TELEMETRY="azure", APPLICATIONINSIGHTS_CONNECTION_STRING=NOWHERE, **QUIET
    )


def test_what_is_usual() -> None:
    """Nothing said: Application Insights where there is one, else nowhere."""
    assert Settings.read(BARE).telemetry == Choice("off")
    there = BARE | {"APPLICATIONINSIGHTS_CONNECTION_STRING": NOWHERE, "SPOKEWRIGHT_IDENTITY_CLIENT_ID": "reader"}
    assert Settings.read(there).telemetry == Choice("azure", "reader")
    assert Settings.read(there | {"SPOKEWRIGHT_TELEMETRY": "console"}).telemetry.to == "console"


@pytest.mark.parametrize("text", ["on", "file:", "file", "Azure", "otlp:x"])
def test_another_place_is_refused(text: str) -> None:
    """What is no place stops the app at its start, with what there is."""
    with pytest.raises(ValueError, match="off, console, file:PATH, otlp, azure"):
        Settings.read(BARE | {"SPOKEWRIGHT_TELEMETRY": text})


def test_a_place_that_cannot_be_had_stops_nothing(tmp_path: Path) -> None:
    """The app starts without telemetry, and says so, where the exporter cannot be made."""
    for settings in (
        {"SPOKEWRIGHT_TELEMETRY": f"file:{tmp_path / 'no' / 'such' / 'folder'}"},
        {"SPOKEWRIGHT_TELEMETRY": "azure", "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=none", **QUIET},
    ):
        ran = run("import function_app; print(len(function_app.app.get_functions()))", **settings)
        assert ran.returncode == 0, ran.stderr
        assert int(ran.stdout) > 20
        assert "telemetry.unavailable" in ran.stderr


def test_the_console_is_standard_error() -> None:
    """Lines go to standard error: standard output is the host's."""
    ran = run(DO_SOMETHING, SPOKEWRIGHT_TELEMETRY="console")
    lines = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    assert [line["signal"] for line in lines if line["signal"] != "metric"] == ["log", "span"]
    assert ran.stdout == ""


def test_a_line_stands_in_its_span(tmp_path: Path) -> None:
    """In the file a log line has trace and span of what was going on, and its document."""
    ran = run(DO_SOMETHING, SPOKEWRIGHT_TELEMETRY=f"file:{tmp_path / 't'}")
    assert ran.returncode == 0, ran.stderr
    told = Told.read(tmp_path / "t")
    ((line,), (span,)) = told.logs, told.spans
    assert (line["trace"], line["span"]) == span.key
    assert line["attributes"]["document"] == "Hub/weu"
    assert line["attributes"]["step"] == "one"
    assert span.line["resource"]["service.name"] == "spokewright"
    assert [(one["name"], one["value"]) for one in told.metrics] == [("spokewright.sweeps", 1)]


async def test_a_collector_gets_all_three() -> None:
    """With `otlp` a receiver gets spans, log lines and metrics as OTLP's JSON, at the paths of the protocol."""
    got: dict[str, Any] = {}

    async def take(request: web.Request) -> web.Response:
        got[request.path] = (
            request.headers["Content-Type"],
            request.headers.get("x-key"),
            json.loads(await request.read()),
        )
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    settings = {
        "SPOKEWRIGHT_TELEMETRY": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{runner.addresses[0][1]}",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret",
        "OTEL_SERVICE_NAME": "ours",
    }
    ran = await asyncio.to_thread(lambda: run(DO_SOMETHING, **settings))
    await runner.cleanup()
    assert ran.returncode == 0, ran.stderr
    assert got.keys() == {"/v1/traces", "/v1/logs", "/v1/metrics"}
    assert {(type_, key) for type_, key, _ in got.values()} == {("application/json", "secret")}
    scope = got["/v1/traces"][2]["resourceSpans"][0]
    assert {"key": "service.name", "value": {"stringValue": "ours"}} in scope["resource"]["attributes"]
    assert scope["scopeSpans"][0]["spans"][0]["name"] == "sweep"


def test_application_insights_away_stops_nothing() -> None:
    """With `azure`, and nobody at the other end, what happens happens all the same."""
    ran = run(
        DO_SOMETHING + "print('done')",
        SPOKEWRIGHT_TELEMETRY="azure",
        APPLICATIONINSIGHTS_CONNECTION_STRING=NOWHERE,
        **QUIET,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().endswith("done")
