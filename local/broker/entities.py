"""Which queues, topics and subscriptions exist, and how a path names one of them.

Reply queues are the one thing made on demand: every queue whose name starts with `reply-` exists as soon as
somebody attaches to it, so that a requester can name its own `reply_to`. Nothing else is created by use.
"""

import re
from dataclasses import dataclass, replace

from local.broker.refusal import NOT_ALLOWED, NOT_FOUND, Refused

DEAD_LETTER_SUFFIX = "/$deadletterqueue"
SUBSCRIPTIONS = "/subscriptions/"
STANDARD_MESSAGE_BYTES = 256 * 1024
PREMIUM_MESSAGE_BYTES = 1024 * 1024
DUPLICATE_WINDOW_SECONDS = 600.0

_REPLY_QUEUE = re.compile(r"reply-[a-z0-9._-]{1,200}")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, or one subscription of a topic; durations are in seconds."""

    name: str
    lock_seconds: float = 60.0
    max_deliveries: int = 10
    time_to_live_seconds: float | None = None
    duplicate_window_seconds: float | None = None  # None: no duplicate detection
    dead_letter_expired: bool = True


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic copies every message to each of its subscriptions; it has no rules."""

    name: str
    subscriptions: tuple[Queue, ...]
    duplicate_window_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Entities:
    """The whole namespace as a table; paths are compared without case, as Azure does."""

    queues: tuple[Queue, ...]
    topics: tuple[Topic, ...] = ()
    reply_queue: Queue = Queue("reply-*", time_to_live_seconds=24 * 3600.0, dead_letter_expired=False)
    max_message_bytes: int = STANDARD_MESSAGE_BYTES

    def topic(self, path: str) -> Topic | None:
        """The topic of that path, or None."""
        return next((topic for topic in self.topics if topic.name.lower() == path), None)

    def queue(self, path: str) -> Queue | None:
        """The queue or subscription behind a path or its dead-letter path, or None."""
        path = path.removesuffix(DEAD_LETTER_SUFFIX)
        if _REPLY_QUEUE.fullmatch(path):
            return replace(self.reply_queue, name=path)
        name, separator, subscription = path.partition(SUBSCRIPTIONS)
        if not separator:
            return next((queue for queue in self.queues if queue.name.lower() == name), None)
        topic = self.topic(name)
        candidates = topic.subscriptions if topic else ()
        return next((each for each in candidates if each.name.lower() == subscription), None)

    def require_target(self, path: str) -> None:
        """Refuse a path that nothing can be sent to."""
        if self.topic(path) is None and self.queue(path) is None:
            raise Refused(NOT_FOUND, f"The messaging entity '{path}' could not be found.")
        if SUBSCRIPTIONS in path or path.endswith(DEAD_LETTER_SUFFIX):
            raise Refused(NOT_ALLOWED, f"Messages cannot be sent to '{path}': send to its queue or topic.")

    def require_source(self, path: str) -> None:
        """Refuse a path that nothing can be received from."""
        if self.topic(path) is not None:
            raise Refused(NOT_ALLOWED, f"'{path}' is a topic: receive from one of its subscriptions.")
        if self.queue(path) is None:
            raise Refused(NOT_FOUND, f"The messaging entity '{path}' could not be found.")

    def require(self, path: str) -> None:
        """Refuse a path that names nothing."""
        if self.topic(path) is None and self.queue(path) is None:
            raise Refused(NOT_FOUND, f"The messaging entity '{path}' could not be found.")

    def destinations(self, path: str) -> tuple[str, ...]:
        """The paths that hold a copy of what is sent to `path`."""
        topic = self.topic(path)
        if topic is None:
            return (path,)
        return tuple(f"{path}{SUBSCRIPTIONS}{each.name.lower()}" for each in topic.subscriptions)

    def duplicate_window_seconds(self, path: str) -> float | None:
        """How long a message id is remembered at the entity that is sent to; None where it is not."""
        entity = self.topic(path) or self.queue(path)
        return entity.duplicate_window_seconds if entity else None


def is_dead_letter(path: str) -> bool:
    """Whether the path is a dead-letter subqueue."""
    return path.endswith(DEAD_LETTER_SUFFIX)


def dead_letter_path(path: str) -> str:
    """Where messages of `path` go when they are dead-lettered; a dead-letter queue keeps its own."""
    return path if is_dead_letter(path) else path + DEAD_LETTER_SUFFIX


def entity_path(address: str) -> str:
    """The lower-case entity path in an address: `amqps://host/Orders` and `Orders` are both `orders`."""
    _, separator, rest = address.partition("://")
    path = rest.partition("/")[2] if separator else address
    return path.strip("/").lower()


# provisioning-requests has no duplicate detection on purpose: the app itself is idempotent by message id, and a
# broker that hid duplicates would hide a defect of it.
DEFAULT_ENTITIES = Entities(
    queues=(Queue("provisioning-requests"), Queue("provisioning-rejected"), Queue("resource-events")),
    topics=(Topic("provisioning-replies", (Queue("all"),)),),
)
