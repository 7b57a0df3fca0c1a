"""The AMQP performatives as plain data, with only the fields the broker reads or writes.

No encoding here (see `codec`), and no behaviour (see `session` and `link`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What the receiver of a delivery says became of it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RELEASED = "released"
    MODIFIED = "modified"


@dataclass(frozen=True, slots=True)
class Error:
    """An AMQP error; the SDK wants condition, description and info, all three."""

    condition: str
    description: str


@dataclass(frozen=True, slots=True)
class SaslInit:
    """The client names the mechanism it chose."""


@dataclass(frozen=True, slots=True)
class SaslMechanisms:
    """The mechanisms we offer."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaslOutcome:
    """The end of the SASL exchange; 0 is success."""

    code: int


@dataclass(frozen=True, slots=True)
class Open:
    """Opens a connection; `idle_timeout` in milliseconds."""

    container: str
    max_frame_size: int
    channel_max: int
    idle_timeout: int | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """Opens a session on a channel."""

    remote_channel: int | None
    next_outgoing_id: int
    incoming_window: int
    outgoing_window: int


@dataclass(frozen=True, slots=True)
class Attach:
    """Attaches a link; `receiver` is the role of who sends the frame."""

    name: str
    handle: int
    receiver: bool
    sender_settles: int
    receiver_settles: int
    source: str | None
    target: str | None
    filters: tuple[str, ...] = ()
    initial_delivery_count: int | None = None
    max_message_size: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Session windows and, with a handle, link credit."""

    next_incoming_id: int | None
    incoming_window: int
    next_outgoing_id: int
    outgoing_window: int
    handle: int | None = None
    delivery_count: int | None = None
    link_credit: int | None = None
    drain: bool = False
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """One frame of a message."""

    handle: int
    delivery_id: int | None
    delivery_tag: bytes | None
    message_format: int | None
    settled: bool
    more: bool
    aborted: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Disposition:
    """The outcome of deliveries first..last; `receiver` is the role of who sends the frame."""

    receiver: bool
    first: int
    last: int
    settled: bool
    outcome: Outcome | None
    error: Error | None = None
    info: dict[str, Any] | None = None
    undeliverable_here: bool = False


@dataclass(frozen=True, slots=True)
class Detach:
    """Detaches a link."""

    handle: int
    closed: bool
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Ends a session."""

    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Closes the connection."""

    error: Error | None = None


Frame = (
    SaslInit
    | SaslMechanisms
    | SaslOutcome
    | Open
    | Begin
    | Attach
    | Flow
    | Transfer
    | Disposition
    | Detach
    | End
    | Close
)
