# ruff: noqa: D103 - the names of the functions say what they do
"""Functions on Service Bus: a queue, a subscription, and a queue in batches."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.functions as func

app = func.FunctionApp()
seen: dict[str, list[Any]] = {}
gate = asyncio.Semaphore(0)


@app.service_bus_queue_trigger(arg_name="message", queue_name="orders", connection="BUS")
async def on_order(message: func.ServiceBusMessage) -> None:
    seen.setdefault("orders", []).append(message)
    if message.application_properties.get("wait"):
        await gate.acquire()
    if message.delivery_count < message.application_properties.get("deliveries", 1):
        raise RuntimeError("not yet")


@app.service_bus_queue_trigger(arg_name="message", queue_name="slow", connection="BUS")
async def on_slow(message: func.ServiceBusMessage) -> None:
    seen.setdefault("slow", []).append(message.get_body().decode())
    if message.application_properties.get("wait"):
        await gate.acquire()
        seen.setdefault("ended", []).append(message.get_body().decode())


@app.service_bus_topic_trigger(arg_name="message", topic_name="news", subscription_name="first", connection="BUS")
def on_news(message: func.ServiceBusMessage) -> None:
    seen.setdefault("news", []).append(message.get_body().decode())


@app.service_bus_queue_trigger(
    arg_name="messages", queue_name="%BATCHES%", connection="BUS", cardinality=func.Cardinality.MANY
)
def on_batch(messages: list[func.ServiceBusMessage]) -> None:
    seen.setdefault("batches", []).append([(each.message_id, each.get_body().decode()) for each in messages])
