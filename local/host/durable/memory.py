"""Histories of instances in memory, parsed once: a replay then costs what the orchestrator's own code costs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.host.durable.events import Event, parse_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.host.durable.store import Store

LIMIT = 500
"""Instances kept; the ones unused for longest are read again when they are needed."""

_HEAD = 1


@dataclass(slots=True)
class History:
    """The events of one execution, as they are stored and as the SDK wants them."""

    stored: list[Event] = field(default_factory=list)
    parsed: list[Any] = field(default_factory=list)

    @property
    def head(self) -> Sequence[Event]:
        """The event with which every execution begins: all that the SDK's context has to be made from."""
        return self.stored[:_HEAD]


class Histories:
    """The cache. `extended` looks ahead; only `commit` writes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, History] = OrderedDict()

    def extended(self, instance_id: str, fresh: Sequence[Event]) -> History:
        """Return an instance's history with new events behind it, which are not written yet."""
        past = self._past(instance_id)
        parsed = [parse_event(event, played=False) for event in fresh]
        return History([*past.stored, *fresh], [*past.parsed, *parsed])

    def commit(self, instance_id: str, fresh: Sequence[Event]) -> None:
        """Write new events: from the next step on they are the past."""
        past = self._past(instance_id)
        self._store.append_history(instance_id, len(past.stored), fresh)
        past.stored.extend(fresh)
        past.parsed.extend(parse_event(event, played=True) for event in fresh)

    def forget(self, instance_id: str) -> None:
        """Drop what is in memory of an instance."""
        self._kept.pop(instance_id, None)

    def clear(self) -> None:
        """Drop everything in memory."""
        self._kept.clear()

    def _past(self, instance_id: str) -> History:
        if instance_id not in self._kept:
            stored = self._store.history(instance_id)
            self._kept[instance_id] = History(stored, [parse_event(event, played=True) for event in stored])
            if len(self._kept) > LIMIT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(instance_id)
        return self._kept[instance_id]
