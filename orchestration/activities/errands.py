"""What machines are asked to run for a proof: one script or several on each, and their answers put together again.

The first errand is the jump server's. The others cross the durable boundary as `<machine>#<number>`, and are run beside
each other; Azure runs one at a time on a machine, and whoever comes too early waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.model.resource_id import ResourceId

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """One script on one machine."""

    machine: ResourceId
    number: int
    script: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called on its way through the orchestration."""
        return f"{self.machine}#{self.number}"


def errands_on(machine: ResourceId, scripts: Iterable[tuple[str, ...]]) -> tuple[Errand, ...]:
    """Return a machine's errands."""
    return tuple(Errand(machine, number, script) for number, script in enumerate(scripts))


def find(errands: Iterable[Errand], name: str | None) -> Errand | None:
    """Return the errand of this name, the first for None; None where there is none (any more)."""
    return next((errand for errand in errands if name is None or errand.name.lower() == name.lower()), None)


def answers(job: Json, first: ResourceId) -> dict[str, Json]:
    """Return what each machine answered by the key of its id, its outputs one after the other, or its first error."""
    found: dict[str, list[Json]] = {first.key: [job["answer"]]}
    for name, answer in job.get("others", {}).items():
        machine, _, _ = name.partition("#")
        found.setdefault(ResourceId.parse(machine).key, []).append(answer)
    return {key: _joined(given) for key, given in found.items()}


def together(job: Json) -> Json:
    """Return all answers of a proof that only one machine was asked for as one."""
    return _joined([job["answer"], *job.get("others", {}).values()])


def _joined(given: list[Json]) -> Json:
    failed = next((answer for answer in given if answer["state"] == "Failed"), None)
    if failed is not None:
        return failed
    return {"state": "Succeeded", "output": "\n".join(answer["output"] for answer in given)}
