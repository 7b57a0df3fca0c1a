"""What is read at the start: clock, keys, host.json, the app's functions and their settings."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from local.host.clock import Clock, Origin, seconds, timestamp
from local.host.configuration import Configuration
from local.host.files import StateInUse, lock_file
from local.host.indexing import IndexingError, index
from local.host.keys import Keys
from local.host.service_bus_trigger import SettingMissing, connection_of
from local.profile import settings_of
from tests.host.running import ROOT, load_app

if TYPE_CHECKING:
    from pathlib import Path


def test_the_clock_goes_on_over_a_restart(tmp_path: Path) -> None:
    """Simulated time passes at the speed, also while nobody runs, and a new speed does not turn it back."""
    time = [1000.0]
    clock = Clock.resume(tmp_path / "clock.json", 10, Origin(1000.0, 5000.0), lambda: time[0])
    time[0] = 1010.0
    assert clock.now() == 5100.0
    assert clock.real_seconds_until(5200.0) == 10.0
    assert clock.real_seconds_until(0.0) == 0.0
    time[0] = 1020.0
    assert Clock.resume(tmp_path / "clock.json", 10, real=lambda: time[0]).now() == 5200.0
    slower = Clock.resume(tmp_path / "clock.json", 1, real=lambda: time[0])
    time[0] = 1025.0
    assert slower.now() == 5205.0
    with pytest.raises(ValueError, match="greater than 0"):
        Clock(0)


def test_an_origin_is_two_numbers() -> None:
    """The clock origin is read from `REAL:SIMULATED`."""
    assert Origin.parse("1.5:2.5") == Origin(1.5, 2.5)
    with pytest.raises(ValueError, match="REAL_SECONDS:SIMULATED_SECONDS"):
        Origin.parse("1.5")


def test_moments_are_written_and_read_to_the_microsecond() -> None:
    """A moment survives its text, so that a timer never fires a microsecond early."""
    moment = seconds("2030-01-02T03:04:05.678901Z")
    assert timestamp(moment) == "2030-01-02T03:04:05.678901Z"
    assert seconds("2030-01-02T03:04:05.678901") == moment


def test_keys_are_made_once(tmp_path: Path) -> None:
    """Keys stay the same, are readable by their owner only, and open nothing else."""
    keys = Keys.load(tmp_path / "keys.json")
    assert Keys.load(tmp_path / "keys.json") == keys
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert keys.opens_function("ANONYMOUS", "")
    assert keys.opens_function("FUNCTION", keys.function)
    assert not keys.opens_function("FUNCTION", "")
    assert not keys.opens_function("FUNCTION", "schlüssel")
    assert not keys.opens_function("ADMIN", keys.function)
    assert keys.opens_event_grid(keys.event_grid)
    assert not keys.opens_durable(keys.event_grid)


def test_host_json_is_obeyed(tmp_path: Path) -> None:
    """The host reads its own part of host.json, with settings in place of their names."""
    path = tmp_path / "host.json"
    bus = {"maxConcurrentCalls": 3, "maxAutoLockRenewalDuration": "00:10:30"}
    durable = {"hubName": "%HUB%", "maxConcurrentActivityFunctions": 7}
    path.write_text(
        json.dumps({"extensions": {"http": {"routePrefix": ""}, "serviceBus": bus, "durableTask": durable}})
    )
    read = Configuration.read(path, {"HUB": "mine"})
    assert read == Configuration("", "mine", 7, 3, 1000, timedelta(minutes=10, seconds=30))
    assert Configuration.read(tmp_path / "none.json", {}) == Configuration()


def test_app_settings_override_host_json(tmp_path: Path) -> None:
    """A setting with the keys in its name goes before the file, in any case; one that leads past a value is lost."""
    path = tmp_path / "host.json"
    bus = {"maxConcurrentCalls": 3, "maxAutoLockRenewalDuration": "00:10:30"}
    path.write_text(json.dumps({"extensions": {"serviceBus": bus, "durableTask": {"hubName": "Mine"}}}))
    prefix = "AzureFunctionsJobHost__extensions__"
    given = {
        f"{prefix}serviceBus__maxConcurrentCalls": "5",
        f"{prefix.upper()}SERVICEBUS__MAXAUTOLOCKRENEWALDURATION": "00:00:20",
        f"{prefix}http__routePrefix": "v1",
        f"{prefix}durableTask__hubName__deeper": "Lost",
        f"{prefix}durableTask__storageProvider__type": "AzureStorage",
        "AzureFunctionsJobHost__": "nothing",
    }
    read = Configuration.read(path, given)
    assert read == Configuration("v1", "Mine", messages_at_once=5, renew_locks_for=timedelta(seconds=20))


def test_our_own_host_json_can_be_read() -> None:
    """The project's host.json gives the prefix and limits that the design names."""
    read = Configuration.read(ROOT / "host.json", {})
    assert (read.route_prefix, read.messages_at_once, read.activities_at_once) == ("api", 16, 32)


def test_a_message_is_locked_as_long_as_a_function_may_run() -> None:
    """Locks are renewed until the function is ended, so that nobody else gets a message that somebody works at."""
    told = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    assert told["extensions"]["serviceBus"]["maxAutoLockRenewalDuration"] == told["functionTimeout"]


def test_there_is_a_thread_for_each_orchestrator() -> None:
    """What the host hands to a worker does not wait for a thread there."""
    told = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    threads = settings_of("public")["PYTHON_THREADPOOL_THREAD_COUNT"]
    assert int(threads) == told["extensions"]["durableTask"]["maxConcurrentOrchestratorFunctions"]


def test_every_kind_of_function_is_found() -> None:
    """Functions are found by trigger, with client bindings and settings resolved."""
    functions = index(load_app("orders").app, {"ORDERS_SCHEDULE": "0 0 * * * *"})
    assert functions.orchestrators.keys() == {"shipping", "announcing", "listening", "chain"}
    assert functions.activities["announce"].clients == ("client",)
    assert functions.activities["announce"].is_async
    assert not functions.activities["pack"].is_async
    assert functions.of("timerTrigger")["sweep"].settings["schedule"] == "0 0 * * * *"
    assert functions.of("httpTrigger")["get_order"].wants_context
    assert functions.of("queueTrigger") == {}


@pytest.mark.parametrize(
    ("name", "value", "runs"),
    [
        ("AzureWebJobs.on_order.Disabled", "true", False),
        ("AzureWebJobs_on_order_Disabled", "1", False),
        ("azurewebjobs.ON_ORDER.disabled", "True", False),
        ("AzureWebJobs.on_order.Disabled", "false", True),
        ("AzureWebJobs.another.Disabled", "true", True),
        ("AzureWebJobs.on_order_Disabled", "true", True),
    ],
)
def test_a_setting_disables_a_function(name: str, value: str, *, runs: bool) -> None:
    """A disabled function is not there: with dots or underscores, in any case, and only where it is true."""
    found = index(load_app("parcels").app, {name: value}).of("serviceBusTrigger")
    assert ("on_order" in found) is runs
    assert len(found) + (not runs) == len(index(load_app("parcels").app, {}).of("serviceBusTrigger"))


def with_entity(app: df.DFApp) -> None:
    """An entity."""

    @app.entity_trigger(context_name="context")
    def counter(context: Any) -> None:
        context.set_result(0)


def with_blob(app: df.DFApp) -> None:
    """A blob trigger."""

    @app.blob_trigger(arg_name="blob", path="a/b", connection="X")
    def on_blob(blob: Any) -> None:
        blob.read()


def with_output(app: df.DFApp) -> None:
    """An output binding."""

    @app.route(route="x")
    @app.queue_output(arg_name="out", queue_name="q", connection="X")
    def writes(req: func.HttpRequest, out: Any) -> None:
        out.set(req.url)


def with_namesakes(app: df.DFApp) -> None:
    """Two functions of one name."""
    for route in ("x", "y"):

        @app.function_name("twin")
        @app.route(route=route)
        def twin(req: func.HttpRequest) -> None:
            del req


@pytest.mark.parametrize(
    ("register", "message"),
    [
        (with_entity, "'counter': the local host does not run entityTrigger"),
        (with_blob, "'on_blob': the local host does not run blobTrigger"),
        (with_output, "'writes': the local host does not have the bindings"),
        (with_namesakes, "twin does not have a unique function name"),
    ],
    ids=["entity", "trigger", "binding", "name"],
)
def test_what_cannot_run_is_refused(register: Any, message: str) -> None:
    """An app with something that this host does not run does not start, and the message says what."""
    app = df.DFApp()
    register(app)
    with pytest.raises(IndexingError, match=message):
        index(app, {})


def test_a_connection_is_a_setting() -> None:
    """A Service Bus connection is found by its setting, and missed with its name."""
    function = index(load_app("parcels").app, {}).of("serviceBusTrigger")["on_order"]
    assert connection_of(function, {"BUS": "Endpoint=sb://a"}) == "Endpoint=sb://a"
    assert connection_of(function, {"AzureWebJobsBUS": "Endpoint=sb://b"}) == "Endpoint=sb://b"
    with pytest.raises(SettingMissing, match="the app setting BUS must be a connection string"):
        connection_of(function, {"BUS__fullyQualifiedNamespace": "x.servicebus.windows.net"})


def test_a_state_file_has_one_owner(tmp_path: Path) -> None:
    """A lock is held until it is let go, or its process ends."""
    held = lock_file(tmp_path / "durable.db.lock")
    with pytest.raises(StateInUse, match=r"durable\.db"):
        lock_file(tmp_path / "durable.db.lock")
    held.close()
    lock_file(tmp_path / "durable.db.lock").close()
