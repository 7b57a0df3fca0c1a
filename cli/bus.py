"""The Service Bus of a deployment: sends to its queues, looks into them, takes what is there. One per command.

Errors of the SDK end here, as sentences. The SDK is loaded when it is first used: it costs half a second.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from cli.errors import REFUSED, CommandError, Missing, Misused, Unreachable
from cli.session import Chosen, open_session

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver

REQUESTS = "provisioning-requests"
REJECTED = "provisioning-rejected"
EVENTS = "resource-events"
VARIABLE = "SPOKEWRIGHT_SERVICE_BUS"
AT_ONCE = 50
PAUSE = 2.0
"""Seconds that a look waits for more to come."""


@dataclass(frozen=True, slots=True)
class Source:
    """A queue that messages are read from, or its dead letters."""

    queue: str
    dead_letters: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came, all of it somebody else's text."""

    number: int
    id: str
    correlation: str
    enqueued: str
    body: bytes
    properties: dict[str, Any]
    reason: str = ""
    description: str = ""
    content_type: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is sent."""

    body: bytes
    id: str
    correlation: str = ""
    reply_to: str = ""
    properties: dict[str | bytes, Any] = field(default_factory=dict)
    content_type: str = "application/json"


def namespace_of(chosen: Chosen, said: str) -> str:
    """Return the namespace that is meant: said, of the context, of the environment; raise Misused where there is none.

    It is a host name, or a connection string.
    """
    named = "" if chosen.context else os.environ.get(VARIABLE, "")
    found = said or named or open_session(chosen).context.service_bus
    if not found:
        raise Misused(
            "it is not known which Service Bus belongs to this deployment",
            f"say --service-bus NAME.servicebus.windows.net, or set {VARIABLE}",
        )
    return found


def host_of(namespace: str) -> str:
    """Return the host name of a namespace, without the key that a connection string holds."""
    if "=" not in namespace:
        return namespace
    parts = dict(part.partition("=")[::2] for part in namespace.split(";"))
    return parts.get("Endpoint", "").removeprefix("sb://").strip("/")


class Bus:
    """One namespace; use as a context manager."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._client: ServiceBusClient | None = None

    def __enter__(self) -> Self:
        logging.getLogger("azure").addHandler(logging.NullHandler())  # what went wrong is said once, by us
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def is_local(self) -> bool:
        """Whether it is the local stack's."""
        return "UseDevelopmentEmulator=true" in self._namespace

    @property
    def host(self) -> str:
        """Its name, without what signs in there."""
        return host_of(self._namespace)

    def send(self, queue: str, message: Outgoing) -> None:
        """Send to a queue."""
        from azure.servicebus import ServiceBusMessage  # noqa: PLC0415 - see above

        ready = ServiceBusMessage(
            message.body,
            message_id=message.id,
            correlation_id=message.correlation or None,
            reply_to=message.reply_to or None,
            content_type=message.content_type or None,
            application_properties=message.properties,
        )
        with self._said(queue), self._opened().get_queue_sender(queue) as sender:
            sender.send_messages(ready)

    def peek(self, source: Source, limit: int, number: int = 0) -> list[Message]:
        """Look at messages from a number on, oldest first, without taking them."""
        with self._said(source.queue), self._receiver(source) as receiver:
            found: list[Message] = []
            while len(found) < limit:
                after = found[-1].number + 1 if found else number
                seen = receiver.peek_messages(min(limit - len(found), AT_ONCE), sequence_number=after)
                found += map(_message, seen)
                if not seen:
                    break  # a page may be short of what was asked for, and more may follow
            return found

    def replies(self, queue: str, correlation: str, seconds: float) -> Generator[Message, None, None]:
        """Yield and take the replies to one request for some seconds; those to others are given back at the end."""
        until = time.monotonic() + seconds
        with self._said(queue), self._receiver(Source(queue)) as receiver:
            others = []
            try:
                while (left := until - time.monotonic()) > 0:
                    for one in receiver.receive_messages(AT_ONCE, max_wait_time=min(left, PAUSE)):
                        if one.correlation_id != correlation:
                            others.append(one)
                            continue
                        receiver.complete_message(one)
                        yield _message(one)
            finally:
                for one in others:
                    receiver.abandon_message(one)

    def pick(self, source: Source, wanted: set[int]) -> Generator[Message, None, None]:
        """Yield the messages of some numbers, each gone when the next one is asked for; what came before is kept."""
        with self._said(source.queue), self._receiver(source) as receiver:
            others = []
            try:
                while wanted and (held := receiver.receive_messages(1, max_wait_time=PAUSE)):
                    if held[0].sequence_number in wanted:
                        wanted.discard(held[0].sequence_number)
                        yield from _settled(receiver, held[0])
                    else:
                        others.append(held[0])
            finally:
                for one in others:
                    receiver.abandon_message(one)

    def _opened(self) -> ServiceBusClient:
        from azure.servicebus import ServiceBusClient  # noqa: PLC0415 - see above

        if self._client is None:
            options: dict[str, Any] = {"retry_total": 1, "retry_backoff_factor": 0.1}
            if "=" in self._namespace:
                self._client = ServiceBusClient.from_connection_string(self._namespace, **options)
            else:
                from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - see above

                self._client = ServiceBusClient(self._namespace, DefaultAzureCredential(), **options)
        return self._client

    def _receiver(self, source: Source) -> ServiceBusReceiver:
        from azure.servicebus import ServiceBusSubQueue  # noqa: PLC0415 - see above

        sub_queue = ServiceBusSubQueue.DEAD_LETTER if source.dead_letters else None
        return self._opened().get_queue_receiver(source.queue, sub_queue=sub_queue)

    @contextmanager
    def _said(self, queue: str) -> Iterator[None]:
        """Turn what the SDK raises into what a person reads."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - see above

        try:
            yield
        except AzureError as error:
            raise _translated(error, queue, self.host) from None
        except ValueError as error:
            mend = "write a host name, such as NAME.servicebus.windows.net, or a whole connection string"
            raise Misused(f"the Service Bus namespace cannot be used: {error}", mend) from None


def _settled(receiver: ServiceBusReceiver, received: ServiceBusReceivedMessage) -> Generator[Message, None, None]:
    """Yield a message; it is completed when the caller goes on, and given back when it stops here."""
    done = False
    try:
        yield _message(received)
        done = True
    finally:
        (receiver.complete_message if done else receiver.abandon_message)(received)


def _message(one: ServiceBusReceivedMessage) -> Message:
    raw = one.body
    body = raw if isinstance(raw, bytes) else b"".join(part for part in raw if isinstance(part, bytes))
    return Message(
        int(one.sequence_number or 0),
        str(one.message_id or ""),
        str(one.correlation_id or ""),
        one.enqueued_time_utc.isoformat() if one.enqueued_time_utc else "",
        body,
        {_text(name): _text(value) for name, value in (one.application_properties or {}).items()},
        str(one.dead_letter_reason or ""),
        str(one.dead_letter_error_description or ""),
        str(one.content_type or ""),
        str(one.reply_to or ""),
    )


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _translated(error: Exception, queue: str, host: str) -> CommandError:
    """Return what a person can do something about."""
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415 - see above
    from azure.servicebus import exceptions as sdk  # noqa: PLC0415 - see above

    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, sdk.MessagingEntityNotFoundError):
        return Missing(f"there is no queue {queue} in {host}", "name one that is there; Azure makes none by itself")
    if isinstance(
        error, ClientAuthenticationError | sdk.ServiceBusAuthenticationError | sdk.ServiceBusAuthorizationError
    ):
        mend = f"sign in (`az login`) as somebody who may use {queue}, or use a connection string"
        return CommandError(f"{host} does not let you in: {first}", mend, REFUSED)
    if isinstance(error, sdk.MessageSizeExceededError):
        return Misused(f"the message is too large for {host}", "send fewer documents at once")
    return Unreachable(f"{host} cannot be used: {first}", "see whether it runs, and the address is right")
