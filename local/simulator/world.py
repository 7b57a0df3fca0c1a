"""The simulated Azure that kinds see: resources, who mentions whom, simulated time, deterministic chance.

It knows nothing of HTTP, operations' wire formats or SQLite; what changed is handed out by `take_changes`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from local.simulator.clock import timestamp
from local.simulator.durations import Durations
from local.simulator.resource import Json, Resource, ResourceId

if TYPE_CHECKING:
    from local.simulator.denials import Denial
    from local.simulator.kind import Kind
    from local.simulator.operation import Operation
    from local.simulator.principals import Principal
    from local.simulator.registry import Registry

_NAMESPACE = uuid.UUID("8c6f2a52-5d5c-4c57-9a5e-3f0c7a1d2b10")


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource at rest; `text` is its body and state as JSON."""

    id: ResourceId
    seq: int
    text: str
    etag: str
    created: float
    changed: float

    def thaw(self) -> Resource:
        """Make a copy that may be changed."""
        document = json.loads(self.text)
        return Resource(self.id, document["body"], document["state"], self.etag, self.created, self.changed)


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event to send for a resource that a kind wrote or deleted on the side."""

    id: ResourceId
    action: str


class World:
    """Resources by key, with indexes. All changes happen inside `transaction()` and are undone together."""

    def __init__(self, registry: Registry, *, seed: str = "spokewright", durations: Durations | None = None) -> None:
        self.now = 0.0
        self.seed = seed
        self.subscriptions: tuple[str, ...] = ()
        self.denials: tuple[Denial, ...] = ()
        self.principals: dict[str, Principal] = {}
        """Who may do only what roles allow, by object id."""
        self._registry = registry
        self._durations = durations or Durations()
        self._stored: dict[str, Stored] = {}
        self._by_type: dict[str, set[str]] = {}
        self._by_parent: dict[str, set[str]] = {}
        self._mentions: dict[str, frozenset[str]] = {}
        self._mentioned_by: dict[str, set[str]] = {}
        self._seq = 0
        self._undo: list[tuple[str, Stored | None]] = []
        self._changed: set[str] = set()
        self._announced: list[Announcement] = []
        self.counters: dict[str, int] = {}
        self.counted: set[str] = set()
        self.operations: dict[str, Operation] = {}

    # --- resources -----------------------------------------------------------------------------------

    def find(self, resource_id: ResourceId | str) -> Resource | None:
        """Get a copy of a resource, whatever the case of the id; None where there is none."""
        stored = self._stored.get(_key(resource_id))
        return stored.thaw() if stored else None

    def save(self, resource: Resource) -> None:
        """Store a new or changed resource; its etag, and that of its root for network kinds, changes."""
        kind = self._registry.find(resource.id.type)
        previous = self._stored.get(resource.key)
        if kind is not None and kind.etag_format:
            resource.etag = kind.etag_format.format(self.guid("etag", resource.key))
            self._share_etag(kind, resource.id, resource.etag)
        if previous is None:
            self._seq += 1
            resource.created = resource.created or self.now
        resource.changed = self.now
        text = json.dumps({"body": resource.body, "state": resource.state})
        seq = previous.seq if previous else self._seq
        self._set(Stored(resource.id, seq, text, resource.etag, resource.created, resource.changed))

    def remove(self, resource_id: ResourceId) -> None:
        """Remove a resource and what is nested in it or scoped to it; each kind's `removed` runs after."""
        key = resource_id.key
        inner = [s for k in list(self._by_parent.get(key, ())) if (s := self._stored.get(k))]
        for stored in sorted(inner, key=lambda s: s.seq, reverse=True):
            self.remove(stored.id)
        found = self._stored.get(key)
        if found is None:
            return
        self._unset(key)
        kind = self._registry.find(found.id.type)
        if kind is not None:
            self._share_etag(kind, found.id, kind.etag_format.format(self.guid("etag", key)))
            kind.removed(self, found.thaw())

    def children(self, parent: ResourceId, kind: str = "") -> list[Resource]:
        """List what is nested in a resource (or scoped to it), oldest first."""
        return self._thaw(self._by_parent.get(parent.key, ()), kind)

    def scoped(self, scope: str, kind: str) -> list[Resource]:
        """List what of a type lies directly at a scope: a subscription, a group, or a resource (role assignments)."""
        return self._thaw(self._by_parent.get(scope.lower().rstrip("/"), ()), kind)

    def under(self, scope: str, kind: str = "") -> list[Resource]:
        """List what lies in a subscription, a group or below a resource, of one type or of all, oldest first."""
        prefix = scope.lower().rstrip("/") + "/"
        keys = self._by_type.get(kind.lower(), set()) if kind else self._stored.keys()
        return self._thaw((key for key in keys if key.startswith(prefix)), "")

    def referrers(self, resource_id: ResourceId | str, kind: str = "") -> list[Resource]:
        """List the resources whose body mentions exactly this id, oldest first, without the resource itself."""
        key = _key(resource_id)
        return [r for r in self._thaw(self._mentioned_by.get(key, ()), kind) if r.key != key]

    def between(self, parent: ResourceId, target: ResourceId, kind: str = "") -> list[Resource]:
        """List what is nested in `parent` and mentions `target`: cheap also where either has hundreds of links."""
        keys = self._by_parent.get(parent.key, set()) & self._mentioned_by.get(target.key, set())
        return self._thaw(keys, kind)

    def kind(self, resource_type: str) -> Kind:
        """Get the kind that serves a type."""
        found = self._registry.find(resource_type)
        if found is None:
            raise KeyError(resource_type)
        return found

    # --- events, operations, time and chance -----------------------------------------------------------

    def announce(self, resource_id: ResourceId, action: str) -> None:
        """Send the event of a write or delete that no request of its own made ("write", "delete")."""
        self._announced.append(Announcement(resource_id, action))

    def running(self, lock: ResourceId | str) -> list[Operation]:
        """List the operations under way that hold a lock."""
        key = _key(lock)
        return [op for op in self.operations.values() if key in op.locks]

    def timestamp(self, at: float | None = None) -> str:
        """Write simulated seconds (now) as Azure does."""
        return timestamp(self.now if at is None else at)

    def guid(self, *seed: str) -> str:
        """Make a GUID; the same calls in the same order give the same ones in every run."""
        name = "|".join((self.seed, *seed))
        return str(uuid.uuid5(_NAMESPACE, f"{name}|{self.count(name)}"))

    def random(self, *seed: str) -> Random:
        """Give a source of chance that depends on the seed and on how often it was asked for."""
        name = "|".join(("random", self.seed, *seed))
        return Random(f"{name}|{self.count(name)}")  # noqa: S311 - reproducible on purpose

    def count(self, name: str) -> int:
        """Count one more of something; the count is persisted."""
        self.counters[name] = self.counters.get(name, 0) + 1
        self.counted.add(name)
        return self.counters[name]

    def duration(self, row: str, verb: str, *seed: str, at_least: float = 0.0) -> float:
        """Draw simulated seconds from a row of durations.csv; `at_least` leaves out its lower part."""
        return self._durations.draw(row, verb, self.random(row, verb, *seed), at_least=at_least)

    # --- transactions ----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo everything that was saved, removed and announced inside if it raises."""
        self._undo.clear()
        self._announced.clear()
        try:
            yield
        except BaseException:
            for key, before in reversed(self._undo):
                self._unset(key) if before is None else self._set(before)
            self._announced.clear()
            raise
        finally:
            self._undo.clear()

    def take_changes(self) -> tuple[dict[str, Stored | None], list[Announcement]]:
        """Hand out, once, what changed (None: removed) and what is to be announced."""
        changed = {key: self._stored.get(key) for key in self._changed}
        announced = list(self._announced)
        self._changed.clear()
        self._announced.clear()
        return changed, announced

    def forget(self) -> None:
        """Forget everything: an empty Azure, whose chance begins anew."""
        self._stored.clear()
        self._by_type.clear()
        self._by_parent.clear()
        self._mentions.clear()
        self._mentioned_by.clear()
        self._changed.clear()
        self.counted.clear()
        self.counters.clear()
        self.operations.clear()

    def load(self, stored: Stored) -> None:
        """Take in a resource from the file."""
        self._seq = max(self._seq, stored.seq)
        self._set(stored)
        self._changed.clear()
        self._undo.clear()

    def _share_etag(self, kind: Kind, changed: ResourceId, etag: str) -> None:
        """Give the root the etag of its changed child, where the provider keeps one etag for both."""
        root = self._stored.get(changed.root.key)
        if kind.shares_etag and changed.parent is not None and root is not None:
            self._set(replace(root, etag=etag, changed=self.now))

    # --- indexes ---------------------------------------------------------------------------------------

    def _set(self, stored: Stored) -> None:
        key = stored.id.key
        self._undo.append((key, self._stored.get(key)))
        self._drop_mentions(key)
        self._stored[key] = stored
        self._by_type.setdefault(stored.id.type.lower(), set()).add(key)
        self._by_parent.setdefault(_parent_key(stored.id), set()).add(key)
        mentions = frozenset(_mentions(json.loads(stored.text)["body"]))
        self._mentions[key] = mentions
        for target in mentions:
            self._mentioned_by.setdefault(target, set()).add(key)
        self._changed.add(key)

    def _unset(self, key: str) -> None:
        stored = self._stored.pop(key)
        self._undo.append((key, stored))
        self._drop_mentions(key)
        self._by_type[stored.id.type.lower()].discard(key)
        self._by_parent[_parent_key(stored.id)].discard(key)
        self._changed.add(key)

    def _drop_mentions(self, key: str) -> None:
        for target in self._mentions.pop(key, ()):
            self._mentioned_by[target].discard(key)

    def _thaw(self, keys: Any, kind: str) -> list[Resource]:
        wanted = kind.lower()
        found = [self._stored[key] for key in keys if not wanted or self._stored[key].id.type.lower() == wanted]
        return [stored.thaw() for stored in sorted(found, key=lambda s: s.seq)]


def _key(resource_id: ResourceId | str) -> str:
    return resource_id.lower().rstrip("/") if isinstance(resource_id, str) else resource_id.key


def _parent_key(resource_id: ResourceId) -> str:
    return resource_id.parent.key if resource_id.parent else resource_id.scope.lower()


def _mentions(value: Json | list[Any] | str | None) -> Iterator[str]:
    """Find every resource id in a body, also as a key (userAssignedIdentities)."""
    if isinstance(value, str):
        if value[:15].lower() == "/subscriptions/":
            yield value.lower().rstrip("/")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _mentions(key)
            yield from _mentions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentions(item)
