"""Service Bus triggers: receive with the real client, call the function, complete on success and abandon on failure.

A receiver of the SDK serves one coroutine at a time, so each message under way has a receiver of its own (a lane).
One lane always waits; another is opened whenever all are busy, up to the limit, and closed when it is not needed.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError

from local.host.service_bus_message import decode_many, decode_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.servicebus import ServiceBusReceivedMessage

    from local.host.configuration import Configuration
    from local.host.indexing import Function
    from local.host.invocation import Invoker

log = logging.getLogger(__name__)

_IDLE_SECONDS = 5.0
"""How long an extra lane waits for a message before it closes."""

_FIRST_WAIT_SECONDS = 60.0
_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class SettingMissing(RuntimeError):
    """The app setting of a Service Bus connection is not there."""


@dataclass(slots=True)
class ServiceBusTrigger:
    """One function with a queue or a subscription."""

    function: Function
    connection: str
    configuration: Configuration
    invoker: Invoker
    _lanes: set[asyncio.Task[None]] = field(default_factory=set)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)
    _stopping: bool = False
    _broken: bool = False

    def start(self) -> None:
        """Receive until stopped, whatever becomes of the broker."""
        self._open_lane(is_first=True)

    async def stop(self, seconds: float) -> None:
        """Take no more messages, and give the calls under way so long to end; the rest is delivered again."""
        self._stopping = True
        for lane in self._lanes - self._busy:
            lane.cancel()
        if self._lanes:
            await asyncio.wait(self._lanes, timeout=seconds)
        left = list(self._lanes)
        for lane in left:
            lane.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _open_lane(self, *, is_first: bool = False) -> None:
        lane = asyncio.create_task(self._lane(is_first=is_first), name=f"{self.function.name} lane")
        self._lanes.add(lane)
        lane.add_done_callback(self._lanes.discard)

    async def _lane(self, *, is_first: bool) -> None:
        failures = 0
        while not self._stopping:
            try:
                client = ServiceBusClient.from_connection_string(
                    self.connection, retry_total=1, retry_backoff_factor=0.1
                )
                async with client, self._receiver(client) as receiver, AutoLockRenewer() as renewer:
                    failures = 0
                    self._recovered()
                    await self._receive(receiver, renewer, is_first=is_first)
            except Exception as error:  # noqa: BLE001 - a trigger never gives up
                self._report(error)
            if not is_first:
                return  # the first lane stays, and opens others when it needs them
            await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            failures += 1

    def _receiver(self, client: ServiceBusClient) -> ServiceBusReceiver:
        settings = self.function.settings
        if settings.get("queueName"):
            return client.get_queue_receiver(settings["queueName"])
        return client.get_subscription_receiver(settings["topicName"], settings["subscriptionName"])

    async def _receive(self, receiver: ServiceBusReceiver, renewer: AutoLockRenewer, *, is_first: bool) -> None:
        """Take messages one after the other; an extra lane ends when there are none for a while."""
        while not self._stopping:
            messages = await receiver.receive_messages(
                max_message_count=self.configuration.messages_in_batch if self._takes_many else 1,
                max_wait_time=_FIRST_WAIT_SECONDS if is_first else _IDLE_SECONDS,
            )
            if not messages and not is_first:
                return
            if messages:
                await self._occupy(receiver, renewer, messages)

    async def _occupy(
        self,
        receiver: ServiceBusReceiver,
        renewer: AutoLockRenewer,
        messages: Sequence[ServiceBusReceivedMessage],
    ) -> None:
        """Serve messages, and see to it that another lane waits meanwhile."""
        lane = asyncio.current_task()
        assert lane is not None  # noqa: S101 - a coroutine runs in a task
        self._busy.add(lane)
        if self._busy == self._lanes and len(self._lanes) < self.configuration.messages_at_once:
            self._open_lane()
        try:
            await self._serve(receiver, renewer, messages)
        finally:
            self._busy.discard(lane)

    async def _serve(
        self,
        receiver: ServiceBusReceiver,
        renewer: AutoLockRenewer,
        messages: Sequence[ServiceBusReceivedMessage],
    ) -> None:
        for message in messages:
            renewer.register(
                receiver,
                message,
                max_lock_renewal_duration=self.configuration.renew_locks_for.total_seconds(),
            )
        succeeded = await self._call(messages)
        settle = receiver.complete_message if succeeded else receiver.abandon_message
        for message in messages:
            with suppress(MessageLockLostError):  # it comes again: handlers are idempotent
                await settle(message)

    async def _call(self, messages: Sequence[ServiceBusReceivedMessage]) -> bool:
        try:
            value = decode_many(messages) if self._takes_many else decode_one(messages[0])
        except Exception:
            log.exception("service_bus.unreadable function=%s", self.function.name)
            return False
        try:
            await self.invoker.invoke(self.function, value)
        except Exception:  # noqa: BLE001 - the invoker has logged it; the message comes again
            return False
        return True

    @property
    def _takes_many(self) -> bool:
        return str(self.function.settings.get("cardinality") or "one").lower() == "many"

    def _report(self, error: Exception) -> None:
        """Say once that the broker is away, not at every try."""
        if not self._broken:
            log.warning("service_bus.unreachable function=%s error=%s", self.function.name, repr(error)[:300])
        self._broken = True

    def _recovered(self) -> None:
        if self._broken:
            log.info("service_bus.reachable function=%s", self.function.name)
        self._broken = False


def connection_of(function: Function, settings: Mapping[str, str]) -> str:
    """Return the connection string of a trigger; raises SettingMissing."""
    name = str(function.settings.get("connection") or "AzureWebJobsServiceBus")
    for setting in (name, f"AzureWebJobs{name}"):
        if settings.get(setting):
            return settings[setting]
    raise SettingMissing(
        f"function {function.name!r}: the app setting {name} must be a connection string here (no identities)"
    )
