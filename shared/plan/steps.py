"""What a plan is: plain data that is printed, approved by its hash, stored, and executed.

Every value is JSON; the same documents and observations give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from shared.model.errors import NotFound

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of these."""

DEPENDENTS = "*"
"""In `Step.tells`: every document that waits for an output which this step brings, looked up when it is done."""


class Action(StrEnum):
    """What a step does to its resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    WAIT = "wait"
    """Somebody's operation on it still runs (provisioningState): read until it ends."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that only exists once `resource_id` does: the dotted `path` into it (`properties.a.0.b`)."""

    resource_id: str
    path: str

    def to_json(self) -> dict[str, Json]:
        """Return the form in which a body holds it."""
        return {"$ref": {"resource": self.resource_id, "path": self.path}}


@dataclass(frozen=True, slots=True)
class Change:
    """One member that an update changes: None where it is not there, or should not be; long texts are cut."""

    path: str
    have: Json
    want: Json

    def to_json(self) -> dict[str, Json]:
        """Return the stored form."""
        return {"path": self.path, "have": self.have, "want": self.want}


@dataclass(frozen=True, slots=True)
class Step:
    """One write. `id` is derived from the resource id, so that it is the same in the next plan."""

    id: str
    resource_id: str
    action: Action
    reason: str
    body: Json = None
    depends_on: tuple[str, ...] = ()
    etag: str | None = None
    base: str | None = None
    """Of an update behind other writes on the same locked resource, which give it another ETag: a digest of what was
    read. It is written over the version that is there by then, if that has the same content."""
    changes: tuple[Change, ...] = ()
    """Of an update: each member that is not as wanted, as it is and as it should be."""
    lock: str | None = None
    """Steps with one lock write to one resource that takes one write at a time: they run one after the other."""
    tells: tuple[str, ...] = ()
    """Keys of documents that wait for this step, woken as soon as it is done; `DEPENDENTS` means all of them."""

    def to_json(self) -> dict[str, Json]:
        """Return the stored form; absent members are left out."""
        members = {
            "id": self.id,
            "resourceId": self.resource_id,
            "action": self.action.value,
            "reason": self.reason,
            "body": self.body,
            "dependsOn": list(self.depends_on),
            "etag": self.etag,
            "base": self.base,
            "changes": [change.to_json() for change in self.changes],
            "lock": self.lock,
            "tells": list(self.tells),
        }
        return {name: value for name, value in members.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """Read the stored form."""
        return cls(
            value["id"],
            value["resourceId"],
            Action(value["action"]),
            value["reason"],
            value.get("body"),
            tuple(value.get("dependsOn", ())),
            value.get("etag"),
            value.get("base"),
            tuple(Change(**change) for change in value.get("changes", ())),
            value.get("lock"),
            tuple(value.get("tells", ())),
        )


@dataclass(frozen=True, slots=True)
class Wait:
    """What cannot be done yet: `reason` is a condition's reason, `on` the key of the document waited for."""

    reason: str
    message: str
    on: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the stored form."""
        return {"reason": self.reason, "message": self.message, "on": self.on}


@dataclass(frozen=True, slots=True)
class Plan:
    """Every write that brings Azure to what one document asks for, and what it waits for."""

    document: str
    generation: int
    steps: tuple[Step, ...] = ()
    waits: tuple[Wait, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return the stored form, with its hash."""
        return self._content() | {"hash": self.hash}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """Read the stored form; the hash is computed again."""
        return cls(
            value["document"],
            value["generation"],
            tuple(Step.from_json(step) for step in value["steps"]),
            tuple(Wait(**wait) for wait in value["waits"]),
        )

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON: what an approver approves.

        Without versions: whatever happens to a network gives it another ETag, and that alone is no other plan.
        """
        content = self._content()
        unversioned = ({**step, "etag": None, "base": None} for step in content["steps"])
        steps = [{name: value for name, value in step.items() if value is not None} for step in unversioned]
        return hashlib.sha256(canonical(content | {"steps": steps})).hexdigest()

    def _content(self) -> dict[str, Json]:
        return {
            "document": self.document,
            "generation": self.generation,
            "steps": [step.to_json() for step in self.steps],
            "waits": [wait.to_json() for wait in self.waits],
        }


def canonical(value: Json) -> bytes:
    """Return the one byte form of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def step_id(resource_id: str) -> str:
    """Return the step id of a resource: its kind and name to read, a digest of the whole to be unique."""
    parts = resource_id.rstrip("/").split("/")
    digest = hashlib.sha256(resource_id.lower().encode()).hexdigest()[:6]
    return f"{parts[-2]}.{parts[-1]}.{digest}".lower()


def references(body: Json) -> Iterator[Ref]:
    """Yield every reference inside a body, in document order."""
    if isinstance(body, dict):
        if "$ref" in body:
            yield Ref(body["$ref"]["resource"], body["$ref"]["path"])
            return
        for item in body.values():
            yield from references(item)
    elif isinstance(body, list):
        for item in body:
            yield from references(item)


def fill(body: Json, bodies: Mapping[str, Json]) -> Json:
    """Return a body with every reference replaced by its value in `bodies` (by resource id), or raise NotFound."""
    match body:
        case {"$ref": {"resource": target, "path": path}}:
            value = lookup(bodies.get(target), path)
            if value is None:
                raise NotFound(f"{target} has no {path} yet, which another resource needs", resource_id=target)
            return value
        case dict():
            return {name: fill(value, bodies) for name, value in body.items()}
        case list():
            return [fill(value, bodies) for value in body]
        case _:
            return body


def lookup(body: Json, path: str) -> Json | None:
    """Return the value at a dotted path (`properties.ipConfigurations.0.name`), None where it ends early."""
    for part in path.split("."):
        match body:
            case dict():
                body = body.get(part)
            case list() if part.isdigit() and int(part) < len(body):
                body = body[int(part)]
            case _:
                return None
    return body
