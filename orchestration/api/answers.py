"""What the API answers beside documents, as models: for the description only, no answer passes through them.

Members without a default are always there. More may be added, so nothing is closed. What is not known is null.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict

from shared.model.approval import Approval
from shared.model.conditions import ConditionStatus
from shared.model.envelope import Kind
from shared.model.part import Part

Json = dict[str, Any]


class Answer(Part):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="ignore")


class ProblemAt(Answer):
    """One fault of what was sent."""

    path: str
    """Its JSON path in the body; of a parameter `?name`, of a header `$name`."""
    message: str


class Problem(Answer):
    """Why it was not done (RFC 9457)."""

    type: str
    """A URN that never changes its meaning."""
    title: str
    status: int
    detail: str
    """What happened, to what, and what to do next."""
    code: str
    """More exactly what it is: a code of ours, or Azure's own."""
    errors: tuple[ProblemAt, ...] = ()
    """Of `invalid`, and of a request that is beyond its requester's limits."""
    required_role: str = ""
    """Of `RoleNeeded`: the least role that is enough."""
    roles: tuple[str, ...] = ()
    """Of `RoleNeeded`: those that the caller has."""
    resource_id: str = ""
    """Where it is about one resource in Azure."""


class Change(Answer):
    """One member that an update changes."""

    path: str
    have: Any
    """Null where it is not there."""
    want: Any
    """Null where it should not be."""


class Step(Answer):
    """One write to Azure."""

    id: str
    resource_id: str
    action: Literal["create", "update", "delete", "wait"]
    reason: str
    body: Json | None = None
    depends_on: tuple[str, ...] = ()
    etag: str = ""
    base: str = ""
    changes: tuple[Change, ...] = ()
    """Of an update: each member that differs."""
    lock: str = ""
    tells: tuple[str, ...] = ()


class Wait(Answer):
    """What has to happen first."""

    reason: str
    """As in conditions."""
    message: str
    on: str
    """The document that is waited for; empty where it is none."""


class Plan(Answer):
    """Every write that brings Azure to what the document asks for, and what it waits for."""

    document: str
    generation: int
    steps: list[Step]
    waits: list[Wait]
    hash: str
    """What an approval names."""
    approval: Approval | None = None
    """Of a network that asks to join."""


class HistoryEntry(Answer):
    """One step that was taken."""

    run: str
    step: str
    resource_id: str | None = None
    action: str
    reason: str = ""
    depends_on: tuple[str, ...] = ()
    lock: str = ""
    started: datetime
    ended: datetime | None = None
    result: str
    """Running, Succeeded or Failed."""
    error: Json | None = None
    """`class`, `code`, `message`, `resourceId`."""
    attempts: int = 0
    polls: int = 0


class History(Answer):
    """Steps, newest first."""

    items: list[HistoryEntry]


class AuditEntry(Answer):
    """One change, decision or refusal."""

    time: datetime
    action: str
    """What was done: `apply`, `delete`, `retry`, `approve`, `reject`, `sweep`, ..., or that and ` refused`."""
    who: Json
    """Of a caller `id`, `name`, their `roles`, and whether the platform `verified` them; else what decided."""
    door: str | None = None
    """`http`, `message` or `event`; null of what a look decided."""
    message_id: str | None = None
    """Of a message."""
    generation: int | None = None
    """Of the document, after the change or when it was decided about."""
    hash: str | None = None
    """The plan's, of a decision."""
    spec_hash: str | None = None
    """SHA-256 of the spec that was applied, or that stood there when it was deleted."""
    code: str | None = None
    """Of a refusal."""
    reason: str | None = None


class Audit(Answer):
    """Entries, newest first."""

    items: list[AuditEntry]


class Woken(Answer):
    """A document that is looked at now."""

    document: str
    woken: bool


class Swept(Answer):
    """What a comparison of everything with Azure found."""

    documents: int
    woken: list[str]
    """What differs, and is looked at."""
    found: list[str]
    """What asked to join."""


class Tally(Answer):
    """How often something malformed came on a day."""

    name: str
    day: str
    number: int
    time: datetime
    example: str


class LifecycleEvent(Answer):
    """What was told to the world of a document."""

    id: str
    type: str
    subject: str
    time: datetime
    data: Json


class Events(Answer):
    """What came in malformed, and what went out."""

    tallies: list[Tally]
    events: list[LifecycleEvent]


class Taken(Answer):
    """What became of a delivery of events."""

    noticed: int
    ignored: int


class Handshake(Answer):
    """The answer to a subscription's validation."""

    validation_response: str


class Health(Answer):
    """The store can be read."""

    status: Literal["ok"]


class Node(Answer):
    """A document in the topology, with its condition Ready."""

    kind: Kind
    name: str
    ready: ConditionStatus
    reason: str
    message: str
    outputs: Json
    spokes: tuple["Node", ...] = ()
    clusters: tuple["Node", ...] = ()


class Topology(Answer):
    """Hubs with their spokes with their clusters."""

    hubs: list[Node]
    orphans: list[Node]
