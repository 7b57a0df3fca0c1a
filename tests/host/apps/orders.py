# ruff: noqa: D103 - the names of the functions say what they do
"""A small app with every kind of trigger that the host serves; what its functions saw is in `seen`."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

if TYPE_CHECKING:
    from collections.abc import Generator

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
seen: dict[str, list[Any]] = {}


def note(kind: str, value: Any) -> None:
    """Remember what a function saw, and write it where a test of the process reads it."""
    seen.setdefault(kind, []).append(value)
    if "ORDERS_JOURNAL" in os.environ:
        with Path(os.environ["ORDERS_JOURNAL"]).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps([kind, value]) + "\n")


def answer(value: Any, status: int = 200) -> func.HttpResponse:
    """Answer JSON."""
    return func.HttpResponse(json.dumps(value), status_code=status, mimetype="application/json")


@app.route(route="orders/{number:int}", methods=["GET"])
def get_order(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return answer({"number": req.route_params["number"], "query": dict(req.params), "by": context.function_name})


@app.route(route="orders/{name}", methods=["GET"])
async def get_order_by_name(req: func.HttpRequest) -> func.HttpResponse:
    return answer({"name": req.route_params["name"]})


@app.route(route="orders", methods=["POST"])
def post_order(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"X-Kind": req.headers["content-type"], "Set-Cookie": "order=1; Path=/"}
    return func.HttpResponse(req.get_body(), status_code=201, headers=headers)


@app.route(route="headers", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def show_headers(req: func.HttpRequest) -> func.HttpResponse:
    return answer({"headers": dict(req.headers), "body": req.get_body().decode()})


@app.route(route="files/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_file(req: func.HttpRequest) -> str:
    return req.route_params.get("path", "nothing")


@app.route(route="pages/{number:int?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_page(req: func.HttpRequest) -> str:
    return req.route_params.get("number", "first")


@app.route(route="", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def unrouted(req: func.HttpRequest) -> str:
    return f"named by {req.method}"


@app.route(route="{root:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_root(req: func.HttpRequest) -> str:
    return f"the root, {req.route_params.get('root', '')!r}"


@app.route(route="broken", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError(f"{req.method} is broken")


@app.route(route="secrets", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def secrets(req: func.HttpRequest) -> str:
    return req.method


@app.route(route="ship/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def ship(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance = await client.start_new("shipping", req.route_params["id"], req.get_json())
    return client.create_check_status_response(req, instance)


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    kind = event.type if hasattr(event, "type") else event.event_type  # a CloudEvent is the SDK's own class
    note("event", [event.id, kind, event.get_json()])
    if event.get_json().get("fail"):
        raise RuntimeError("asked to fail")


@app.timer_trigger(arg_name="timer", schedule="%ORDERS_SCHEDULE%", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    note("sweep", timer.past_due)


@app.activity_trigger(input_name="parcel")
def pack(parcel: dict) -> str:  # type: ignore[type-arg]  # the worker wants a plain class
    note("pack", parcel["id"])
    time.sleep(parcel.get("seconds", 0))
    return f"packed {parcel['id']}"


@app.activity_trigger(input_name="parcel")
async def hand_over(parcel: str) -> dict:  # type: ignore[type-arg]  # same
    await asyncio.sleep(0.01)
    note("hand_over", parcel)
    return {"parcel": parcel}


@app.activity_trigger(input_name="instance")
@app.durable_client_input(client_name="client")
async def announce(instance: str, client: df.DurableOrchestrationClient) -> str:
    await client.raise_event(instance, "announced", {"by": "activity"})
    return "announced"


@app.orchestration_trigger(context_name="context")
def shipping(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    parcel = context.get_input()
    packed = yield context.call_activity("pack", parcel)
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=parcel.get("days", 0) * 86400))
    handed = yield context.call_activity("hand_over", packed)
    return {**handed, "at": context.current_utc_datetime.isoformat()}


@app.orchestration_trigger(context_name="context")
def announcing(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    announced = context.wait_for_external_event("announced")
    activity = context.call_activity("announce", context.instance_id)
    return (yield context.task_all([announced, activity]))


@app.orchestration_trigger(context_name="context")
def listening(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    context.set_custom_status("listening")
    return (yield context.wait_for_external_event("event"))


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    done = []
    for number in range(context.get_input()):
        pause = context.create_timer(context.current_utc_datetime + timedelta(seconds=1))
        pair = [context.call_activity("pack", {"id": f"{number}{side}", "seconds": 0.02}) for side in "ab"]
        results = yield context.task_all([*pair, pause])
        done += results[:2]
    return done
