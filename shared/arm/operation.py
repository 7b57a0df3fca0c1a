"""A long-running operation as a small JSON handle: good in another process, and after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from shared.plan.steps import Json

State = Literal["InProgress", "Succeeded"]
Verb = Literal["put", "delete", "run"]


@dataclass(frozen=True, slots=True)
class Operation:
    """What was begun; a failed operation is an exception, never this.

    `url` is where to ask (None: it is over), `retry_after` what the service said, in seconds. `result` is a PUT's first
    answer, its last where the operation gave one, or the text that a run command printed; it may be large, and does
    not cross durable boundaries.
    """

    resource_id: str
    state: State
    url: str | None = None
    retry_after: float | None = None
    result: Json = None
    verb: Verb = "put"

    def to_json(self) -> dict[str, Json]:
        """Return the handle that crosses a durable boundary."""
        return {"resourceId": self.resource_id, "state": self.state, "url": self.url, "verb": self.verb}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """Read a handle back."""
        return cls(value["resourceId"], value["state"], value["url"], verb=value.get("verb", "put"))
