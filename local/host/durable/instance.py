"""An orchestration instance as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.host.durable.events import Event

PENDING, RUNNING, SUSPENDED = "Pending", "Running", "Suspended"
COMPLETED, FAILED, TERMINATED = "Completed", "Failed", "Terminated"
TERMINAL = (COMPLETED, FAILED, TERMINATED)


@dataclass(frozen=True, slots=True)
class Parent:
    """Who waits for a sub-orchestration, in which of its executions, by which task."""

    instance: str
    execution: str
    task: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One orchestration. `execution` changes whenever it starts over: what belongs to an old one is ignored."""

    id: str
    name: str
    execution: str
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: float
    updated: float
    parent: Parent | None = None

    @property
    def is_over(self) -> bool:
        """Whether it completed, failed or was terminated."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Message:
    """Something that waits to be taken by an instance. `execution` is None for what is for any of them."""

    id: int
    execution: str | None
    event: Event


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity that has to be run, as often as it takes until its completion is stored."""

    id: int
    instance: str
    execution: str
    task: int
    name: str
    input: str | None
